"""Cells of one column: what is accepted, what it becomes, what is refused."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from donornet.instance.columns import Column
from donornet.io.cells import Cells

NUMBER = Column("x", "number", "")
SHARE = Column("x", "number", "", minimum=0.0, maximum=1.0)
SPEED = Column("x", "number", "", above=0.0)
WHOLE = Column("x", "integer", "", minimum=1.0)


def typed(column: Column, *cells: str) -> tuple[list[Any], list[str]]:
    found = Cells.of(pa.array(cells, pa.string()))
    values = found.typed(column)
    return values.tolist(), [fault.code for fault in found.faults]


@pytest.mark.parametrize(
    ("column", "text", "value"),
    [
        (NUMBER, "5", 5.0),
        (NUMBER, " 5. ", 5.0),
        (NUMBER, ".5", 0.5),
        (NUMBER, "+1e3", 1000.0),
        (NUMBER, "-1E-3", -0.001),
        (NUMBER, "0.1", 0.1),
        (NUMBER, "1000000000000000", 1e15),
        (NUMBER, "5e-324", 5e-324),
        (NUMBER, "\u00a05\u00a0", 5.0),
        (SHARE, "1", 1.0),
        (SHARE, "0", 0.0),
        (SPEED, "0.001", 0.001),
        (WHOLE, "2027.0", 2027.0),
        (WHOLE, "1", 1.0),
    ],
)
def test_numbers_are_read(column, text, value):
    assert typed(column, text) == ([value], [])


@pytest.mark.parametrize(
    ("column", "text", "code"),
    [
        *(
            (NUMBER, text, "not-a-number")
            for text in [
                "1,5",
                "1.5.2",
                "1_000",
                "0x1F",
                "١٢",
                "1e",
                "--1",
                "1d5",
                "nan",
                "-inf",
                "1'000",
                "½",
                "e5",
                ".",
            ]
        ),
        (NUMBER, "1 000", "not-a-number"),
        (NUMBER, "1e16", "too-large"),
        (NUMBER, "-1e999", "too-large"),
        (SHARE, "1.0000001", "out-of-range"),
        (SHARE, "-0.1", "out-of-range"),
        (SPEED, "0", "out-of-range"),
        (WHOLE, "1.5", "not-whole"),
        (WHOLE, "0", "out-of-range"),
    ],
)
def test_what_is_no_number_of_the_column_is_refused_and_read_as_blank(column, text, code):
    values, codes = typed(column, "", text)
    assert codes == [code]
    assert all(math.isnan(value) for value in values)


@given(st.lists(st.floats(-1e15, 1e15, allow_nan=False) | st.none(), max_size=20))
def test_numbers_written_in_full_are_read_to_the_last_bit(numbers):
    values, codes = typed(NUMBER, *("" if number is None else repr(number) for number in numbers))
    assert codes == []
    np.testing.assert_array_equal(values, [np.nan if number is None else number for number in numbers])


ID = Column("x", "id", "")
STAR = Column("x", "id", "", wildcard=True, default="*", required=True)
CHOICE = Column("x", "choice", "", choices=("open", "closed"))
FLAG = Column("x", "flag", "")
MARKERS = Column("x", "list", "")
PERIOD = Column("x", "period", "", wildcard=True)
GROUPED = Column("x", "period", "", groups=True)
PATTERN = Column("x", "pattern", "", wildcard=True)
TEXT = Column("x", "text", "")


@pytest.mark.parametrize(
    ("column", "text", "value"),
    [
        (ID, " S1 ", "S1"),
        (ID, "0a.B-c_9", "0a.B-c_9"),
        (ID, "007", "007"),
        (ID, "", ""),
        (STAR, "*", "*"),
        (STAR, "", ""),
        (CHOICE, "open", "open"),
        (FLAG, "no", "no"),
        (MARKERS, " HIV ; HBV", "HIV;HBV"),
        (PERIOD, "2027", "2027"),
        (PERIOD, "2027.0", "2027"),
        (PERIOD, "*", "*"),
        (GROUPED, "later", "later"),
        (PATTERN, "!S1", "!S1"),
        (PATTERN, "*", "*"),
        (TEXT, '=1+1; "any" ü thing,', '=1+1; "any" ü thing,'),
        (TEXT, "two\r\nlines", "two\nlines"),
        (TEXT, "*", "*"),
    ],
)
def test_texts_are_read(column, text, value):
    assert typed(column, text) == ([value], [])


@pytest.mark.parametrize(
    ("column", "text", "code"),
    [
        *((ID, text, "bad-id") for text in ("a b", "-a", ".a", "a/b", "ä", "a\nb", "!a", "a;b", "_")),
        (ID, "*", "wildcard"),
        (CHOICE, "Open", "unknown-choice"),
        (CHOICE, "*", "wildcard"),
        (FLAG, "true", "unknown-choice"),
        (MARKERS, "HIV;", "bad-list"),
        (PERIOD, "2027.5", "bad-period"),
        (PERIOD, "-1", "bad-period"),
        (PERIOD, "later", "bad-period"),
        (PATTERN, "!*", "bad-id"),
        (PATTERN, "!!a", "bad-id"),
        (TEXT, "bell\x07", "control-character"),
        (Column("x", "text", "", required=True), " ", "blank-cell"),
        (Column("x", "number", "", required=True), "", "blank-cell"),
    ],
)
def test_what_is_no_text_of_the_column_is_refused(column, text, code):
    assert typed(column, text)[1] == [code]


def test_a_fault_names_every_cell_that_has_it():
    cells = Cells.of(pa.array(["1", "x", "2", "x", " x"], pa.string()))
    cells.typed(NUMBER)
    (fault,) = cells.faults
    assert np.flatnonzero(fault.where[cells.codes]).tolist() == [1, 3, 4]
