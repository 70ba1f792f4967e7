"""Tables of the report: cells with the text that is read and the value that is sorted by."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from donornet.figures.text import number, shortened

MOST_ROWS = 200
"""Rows of a table that are shown; further ones are counted."""
LONGEST = 80
"""Characters of a cell that are shown; longer ones are cut, and whole in the cell's title."""


@dataclass(frozen=True)
class Cell:
    """A cell: its text, of numbers the value to sort by, and the whole text where it is cut."""

    text: str
    value: str = ""
    whole: str = ""


@dataclass(frozen=True)
class Column:
    """A column: its heading, its unit, and whether it holds numbers."""

    heading: str
    unit: str = ""
    is_number: bool = False


@dataclass(frozen=True)
class Table:
    """A table with its caption.

    Parameters
    ----------
    caption
        What it shows.
    columns
        Its columns; the first names the row.
    rows
        Its cells.
    left_out
        Rows that are not shown.
    """

    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    left_out: int = 0


@dataclass(frozen=True)
class Field:
    """How a column of a frame is shown.

    Parameters
    ----------
    name
        Column of the frame.
    heading
        Heading of the column.
    unit
        Unit, shown under the heading.
    show
        Returns the text of a number; None: the column is text.
    """

    name: str
    heading: str
    unit: str = ""
    show: Callable[[float], str] | None = None


def table(caption: str, frame: pd.DataFrame, fields: Sequence[Field], most: int = MOST_ROWS) -> Table:
    """Return the first rows of a frame as a table."""
    columns = tuple(Column(field.heading, field.unit, field.show is not None) for field in fields)
    shown = frame.head(most)
    rows = tuple(
        tuple(_cell(value, field) for value, field in zip(values, fields, strict=True))
        for values in zip(*(shown[field.name] for field in fields), strict=True)
    )
    return Table(caption, columns, rows, len(frame) - len(shown))


def text_cell(text: str) -> Cell:
    """Return a cell with text."""
    short = shortened(text, LONGEST)
    return Cell(short, whole=text if short != " ".join(text.split()) else "")


def number_cell(value: float | None, show: Callable[[float], str] = number) -> Cell:
    """Return a cell with a number; without one it sorts last."""
    if value is None or pd.isna(value):
        return Cell("–", "")
    return Cell(show(float(value)), f"{float(value):.10g}")


def _cell(value: Any, field: Field) -> Cell:
    return text_cell("" if value is None else str(value)) if field.show is None else number_cell(value, field.show)


def of_cells(caption: str, columns: Iterable[Column], rows: Iterable[Sequence[Cell]]) -> Table:
    """Return a table from cells."""
    return Table(caption, tuple(columns), tuple(tuple(row) for row in rows))
