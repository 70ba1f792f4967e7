"""The strong rows cut no optimum off: with generous numbers in their place the optimum is the same."""

from __future__ import annotations

import math
import random
from collections.abc import Callable

import numpy as np
import pytest

import donornet as dn
from donornet.formulation import build_model, gates, model
from donornet.instance import Instance
from donornet.instance.build import from_rows
from tests.formulation.exact import solve
from tests.oracle.draft import Draft
from tests.oracle.features import features
from tests.oracle.random_instances import random_draft
from tests.oracle.tiny import Tiny, own_cells

PLENTY = 1e5
"""Units: far more than any of these instances can use."""
TWO_YEARS = {"periods": {"count": 2, "days": 365, "first": 1}}


def weak_optimum(instance: Instance, monkeypatch: pytest.MonkeyPatch) -> float:
    """Return the optimum with the gate rows' bounds replaced by a generous number, and without the redundant gate."""
    write = gates._gate

    def generous(m, name, rows, uses, index):
        return write(m, name, rows.assign(U=PLENTY), uses, index)

    with monkeypatch.context() as patch:
        patch.setattr(gates, "_gate", generous)
        patch.setattr(model, "FAMILIES", tuple(f for f in model.FAMILIES if f is not gates.release_before_use))
        return solve(build_model(instance))[0]


def assert_strong_is_weak(instance: Instance, monkeypatch: pytest.MonkeyPatch) -> float:
    """Return the optimum, which the strong rows must not change."""
    assert not [str(finding) for finding in dn.validate(instance) if finding.is_error]
    strong, weak = solve(build_model(instance))[0], weak_optimum(instance, monkeypatch)
    assert strong == pytest.approx(weak, rel=1e-6, abs=1e-5)
    return weak


# ----------------------------------------------------------------------------------------------------- random instances

ASKING = (  # measure, value and sense of limits that ask for flow
    ("handoffs", 0.8, "min"),
    ("crossings", 0.8, "min"),
    ("km", 2000.0, "min"),
    ("co2", 20.0, "min"),
    ("donations", 30.0, "min"),
    ("doses", 5.0, "min"),
    ("vein_to_vein_mean", 2.0, "max"),
)


def asking_instance(seed: int) -> Instance:
    """Return a random instance in which much asks for flow: whole units, least loads, diversity, limits."""
    draft, dice = random_draft(seed), random.Random(seed)
    for therapy in draft.rows("therapies"):
        if dice.random() < 0.3 and (draft.count < 4 or len(draft.routes[therapy["therapy"]]) < 4):
            therapy["indivisible"] = "yes"
            _want_whole_doses(draft, therapy["therapy"])
    for facility in draft.rows("facilities"):
        if facility.get("capacity") and dice.random() < 0.2:
            facility["min_load"] = dice.choice((0.2, 0.5, 0.8))
    for number in range(dice.choice((0, 0, 1, 2))):
        measure, value, sense = dice.choice(ASKING)
        site = dice.choice(draft.rows("facilities"))["site"] if measure == "doses" else None
        row = {"limit": f"asking-{number}", "measure": measure, "sense": sense, "value": value, "site": site}
        draft.add("limits", {**row, "penalty": dice.choice((3.0, 50.0))})
    if draft.allogeneic and dice.random() < 0.6:
        _ask_for_donors(draft, dice)
    return from_rows(draft.head, draft.tables)


def _want_whole_doses(draft: Draft, therapy: str) -> None:
    """Round demand up to whole doses; over many periods to few of them, or the search for whole units does not end."""
    for row in draft.rows("demand"):
        if row["therapy"] == therapy:
            row["doses"] = math.ceil(row["doses"] / (1 if draft.count < 4 else 8))


def _ask_for_donors(draft: Draft, dice: random.Random) -> None:
    groups = sorted({pool["donor_group"] for pool in draft.rows("donor_pools")})
    row = {"requirement": "asking", "shortfall_penalty": dice.choice((50.0, 5000.0))}
    if "patient_groups" in draft.tables or dice.random() < 0.5:
        share = {"measure": "min_share", "member": groups[-1], "value": dice.choice((0.3, 0.9))}
        draft.add("diversity", {**row, **share})
        return
    _name_the_market(draft)
    for market in draft.markets:
        draft.add("patient_groups", {"market": market, "patient_group": "all", "share": 1.0})
    for name, weight in (("common", 0.6), ("rare", 0.4)):
        draft.add("match_classes", {"patient_group": "all", "match_class": name, "weight": weight})
        for group in groups:
            chance = dice.choice((0.001, 0.02, 0.1))
            draft.add("match_probabilities", {"match_class": name, "donor_group": group, "probability": chance})
    measure = dice.choice(("match_coverage", "coverage_floor"))
    draft.add("diversity", {**row, "measure": measure, "value": dice.choice((0.2, 0.5, 0.8))})


def _name_the_market(draft: Draft) -> None:
    """Give the one jurisdiction that has no name a name: patient groups are those of a named market."""
    for table in ("sites", "donor_pools", "centres"):
        for row in draft.rows(table):
            row["jurisdiction"] = row["jurisdiction"] or "US"


@pytest.mark.parametrize("seed", range(5))
def test_strong_rows_keep_the_optimum_of_random_instances(seed, monkeypatch):
    assert_strong_is_weak(asking_instance(seed), monkeypatch)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(5, 300))
def test_strong_rows_keep_the_optimum_of_many_random_instances(seed, monkeypatch):
    assert_strong_is_weak(asking_instance(seed), monkeypatch)


@pytest.mark.slow
def test_the_random_instances_ask_for_flow_in_every_way():
    found = set().union(*(features(asking_instance(seed)) for seed in range(300)))
    measures = {f"limit {measure}" for measure, _, _ in ASKING}
    assert measures | {"min load", "indivisible", "shelf life", "lags", "limit min", "demand at entry"} <= found
    assert {f"{measure} priced" for measure in ("min_share", "match_coverage", "coverage_floor")} <= found


# ------------------------------------------------------------------------------------------- one reason after the other


def second_plant(tiny: Tiny, **cells: object) -> Tiny:
    """Add a dear plant N without a limit of its own beside M."""
    tiny.add("sites", {"site": "N", "jurisdiction": "A"}).vans("N>R").vans("C>N", unit_cost=1)
    return tiny.add("facilities", {"site": "N", "stage": "manufacturing", "opening_cost": 60, **cells})


def second_group(tiny: Tiny, chance: float = 0.25) -> Tiny:
    """Add a dear pool of group h, and a class of patients that both groups match with a chance."""
    tiny.add(
        "donor_pools", {"pool": "Q", "jurisdiction": "A", "donor_group": "h", "risk_class": "low", "donation_cost": 9}
    )
    tiny.vans("Q>C").add("patient_groups", {"market": "A", "patient_group": "all", "share": 1})
    tiny.add("match_classes", {"patient_group": "all", "match_class": "common", "weight": 1})
    matches = ({"match_class": "common", "donor_group": group, "probability": chance} for group in "gh")
    return tiny.add("match_probabilities", *matches)


def shares() -> Tiny:
    """Two of three groups must have almost half of the donors each: the third, in demand, has 2 %."""
    tiny = second_group(Tiny())
    tiny.add("donor_pools", {"pool": "S", "jurisdiction": "A", "donor_group": "s", "risk_class": "high"}).vans("S>C")
    tiny.add("pass_rates", {"risk_class": "high", "pass_rate": 0.01})
    wanted = {"measure": "min_share", "of": "pool", "value": 0.49}
    return tiny.add("diversity", *({"requirement": f"of-{pool}", "member": pool, **wanted} for pool in "QS"))


def covered(chance: float, value: float) -> Tiny:
    requirement = {"requirement": "cover", "measure": "match_coverage", "value": value}
    return second_group(Tiny(), chance).add("diversity", requirement)


def closing_with_stock() -> Tiny:
    """A route of one stage: what was made before the plant closes is delivered after."""
    tiny = second_group(Tiny(**TWO_YEARS)).change("therapies", route="manufacturing", shelf_life_days=800)
    tiny.vans("P>M").vans("Q>M")
    tiny.change("facilities", 2, initial="existing", fixed_cost_per_year=500)
    return tiny.add("diversity", {"requirement": "both", "measure": "min_share", "member": "h", "value": 0.2})


def filled(stage: int, **operation: float) -> Tiny:
    """A facility must be open and used well beyond demand."""
    tiny = second_plant(Tiny()).change("facilities", stage, status="open", capacity=400, min_load=0.5)
    return tiny.change("operations", stage, **operation)


def filled_loops() -> Tiny:
    tiny = second_plant(own_cells()).change("facilities", 0, status="open", capacity=100, min_load=0.5)
    return tiny.change("operations", 0, load=0.01)


def filled_slots() -> Tiny:
    """Slots held for a period and a bit, and a least load in the second period only through steps."""
    tiny = Tiny(periods={"count": 3, "days": 10, "first": 1}).change("facilities", 2, status="open", min_load=0.6)
    tiny.change("facilities", 2, capacity=3, capacity_unit="slots").change("operations", 2, occupancy_days=11)
    return tiny.change("demand", unmet_penalty=40, doses=3)


def whole(**cells: object) -> Tiny:
    tiny = second_plant(Tiny()).change("therapies", indivisible="yes").change("demand", doses=7)
    return tiny.change("operations", 2, output=3, **cells).change("operations", 0, **{"yield": 0.3})


def whole_loops() -> Tiny:
    tiny = second_plant(own_cells()).change("therapies", indivisible="yes", tested="yes").change("demand", doses=7)
    tiny.add("facilities", {"site": "L", "stage": "testing", "opening_cost": 5}).add("pass_rates", {"pass_rate": 0.4})
    return tiny


def asked(measure: str, value: float, sense: str = "min", **cells: object) -> Tiny:
    tiny = second_plant(Tiny(**TWO_YEARS))
    return tiny.add("limits", {"limit": "asking", "measure": measure, "sense": sense, "value": value, **cells})


def far(measure: str, value: float) -> Tiny:
    """Flow between organisations at a distance."""
    tiny = asked(measure, value)
    places = {"C": (0, "a"), "L": (0, "a"), "M": (1, "b"), "N": (3, "a")}
    for row in tiny.tables["sites"]:
        latitude, organisation = places[row["site"]]
        row |= {"latitude": latitude, "longitude": 0, "organisation": organisation}
    for leg in ("C>M", "C>N"):
        tiny.lane(leg)["mode"] = "truck"
    tiny.add("transport_modes", {"mode": "truck", "carries": "material", "co2_kg_per_km": 0.1})
    return tiny


def quick_loops() -> Tiny:
    """The mean time is met by loops that nobody needs: one centre can be served by the slow plant only."""
    tiny = second_plant(own_cells()).change("operations", 2, days=9).vans("R2>C", "M>R2")
    tiny.add("operations", {"stage": "manufacturing", "site": "N", "days": 1})
    tiny.add("centres", {"centre": "R2", "jurisdiction": "A"})
    tiny.add("demand", {"centre": "R2", "therapy": "K", "doses": 10})
    return tiny.add("limits", {"limit": "quick", "measure": "vein_to_vein_mean", "sense": "max", "value": 4})


def placed_loops() -> Tiny:
    return second_plant(own_cells()).add(
        "limits", {"limit": "there", "measure": "doses", "site": "N", "sense": "min", "value": 25}
    )


REASONS: dict[str, Callable[[], Tiny]] = {
    "demand alone": lambda: second_plant(Tiny()),
    "shares of other groups": shares,
    "coverage by rare matches": lambda: covered(1e-3, 0.5),
    "coverage by common matches": lambda: covered(0.25, 0.9),
    "stock of a plant that closes": closing_with_stock,
    "a least load of collection": lambda: filled(0),
    "a least load of a lab": lambda: filled(1, load=0.5),
    "a least load of a plant": lambda: filled(2, load=0.01),
    "a least load of loops": filled_loops,
    "a least load of slots": filled_slots,
    "whole units": whole,
    "whole units with stock": lambda: whole().change("therapies", shelf_life_days=800),
    "whole loops": whole_loops,
    "donations": lambda: asked("donations", 500),
    "handoffs": lambda: far("handoffs", 5),
    "kilometres": lambda: far("km", 900),
    "emissions": lambda: far("co2", 90),
    "money": lambda: asked("total_cost", 4000),
    "mean time": quick_loops,
    "doses of loops from a place": placed_loops,
}  # fmt: skip
"""What asks for flow beyond demand."""


@pytest.mark.parametrize("reason", REASONS)
def test_strong_rows_leave_room_for(reason, monkeypatch):
    optimum = assert_strong_is_weak(REASONS[reason]().build(), monkeypatch)
    assert np.isfinite(optimum), "a case without a design proves nothing"


# ------------------------------------------------------------------------------------------------------------ how tight


def bound(tiny: Tiny, family: str, *index: object) -> float:
    """Return U of one row of a gate."""
    terms = build_model(tiny.build()).component(family)[index].body.args
    return -min(float(term.args[0]) for term in terms)


def test_the_bound_is_demand_over_the_gain_from_the_facility_on():
    assert bound(Tiny(), "open_before_use", "K", "A", "manufacturing", "M", 1) == pytest.approx(10 / 2)
    assert bound(Tiny(), "open_before_use", "K", "A", "collection", "C", 1) == pytest.approx(10 / 2 / 0.5)
    assert bound(Tiny(), "open_before_use", "K", "A", "testing", "L", 1) == pytest.approx(10 / 2 / 0.5)


def test_the_facility_counts_with_its_own_gain_and_later_stages_with_their_least():
    tiny = second_plant(Tiny()).add("operations", {"stage": "manufacturing", "site": "N", "output": 4})
    assert bound(tiny, "open_before_use", "K", "A", "manufacturing", "M", 1) == pytest.approx(10 / 2)
    assert bound(tiny, "open_before_use", "K", "A", "manufacturing", "N", 1) == pytest.approx(10 / 4)
    assert bound(tiny, "open_before_use", "K", "A", "collection", "C", 1) == pytest.approx(10 / 2 / 0.5)


def test_only_the_periods_that_can_still_use_the_flow_count():
    tiny = Tiny(periods={"count": 3, "days": 10, "first": 1}).change("operations", 2, days=10)
    tiny.tables["demand"] = [{"centre": "R", "therapy": "K", "period": str(t), "doses": 10 * t} for t in (2, 3)]
    assert bound(tiny, "open_before_use", "K", "A", "manufacturing", "M", 1) == pytest.approx(20 / 2)
    assert bound(tiny, "open_before_use", "K", "A", "manufacturing", "M", 2) == pytest.approx(30 / 2)
    tiny.change("therapies", shelf_life_days=10)
    assert bound(tiny, "open_before_use", "K", "A", "manufacturing", "M", 1) == pytest.approx((20 + 30) / 2)


def test_capacity_with_every_step_cuts_the_bound():
    tiny = Tiny().change("facilities", 2, capacity=2)
    tiny.add("capacity_steps", {"site": "M", "stage": "manufacturing", "step": 1, "capacity": 2})
    assert bound(tiny, "open_before_use", "K", "A", "manufacturing", "M", 1) == pytest.approx(4)
    assert (
        bound(
            Tiny().change("operations", 2, max_units_per_year=3), "open_before_use", "K", "A", "manufacturing", "M", 1
        )
        == 3
    )


def test_a_loop_is_bounded_by_the_demand_of_its_centre():
    assert bound(own_cells(), "open_before_loop", "K", "R", "manufacturing", "M", 1) == pytest.approx(10)


def test_what_is_released_stays_tight_where_donors_are_asked_for():
    tiny = covered(0.25, 0.9)
    assert bound(tiny, "release_before_use", "K", "A", "collection", "C", 1) == pytest.approx(10 / 2)
    assert bound(tiny, "open_before_use", "K", "A", "collection", "C", 1) > 100
