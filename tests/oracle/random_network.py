"""Random places, therapies, facilities, donors and ways between them."""

from __future__ import annotations

import math

from tests.oracle.draft import TERMS, Draft

ROUTES = (
    "collection>processing>manufacturing",
    "collection>manufacturing",
    "collection>processing>manufacturing>storage",
    "collection>manufacturing>storage",
    "processing>manufacturing",
    "manufacturing>storage",
    "manufacturing",
    "collection",
)


def draw_head(draft: Draft) -> None:
    """Draw periods, discounting and the default of recognition."""
    draft.hard = draft.chance(0.5)
    count, days = draft.pick(list(TERMS))
    draft.head = {
        "name": f"random-{draft.seed}",
        "periods": {"count": count, "days": days, "first": draft.pick((1, 1, 7, 2027))},
        "days_per_year": draft.pick((365, 365, 360)),
        "discount_rate": draft.pick((0.0, 0.05, 0.1)),
        "default_recognition": draft.pick(("bridging", "licence", "never")) if draft.rarely(0.4) else "recognised",
    }


def draw_places(draft: Draft) -> None:
    """Draw jurisdictions, centres, donor pools and sites with their stages."""
    draft.jurisdictions = ["US", "EU", "JP"][: draft.pick((1, 2, 2, 2, 3))]
    if len(draft.jurisdictions) == 1 and draft.chance(0.4):
        draft.jurisdictions = [""]
    elif draft.chance(0.8):
        for name in draft.jurisdictions:
            draft.add("jurisdictions", {"jurisdiction": name})
    for number in range(draft.pick((1, 2, 2, 3) if draft.roomy else (1,))):
        place = draft.pick(draft.jurisdictions)
        draft.add("centres", {"centre": f"R{number + 1}", "jurisdiction": place, **_coordinates(draft)})
    for number in range(draft.pick((3, 4, 5, 6) if draft.roomy else (3,))):
        draft.add(
            "sites",
            {
                "site": f"S{number + 1}",
                "jurisdiction": draft.pick(draft.jurisdictions),
                "organisation": draft.pick((None, "north", "south", "west")),
                **_coordinates(draft),
            },
        )


def _coordinates(draft: Draft) -> dict[str, float]:
    return {"latitude": float(draft.dice.randint(41, 47)), "longitude": float(draft.dice.randint(0, 8))}


def draw_therapies(draft: Draft) -> None:
    """Draw therapies with their routes, gains and limits on time, and the work of each stage."""
    terms = TERMS[draft.count, int(draft.days)]
    usual_leg = 2 if draft.days >= 30 else draft.days / 3
    for name in ("CART", "STEM", "EDIT")[: draft.pick((1, 1, 2, 2, 3) if draft.roomy else (1,))]:
        autologous = draft.chance(0.45)
        route = draft.pick(ROUTES)
        if draft.count < 4 and draft.chance(0.2):
            draft.whole.add(name)
        draft.routes[name] = route.split(">")
        tested = draft.pick((None, None, "yes", "no"))
        draft.add(
            "therapies",
            {
                "therapy": name,
                "modality": "autologous" if autologous else "allogeneic",
                "route": route,
                "tested": tested,
                "fresh_days": draft.pick((1.5, 2, 3)) if draft.rarely(0.5) else None,
                "sample_days": draft.pick((1.5, 2, 3)) if draft.rarely(0.5) else None,
                "vein_to_vein_days": 0.5 if not autologous and draft.chance(0.1) else None,
                "shelf_life_days": draft.pick((1, 1.5, 2, 3)) * draft.days
                if draft.chance(0.15 if autologous else 0.4)
                else None,
                "demand_at": "entry" if autologous and draft.chance(0.4) else None,
                "indivisible": "yes" if name in draft.whole else None,
            },
        )
        for position, stage in enumerate([*draft.routes[name], "testing"]):
            draft.work[stage, name] = draft.pick(terms)
            outputs = (1, 1, 2, 5, 10) if not autologous and 0 < position < len(draft.routes[name]) else (1,)
            draft.gain[stage, name] = draft.pick(outputs) * draft.pick((1, 1, 0.95, 0.9, 0.8))
        if autologous and draft.chance(0.6):
            usual = sum(draft.work[stage, name] for stage in draft.routes[name]) + usual_leg * len(draft.routes[name])
            draft.rows("therapies")[-1]["vein_to_vein_days"] = max(0.5, round(usual * draft.pick((1.1, 1.3, 1.5)), 1))


def draw_operations(draft: Draft) -> None:
    """Draw the operations: a row for all, for a therapy, for a therapy at a site; no two that tie."""
    for stage in sorted({stage for stage, _ in draft.work}):
        users = [name for name in draft.routes if (stage, name) in draft.work]
        for name in users:
            yielded = draft.gain[stage, name]
            output = math.ceil(yielded)
            row = {
                "stage": stage,
                "therapy": name,
                "unit_cost": draft.money(0.5, 12),
                "days": draft.work[stage, name],
                "output": None if output == 1 else output,
                "yield": None if yielded == output else round(yielded / output, 4),
                "load": draft.pick((None, None, 1.5, 2)),
                "occupancy_days": draft.pick((None, None, 1, 2)) if draft.days > 1 else None,
                "max_units_per_year": round(draft.peak[name] / yielded * draft.factor(0.7, 3) / draft.years, 1)
                if draft.rarely(0.15) and yielded
                else None,
                "holding_cost_per_year": draft.money(1, 5) / draft.years if draft.chance(0.7) else None,
            }
            draft.add("operations", row)
            if stage in draft.at and draft.chance(0.3):
                site = draft.pick(draft.at[stage])
                draft.add(
                    "operations", {**row, "site": site, "unit_cost": draft.money(0.5, 12), "max_units_per_year": None}
                )
        if draft.chance(0.3):
            draft.add("operations", {"stage": stage, "unit_cost": 99.0, "note": "for therapies yet to come"})
        if len(users) == 1 and draft.chance(0.25):
            draft.rows("operations")[:] = [row for row in draft.rows("operations") if row["stage"] != stage]
            draft.add(
                "operations",
                {
                    "stage": stage,
                    "unit_cost": draft.money(0.5, 12),
                    "days": draft.work[stage, users[0]],
                    "output": draft.gain[stage, users[0]],
                },
            )
            if stage in draft.at and draft.chance(0.5):
                rest = {**draft.rows("operations")[-1], "unit_cost": draft.money(0.5, 12), "site": draft.at[stage][0]}
                draft.add("operations", rest)


def draw_sites_of_stages(draft: Draft) -> None:
    """Draw which stages are done where."""
    needed = {stage for route in draft.routes.values() for stage in route}
    if any(draft.is_tested(name) for name in draft.routes):
        needed.add("testing")
    sites = [row["site"] for row in draft.rows("sites")]
    for stage in sorted(needed):
        long = len(draft.routes) > 1 or max(map(len, draft.routes.values())) > 2 or draft.count > 4
        draft.at[stage] = draft.some(sites, 1, 2 if long else 3)
    if draft.chance(0.1):
        spare = sorted({"collection", "testing", "processing", "manufacturing", "storage"} - needed)
        if spare:
            draft.at[draft.pick(spare)] = [draft.pick(sites)]


def draw_facilities(draft: Draft) -> None:
    """Draw the facilities with capacities near what demand needs, and their ladders."""
    for stage, sites in draft.at.items():
        slots = draft.chance(0.3)
        need = sum(draft.inflow(name, stage) for name in draft.routes)
        occupancy = max((draft.work.get((stage, name), 0.0) for name in draft.routes), default=0.0)
        for site in sites:
            scale = max(1.0, occupancy) / draft.days if slots else 2.0 / draft.years
            capacity = round(need * scale * draft.factor(0.8, 2.0) + (1 if slots else 0), 1)
            limited = draft.chance(0.65)
            row = draft.add(
                "facilities",
                {
                    "site": site,
                    "stage": stage,
                    "status": draft.pick((None, None, "candidate", "candidate", "open")),
                    "initial": "existing" if draft.chance(0.3) else None,
                    "opening_cost": draft.money(20, 400),
                    "closing_cost": draft.money(5, 60) if draft.chance(0.6) else None,
                    "fixed_cost_per_year": draft.money(5, 80) / draft.years if draft.chance(0.8) else None,
                    "capacity": capacity if limited else None,
                    "capacity_unit": "slots" if slots and limited else None,
                    "min_load": draft.pick((0.05, 0.1, 0.2)) if limited and draft.rarely(0.2) else None,
                    "opens_from": draft.pick(draft.numbers)
                    if len(sites) > 1 and site != sites[0] and draft.rarely(0.4)
                    else None,
                },
            )
            if limited and draft.chance(0.35):
                for step in range(draft.pick((1, 2))):
                    draft.add(
                        "capacity_steps",
                        {
                            "site": site,
                            "stage": stage,
                            "step": step + 1,
                            "capacity": round(capacity * draft.pick((0.5, 1)), 1),
                            "opening_cost": draft.money(10, 150),
                            "fixed_cost_per_year": draft.money(2, 20) / draft.years if draft.chance(0.5) else None,
                        },
                    )
            if len(sites) > 1 and site == sites[-1] and draft.rarely(0.15):
                row["status"] = "closed"


def draw_donors(draft: Draft) -> None:
    """Draw donor pools whose registries are near what demand needs."""
    if not draft.allogeneic:
        return
    need = sum(draft.inflow(name, draft.routes[name][0]) for name in draft.allogeneic) / draft.years
    pools = draft.pick((2, 2, 3, 4) if len(draft.routes) < 3 else (2, 2, 3))
    classes = draft.chance(0.6)
    some_unlimited = draft.chance(0.5)
    for number in range(pools):
        unlimited = some_unlimited and draft.chance(0.5)
        donors = round(need * draft.factor(0.5, 2.0) / pools) + 5
        draft.add(
            "donor_pools",
            {
                "pool": f"P{number + 1}",
                "jurisdiction": draft.pick(draft.jurisdictions),
                "donor_group": f"G{1 + number % draft.pick((2, 3))}",
                "risk_class": draft.pick(("low", "high")) if classes else None,
                **_coordinates(draft),
                "registry": None if unlimited else donors,
                "recruits_per_year": None
                if unlimited
                else round(need * draft.factor(0.5, 3) / draft.years / 50, 1) * 50 + 10,
                "recruitment_cost": None if unlimited else draft.money(0.5, 15),
                "attrition_per_year": draft.pick((0.1, 0.2)) if not unlimited and draft.chance(0.4) else None,
                "donations_per_year": draft.pick((0.5, 2)) if not unlimited and draft.chance(0.4) else None,
                "donation_cost": draft.money(1, 20),
            },
        )


def draw_transport(draft: Draft) -> None:
    """Draw modes for everything that moves; speeds suit the length of a period."""
    speed = {1: 4000.0, 2: 2000.0, 7: 800.0}.get(int(draft.days), 500.0)
    origin, end = {"donor": "donor", "patient": "centre"}, {"doses": "centre", "sample": "testing"}
    lasts = sorted({route[-1] for route in draft.routes.values()})
    for carries in ("donor", "patient", "sample", "material", "doses"):
        second = draft.chance(0.3 if carries != "material" else 0.25)
        for name in (carries, f"{carries}-fast")[: 2 if second else 1]:
            fast = name != carries
            draft.add(
                "transport_modes",
                {
                    "mode": name,
                    "carries": carries,
                    "from_stage": origin.get(carries) if draft.chance(0.2) else None,
                    "to_stage": end.get(carries, draft.pick(lasts) if fast else None) if draft.chance(0.2) else None,
                    "state": "fresh" if draft.chance(0.35) else None,
                    "cost": draft.money(0.5, 6) + (3 if fast else 0),
                    "cost_per_km": draft.pick((None, 0.002, 0.005)),
                    "km_per_day": None if draft.chance(0.15) else speed * (2 if fast else 1),
                    "handling_days": draft.pick((None, 0.1, 0.25)) if draft.days < 30 else draft.pick((None, 0.5, 1)),
                    "max_km": draft.pick((600, 800, 1000)) if draft.rarely(0.15) else None,
                    "co2_kg_per_km": draft.pick((None, 0.01, 0.05)),
                },
            )


def draw_demand(draft: Draft) -> None:
    """Draw demand: all of it hard or priced, in every period or by a row for all and exceptions."""
    hard = draft.hard
    for row in draft.rows("therapies"):
        name = row["therapy"]
        lags = sum(math.floor((draft.work[stage, name] + draft.days / 3) / draft.days) for stage in draft.routes[name])
        late = 0 if row.get("demand_at") == "entry" else lags + (1 if draft.days < 30 else 0)
        draft.peak[name] = 0.0
        for centre in draft.rows("centres"):
            draft.peak[name] += _draw_demand_of(draft, centre["centre"], name, late, hard=hard)


def _draw_demand_of(draft: Draft, centre: str, therapy: str, late: int, *, hard: bool) -> float:
    def row(period: int | str, doses: float, *, priced: bool) -> None:
        draft.add(
            "demand",
            {
                "centre": centre,
                "therapy": therapy,
                "period": period,
                "doses": doses,
                "unmet_penalty": draft.money(40, 300) if priced else None,
                "min_service": draft.pick((0.2, 0.5)) if priced and draft.chance(0.15) and late == 0 else None,
            },
        )

    usual = draft.pick((3, 5, 8, 10, 12, 20)) + draft.pick((0, 0, 0 if therapy in draft.whole else 0.5))
    if draft.count == 1 or (late == 0 and draft.chance(0.4)):
        period = draft.numbers[0] if draft.count == 1 and draft.chance(0.5) else "*"
        row(period, usual, priced=not hard)
        most = usual
        if draft.count > 1 and draft.chance(0.5):
            most = max(usual, usual + 4)
            row(draft.pick(draft.numbers), usual + draft.pick((-3, 2, 4)), priced=not hard)
        return most
    for position, number in enumerate(draft.numbers):
        if draft.chance(0.85) or position == draft.count - 1:
            row(number, max(0, usual + draft.pick((-4, -2, 0, 2))), priced=not hard or position < late)
    return usual + 2
