"""Relations: joins and groups give what pandas gives, in the same order."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from donornet.admissible.relation import MOST_KEYS, Relation, stack

SPANS = (1, 5, 10**12)
"""Bounds on the cells: all alike, dense, and too far apart for a table over all of them."""


def drawn(seed: int, rows: int, span: int, *others: str) -> pd.DataFrame:
    """Return rows whose keys a (whole), b (real), c (Python's whole numbers) often repeat, beside columns of floats."""
    dice = np.random.default_rng(seed)
    known = dice.integers(-span, span, 4)
    cells = {key: known[dice.integers(0, 4, rows)] for key in "abc"}
    table = pd.DataFrame({"a": cells["a"], "b": cells["b"] / 3, **{name: dice.random(rows) for name in others}})
    return table.assign(c=pd.Series([int(cell) << 70 for cell in cells["c"]], dtype=object))


def relation_of(table: pd.DataFrame) -> Relation:
    return Relation({name: table[name].to_numpy() for name in table})


def same(relation: Relation, table: pd.DataFrame) -> bool:
    return list(relation) == list(table) and all((relation[name] == table[name].to_numpy()).all() for name in table)


@pytest.mark.parametrize("on", [("a",), ("b",), ("c",), ("a", "b"), ("c", "a", "b")])
@pytest.mark.parametrize("span", SPANS)
@pytest.mark.parametrize("rows", [(0, 7), (7, 0), (30, 50), (50, 30)])
def test_join_pairs_all_rows_that_agree_in_the_order_of_the_rows(on: tuple[str, ...], span: int, rows: tuple[int, int]):
    left, right = drawn(1, rows[0], span, "x"), drawn(2, rows[1], span, "y")[[*on, "y"]]
    right = pd.concat([right, left[[*on]].head(5).assign(y=-1.0)]) if len(right) else right
    pairs = [
        (one, other)
        for one, keys in enumerate(left[[*on]].values.tolist())
        for other, theirs in enumerate(right[[*on]].values.tolist())
        if keys == theirs
    ]
    joined = relation_of(left).join(relation_of(right), *on)
    assert joined["x"].tolist() == [left["x"].iloc[one] for one, _ in pairs]
    assert joined["y"].tolist() == [right["y"].iloc[other] for _, other in pairs]
    assert list(joined) == ["a", "b", "x", "c", "y"]


@pytest.mark.parametrize("on", [("a",), ("a", "b"), ("c", "b")])
@pytest.mark.parametrize("span", SPANS)
def test_first_row_that_agrees_is_found(on: tuple[str, ...], span: int):
    left, right = drawn(3, 40, span), drawn(3, 20, span)
    theirs = right[[*on]].values.tolist()
    wanted = [theirs.index(keys) if keys in theirs else -1 for keys in left[[*on]].values.tolist()]
    assert relation_of(left).find(relation_of(right), *on).tolist() == wanted
    assert relation_of(left).within(relation_of(right), *on).tolist() == [at >= 0 for at in wanted]


@pytest.mark.parametrize("on", [("a",), ("b",), ("b", "a"), ("c", "a", "b")])
@pytest.mark.parametrize("span", SPANS)
@pytest.mark.parametrize("rows", [0, 1, 60])
def test_groups_are_numbered_in_sorted_order_and_told_apart_in_the_order_of_appearance(
    on: tuple[str, ...], span: int, rows: int
):
    table = drawn(4, rows, span, "x")
    assert relation_of(table).numbers(*on).tolist() == table.groupby([*on]).ngroup().tolist()
    assert same(relation_of(table).distinct(*on), table.drop_duplicates([*on]))


def test_keys_too_many_for_a_machine_integer_are_told_apart():
    wide = np.array([0, MOST_KEYS - 1, MOST_KEYS - 1, 0])
    table = Relation({"a": wide, "b": wide[::-1], "c": wide})
    assert table.numbers("a", "b", "c").tolist() == [0, 1, 1, 0]


def test_rows_are_taken_by_position_or_by_a_mask():
    table = Relation({"a": np.arange(4), "b": np.arange(4) / 2})
    assert table.take(np.array([3, 1, 1]))["a"].tolist() == [3, 1, 1]
    assert table.take(table["b"] > 0.6)["a"].tolist() == [2, 3]


def test_one_value_stands_for_every_row():
    table = Relation({"a": np.arange(2)}).assign(b=1.5, a=np.array([7, 8]))
    assert {name: column.tolist() for name, column in table.columns.items()} == {"a": [7, 8], "b": [1.5, 1.5]}


def test_parts_without_a_row_do_not_count_in_a_stack():
    parts = [Relation({"b": np.zeros(0)}), Relation({"a": np.arange(2)}), Relation({"a": np.array([9])})]
    assert stack(parts)["a"].tolist() == [0, 1, 9]
    assert list(stack(parts[:1])) == []
