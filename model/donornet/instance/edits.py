"""Edits of rows: what the table ``scenarios`` says, parsed.

An edit names a table, the rows of it (``where``) and what becomes of them (``set``):
new values, removal, or a row to add.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

from donornet.instance.cells import parse_cell
from donornet.instance.columns import Column, Table
from donornet.instance.findings import Finding, nearest
from donornet.instance.matching import Groups
from donornet.instance.quoting import parts, quoted, unquoted
from donornet.instance.schema import TABLES

Action = Literal["set", "remove", "add"]
Operator = Literal["=", "*=", "+="]
Note = Callable[[str, str, str], None]
"""What a fault is told to: its code, message and column."""
_MOST_COMPARED = 3000
"""Cells that a pattern which matches none is compared with."""
_MOST_LISTED = 8
"""Different cells that are listed where none is near."""


@dataclass(frozen=True)
class Condition:
    """One part of ``where``: a cell matches `pattern`; ``*`` and ``?`` are wildcards; a group is its members."""

    column: str
    pattern: str

    def __str__(self) -> str:
        return f"{self.column}={quoted(self.pattern)}"


@dataclass(frozen=True)
class Assignment:
    """One part of ``set``: the cell of `column` becomes `value`, or is multiplied with it, or has it added."""

    column: str
    operator: Operator
    value: str | float

    def __str__(self) -> str:
        return f"{self.column}{self.operator}{quoted(_exactly(self.value))}"


@dataclass(frozen=True)
class Edit:
    """One edit of the rows of one table.

    Parameters
    ----------
    table
        Name of the table.
    action
        set: assign to every row that matches; remove: take these rows away; add: append one row.
    where
        Conditions that a row must meet, all of them; none: every row. Empty for `add`.
    assignments
        What is assigned; for `add` the cells of the new row; empty for `remove`.
    """

    table: str
    action: Action
    where: tuple[Condition, ...] = ()
    assignments: tuple[Assignment, ...] = ()

    def __str__(self) -> str:
        """Return the edit in one line, which `parse_text` reads back."""
        assigned, where = ("; ".join(map(str, listed)) for listed in (self.assignments, self.where))
        if self.action == "set":
            return f"{self.table}.{assigned} where {where}" if where else f"{self.table}.{assigned}"
        cells = assigned if self.action == "add" else where
        return f"{self.table} {self.action} where {cells}" if cells else f"{self.table} {self.action}"

    def matches(self, rows: pd.DataFrame, groups: Groups) -> np.ndarray:
        """Return which of the `rows` (a raw table, rows with include = no too) the edit is about, shape (rows,)."""
        matched = np.ones(len(rows), dtype=bool)
        for condition in self.where:
            matched &= _matches(TABLES[self.table][condition.column], rows[condition.column], condition.pattern, groups)
        return matched

    def applied(self, rows: pd.DataFrame, groups: Groups) -> pd.DataFrame:
        """Return the raw table after the edit; an added row gets the next free row number."""
        if self.action == "add":
            return _with_row(TABLES[self.table], rows, {part.column: part.value for part in self.assignments})
        chosen = self.matches(rows, groups)
        if self.action == "remove":
            return rows[~chosen]
        changed = rows.copy()
        for part in self.assignments:
            column = TABLES[self.table][part.column]
            cells = changed[part.column].to_numpy(copy=True)
            cells[chosen] = part.value if part.operator == "=" else _calculated(column, cells[chosen], part)
            changed[part.column] = pd.Series(cells, index=changed.index, dtype=object if column.is_text else float)
        return changed

    def why_nothing(self, rows: pd.DataFrame, groups: Groups) -> str:
        """Return why no row matches: the first condition that no row meets by itself, if there is one."""
        if rows.empty:
            return f"the table {self.table} has no row to edit"
        for condition in self.where:
            if Edit(self.table, "set", (condition,)).matches(rows, groups).any():
                continue
            cells = [text for text in map(_written, rows[condition.column].unique()) if text not in ("", "nan")]
            hint = nearest(condition.pattern, cells[:_MOST_COMPARED])
            if not hint and 0 < len(cells) <= _MOST_LISTED:
                hint = f", where {condition.column} is {', '.join(cells)}"
            return f"{condition} matches no row of {self.table}{hint}; correct the pattern"
        together = "; ".join(map(str, self.where))
        return f"no row of {self.table} meets {together} together; correct a pattern"


def parse_edit(row: Mapping[str, Any], number: int | None = None) -> tuple[Edit | None, list[Finding]]:
    """Return the edit that a row of ``scenarios`` describes, or None and what is wrong with it.

    Parameters
    ----------
    row
        Cells ``table``, ``where`` and ``set``.
    number
        Row number for the findings.
    """
    findings: list[Finding] = []

    def fault(code: str, message: str, column: str) -> None:
        findings.append(Finding(code, message, "scenarios", number, column))

    name = str(row["table"]).strip()
    if name not in TABLES or name in {"scenarios", "uncertainty"}:
        editable = [known for known in TABLES if known not in {"scenarios", "uncertainty"}]
        fault("unknown-table", f"{name!r} is no table that a scenario can edit{nearest(name, editable)}", "table")
        return None, findings
    table = TABLES[name]
    order = str(row["set"]).strip()
    action: Action = "remove" if order == "remove" else "add" if order == "add" else "set"
    where = _conditions(table, str(row["where"]), fault)
    assignments: tuple[Assignment, ...] = ()
    if action == "set":
        assignments = _assignments(table, order, fault)
    elif action == "add":
        assignments = _new_cells(table, where, fault)
        where = ()
    return (None if findings else Edit(name, action, where, assignments)), findings


def _column(table: Table, name: str, place: str, fault: Note) -> Column | None:
    names = [column.name for column in table]
    if name in names:
        return table[name]
    fault("unknown-column", f"table {table.name} has no column {name!r}{nearest(name, names)}", place)
    return None


def _conditions(table: Table, text: str, fault: Note) -> tuple[Condition, ...]:
    conditions = []
    for part in parts(text):
        name, equals, pattern = part.partition("=")
        if not equals:
            fault("bad-edit", f"{part!r} is no condition; write column=pattern, several separated by ';'", "where")
        elif _column(table, name.strip(), "where", fault):
            conditions.append(Condition(name.strip(), unquoted(pattern)))
    return tuple(conditions)


def _assignments(table: Table, text: str, fault: Note) -> tuple[Assignment, ...]:
    assignments = []
    for part in parts(text):
        written = re.fullmatch(r"([^=*+]*)([*+]?=)(.*)", part, flags=re.DOTALL)
        if not written:
            remedy = "write column=value, column*=factor or column+=amount, several separated by ';'; or remove; or add"
            fault("bad-edit", f"{part!r} is no assignment; {remedy}", "set")
            continue
        name, operator, value = written[1].strip(), written[2], unquoted(written[3])
        column = _column(table, name, "set", fault)
        if column is None:
            continue
        if operator != "=" and column.is_text:
            fault("bad-edit", f"column {name} holds no numbers: {part!r} cannot calculate; write {name}=value", "set")
            continue
        plain = Column(name, "number", "", required=True) if operator != "=" else column
        try:
            assignments.append(Assignment(name, _OPERATORS[operator], parse_cell(plain, value)))
        except ValueError as refusal:
            fault("bad-edit", str(refusal), "set")
    return tuple(assignments)


def _new_cells(table: Table, where: tuple[Condition, ...], fault: Note) -> tuple[Assignment, ...]:
    """Return the cells of a row to add: written in ``where`` as column=value."""
    cells = []
    for condition in where:
        try:
            cells.append(Assignment(condition.column, "=", parse_cell(table[condition.column], condition.pattern)))
        except ValueError as refusal:
            fault("bad-edit", str(refusal), "where")
    named = {condition.column for condition in where}
    missing = [
        column.name for column in table if column.required and column.default is None and column.name not in named
    ]
    if missing:
        fault("bad-edit", f"a row added to {table.name} needs {', '.join(missing)}; write them in where", "where")
    return tuple(cells)


def _matches(column: Column, cells: pd.Series, pattern: str, groups: Groups) -> np.ndarray:
    """Return which cells match; a blank cell counts as the column's default."""
    codes, values = pd.factorize(cells, use_na_sentinel=False)
    accepted = groups.members(pattern)
    glob = re.compile("".join({"*": ".*", "?": "."}.get(sign, re.escape(sign)) for sign in pattern), flags=re.DOTALL)
    hits = []
    for value in values:
        text = _written(column.default if _is_blank(value) else value)
        hits.append(text in accepted or glob.fullmatch(text) is not None or _same_number(column, text, pattern))
    return np.array(hits, dtype=bool)[codes] if len(values) else np.zeros(len(cells), dtype=bool)


def _is_blank(value: Any) -> bool:
    return bool(value == "" or pd.isna(value))


def _written(value: Any) -> str:
    if value is None:
        return ""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _exactly(value: str | float) -> str:
    """Return a value so that no digit is lost; blank for NaN."""
    if isinstance(value, str):
        return value
    return "" if np.isnan(value) else repr(float(value)).removesuffix(".0")


def _same_number(column: Column, text: str, pattern: str) -> bool:
    if column.is_text or not text:
        return False
    try:
        return float(text) == float(pattern)
    except ValueError:
        return False


def _calculated(column: Column, cells: np.ndarray, part: Assignment) -> np.ndarray:
    """Return the cells multiplied or added to; a blank without a default ("unlimited", "none") stays blank."""
    default = column.default if isinstance(column.default, float) else float("nan")
    numbers = np.where(np.isnan(cells.astype(float)), default, cells.astype(float))
    amount = float(part.value)
    return np.asarray(numbers * amount if part.operator == "*=" else numbers + amount)


def _with_row(table: Table, rows: pd.DataFrame, cells: Mapping[str, str | float]) -> pd.DataFrame:
    number = max((int(label) for label in rows.index), default=1) + 1
    new = {
        column.name: pd.Series(
            [cells.get(column.name, "" if column.is_text else float("nan"))],
            index=[number],
            dtype=object if column.is_text else float,
        )
        for column in table
    }
    return pd.concat([rows, pd.DataFrame(new)]) if len(rows) else pd.DataFrame(new)


_OPERATORS: dict[str, Operator] = {"=": "=", "*=": "*=", "+=": "+="}
