"""Instances from plain rows: what tests, generators and notebooks use."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from donornet.instance.head import Head
from donornet.instance.instance import Instance
from donornet.instance.plain_text import plain_text
from donornet.instance.schema import TABLES


@plain_text
def from_rows(head: Mapping[str, Any], tables: Mapping[str, Iterable[Mapping[str, Any]]]) -> Instance:
    """Return the instance that the rows describe, unchecked.

    Parameters
    ----------
    head
        Fields of the head.
    tables
        Rows by table; a missing cell, None, NaN or ``""`` is blank.

    Raises
    ------
    KeyError
        A table or column that the format does not know.
    """
    return Instance(Head.model_validate(dict(head)), {name: typed(name, rows) for name, rows in tables.items()})


def typed(name: str, rows: Iterable[Mapping[str, Any]]) -> pd.DataFrame:
    """Return rows of the table `name` as a frame with every column of the specification."""
    rows = list(rows)
    unknown = {column for row in rows for column in row} - {column.name for column in TABLES[name]}
    if unknown:
        raise KeyError(f"table {name} has no column {sorted(unknown)}")
    frame = {}
    for column in TABLES[name]:
        cells = [row.get(column.name) for row in rows]
        if column.is_text:
            frame[column.name] = pd.Series([_text(cell) for cell in cells], dtype=object)
        else:
            frame[column.name] = pd.Series([None if cell == "" else cell for cell in cells], dtype=float)
    return pd.DataFrame(frame).set_axis(pd.RangeIndex(2, len(rows) + 2), axis=0)


def _text(cell: Any) -> str:
    if cell is None or (isinstance(cell, float) and math.isnan(cell)):
        return ""
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell)
