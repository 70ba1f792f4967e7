"""A proven bound from any duals of the relaxation, exact or not: what lets interior points stop early.

For every vector of duals y, whatever its origin, each point of the relaxation costs at least

    y b + sum over columns of min(d l, d u),   d = c - A' y,

where b is the end of a row that the sign of its dual points to, and l and u are bounds of a column. Columns without an
upper bound get one that the rows imply.
"""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_array

from donornet.formulation.matrix import Matrix

PASSES = 12
"""Most passes of bound propagation: the longest path of implications is a chain of stages, or of periods."""


def certified_bound(matrix: Matrix, duals: np.ndarray) -> float:
    """Return a lower bound of the relaxation's objective, minus infinity if the duals prove nothing.

    Parameters
    ----------
    matrix
        The program, minimised.
    duals
        A dual for each row, shape (rows,): positive where its lower bound, negative where its upper bound binds.
    """
    end = np.where(duals > 0, matrix.row_lower, matrix.row_upper)
    priced = np.where(np.isfinite(end) & np.isfinite(duals), duals, 0.0)
    cost = reduced_costs(matrix, priced)
    lower, upper = matrix.lower, matrix.upper
    if (np.isinf(upper) & (cost < 0)).any():
        upper = implied_upper(matrix)
    bound = np.where(cost > 0, lower, upper)
    paid = cost != 0
    active = priced != 0
    total = float(priced[active] @ end[active]) + float(cost[paid] @ bound[paid]) + matrix.offset
    return total if np.isfinite(total) else -np.inf


def reduced_costs(matrix: Matrix, duals: np.ndarray) -> np.ndarray:
    """Return ``c - A' y``, shape (columns,)."""
    return np.asarray(matrix.cost - matrix.rows.T @ duals)


def implied_upper(matrix: Matrix) -> np.ndarray:
    """Return upper bounds of the columns that their own bounds and single rows imply, shape (columns,)."""
    upper, lower = matrix.upper.copy(), matrix.lower
    sides = [(matrix.rows, matrix.row_upper), (csr_array(-matrix.rows), -matrix.row_lower)]
    for _ in range(PASSES):
        before = upper.copy()
        for rows, most in sides:
            upper = np.minimum(upper, _implied_by(rows, most, lower, upper))
        if np.array_equal(before, upper):
            break
    return upper


def _implied_by(rows: csr_array, most: np.ndarray, lower: np.ndarray, upper: np.ndarray) -> np.ndarray:
    """Return the upper bounds that the rows ``A x <= most`` imply, infinite where they imply none."""
    row = np.repeat(np.arange(rows.shape[0]), np.diff(rows.indptr))
    column, value = rows.indices, rows.data
    least = value * np.where(value > 0, lower[column], np.where(value < 0, upper[column], 0.0))
    finite = np.isfinite(least)
    total = np.bincount(row[finite], least[finite], rows.shape[0])
    unknown = np.bincount(row[~finite], minlength=rows.shape[0])
    useful = (value > 0) & np.isfinite(most[row]) & (unknown[row] == 0)
    row, column, value, least = row[useful], column[useful], value[useful], least[useful]
    implied = np.full(len(upper), np.inf)
    np.minimum.at(implied, column, (most[row] - total[row] + least) / value)
    return implied
