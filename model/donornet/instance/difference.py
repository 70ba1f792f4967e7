"""What is different between two instances, row by row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pandas as pd

from donornet.instance.columns import Table
from donornet.instance.edits import Condition
from donornet.instance.instance import Instance
from donornet.instance.schema import TABLES

COLUMNS = ("table", "key", "twin", "change", "column", "before", "after")
HEAD = "instance"
"""What stands in column `table` for the head."""
TEXTS = ("title", "source", "note", "include")
"""Columns that change nothing but what people read; rows that do not count are not there."""
MARKS = {"added": "+", "removed": "-", "changed": "~"}
_Row = dict[str, Any]


@dataclass(frozen=True, eq=False)
class Difference:
    """What is different in one instance, seen from another; true if anything is.

    Parameters
    ----------
    before, after
        Name and scenario of the two instances.
    table
        One row per cell that differs: ``table``; ``key``, the row's key cells as a condition ``column=value;
        column=value``; ``twin``, which of several rows with this key, from 1 (these are added and removed whole);
        ``change``: added, removed (the row) or changed (the cell); ``column``; ``before`` and ``after``, texts or
        numbers as the model sees them with defaults filled in, None where blank. Of a row that is added or removed
        every filled cell beside its key is listed, or one row with a blank `column` if there is none. The head is the
        table ``instance``.
    """

    before: str
    after: str
    table: pd.DataFrame

    def __len__(self) -> int:
        return len(self.table)

    def __bool__(self) -> bool:
        return len(self.table) > 0

    def __str__(self) -> str:
        return self.text()

    def text(self, most: int | None = 20) -> str:
        """Return the differences as lines for people.

        Parameters
        ----------
        most
            Rows of one table that are written out, the others are counted; None: all.
        """
        if not self:
            return f"{self.before} and {self.after}: no difference"
        rows = self.table.groupby(["table", "key", "twin", "change"], sort=False).size().reset_index()
        counts = rows["change"].value_counts()
        told = ", ".join(f"{counts[change]} {change}" for change in MARKS if change in counts)
        lines = [f"{self.before} -> {self.after}: {told}"]
        for name, part in self.table.groupby("table", sort=False):
            lines.append(str(name))
            groups = list(part.groupby(["key", "twin", "change"], sort=False))
            lines += [_line(key, twin, change, cells) for (key, twin, change), cells in groups[:most]]
            if most is not None and len(groups) > most:
                lines.append(f"  ... and {len(groups) - most} more rows of {name}")
        return "\n".join(lines)


def difference(before: Instance, after: Instance) -> Difference:
    """Return what is different in `after`: effective rows, without titles, sources and notes."""
    cells = list(_head_cells(before, after))
    for name, table in TABLES.items():
        if before.tables.get(name) is not after.tables.get(name):
            cells += _table_cells(table, before.table(name), after.table(name))
    return Difference(_called(before), _called(after), pd.DataFrame(cells, columns=list(COLUMNS), dtype=object))


def _called(instance: Instance) -> str:
    return f"{instance.head.name} ({instance.scenario})" if instance.applied else instance.head.name


def _head_cells(before: Instance, after: Instance) -> Iterator[tuple[Any, ...]]:
    old, new = ({**_flat(instance.head.model_dump(exclude=set(TEXTS)))} for instance in (before, after))
    for entry in old:
        if old[entry] != new[entry]:
            yield HEAD, "", 1, "changed", entry, old[entry], new[entry]


def _flat(entries: dict[str, Any]) -> dict[str, Any]:
    periods = entries.pop("periods")
    return entries | {f"periods.{entry}": value for entry, value in periods.items()}


def _table_cells(table: Table, before: pd.DataFrame, after: pd.DataFrame) -> Iterator[tuple[Any, ...]]:
    old, new = _by_key(table, before), _by_key(table, after)
    for key in [*old, *(key for key in new if key not in old)]:
        were, are = old.get(key, []), new.get(key, [])
        written = "; ".join(str(Condition(name, _text(cell))) for name, cell in zip(table.keys, key, strict=True))
        if len(were) == len(are) == 1:
            for column, was in were[0].items():
                if was != are[0][column]:
                    yield table.name, written, 1, "changed", column, was, are[0][column]
            continue
        common = Counter(map(_frozen, were)) & Counter(map(_frozen, are))
        for twin, row in enumerate(_less(were, common), start=1):
            yield from ((table.name, written, twin, "removed", column, was, None) for column, was in _filled(row))
        for twin, row in enumerate(_less(are, common), start=1):
            yield from ((table.name, written, twin, "added", column, None, now) for column, now in _filled(row))


def _by_key(table: Table, rows: pd.DataFrame) -> dict[tuple[Any, ...], list[_Row]]:
    """Return the rows by their key cells, blank cells as None."""
    names = [column.name for column in table.own_columns if column.name not in TEXTS]
    cells = rows[names].astype(object)
    cells = cells.where(cells.notna() & (cells != ""), None)
    found: dict[tuple[Any, ...], list[_Row]] = {}
    for row in cells.to_dict("records"):
        found.setdefault(tuple(row.pop(key) for key in table.keys), []).append(row)
    return found


def _less(rows: list[_Row], common: Counter[tuple[Any, ...]]) -> list[_Row]:
    """Return the rows without those that are on the other side too: their order does not matter."""
    left, kept = common.copy(), []
    for row in rows:
        if left[_frozen(row)] > 0:
            left[_frozen(row)] -= 1
        else:
            kept.append(row)
    return kept


def _frozen(row: _Row) -> tuple[Any, ...]:
    return tuple(row.values())


def _filled(row: _Row) -> list[tuple[str, Any]]:
    return [(column, cell) for column, cell in row.items() if cell is not None] or [("", None)]


def _text(cell: Any) -> str:
    if cell is None:
        return ""
    return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell)


def _line(key: str, twin: int, change: str, cells: pd.DataFrame) -> str:
    """Return one row's differences as a line."""
    parts = []
    for column, before, after in zip(cells["column"], cells["before"], cells["after"], strict=True):
        if change == "changed":
            ratio = _ratio(before, after)
            parts.append(f"{column} {_shown(before)} -> {_shown(after)}{ratio}")
        elif column:
            parts.append(f"{column}={_shown(before if change == 'removed' else after)}")
    again = f" (one of several, {twin})" if twin > 1 else ""
    return f"  {MARKS[change]} {key}{again}{': ' if key and parts else ''}{', '.join(parts)}"


def _ratio(before: Any, after: Any) -> str:
    """Return by how much a number has changed."""
    both_numbers = isinstance(before, float) and isinstance(after, float)
    return f" ({100 * (after / before - 1):+.3g} %)" if both_numbers and before > 0 else ""


def _shown(cell: Any) -> str:
    if cell is None:
        return "blank"
    return f"{cell:.10g}" if isinstance(cell, float) else str(cell)
