"""Cells of instances made in memory, and tables that must be there; files are typed by the reader."""

from __future__ import annotations

from collections.abc import Iterator

from donornet.instance import Finding, Instance
from donornet.instance.cells import allowed, faults
from donornet.instance.columns import Column
from donornet.instance.schema import TABLES
from donornet.validation.report import Describe, each, suggestion


def check_cells(instance: Instance) -> Iterator[Finding]:
    """Check that cells are of their column's kind, in its range, finite, among its choices, filled where required."""
    for name, table in TABLES.items():
        if name not in instance.tables:
            continue
        rows = instance.table(name)
        for column in table:
            for code, mask in faults(column, rows[column.name]).items():
                yield from each(rows, mask, (name, column.name), code, _describe(column, code))


def _describe(column: Column, code: str) -> Describe:
    """Return what makes the message of a refused cell."""
    remedy = f"allowed is {allowed(column)}"
    if code == "blank-cell":
        return lambda _: f"the cell is blank, {column.name} is required; {remedy}"
    if column.is_text:
        return lambda row: (
            f"{row[column.name]!r} cannot stand here{suggestion(row[column.name], column.choices)}; {remedy}"
        )
    return lambda row: f"{row[column.name]:g} cannot stand here; {remedy}"


def check_required_tables(instance: Instance) -> Iterator[Finding]:
    """Check that the required tables are there: donor pools too where a therapy is allogeneic."""
    therapies = instance.table("therapies")
    donated = therapies.loc[therapies["modality"] == "allogeneic", "therapy"]
    reasons = {name: "an instance needs it" for name, table in TABLES.items() if table.required}
    if not donated.empty:
        reasons["donor_pools"] = f"the allogeneic therapy {donated.iloc[0]!r} needs donors"
    for name, reason in reasons.items():
        if name not in instance.tables:
            yield Finding("missing-table", f"the table {name} is missing; {reason}", name)
        elif not instance.has(name):
            yield Finding("empty-table", f"the table {name} has no row that counts; {reason}", name)


def check_tables_that_count(instance: Instance) -> Iterator[Finding]:
    """Find optional tables of which every row is switched off."""
    for name, table in TABLES.items():
        raw = instance.tables.get(name)
        if table.required or raw is None or raw.empty or instance.has(name):
            continue
        yield Finding(
            "all-excluded",
            f"every row of {name} has include = no: the table is as if absent",
            name,
            None,
            "include",
            "warning",
        )
