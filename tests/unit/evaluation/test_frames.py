from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from donornet.evaluation import frames
from donornet.evaluation.frames import codes, pair, side_by_side, sums


def frame(keys: list[str], amounts: list[float]) -> pd.DataFrame:
    return pd.DataFrame({"key": pd.Series(keys, dtype=object), "amount": pd.Series(amounts, dtype=float)})


def shared(left: pd.DataFrame, right: pd.DataFrame) -> list[tuple[int, int, float]]:
    i, j, amount = pair(left, right, ["key"], ("amount", "amount"))
    return [(int(a), int(b), round(float(c), 9)) for a, b, c in zip(i, j, amount, strict=True)]


def test_pair_serves_first_in_first_out_within_each_key():
    left = frame(["a", "b", "a"], [3, 5, 2])
    right = frame(["a", "a", "b"], [4, 1, 2])
    assert sorted(shared(left, right)) == [(0, 0, 3), (1, -1, 3), (1, 2, 2), (2, 0, 1), (2, 1, 1)]


def test_pair_leaves_out_takers_without_offer_and_negligible_pieces():
    assert shared(frame(["a"], [1]), frame(["a", "b"], [3, 1])) == [(0, 0, 1)]
    assert len(shared(frame(["a"], [1]), frame(["a"], [1 - 1e-9]))) == 1
    assert len(shared(frame(["a"], [1]), frame(["a"], [1 - 1e-3]))) == 2
    assert shared(frame([], []), frame(["a"], [1])) == []


amounts = st.lists(st.tuples(st.sampled_from("abc"), st.integers(1, 20)), max_size=12)


@given(amounts, amounts)
def test_pair_conserves_amounts(offers, takes):
    left, right = (frame([key for key, _ in rows], [float(amount) for _, amount in rows]) for rows in (offers, takes))
    pieces = shared(left, right)
    for n, (_, amount) in enumerate(offers):
        assert sum(size for i, _, size in pieces if i == n) == pytest.approx(amount)
    for key in "abc":
        offered = sum(amount for name, amount in offers if name == key)
        taken = sum(amount for name, amount in takes if name == key)
        got = sum(size for i, j, size in pieces if j >= 0 and offers[i][0] == key)
        assert got == pytest.approx(min(offered, taken))
        assert all(takes[j][0] == offers[i][0] for i, j, _ in pieces if j >= 0)


@given(amounts)
def test_codes_do_not_depend_on_how_they_are_found(rows):
    table = frame([key for key, _ in rows], [float(amount) for _, amount in rows])
    plain = codes(table, ["key", "amount"])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(frames, "SMALL", 1)
        assert np.array_equal(codes(table, ["key", "amount"]), plain)


def test_sums_side_by_side_fill_what_is_missing_with_zero():
    left, right = frame(["a", "a"], [1, 2]), frame(["b"], [4]).rename(columns={"amount": "other"})
    both = side_by_side([(left, "amount"), (right, "other")], ["key"])
    assert both.to_dict("list") == {"key": ["a", "b"], "amount": [3, 0], "other": [0, 4]}
    assert sums(left.iloc[:0], ["key"], "amount").empty
