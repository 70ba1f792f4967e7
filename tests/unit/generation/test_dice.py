"""The dice are the same everywhere, and shares add up."""

from __future__ import annotations

import numpy as np
import pytest

from donornet.generation.dice import Dice, figure, shares


def test_a_stream_depends_on_seed_and_subject_alone():
    assert Dice(1, "demand").number(0, 1) == Dice(1, "demand").number(0, 1)
    assert len({Dice(seed, subject).number(0, 1) for seed in (1, 2) for subject in ("demand", "sites")}) == 4


def test_the_first_numbers_of_a_stream_are_those_that_were_published():
    assert Dice(0, "demand").uniform(0, 1, 2) == pytest.approx([0.5603604135531515, 0.5309124559225948], abs=1e-15)


def test_positions_are_drawn_by_weight():
    drawn = np.bincount(Dice(3, "test").pick([1, 0, 3], 4000), minlength=3) / 4000
    assert drawn[1] == 0
    assert drawn[2] == pytest.approx(0.75, abs=0.03)


@pytest.mark.parametrize("total", [1, 3, 4, 7, 100])
def test_shares_add_up_and_nobody_goes_empty_while_there_is_enough(total: int):
    counts = shares(total, [5.0, 0.1, 2.0, 1.0])
    assert counts.sum() == total
    assert (counts >= 1).all() == (total >= 4)


def test_shares_follow_the_weights():
    assert shares(1004, [1.0, 2.0, 3.0, 4.0]).tolist() == [101, 201, 301, 401]


@pytest.mark.parametrize(("amount", "rounded"), [(1234.0, 1200.0), (0.0456, 0.046), (9.99, 10.0), (0.0, 0.0)])
def test_figures_have_two_significant_digits(amount: float, rounded: float):
    assert figure(amount) == rounded
