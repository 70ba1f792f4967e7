"""Gathering findings: every fault is kept, many of a kind are summarised."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from donornet.instance.findings import Finding

MOST_OF_A_KIND = 20
"""Findings of one code, table and column that are written out; the others are counted."""


@dataclass(frozen=True)
class Place:
    """Where a table stands.

    Parameters
    ----------
    table
        Name of the table; ``instance`` for the head.
    source
        What people call the place: ``lanes.csv``, ``network.xlsx!lanes``.
    """

    table: str
    source: str


@dataclass
class Collector:
    """The findings of one reading."""

    findings: list[Finding] = field(default_factory=list)

    @property
    def has_errors(self) -> bool:
        """Whether anything found stops a solve."""
        return any(finding.is_error for finding in self.findings)

    def add(self, place: Place, code: str, message: str, *, row: int | None = None, column: str = "") -> None:
        """Add one error."""
        self.findings.append(Finding(code, message, place.table, row, column, source=place.source))

    def warn(self, place: Place, code: str, message: str) -> None:
        """Add one warning about a whole table."""
        self.findings.append(Finding(code, message, place.table, severity="warning", source=place.source))

    def add_many(
        self,
        place: Place,
        code: str,
        items: Iterable[tuple[int, Any]],
        describe: Callable[[Any], str],
        *,
        total: int,
        column: str = "",
    ) -> None:
        """Add one error per item, the first `MOST_OF_A_KIND` in words, the others as a number.

        Parameters
        ----------
        items
            Row number and what `describe` makes a message of; not read further than needed.
        total
            Number of items.
        """
        for (row, item), _ in zip(items, range(MOST_OF_A_KIND), strict=False):
            self.add(place, code, describe(item), row=row, column=column)
        if total > MOST_OF_A_KIND:
            self.add(place, code, _more(total - MOST_OF_A_KIND, code), column=column)


def capped(findings: Sequence[Finding]) -> list[Finding]:
    """Return the findings with those beyond `MOST_OF_A_KIND` of one code, table and column summarised."""
    counts: Counter[tuple[str, str, str]] = Counter()
    kept: list[Finding] = []
    for finding in findings:
        kind = (finding.code, finding.table, finding.column)
        counts[kind] += 1
        if counts[kind] <= MOST_OF_A_KIND:
            kept.append(finding)
        elif counts[kind] == MOST_OF_A_KIND + 1:
            kept.append(replace(finding, row=None, message=""))
    return [
        finding
        if finding.message
        else replace(
            finding, message=_more(counts[finding.code, finding.table, finding.column] - MOST_OF_A_KIND, finding.code)
        )
        for finding in kept
    ]


def quoted(text: str) -> str:
    """Return a cell as a message shows it: quoted, and cut where it is long."""
    return repr(text if len(text) <= 60 else text[:57] + "...")


def _more(count: int, code: str) -> str:
    return f"... and {count:,} more of the same ({code})".replace(",", " ")
