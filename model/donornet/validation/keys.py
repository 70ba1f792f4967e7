"""Duplicate keys."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from donornet.instance import Finding, Instance
from donornet.instance.schema import TABLES
from donornet.validation.report import each


def check_duplicate_keys(instance: Instance) -> Iterator[Finding]:
    """Check that no two rows have the same key; rows of recognition may where their validity does not overlap."""
    for name, table in TABLES.items():
        keys = list(table.keys)
        rows = instance.table(name)
        again = rows.duplicated(keys, keep=False).to_numpy()
        if not again.any():
            continue
        repeated = _overlapping(rows[again], keys) if name == "recognition" else _repeated(rows[again], keys)
        yield from each(
            repeated,
            np.ones(len(repeated), dtype=bool),
            (name, keys[0]),
            "duplicate-key",
            lambda cells: (
                f"same {_key_text(cells, cells['keys'])} as row {cells['first_row']}; keep one of the two rows"
            ),
            keys=keys,
        )


def _key_text(cells: object, keys: list[str]) -> str:
    values = cells if isinstance(cells, dict) else {}
    return ", ".join(
        f"{key} {value:g}" if isinstance(value := values.get(key), float) else f"{key} {value!r}" for key in keys
    )


def _repeated(rows: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """Return the rows whose key an earlier row has, with that row's number as ``first_row``."""
    numbers = pd.Series(rows.index.to_numpy(), index=rows.index)
    first = numbers.groupby([rows[key] for key in keys], sort=False, dropna=False).transform("first")
    return rows.assign(first_row=first)[rows.duplicated(keys).to_numpy()]


def _overlapping(rows: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """Return the rows valid in a period in which an earlier row of the same key is valid too."""
    found: dict[int, int] = {}
    start = rows["valid_from"].fillna(-np.inf)
    end = rows["valid_to"].fillna(np.inf)
    for _, group in rows.groupby(keys, sort=False, dropna=False):
        in_time = sorted((row for row in group.index if start[row] <= end[row]), key=lambda row: (start[row], row))
        latest: int | None = None
        for row in in_time:
            if latest is not None and start[row] <= end[latest]:
                found[max(row, latest)] = min(row, latest)
            if latest is None or end[row] > end[latest]:
                latest = row
    marked = rows[rows.index.isin(list(found))]
    return marked.assign(first_row=[found[row] for row in marked.index])
