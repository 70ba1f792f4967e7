"""Running the checks between tables on what has been read, even where some cells were refused."""

from __future__ import annotations

from collections.abc import Sequence

from donornet.instance import Finding, Instance
from donornet.instance.schema import TABLES
from donornet.io.collector import capped
from donornet.validation import validate

_FIRM = frozenset({"unknown-id", "unknown-member", "duplicate-key", "place-clash"})
"""Findings about single rows that hold whatever else is wrong with their table."""
_LOSSY = frozenset(
    {"ragged-row", "missing-column", "duplicate-column", "unknown-column", "formula", "unfit-cell", "blank-cell"}
)
"""Findings after which a table may lack ids that its author wrote."""
_PLACES = ("sites", "donor_pools", "centres")


def contradictions(instance: Instance, before: Sequence[Finding]) -> list[Finding]:
    """Return what the checks between tables find.

    Parameters
    ----------
    instance
        Head and tables as far as they could be read; refused cells are blank.
    before
        What the reader has found. Where that holds errors, only what is true regardless is returned, so that no finding
        is the mere echo of another.
    """
    errors = [finding for finding in before if finding.is_error]
    if not errors:
        return capped(validate(instance))
    try:
        found = validate(instance)
    except Exception:  # noqa: BLE001  # the checks may rely on what the reader has just refused
        return []
    broken_rows = {(finding.table, finding.row) for finding in errors}
    broken_tables = {finding.table for finding in errors}
    lossy = {finding.table for finding in errors if finding.code in _LOSSY or finding.table not in instance.tables}
    return capped(
        [
            finding
            for finding in found
            if finding.is_error
            and (finding.table, finding.row) not in broken_rows
            and (finding.table not in broken_tables or finding.code in _FIRM)
            and not lossy & _looked_up(finding)
        ]
    )


def _looked_up(finding: Finding) -> set[str]:
    """Return the tables whose ids decide about the finding."""
    if finding.code not in _FIRM or finding.code == "duplicate-key" or finding.table not in TABLES:
        return set()
    column = next((column for column in TABLES[finding.table] if column.name == finding.column), None)
    targets = {part.partition(".")[0] for part in column.references.split("|")} if column else set()
    return (targets | {"groups"} | set(_PLACES if "places" in targets else ())) & set(TABLES)
