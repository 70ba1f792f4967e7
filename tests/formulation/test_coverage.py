"""Match coverage, hard and priced, against nested searches on a line that know no cuts."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from donornet.evaluation import evaluate
from donornet.formulation import build_model, extract
from donornet.formulation.diversity import coverage
from tests.formulation.exact import solve
from tests.oracle.tiny import Tiny

CLASSES = {"a": {"common": 0.7, "rare": 0.3}, "b": {"rare": 0.4, "own": 0.6}}
"""Weight of each match class by patient group."""
CHANCES = {"common": (0.2, 0.05), "rare": (0.01, 0.04), "own": (0.0, 0.1)}
"""Probability that one donor of the groups g and h matches."""
PRICE = (5 + 2 + 1, 9 + 2 + 1)
"""Cost of a donation of g and h: the donation, the operation of collection, the test."""
FIXED = 100 + 3 * 5
"""Cost of the plant, and of the 5 units that make the 10 doses."""
HARD = 1e6
"""Price at which no shortfall pays."""
PASS = 0.5
MEASURES = ("match_coverage", "coverage_floor")


def line(*rows: dict[str, Any]) -> Tiny:
    """The line with a pool of each group, two patient groups and requirements."""
    tiny = Tiny()
    tiny.add(
        "donor_pools", {"pool": "Q", "jurisdiction": "A", "donor_group": "h", "risk_class": "low", "donation_cost": 9}
    )
    tiny.vans("Q>C")
    tiny.add("patient_groups", *({"market": "A", "patient_group": a, "share": 0.5} for a in CLASSES))
    for a, weights in CLASSES.items():
        tiny.add("match_classes", *({"patient_group": a, "match_class": h, "weight": w} for h, w in weights.items()))
    for h, chances in CHANCES.items():
        pairs = zip("gh", chances, strict=True)
        tiny.add("match_probabilities", *({"match_class": h, "donor_group": g, "probability": p} for g, p in pairs))
    return tiny.add("diversity", *({"requirement": f"cover-{n}", **row} for n, row in enumerate(rows)))


def covered(a: str, g: float, h: float) -> float:
    """The share of patient group `a` that finds a match among eligible donations of groups g and h."""
    chances = ((weight, CHANCES[name]) for name, weight in CLASSES[a].items())
    return 1.0 - math.fsum(weight * (1 - of_g) ** g * (1 - of_h) ** h for weight, (of_g, of_h) in chances)


def least(cost: Callable[[float], float], most: float = 2000.0) -> float:
    """The least value of a convex function of one number, by golden sections."""
    golden = (math.sqrt(5) - 1) / 2
    low, high = 0.0, most
    for _ in range(70):
        left, right = high - golden * (high - low), low + golden * (high - low)
        low, high = (low, right) if cost(left) <= cost(right) else (left, high)
    return min(cost(low), cost(high))


def reference(value: float, groups: str, price: float = HARD) -> float:
    """The least cost: convex in the donations of g and of h, which the shortfalls follow from."""

    def cost(g: float, h: float) -> float:
        short = sum(max(value - covered(a, PASS * g, PASS * h), 0) for a in groups)
        return FIXED + PRICE[0] * g + PRICE[1] * h + price * short + HARD * max(5 - PASS * (g + h), 0)

    return least(lambda h: least(lambda g: cost(g, h)))


def optimum(**row: Any) -> float:
    return solve(build_model(line(row).build()))[0]


@pytest.mark.parametrize("value", [0.3, 0.6, 0.9, 0.99])
def test_a_hard_coverage_is_met_at_least_cost(value):
    assert optimum(measure="match_coverage", member="a", value=value) == pytest.approx(reference(value, "a"), rel=1e-5)


@pytest.mark.parametrize("measure", MEASURES)
@pytest.mark.parametrize("value", [0.5, 0.8])
def test_a_hard_coverage_of_every_group_is_met_at_least_cost(measure, value):
    assert optimum(measure=measure, value=value) == pytest.approx(reference(value, "ab"), rel=1e-5)


@pytest.mark.parametrize("measure", MEASURES)
@pytest.mark.parametrize("price", [100.0, 1000.0, 10000.0])
def test_a_priced_coverage_is_missed_by_as_much_as_pays(measure, price):
    found = optimum(measure=measure, value=0.9, shortfall_penalty=price)
    assert found == pytest.approx(reference(0.9, "ab", price), rel=1e-5)


@pytest.mark.parametrize("measure", MEASURES)
def test_a_priced_coverage_of_one_group_leaves_the_other_alone(measure):
    found = optimum(measure=measure, member="b", value=0.9, shortfall_penalty=1000.0)
    assert found == pytest.approx(reference(0.9, "b", 1000.0), rel=1e-5)


@pytest.mark.parametrize("measure", MEASURES)
@pytest.mark.parametrize("price", [None, 1000.0])
def test_the_evaluation_finds_the_same_cost_and_no_violation(measure, price):
    m = build_model(line({"measure": measure, "value": 0.8, "shortfall_penalty": price}).build())
    objective, values = solve(m)
    found = evaluate(m.instance, extract(m, values))
    assert found.objective == pytest.approx(objective, rel=1e-6)
    assert not list(found.violations)


def test_a_coverage_out_of_reach_is_infeasible_and_what_is_there_already_costs_nothing():
    tiny = line({"measure": "match_coverage", "member": "b", "value": 0.999})
    for pool in tiny.tables["donor_pools"]:
        pool["registry"] = 30
    assert solve(build_model(tiny.build()))[0] == np.inf
    tiny.change("diversity", level="registry", value=0.7)  # 30 registered donors of each group and no way to recruit
    assert covered("b", 30, 30) > 0.7
    assert solve(build_model(tiny.build()))[0] == pytest.approx(FIXED + 8 * 10)
    tiny.change("diversity", value=0.999)
    assert solve(build_model(tiny.build()))[0] == np.inf


def test_the_gradient_is_that_of_finite_differences():
    m = build_model(line({"measure": "match_coverage", "value": 0.5}).build())
    point = np.array([7.0, 11.0])
    value, gradient = coverage(m, "a", ["g", "h"], point)
    assert value == pytest.approx(covered("a", *point))
    for axis in range(2):
        step = 1e-6 * np.eye(2)[axis]
        slope = (covered("a", *(point + step)) - covered("a", *(point - step))) / 2e-6
        assert gradient[axis] == pytest.approx(slope, rel=1e-6)
