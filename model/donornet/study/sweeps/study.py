"""What a sweep returns: the results of its items, and what has none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from donornet.io.result_writer import SCENARIO
from donornet.solution import Result
from donornet.study.comparison.compare import Comparison, compare
from donornet.study.sweeps.failure import Failure
from donornet.study.sweeps.items import Item

SUMMARY = ("scenario", "edits", "status", "objective", "bound", "gap", "seconds", "error")
"""Columns of the summary: objective and bound in currency, gap as a share, seconds of wall time."""


@dataclass(frozen=True, eq=False)
class Study:
    """The outcome of a sweep.

    Parameters
    ----------
    items
        The items in their order, by name.
    results
        Result of each item that has one, in the same order; one that is infeasible or without a design is a result
        too, with that status.
    failures
        Why an item has no result, of each that has none.
    folders
        Results folder of each result; empty where the sweep was given no folder.
    solves
        Number of items that were solved, rather than found in the folder or equal to another item.
    interrupted
        Whether Ctrl-C ended the sweep early.
    """

    items: Mapping[str, Item]
    results: Mapping[str, Result]
    failures: Mapping[str, Failure]
    folders: Mapping[str, Path] = field(default_factory=dict)
    solves: int = 0
    interrupted: bool = False

    @property
    def designs(self) -> dict[str, Result]:
        """The results that hold a design, by item."""
        return {name: result for name, result in self.results.items() if result.solution is not None}

    @property
    def summary(self) -> pd.DataFrame:
        """One row per item, with the columns of `SUMMARY`."""
        rows = pd.DataFrame(self.rows(), columns=list(SUMMARY))
        numbers = ["objective", "bound", "gap", "seconds"]
        return rows.astype(dict.fromkeys(numbers, float) | dict.fromkeys(set(SUMMARY) - set(numbers), object))

    def rows(self) -> list[dict[str, Any]]:
        """Return the rows of the summary; what is unknown is None."""
        return [self._row(item) for item in self.items.values()]

    def table(self, name: str) -> pd.DataFrame:
        """Return one table of all designs, one after the other; the first column `scenario` names the item.

        Raises
        ------
        KeyError
            No design has such a table.
        """
        parts = []
        for item, result in self.designs.items():
            frame = result.table(name).reset_index(drop=True)
            texts = [column for column, kind in frame.dtypes.items() if isinstance(kind, pd.StringDtype)]
            frame = frame.astype(dict.fromkeys(texts, object))  # as it is when read back
            frame.insert(0, SCENARIO, pd.Series([item] * len(frame), dtype=object))
            parts.append(frame)
        if not parts:
            raise KeyError(f"there is no table {name!r}: no item of the sweep has a design")
        filled = [part for part in parts if len(part)]  # parts without a row would spoil the types
        return pd.concat(filled, ignore_index=True) if filled else parts[0]

    def compare(self, baseline: str | None = None) -> Comparison:
        """Return the results side by side; see `donornet.compare`.

        Parameters
        ----------
        baseline
            Name of the item that the others are compared with. None: the first with a result, so mostly ``base``.
        """
        return compare(self.results, baseline)

    def __str__(self) -> str:
        return str(self.summary.to_string(index=False))

    def _row(self, item: Item) -> dict[str, Any]:
        row = dict.fromkeys(SUMMARY) | {"scenario": item.name, "edits": "; ".join(item.edits), "error": ""}
        result = self.results.get(item.name)
        if result is None:
            failure = self.failures[item.name]
            return row | {"status": failure.kind.value, "error": failure.message}
        return row | {
            "status": result.status.value,
            "objective": result.objective,
            "bound": result.bound,
            "gap": result.gap,
            "seconds": sum(result.info.get("times", {}).values()),
        }
