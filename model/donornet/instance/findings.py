"""Findings: what is wrong with an instance, where, and what to do about it."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong (error) or suspicious (warning) in an instance.

    Parameters
    ----------
    code
        Stable, short name of the kind of finding, for example ``unknown-id``.
    message
        What is wrong, with the offending value, and the remedy.
    table
        Table (or ``instance`` for the head) that the finding is about; empty for the instance as a whole.
    row
        Row of the table as a text editor or spreadsheet counts it: the header is row 1. None: no single row.
    column
        Column of the table; empty where no single column is to blame.
    severity
        ``error`` stops a solve, ``warning`` does not.
    source
        Where the table stands, for example ``lanes.csv`` or ``network.xlsx!lanes``; empty: made in memory.
    """

    code: str
    message: str
    table: str = ""
    row: int | None = None
    column: str = ""
    severity: Literal["error", "warning"] = "error"
    source: str = ""

    @property
    def is_error(self) -> bool:
        """Whether the finding stops a solve."""
        return self.severity == "error"

    def __str__(self) -> str:
        place = self.source or self.table
        if self.row is not None:
            place += f" row {self.row}"
        if self.column:
            place += f"{',' if place else ''} column {self.column}"
        return f"{place}: {self.message}" if place else self.message


def nearest(name: str, known: Iterable[str]) -> str:
    """Return ``(did you mean 'X'?)`` for the known name nearest to `name`, or nothing."""
    matches = difflib.get_close_matches(name, list(known), n=1, cutoff=0.6)
    if not matches:
        lowered = {candidate.lower(): candidate for candidate in known}
        matches = [lowered[name.lower()]] if name.lower() in lowered else []
    return f" (did you mean {matches[0]!r}?)" if matches else ""
