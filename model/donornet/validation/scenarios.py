"""Scenarios: edits that parse, find rows, and are of the second stage where they are uncertain."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from donornet.instance import Finding, Instance
from donornet.instance.edits import Edit, parse_edit
from donornet.instance.instance import blank_table
from donornet.instance.scenarios import groups_of
from donornet.instance.schema import TABLES
from donornet.validation.report import listing

SECOND_STAGE: dict[str, frozenset[str]] = {
    "demand": frozenset({"doses"}),
    "donor_pools": frozenset({"registry", "donations_per_year"}),
    "pass_rates": frozenset({"pass_rate"}),
    "operations": frozenset({"output", "yield"}),
    "facilities": frozenset({"capacity"}),
    "capacity_steps": frozenset({"capacity"}),
    "recognition": frozenset({"verdict", "unit_cost", "days", "yield"}),
}
"""Columns that may differ between the scenarios of the stochastic model."""
SECOND_STAGE_ROWS = frozenset({"demand", "pass_rates", "recognition"})
"""Tables of which whole rows may: they hold nothing but second-stage data."""


def check_edits(instance: Instance) -> Iterator[Finding]:
    """Check that every edit can be read: known table and columns, conditions, values that the columns allow."""
    rows = instance.table("scenarios")
    for number, row in zip(rows.index, rows.to_dict("records"), strict=True):
        yield from parse_edit({str(name): cell for name, cell in row.items()}, int(number))[1]


def check_edits_find_rows(instance: Instance) -> Iterator[Finding]:
    """Check that every edit finds a row, after the earlier edits of its scenario."""
    rows = instance.table("scenarios")
    for _, scenario in rows.sort_values("order", kind="stable").groupby("scenario", sort=False):
        tables: dict[str, pd.DataFrame] = {}
        for number, edit in _readable(scenario):
            frame = tables.get(edit.table, instance.tables.get(edit.table, blank_table(TABLES[edit.table])))
            groups = groups_of(tables["groups"]) if "groups" in tables else instance.groups
            if edit.action != "add" and not edit.matches(frame, groups).any():
                yield Finding("no-match", edit.why_nothing(frame, groups), "scenarios", number, "where")
            tables[edit.table] = edit.applied(frame, groups)


def check_second_stage(instance: Instance) -> Iterator[Finding]:
    """Check that scenarios of the stochastic model change second-stage data only."""
    uncertain = set(instance.table("uncertainty")["scenario"])
    rows = instance.table("scenarios")
    for number, edit in _readable(rows[rows["scenario"].isin(uncertain)]):
        free = SECOND_STAGE.get(edit.table, frozenset())
        changed = {part.column for part in edit.assignments} - free
        if edit.action == "set" and not changed:
            continue
        if edit.action != "set" and edit.table in SECOND_STAGE_ROWS:
            continue
        what = f"{edit.action} rows of" if edit.action != "set" else f"change {listing(sorted(changed))} of"
        may = f"may change {', '.join(sorted(free))}" if free else f"may edit {', '.join(SECOND_STAGE)} only"
        yield Finding(
            "first-stage-edit",
            f"a scenario of the table uncertainty cannot {what} {edit.table}: that is decided before it is "
            f"known; it {may}",
            "scenarios",
            number,
            "set",
        )


def _readable(rows: pd.DataFrame) -> Iterator[tuple[int, Edit]]:
    for number, row in zip(rows.index, rows.to_dict("records"), strict=True):
        edit, _ = parse_edit({str(name): cell for name, cell in row.items()}, int(number))
        if edit is not None:
            yield int(number), edit
