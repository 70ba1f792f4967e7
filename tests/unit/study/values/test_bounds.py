"""What two solves prove about a difference."""

from __future__ import annotations

import itertools
import math
import random

import pytest

from donornet.study.values.bounds import (
    COSTS,
    INDISPENSABLE,
    NEITHER,
    NOTHING,
    RULES_OUT,
    SAVES,
    UNKNOWN,
    Reach,
    sharpened,
    worth,
)
from donornet.study.values.items import Effect

NO_DESIGN = Reach(math.inf, math.inf)
NOT_KNOWN = Reach(50.0, math.inf)


def exactly(cost: float) -> Reach:
    return Reach(cost, cost)


@pytest.mark.parametrize(
    ("base", "other", "effect", "absent", "verdict", "low", "high"),
    [
        (exactly(100), exactly(130), "stricter", True, SAVES, 30, 30),
        (exactly(100), exactly(70), "laxer", False, SAVES, 30, 30),
        (exactly(100), exactly(70), "laxer", True, COSTS, -30, -30),
        (exactly(100), exactly(70), "either", True, COSTS, -30, -30),
        (exactly(100), exactly(100), "stricter", True, NOTHING, 0, 0),
        (Reach(90, 100), Reach(95, 105), "either", True, UNKNOWN, -5, 15),
        (Reach(90, 100), Reach(95, 105), "stricter", True, UNKNOWN, 0, 15),
        (Reach(90, 100), Reach(101, 105), "stricter", True, SAVES, 1, 15),
        (exactly(100), NO_DESIGN, "stricter", True, INDISPENSABLE, math.inf, math.inf),
        (NO_DESIGN, exactly(100), "laxer", True, RULES_OUT, -math.inf, -math.inf),
        (NO_DESIGN, exactly(100), "laxer", False, INDISPENSABLE, math.inf, math.inf),
        (exactly(100), NOT_KNOWN, "stricter", True, UNKNOWN, 0, math.inf),
        (exactly(100), NOT_KNOWN, "either", True, UNKNOWN, -50, math.inf),
    ],
)
def test_the_interval_follows_from_costs_bounds_and_the_direction_of_the_edit(
    base, other, effect, absent, verdict, low, high
):
    found = worth(base, other, effect, absent=absent)
    assert (found.verdict, found.low, found.high) == (verdict, low, high)


def test_there_is_no_worth_where_no_design_exists_with_or_without():
    found = worth(NO_DESIGN, NO_DESIGN, "laxer", absent=True)
    assert found.verdict == NEITHER
    assert math.isnan(found.amount)


def test_a_difference_within_the_gaps_gets_no_amount():
    assert math.isnan(worth(Reach(99, 100), Reach(99.5, 100.5), "stricter", absent=True).amount)
    assert worth(Reach(99, 100), Reach(100.5, 101), "stricter", absent=True).amount == 1.0


def test_a_design_of_a_stricter_case_improves_the_base():
    base, (other,) = sharpened(Reach(90, 110), [(Reach(80, 100), "stricter")])
    assert base == Reach(90, 100)
    assert other == Reach(90, 100)


def test_the_bound_of_a_laxer_case_improves_the_bound_of_the_base():
    base, (other,) = sharpened(Reach(90, 110), [(Reach(95, 120), "laxer")])
    assert base == Reach(95, 110)
    assert other == Reach(95, 110)


def test_nothing_follows_from_a_case_that_may_be_either():
    pair: tuple[Reach, Effect] = (Reach(95, 100), "either")
    assert sharpened(Reach(90, 110), [pair]) == (Reach(90, 110), [pair[0]])


def test_the_interval_always_holds_the_true_difference():
    dice = random.Random(1)
    effects: tuple[Effect, ...] = ("stricter", "laxer", "either")
    for effect, absent in itertools.product(effects, (True, False)):
        for _ in range(200):
            optimum, change = dice.randint(50, 90), dice.randint(0, 10)
            sign = {"stricter": 1, "laxer": -1, "either": dice.choice((-1, 1))}[effect]
            reaches = [
                Reach(true - dice.randint(0, 8), true + dice.choice((dice.randint(0, 8), math.inf)))
                for true in (optimum, optimum + sign * change)
            ]
            base, (other,) = sharpened(reaches[0], [(reaches[1], effect)])
            assert base.low <= optimum <= base.high
            found = worth(base, other, effect, absent=absent)
            assert found.low <= (sign * change if absent else -sign * change) <= found.high
