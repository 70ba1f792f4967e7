"""Random edits of single cells of an instance, of every table and column, valid by trial."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

import donornet as dn
from donornet.instance import Instance
from donornet.instance.columns import Column
from donornet.instance.schema import TABLES

Place = tuple[str, str]
"""Table and column; the column is ``remove`` where a row is taken away."""
REMOVE = "remove"


def places(instance: Instance) -> list[Place]:
    """Every place of an instance where something can be edited."""
    tables = [table for table in TABLES.values() if instance.has(table.name)]
    return [
        (table.name, name)
        for table in tables
        for name in [*(column.name for column in table if column.name not in ("source", "note")), REMOVE]
    ]


def edited(instance: Instance, place: Place, dice: random.Random, tries: int = 4) -> Instance | None:
    """Return a valid instance that differs at the place; None if none was found."""
    for _ in range(tries):
        candidate = _edited(instance, place, dice)
        if candidate is not None and not any(finding.is_error for finding in dn.validate(candidate)):
            return candidate
    return None


def _edited(instance: Instance, place: Place, dice: random.Random) -> Instance | None:
    name, column = place
    rows = instance.tables[name].copy()
    chosen = dice.randrange(len(rows))
    if column == REMOVE:
        rows = rows.drop(rows.index[chosen])
    else:
        cells = rows[column].to_numpy(copy=True)
        every = dice.random() < 0.4 and not TABLES[name][column].is_text
        value = _value(TABLES[name][column], cells, cells[chosen], instance, dice)
        if value is None:
            return None
        if every:
            factor = dice.choice([0.5, 0.9, 1.25, 2.0])
            cells = cells * factor
        else:
            cells[chosen] = value
        rows[column] = pd.Series(cells, index=rows.index, dtype=rows[column].dtype)
    return replace(instance, tables={**instance.tables, name: rows})


def _value(column: Column, cells: np.ndarray, old: Any, instance: Instance, dice: random.Random) -> Any:
    if column.kind == "choice":
        return dice.choice([choice for choice in (*column.choices, "*" if column.wildcard else "") if choice != old])
    if column.kind == "flag":
        return "no" if old != "no" else "yes"
    if column.is_text:
        known = [cell for cell in {*cells.tolist(), "*" if column.wildcard else ""} if cell != old]
        return dice.choice(sorted(known)) if known else None
    if column.kind == "integer":
        return float(dice.choice([*instance.periods, np.nan]))
    if column.maximum is not None:
        return dice.choice([0.0, round(dice.random(), 3), column.maximum, np.nan])
    old = 10.0 if np.isnan(old) else old
    return dice.choice([0.0, old * 0.7, old * 1.6, old + 1.0, np.nan])
