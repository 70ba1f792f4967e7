"""Pricing out: the columns that good designs use, told by the duals of the relaxation."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from donornet.formulation.matrix import Matrix
from donornet.solver.certify import reduced_costs

FEWEST, SHARE = 60_000, 0.35
"""Columns that are kept at least, and share of them."""


@dataclass(frozen=True, eq=False)
class Restriction:
    """A program with some of its columns, the others zero: what is feasible in it is feasible in the whole.

    Parameters
    ----------
    kept
        Positions of the columns in the whole, shape (kept,).
    matrix
        The program that remains.
    width
        Columns of the whole.
    """

    kept: np.ndarray
    matrix: Matrix
    width: int

    @classmethod
    def by_price(cls, matrix: Matrix, duals: np.ndarray) -> Self:
        """Keep decisions, single-row columns (recruits, unmet demand, shortfalls) and the cheapest of the others.

        Parameters
        ----------
        duals
            Duals of the relaxation, shape (rows,), without those of rows added since.
        """
        price = reduced_costs(matrix, np.pad(duals, (0, matrix.rows.shape[0] - len(duals))))
        must = matrix.integer | (np.diff(matrix.rows.tocsc().indptr) <= 1) | (matrix.lower != 0.0)
        order = np.argsort(np.where(must, -np.inf, price), kind="stable")
        count = max(FEWEST, int(SHARE * len(price)), int(must.sum()))
        kept = np.sort(order[:count])
        return cls(kept, _columns(matrix, kept), len(price))

    @classmethod
    def everything(cls, matrix: Matrix) -> Self:
        """Keep every column."""
        return cls(np.arange(len(matrix.cost)), matrix, len(matrix.cost))

    @classmethod
    def open(cls, matrix: Matrix) -> Self:
        """Keep the columns that may be positive while decisions are closed: rows ``flows <= U z`` shut the others."""
        rows = matrix.rows.tocoo()
        gives = (rows.data < 0) & (matrix.upper[rows.col] > 0)
        is_shut = matrix.row_upper <= 0.0
        is_shut[rows.row[gives]] = False
        takes = (rows.data > 0) & is_shut[rows.row] & (matrix.lower[rows.col] >= 0.0)
        wanted = np.ones(len(matrix.cost), dtype=bool)
        wanted[rows.col[takes]] = False
        return cls.some(matrix, wanted | matrix.integer)

    @classmethod
    def some(cls, matrix: Matrix, wanted: np.ndarray) -> Self:
        """Keep the columns of a mask, shape (width,)."""
        kept = np.flatnonzero(wanted)
        return cls(kept, _columns(matrix, kept), len(wanted))

    def cheapest(self, duals: np.ndarray) -> Restriction:
        """Return the columns that `by_price` keeps of these, given duals of what remains, shape (rows,)."""
        inner = Restriction.by_price(self.matrix, duals)
        return replace(inner, kept=self.kept[inner.kept], width=self.width)

    def of(self, matrix: Matrix) -> Restriction:
        """Return the same columns of a program that has got more rows."""
        return replace(self, matrix=_columns(matrix, self.kept))

    def whole(self, values: np.ndarray) -> np.ndarray:
        """Return values of all columns, zero where they were left out, shape (width,)."""
        every = np.zeros(self.width)
        every[self.kept] = values
        return every


def _columns(matrix: Matrix, kept: np.ndarray) -> Matrix:
    return replace(
        matrix,
        variables=[],
        cost=matrix.cost[kept],
        lower=matrix.lower[kept],
        upper=matrix.upper[kept],
        integer=matrix.integer[kept],
        rows=matrix.rows.tocsc()[:, kept].tocsr(),
    )
