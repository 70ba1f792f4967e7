"""A tiny instance for each constraint family and objective term, in which it appears."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.oracle.tiny import Tiny, own_cells

TWO_YEARS = {"periods": {"count": 2, "days": 365, "first": 1}, "discount_rate": 0.25}


def two_years() -> Tiny:
    return Tiny(**TWO_YEARS)


def ladder() -> Tiny:
    """The plant may grow by two steps."""
    steps = [
        {"step": 1, "capacity": 2, "opening_cost": 50, "fixed_cost_per_year": 4},
        {"step": 2, "capacity": 3, "opening_cost": 5},
    ]
    tiny = two_years().change("facilities", 2, capacity=2)
    return tiny.add("capacity_steps", *({"site": "M", "stage": "manufacturing", **step} for step in steps))


def licensed(tiny: Tiny) -> Tiny:
    """The centre is in B, which wants a licence of the plant."""
    tiny.head |= {"default_recognition": "recognised", **TWO_YEARS}
    tiny.change("centres", jurisdiction="B")
    tiny.add("recognition", {"stage": "manufacturing", "from": "A", "market": "B", "verdict": "licence"})
    licence = {"site": "M", "stage": "manufacturing", "market": "B", "status": "obtainable"}
    return tiny.add("licences", {**licence, "opening_cost": 30, "fixed_cost_per_year": 2})


def held() -> Tiny:
    return licensed(Tiny()).change("licences", status="held", opening_cost=None)


def finite() -> Tiny:
    """The pool has a registry and may recruit."""
    pool: dict[str, Any] = {"registry": 8, "recruits_per_year": 20, "recruitment_cost": 3, "attrition_per_year": 0.1}
    return two_years().change("donor_pools", **pool, donations_per_year=2)


def stored() -> Tiny:
    """Doses keep for one further year."""
    return two_years().change("therapies", shelf_life_days=400).change("operations", 2, holding_cost_per_year=1.5)


def three_stages() -> Tiny:
    tiny = Tiny().change("therapies", route="collection>processing>manufacturing").vans("C>Q", "Q>M")
    tiny.add("sites", {"site": "Q", "jurisdiction": "A"}).add("facilities", {"site": "Q", "stage": "processing"})
    return tiny.add("operations", {"stage": "processing", "unit_cost": 4, "yield": 0.8})


def bridged() -> Tiny:
    tiny = Tiny().change("centres", jurisdiction="B")
    cost = {"market": "B", "from": "A", "verdict": "bridging"}
    stages = (("donor", 1), ("collection", 2), ("testing", 3), ("manufacturing", 4))
    return tiny.add("recognition", *({"stage": stage, "unit_cost": price, **cost} for stage, price in stages))


def priced() -> Tiny:
    return two_years().change("demand", unmet_penalty=15, min_service=0.5)


def diverse(measure: str, value: float, **cells: Any) -> Tiny:
    """A second pool of another group, and one requirement."""
    tiny = Tiny().add("donor_pools", {"pool": "Q", "jurisdiction": "A", "donor_group": "h", "risk_class": "low"})
    tiny.vans("Q>C")
    return tiny.add("diversity", {"requirement": "mix", "measure": measure, "value": value, **cells})


def covered() -> Tiny:
    """Effective groups and match coverage: both are described by cuts."""
    tiny = diverse("min_effective_groups", 1.5)
    tiny.add("patient_groups", {"market": "A", "patient_group": "all", "share": 1})
    tiny.add("match_classes", {"patient_group": "all", "match_class": "common", "weight": 1})
    chances = (("g", 0.25), ("h", 0.5))
    tiny.add(
        "match_probabilities", *({"match_class": "common", "donor_group": g, "probability": p} for g, p in chances)
    )
    return tiny.add(
        "diversity", {"requirement": "cover", "measure": "match_coverage", "value": 0.9, "shortfall_penalty": 7}
    )


def limited() -> Tiny:
    """Limits of each shape: a total, a lower one with a price, a quotient, one per stage, money."""
    tiny = priced().change("facilities", 2, fixed_cost_per_year=6)
    rows = [
        {"limit": "sites", "measure": "open_facilities", "stage": "*", "scope": "each", "sense": "max", "value": 1},
        {"limit": "giving", "measure": "donations", "sense": "min", "value": 3, "penalty": 2},
        {"limit": "served", "measure": "unmet_share", "sense": "max", "value": 0.25, "period": "2"},
        {"limit": "far", "measure": "handoffs", "sense": "max", "value": 0.5},
        {"limit": "budget", "measure": "total_cost", "sense": "max", "value": 900},
    ]
    return tiny.add("limits", *rows)


def loop(**therapy: Any) -> Tiny:
    return own_cells(**TWO_YEARS).change("therapies", **therapy)


def hurried(tiny: Tiny) -> Tiny:
    """The mean time is limited, so that patients beyond demand may pay, who are quick."""
    return tiny.add("limits", {"limit": "quick", "measure": "vein_to_vein_mean", "sense": "max", "value": 9})


CASES: dict[str, Callable[[], Tiny]] = {
    "stay_open": two_years,
    "stay_closed": lambda: two_years().change("facilities", 2, initial="existing"),
    "open_before_steps": ladder,
    "steps_in_order": ladder,
    "keep_steps": ladder,
    "open_before_licence": lambda: licensed(Tiny()),
    "keep_licences": lambda: licensed(Tiny()),
    "registry": finite,
    "donor_supply": finite,
    "every_donation_tested": two_years,
    "release": two_years,
    "flow_balance": three_stages,
    "deliver_production": two_years,
    "stock": stored,
    "stock_age": stored,
    "meet_demand": priced,
    "meet_demand_at_delivery": lambda: hurried(loop()),
    "meet_demand_at_entry": lambda: loop(demand_at="entry"),
    "capacity": ladder,
    "min_load": lambda: ladder().change("facilities", 2, min_load=0.5),
    "therapy_capacity": lambda: two_years().change("operations", 2, max_units_per_year=6),
    "lane_capacity": lambda: two_years().vans("P>C", max_units_per_year=30, therapy="K"),
    "open_before_use": three_stages,
    "release_before_use": lambda: diverse("min_count", 4),
    "open_before_loop": lambda: hurried(loop()),
    "open_before_surplus": lambda: hurried(loop()),
    "licence_before_use": lambda: licensed(Tiny()),
    "licence_before_loop": lambda: licensed(own_cells()),
    "licence_before_surplus": lambda: hurried(licensed(own_cells())),
    "min_count": lambda: diverse("min_count", 4, member="g"),
    "min_share": lambda: diverse("min_share", 0.2, shortfall_penalty=5),
    "max_share": lambda: diverse("max_share", 0.7, of="pool"),
    "min_effective_groups": lambda: diverse("min_effective_groups", 1.5, shortfall_penalty=5),
    "limits": limited,
    "diversity_cuts": covered,
}
"""Instance by constraint family."""

TERM_CASES: dict[str, Callable[[], Tiny]] = {
    "opening": two_years,
    "closing": lambda: two_years().change("facilities", 2, initial="existing", closing_cost=20),
    "steps": ladder,
    "licences": lambda: licensed(Tiny()),
    "fixed": lambda: held().change("facilities", 2, fixed_cost_per_year=6),
    "recruitment": finite,
    "donation": two_years,
    "testing": lambda: two_years().add("panels", {"panel": "full", "markers": "HIV", "unit_cost": 4}),
    "operations": three_stages,
    "bridging": bridged,
    "transport": lambda: Tiny().vans("P>C", "C>L", "C>M", "M>R", therapy="K", unit_cost=2.5),
    "holding": stored,
    "unmet_penalty": priced,
    "shortfall_penalty": lambda: diverse("min_count", 4, shortfall_penalty=5),
}
"""Instance by term of the objective."""
