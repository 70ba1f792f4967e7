"""Relations: tables as plain columns, for the many small joins that a network is compiled with.

Joining a few hundred rows costs pandas about a millisecond, nearly all of it overhead that does not depend on the rows;
a network takes thousands of such steps. Relations hold whole numbers where tables for people hold text; see
`donornet.admissible.names`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike

MOST_KEYS = 2**62
"""Largest number that a key of several columns may take."""


class Relation:
    """A table in columns of equal length.

    Parameters
    ----------
    columns
        The columns by name, each of shape (rows,).
    """

    def __init__(self, columns: Mapping[str, np.ndarray]) -> None:
        self.columns = dict(columns)

    def __len__(self) -> int:
        return len(next(iter(self.columns.values()), ()))

    def __getitem__(self, name: str) -> np.ndarray:
        return self.columns[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.columns)

    def take(self, rows: np.ndarray) -> Relation:
        """Return the rows at the positions given, or where a mask holds."""
        at = np.flatnonzero(rows) if rows.dtype == bool else rows
        return Relation({name: column[at] for name, column in self.columns.items()})

    def assign(self, **columns: ArrayLike) -> Relation:
        """Return the rows with columns set; one value stands for every row."""
        count = len(self)
        given = {name: np.asarray(cells) for name, cells in columns.items()}
        filled = {name: cells if cells.ndim else np.full(count, cells) for name, cells in given.items()}
        return Relation({**self.columns, **filled})

    def only(self, *names: str) -> Relation:
        """Return some columns, in the order given."""
        return Relation({name: self.columns[name] for name in names})

    def without(self, *names: str) -> Relation:
        """Return all columns but some."""
        return Relation({name: column for name, column in self.columns.items() if name not in names})

    def rename(self, names: Mapping[str, str]) -> Relation:
        """Return the rows under other names of columns."""
        return Relation({names.get(name, name): column for name, column in self.columns.items()})

    def join(self, other: Relation, *on: str) -> Relation:
        """Return every pair of rows that agree in the columns `on`: in the order of the rows, then of the others.

        Other columns must differ in their names.
        """
        mine, theirs, span = self._keys(other, on)
        order = np.argsort(theirs, kind="stable")
        found = np.bincount(theirs, minlength=span)
        matches = found[mine]
        rows = np.repeat(np.arange(len(mine)), matches)
        before = (np.cumsum(found) - found)[mine] - (np.cumsum(matches) - matches)
        others = order[np.repeat(before, matches) + np.arange(len(rows))]
        added = {name: column[others] for name, column in other.columns.items() if name not in on}
        return Relation({**self.take(rows).columns, **added})

    def find(self, other: Relation, *on: str) -> np.ndarray:
        """Return for each row the position of the first row of `other` that agrees in `on`, -1 if none does."""
        mine, theirs, span = self._keys(other, on)
        at = np.full(span, -1, dtype=np.int64)
        at[theirs[::-1]] = np.arange(len(theirs))[::-1]
        return np.asarray(at[mine])

    def within(self, other: Relation, *on: str) -> np.ndarray:
        """Return which rows agree with any row of `other` in the columns `on`."""
        return self.find(other, *on) >= 0

    def distinct(self, *on: str) -> Relation:
        """Return the first row of each combination of the columns `on`."""
        keys, _ = _numbered([self.columns[name] for name in on])
        return self.take(np.sort(np.unique(keys, return_index=True)[1]))

    def numbers(self, *on: str) -> np.ndarray:
        """Return for each row the number 0, 1, ... of its combination of the columns `on`, in sorted order."""
        keys, _ = _numbered([self.columns[name] for name in on])
        return np.unique(keys, return_inverse=True)[1]

    def _keys(self, other: Relation, on: Sequence[str]) -> tuple[np.ndarray, np.ndarray, int]:
        keys, span = _numbered([np.concatenate([self.columns[name], other.columns[name]]) for name in on])
        return keys[: len(self)], keys[len(self) :], span


def stack(parts: Iterable[Relation]) -> Relation:
    """Return the rows of all parts that have any, one below the other."""
    filled = [part for part in parts if len(part)]
    return Relation({name: np.concatenate([part[name] for part in filled]) for name in (filled[0] if filled else ())})


def _numbered(columns: Sequence[np.ndarray]) -> tuple[np.ndarray, int]:
    """Return a whole number for each combination of cells, ordered like them, and a bound on the numbers.

    The bound is about as large as the number of rows at most, so that tables over all numbers are cheap.
    """
    keys, span = np.zeros(len(columns[0]), dtype=np.int64), 1
    for column in columns:
        cells, width = _ranked(column)
        if span * width > MOST_KEYS:
            keys, span = _dense(keys)
        keys, span = keys * width + cells, span * width
    return _dense(keys) if span > 4 * len(keys) + 1000 else (keys, span)


def _ranked(column: np.ndarray) -> tuple[np.ndarray, int]:
    if not len(column) or column.dtype.kind not in "iu":
        return _dense(column)
    low = int(column.min())
    return column - low, int(column.max()) - low + 1


def _dense(column: np.ndarray) -> tuple[np.ndarray, int]:
    cells, numbers = np.unique(column, return_inverse=True)
    return numbers, max(len(cells), 1)
