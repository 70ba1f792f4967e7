"""What must happen to the optimum when an instance changes in a known way."""

from __future__ import annotations

import random
from collections.abc import Callable
from functools import lru_cache, partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import donornet as dn
from donornet.instance import Instance
from tests.oracle.draft import Draft
from tests.oracle.random_instances import random_draft
from tests.property.changes import Change

FEW = pytest.mark.parametrize("seed", range(2000, 2002))
"""Instances of the default run."""
NOTHING = float("inf")
"""Cost where no design exists."""


def cost(instance: Instance) -> float:
    """Return the optimum; infinite where there is none."""
    errors = [str(finding) for finding in dn.validate(instance) if finding.is_error]
    assert not errors
    result = dn.solve(instance, gap=1e-8, time_limit=120)
    assert result.status in (dn.Status.OPTIMAL, dn.Status.INFEASIBLE)
    return NOTHING if result.objective is None else result.objective


@lru_cache(maxsize=64)
def before(seed: int) -> tuple[Draft, float]:
    """Return the draft of a seed and its optimum."""
    draft = random_draft(seed, roomy=False)
    return draft, cost(Change(draft).build())


def assert_at_most(after: float, unchanged: float) -> None:
    assert after <= unchanged + 1e-6 * max(1.0, abs(unchanged) if unchanged < NOTHING else 1.0)


def assert_same(after: float, unchanged: float) -> None:
    assert after == pytest.approx(unchanged, rel=1e-6, abs=1e-6)


@FEW
def test_a_new_candidate_site_never_raises_the_cost(seed: int):
    draft, unchanged = before(seed)
    change = Change(draft)
    twin = random.Random(seed).choice(change.rows("facilities"))
    home = next(row for row in change.rows("sites") if row["site"] == twin["site"])
    change.add("sites", {**home, "site": "new", "latitude": 44.5, "longitude": 4.5})
    change.add("facilities", {"site": "new", "stage": twin["stage"], "opening_cost": 1.0, "capacity": 30.0})
    assert_at_most(cost(change.build()), unchanged)


@FEW
def test_a_new_lane_never_raises_the_cost(seed: int):
    draft, unchanged = before(seed)
    change = Change(draft)
    dice = random.Random(seed)
    origins = [row["site"] for row in change.rows("facilities")]
    ends = [*origins, *(row["centre"] for row in change.rows("centres"))]
    for number in range(6):
        origin, end = dice.choice(origins), dice.choice(ends)
        if origin != end:
            change.add("lanes", {"from": origin, "to": end, "mode": f"new{number}", "unit_cost": 0.1})
    assert_at_most(cost(change.build()), unchanged)


@FEW
def test_scaling_all_money_scales_the_optimum(seed: int):
    draft, unchanged = before(seed)
    factor = random.Random(seed).choice((0.25, 3.0))
    assert_same(cost(Change(draft).scale_money(factor).build()), factor * unchanged)


@FEW
def test_names_and_orders_change_nothing(seed: int):
    draft, unchanged = before(seed)
    change, dice = Change(draft), random.Random(seed)
    ids = change.ids()
    fresh = [f"id{number}" for number in range(len(ids))]
    dice.shuffle(fresh)
    change.rename(dict(zip(ids, fresh, strict=True))).shuffle(dice).count_periods_from(30)
    assert_same(cost(change.build()), unchanged)


@FEW
def test_the_other_side_of_the_globe_costs_the_same(seed: int):
    draft, unchanged = before(seed)
    change = Change(draft)
    for table in ("sites", "donor_pools", "centres"):
        for row in change.rows(table):
            row["longitude"] = round(178.0 - row["longitude"], 6)  # west to east
            if "latitude" in row:
                row["latitude"] = -row["latitude"]
    assert_same(cost(change.build()), unchanged)


def recognise_all(change: Change) -> None:
    for row in change.rows("recognition"):
        if row["verdict"] in ("never", "licence"):
            row["verdict"] = "recognised"


def soften_the_default(change: Change) -> None:
    softer = {"never": "licence", "licence": "recognised"}
    change.head["default_recognition"] = softer.get(
        change.head["default_recognition"], change.head["default_recognition"]
    )


def price_hard_demand(change: Change) -> None:
    for row in change.rows("demand"):
        row.setdefault("unmet_penalty", 1e4)


LAXER: dict[str, Callable[[Change], object]] = {
    "verdicts": recognise_all,
    "default": soften_the_default,
    "hard demand": price_hard_demand,
    "time limits": lambda change: change.forget("therapies", "fresh_days", "sample_days", "vein_to_vein_days"),
    "most units": lambda change: change.forget("operations", "max_units_per_year").forget(
        "lanes", "max_units_per_year"
    ),
    "distances": lambda change: change.forget("transport_modes", "max_km", "from_stage", "to_stage"),
    "least use": lambda change: change.forget("facilities", "min_load").forget("demand", "min_service"),
    "prohibitions": lambda change: change.drop("prohibitions"),
    "required markers": lambda change: change.drop("required_markers"),
    "diversity": lambda change: change.drop("diversity"),
    "limits": lambda change: change.drop("limits"),
}
"""Ways to make an instance's rules laxer."""


def assert_laxer_never_raises_the_cost(seed: int, rule: str) -> None:
    draft, unchanged = before(seed)
    change = Change(draft)
    LAXER[rule](change)
    assert_at_most(cost(change.build()), unchanged)


@FEW
@pytest.mark.parametrize("rule", sorted(LAXER)[::4])
def test_a_laxer_rule_never_raises_the_cost(seed: int, rule: str):
    assert_laxer_never_raises_the_cost(seed, rule)


@FEW
def test_rows_that_do_not_count_change_nothing(seed: int):
    draft, unchanged = before(seed)
    change = Change(draft)
    for rows in change.tables.values():
        rows[:] = [row for row in rows if row.get("include") != "no"]
    dearest = dict(change.rows("facilities")[0], include="no", opening_cost=1e9, status="open")
    change.add("facilities", dearest)
    change.add("prohibitions", {"rule": "off", "market": "*", "therapy": "*", "include": "no"})
    change.add("limits", {"limit": "off", "measure": "doses", "sense": "max", "value": 0, "include": "no"})
    assert_same(cost(change.build()), unchanged)


@FEW
def test_more_demand_never_costs_less(seed: int):
    """Without rules about totals and loads, a design for twice the demand serves the demand at no more cost."""
    draft, _ = before(seed)
    change = Change(draft).drop("limits").forget("facilities", "min_load")
    unchanged = cost(change.build())
    for row in change.rows("demand"):
        row["doses"] *= 2
    assert_at_most(unchanged, cost(change.build()))


@FEW
def test_a_higher_price_of_what_is_not_served_never_lowers_the_cost(seed: int):
    draft, unchanged = before(seed)
    change = Change(draft)
    for table, column in (("demand", "unmet_penalty"), ("diversity", "shortfall_penalty"), ("limits", "penalty")):
        for row in change.rows(table):
            if column in row:
                row[column] *= 2
    change.tables["limits"] = [row for row in change.rows("limits") if row["measure"] != "total_cost"]
    if len(change.rows("limits")) == len(draft.rows("limits")):
        assert_at_most(unchanged, cost(change.build()))


PROPERTIES: list[Callable[[int], object]] = [
    test_a_new_candidate_site_never_raises_the_cost,
    test_a_new_lane_never_raises_the_cost,
    test_scaling_all_money_scales_the_optimum,
    test_names_and_orders_change_nothing,
    test_the_other_side_of_the_globe_costs_the_same,
    test_rows_that_do_not_count_change_nothing,
    test_more_demand_never_costs_less,
    test_a_higher_price_of_what_is_not_served_never_lowers_the_cost,
    *(partial(assert_laxer_never_raises_the_cost, rule=rule) for rule in sorted(LAXER)),
]


@pytest.mark.slow
@settings(max_examples=100)
@given(seed=st.integers(min_value=3000, max_value=10**6), number=st.integers(0, len(PROPERTIES) - 1))
def test_all_of_this_holds_on_many_more(seed: int, number: int):
    PROPERTIES[number](seed)
