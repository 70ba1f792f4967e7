"""Cells judged against their column."""

from __future__ import annotations

import pandas as pd
import pytest

from donornet.instance.cells import allowed, faults, parse_cell
from donornet.instance.columns import Column
from donornet.instance.schema import TABLES

SHARE = Column("share", "number", "", minimum=0.0, maximum=1.0)
SPEED = Column("speed", "number", "", above=0.0)
STEP = Column("step", "integer", "", minimum=1.0, required=True)
STAGE = Column("stage", "choice", "", choices=("a", "b"), wildcard=True)
PERIOD = Column("period", "period", "", wildcard=True)
RULE = Column("rule", "pattern", "")
MARKERS = Column("markers", "list", "")


@pytest.mark.parametrize(
    ("column", "cells", "found"),
    [
        (SHARE, [0.0, 1.0, float("nan")], {}),
        (SHARE, [1.5, -0.1, 1e16], {"out-of-range": [True, True, False], "too-large": [False, False, True]}),
        (SPEED, [0.0, 1e-9, float("-inf")], {"out-of-range": [True, False, False], "not-finite": [False, False, True]}),
        (STEP, [1.0, 1.5, float("nan")], {"not-whole": [False, True, False], "blank-cell": [False, False, True]}),
        (STAGE, ["a", "*", "c"], {"unknown-choice": [False, False, True]}),
        (PERIOD, ["2027", "*", ""], {}),
        (PERIOD, ["2027.5", "-1", "soon"], {"bad-period": [True, True, True]}),
        (RULE, ["a.b", "!a-b", "!"], {"bad-id": [False, False, True]}),
        (RULE, ["!!a", "a b", "*"], {"bad-id": [True, True, False], "wildcard": [False, False, True]}),
        (MARKERS, ["HIV;HBV", "HIV; HBV", "HIV;;HBV"], {"bad-list": [False, False, True]}),
    ],
)
def test_each_fault_is_marked_where_it_stands(column, cells, found):
    series = pd.Series(cells, dtype=object if column.is_text else float)
    assert {code: list(mask) for code, mask in faults(column, series).items()} == found


def test_a_table_without_rows_has_no_fault():
    for table in TABLES.values():
        for column in table:
            assert faults(column, pd.Series([], dtype=object if column.is_text else float)) == {}


@pytest.mark.parametrize(
    ("column", "words"),
    [
        (SHARE, "a number from 0 to 1"),
        (SPEED, "a number above 0"),
        (STEP, "a whole number, 1 or more"),
        (STAGE, "a, b or *"),
        (PERIOD, "the number of a period or *"),
    ],
)
def test_what_is_allowed_is_said_in_words(column, words):
    assert allowed(column) == words


def test_a_written_number_becomes_a_float_and_a_blank_nan():
    assert parse_cell(SHARE, ".5") == 0.5
    assert parse_cell(SHARE, "1e-1") == 0.1
    assert parse_cell(SHARE, "") != parse_cell(SHARE, "")
    assert parse_cell(STAGE, "*") == "*"


@pytest.mark.parametrize("text", ["1_000", "0x1", "inf", "nan", "1,5", "1.5", "-1"])
def test_a_number_that_the_column_refuses_raises_with_what_is_allowed(text: str):
    with pytest.raises(ValueError, match="a number from 0 to 1"):
        parse_cell(SHARE, text)
