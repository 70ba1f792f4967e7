"""What-if changes: an instance with scenarios of its table and ad-hoc edits applied, one after the other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

import pandas as pd

from donornet.exceptions import InvalidInstanceError
from donornet.instance.edit_text import FORMS, is_name, parse_text
from donornet.instance.edits import Edit, parse_edit
from donornet.instance.findings import Finding, nearest
from donornet.instance.instance import BASE, Instance, blank_table
from donornet.instance.matching import Groups
from donornet.instance.plain_text import plain_text
from donornet.instance.schema import TABLES

Change = str | Edit
"""The name of a scenario, an edit in one line, or an edit."""
_Step = tuple[Edit, Finding]
"""An edit, and the finding to report (with its message) where it matches nothing."""


@plain_text
def apply_changes(instance: Instance, changes: Iterable[Change]) -> Instance:
    """Return the instance after the changes, one after the other.

    Raises
    ------
    InvalidInstanceError
        A scenario is not in the table, an edit cannot be read, or an edit matches no row; with every such finding.
    """
    findings: list[Finding] = []
    tables = dict(instance.tables)
    groups, applied = instance.groups, []
    for change in changes:
        label, steps, wrong = _resolved(instance, change)
        applied.append(label)
        findings += wrong
        for edit, place in steps:
            before = tables.get(edit.table, blank_table(TABLES[edit.table]))
            if edit.action != "add" and not edit.matches(before, groups).any():
                findings.append(replace(place, message=edit.why_nothing(before, groups)))
            tables[edit.table] = edit.applied(before, groups)
            if edit.table == "groups":
                groups = groups_of(tables["groups"])
    if findings:
        raise InvalidInstanceError(findings)
    base = instance.base_sha256 or (instance.sha256 if applied else "")
    return replace(instance, tables=tables, applied=(*instance.applied, *applied), base_sha256=base)


def changes_of(scenario: str) -> tuple[str, ...]:
    """Return the scenarios that a result's label names, where the result does not say itself what was applied."""
    return () if scenario == BASE else tuple(scenario.split("+"))


def groups_of(rows: pd.DataFrame) -> Groups:
    """Return the groups that a raw table ``groups`` names."""
    return Groups(rows[rows["include"] != "no"])


def _resolved(instance: Instance, change: Change) -> tuple[str, list[_Step], list[Finding]]:
    """Return the label of a change, its edits, and what is wrong with it."""
    if isinstance(change, str) and is_name(change.strip()):
        name = change.strip()
        return name, *_of_scenario(instance, name)
    edit, findings = parse_text(str(change))  # an Edit made by hand is read again, so that its cells are judged too
    if edit is None:
        return str(change), [], findings
    return str(edit), [(edit, Finding("no-match", "", column="where", source=f"edit {str(edit)!r}"))], findings


def _of_scenario(instance: Instance, name: str) -> tuple[list[_Step], list[Finding]]:
    rows = instance.table("scenarios")
    mine = rows[rows["scenario"] == name].sort_values("order", kind="stable")
    if mine.empty:
        return [], [Finding("unknown-scenario", _unknown(name, list(dict.fromkeys(rows["scenario"]))), "scenarios")]
    steps: list[_Step] = []
    findings: list[Finding] = []
    for number, edit, wrong in _edits(mine):
        findings += wrong
        if edit is not None:
            steps.append((edit, Finding("no-match", "", "scenarios", number, "where")))
    return steps, findings


def _edits(rows: pd.DataFrame) -> Iterator[tuple[int, Edit | None, list[Finding]]]:
    for number, row in zip(rows.index, rows.to_dict("records"), strict=True):
        edit, wrong = parse_edit({str(name): cell for name, cell in row.items()}, int(number))
        yield int(number), edit, wrong


def _unknown(name: str, known: list[str]) -> str:
    if name.partition(".")[0] in TABLES:
        return f"{name!r} is no scenario of this instance; if it is to be an edit, write {FORMS}"
    return f"{name!r} is no scenario of this instance{nearest(name, known)}; it has: {', '.join(known) or 'none'}"
