"""One period that stands for all: a small program that says where to build before a large one says when.

The last period is taken, when everything may be open and demand is usually the highest, as if every period were like
it: a variable of any other period is set equal to its counterpart there. What it costs over the horizon stays, balances
over time close by themselves, and the rows of other periods go. That is no relaxation and gives no bound. Its
decisions, taken in every period, are a first idea of a design, for a small part of the effort: the time of a linear
program grows much faster than its size.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
from scipy.sparse import csr_array

from donornet.formulation.matrix import Matrix
from donornet.formulation.variables import INDEX, block

FEWEST_PERIODS = 3
"""Periods from which on one of them is so much smaller than all that it pays."""
ALWAYS = -1
"""Period of what belongs to the whole horizon."""
CANCELLED = 1e-9
"""Coefficient, relative to the largest of its row, that counts as zero once periods have been added up."""


@dataclass(frozen=True, eq=False)
class Steady:
    """A program in which every period is like the last one.

    Parameters
    ----------
    matrix
        The columns of the last period and of the whole horizon.
    spread
        1 where a column of the whole program (row) equals one of `matrix` (column), shape (columns, kept columns).
    """

    matrix: Matrix
    spread: csr_array

    @classmethod
    def of(cls, model: Any, matrix: Matrix) -> Self | None:
        """Return the steady program of a model; None if it has too few periods.

        Parameters
        ----------
        model
            A model of the package.
        matrix
            Its arrays.
        """
        period, alike = _periods(model, len(matrix.cost))
        last = int(period.max(initial=ALWAYS))
        if last + 1 < FEWEST_PERIODS:
            return None
        kept = np.flatnonzero((period == last) | (period == ALWAYS))
        stands = np.full(alike.max() + 1, -1)
        stands[alike[kept]] = np.arange(len(kept))
        found = np.flatnonzero(stands[alike] >= 0)
        ones = np.ones(len(found))
        spread = csr_array((ones, (found, stands[alike[found]])), shape=(len(period), len(kept)))
        rows = _rows(matrix, period, last)
        entries = _without_cancelled(csr_array(matrix.rows[rows] @ spread))
        filled = np.flatnonzero(np.diff(entries.indptr) > 0)
        condensed = replace(
            matrix,
            variables=[],
            cost=spread.T @ matrix.cost,
            lower=matrix.lower[kept],
            upper=matrix.upper[kept],
            integer=matrix.integer[kept],
            rows=csr_array(entries[filled]),
            row_lower=matrix.row_lower[rows[filled]],
            row_upper=matrix.row_upper[rows[filled]],
        )
        return cls(condensed, spread)

    def everywhere(self, values: np.ndarray) -> np.ndarray:
        """Return values of the whole program, shape (columns,), from those of the steady one; 0 without counterpart."""
        return np.asarray(self.spread @ values)


def _periods(model: Any, width: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the number of each column's period, and numbers that are equal where only the period differs."""
    period, alike = np.full(width, ALWAYS), np.arange(width)
    facilities = block(model, "Open")
    if facilities is None:
        return period, alike
    first = facilities.drop_duplicates("period")
    numbers = dict(zip(first["period"].astype(str), first["t"], strict=True))
    for name, index in INDEX.items():
        rows = block(model, name)
        if rows is None or rows.empty:
            continue
        number = rows["period"].astype(str).map(numbers)
        rows, number = rows[number.notna()], number[number.notna()]
        column = rows["column"].to_numpy(dtype=int)
        period[column] = number.to_numpy(dtype=int)
        others = [part for part in index if part != "period"]
        group = rows.groupby(others, sort=False, dropna=False).ngroup().to_numpy()
        if len(column):
            alike[column] = column[np.unique(group, return_index=True)[1]][group]
    return period, alike


def _rows(matrix: Matrix, period: np.ndarray, last: int) -> np.ndarray:
    """Return the rows that bear on the last period, and those that bear on none."""
    pattern = csr_array((np.ones(matrix.rows.nnz), matrix.rows.indices, matrix.rows.indptr), shape=matrix.rows.shape)
    bears = pattern @ (period == last).astype(float) > 0
    timeless = pattern @ (period != ALWAYS).astype(float) == 0
    return np.flatnonzero(bears | timeless)


def _without_cancelled(entries: csr_array) -> csr_array:
    """Return a matrix without what is left of coefficients that have cancelled out."""
    row = np.repeat(np.arange(entries.shape[0]), np.diff(entries.indptr))
    largest = np.zeros(entries.shape[0])
    np.maximum.at(largest, row, np.abs(entries.data))
    entries.data[np.abs(entries.data) <= CANCELLED * largest[row]] = 0.0
    entries.eliminate_zeros()
    return entries
