"""Scenarios: an instance with the ordered row edits of its table ``scenarios`` applied."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from donornet.exceptions import InvalidInstanceError
from donornet.instance.edits import parse_edit
from donornet.instance.findings import Finding, nearest
from donornet.instance.instance import Instance, blank_table
from donornet.instance.schema import TABLES


def apply_scenarios(instance: Instance, names: Iterable[str]) -> Instance:
    """Return the instance after the edits of each scenario, one scenario after the other.

    Raises
    ------
    InvalidInstanceError
        A scenario is not in the table, an edit cannot be read, or an edit matches no row.
    """
    for name in names:
        instance = _apply(instance, name)
    return instance


def _apply(instance: Instance, name: str) -> Instance:
    rows = instance.table("scenarios")
    mine = rows[rows["scenario"] == name].sort_values("order")
    if mine.empty:
        known = list(dict.fromkeys(rows["scenario"]))
        others = ", ".join(known) or "none"
        message = f"{name!r} is no scenario of this instance{nearest(name, known)}; it has: {others}"
        raise InvalidInstanceError([Finding("unknown-scenario", message, "scenarios")])
    tables = dict(instance.tables)
    findings: list[Finding] = []
    for number, row in zip(mine.index, mine.to_dict("records"), strict=True):
        edit, wrong = parse_edit(row, int(number))
        findings += wrong
        if edit is None:
            continue
        before = tables.get(edit.table, blank_table(TABLES[edit.table]))
        if edit.action != "add" and not edit.matches(before, instance.groups).any():
            message = f"{row['where']!r} matches no row of {edit.table}; correct the pattern or leave the edit out"
            findings.append(Finding("matches-nothing", message, "scenarios", int(number), "where"))
        tables[edit.table] = edit.applied(before, instance.groups)
    if findings:
        raise InvalidInstanceError(findings)
    return replace(instance, tables=tables)
