"""Tables whose key cells may be wildcards: of several matching rows the one with most named keys holds."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import Any

import pandas as pd

from donornet.evaluation.violation import records
from donornet.instance.matching import ANY, Groups

Row = dict[str, Any]


class Keyed:
    """Rows by key, where a key cell may be ``*`` or (with `groups`) the name of a group.

    Parameters
    ----------
    table
        The effective rows.
    keys
        Their key columns.
    groups
        Named sets that may stand in a key cell; a group counts as a named key.
    """

    def __init__(self, table: pd.DataFrame, keys: Sequence[str], groups: Groups | None = None) -> None:
        self._rows: dict[tuple[str, ...], list[Row]] = {}
        masks = set()
        for row in records(table):
            cells = [groups.members(row[key]) if groups and row[key] != ANY else {row[key]} for key in keys]
            masks.add(tuple(row[key] != ANY for key in keys))
            for names in itertools.product(*cells):
                self._rows.setdefault(names, []).append(row)
        self._masks = sorted(masks, key=sum, reverse=True)

    def matching(self, *values: str) -> list[Row]:
        """Return every row that matches, those with most named keys first."""
        found: list[Row] = []
        for mask in self._masks:
            key = tuple(value if named else ANY for value, named in zip(values, mask, strict=True))
            found.extend(self._rows.get(key, ()))
        return found

    def best(self, *values: str, holds: Callable[[Row], bool] | None = None) -> Row | None:
        """Return the matching row with most named keys among those that `holds` accepts."""
        for row in self.matching(*values):
            if holds is None or holds(row):
                return row
        return None
