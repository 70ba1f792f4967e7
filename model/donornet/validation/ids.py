"""References: every id that a cell names is defined."""

from __future__ import annotations

from collections.abc import Iterator

from donornet.instance import Finding, Instance
from donornet.instance.columns import Column
from donornet.instance.matching import ANY
from donornet.instance.schema import TABLES
from donornet.validation.places import PLACES
from donornet.validation.report import Severity, each, suggestion

VALUES = frozenset({
    "donor_pools.risk_class", "donor_pools.donor_group", "patient_groups.patient_group", "match_classes.match_class",
})  # fmt: skip
"""Columns that hold values, not ids of rows: what no row holds is useless where it is named, not wrong."""
UNCHANGED = "base"
"""The scenario that changes nothing: it may be named without having an edit."""
_BY_MEASURE = {("diversity", "member")}
"""Columns whose reference depends on other cells of the row; their own checks look at them."""


def check_unknown_ids(instance: Instance) -> Iterator[Finding]:
    """Check that every id that a cell names is defined; groups and ``*`` stand where the specification allows them."""
    for name, table in TABLES.items():
        rows = instance.table(name)
        if rows.empty:
            continue
        for column in table:
            if column.references and (name, column.name) not in _BY_MEASURE:
                yield from _unknown(instance, name, column)


def known_ids(instance: Instance, references: str) -> set[str]:
    """Return the ids that a reference (alternatives separated by ``|``) finds."""
    known: set[str] = set()
    for reference in references.split("|"):
        if reference == "places":
            known.update(*(instance.table(table)[key] for table, key in PLACES.items()))
        elif reference == "jurisdictions.jurisdiction" and not instance.has("jurisdictions"):
            known.update(instance.jurisdictions)
        else:
            table, column = reference.split(".")
            known.update(instance.table(table)[column])
            if reference == "donor_pools.donor_group":
                known.update(instance.table("match_probabilities")["donor_group"])
    return known - {""}


def severity_of(instance: Instance, references: str) -> Severity:
    """Return how bad an unknown id is: an error, except for values and for jurisdictions that no table lists."""
    alternatives = references.split("|")
    free = "jurisdictions.jurisdiction" in alternatives and not instance.has("jurisdictions")
    return "warning" if free or VALUES.issuperset(alternatives) else "error"


def _unknown(instance: Instance, name: str, column: Column) -> Iterator[Finding]:
    rows = instance.table(name)
    known = known_ids(instance, column.references)
    if column.references == "scenarios.scenario":
        known.add(UNCHANGED)
    severity = severity_of(instance, column.references)
    if severity == "warning" and name in {"recognition", "match_probabilities"}:
        return  # matrices made for more jurisdictions or donor groups than this instance has
    groups = set(instance.table("groups")["group"]) if column.groups else set()
    cells = rows[column.name]
    bare = cells.str.removeprefix("!") if column.kind == "pattern" else cells
    fine = {"", *known, *groups, *({ANY} if column.wildcard else set())}
    place = _where(instance, column.references)
    yield from each(
        rows.assign(named=bare),
        ~bare.isin(list(fine)),
        (name, column.name),
        "unknown-id",
        lambda row: (
            f"{row['named']!r} is not in {place}{' or groups' if column.groups else ''}"
            f"{suggestion(row['named'], known | groups)}; {_remedy(instance, column, row['named'])}"
        ),
        severity,
    )


def _where(instance: Instance, references: str) -> str:
    """Return in words where a reference looks."""
    tables = []
    for reference in references.split("|"):
        table, _, column = reference.partition(".")
        if reference == "places":
            tables.append("sites, donor_pools or centres")
        else:
            tables.append(table if column in TABLES[table].keys else f"column {column} of {table}")
    present = [words for words in dict.fromkeys(tables) if words not in TABLES or instance.has(words)]
    return " or ".join(present) if present else f"{tables[0]} (there is no such table)"


def _remedy(instance: Instance, column: Column, named: str) -> str:
    """Return what to do about an unknown id: say so where its row is switched off, or a group cannot stand."""
    for reference in column.references.split("|"):
        table, _, key = reference.partition(".")
        for source, ids in PLACES.items() if reference == "places" else [(table, key)]:
            raw = instance.tables.get(source)
            if raw is not None and named in set(raw[ids]):
                return f"its row in {source} has include = no"
    if named == ANY:
        return "'*' cannot stand here"
    if not column.groups and named in instance.groups:
        return "groups cannot stand here"
    return "correct it or add it there"
