"""Columns that are always equal become one: decisions that are tied over the periods are taken once."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import connected_components

from donornet.formulation.matrix import Matrix


@dataclass(frozen=True, eq=False)
class Merged:
    """A program in which columns that its rows make equal are one column.

    Parameters
    ----------
    matrix
        The program that remains, with the same optimum.
    column
        Column of `matrix` for each column of the whole, shape (columns,).
    """

    matrix: Matrix
    column: np.ndarray

    def whole(self, values: np.ndarray) -> np.ndarray:
        """Return the values of all columns of the whole, shape (columns,)."""
        return np.asarray(values[self.column])

    def part(self, values: np.ndarray) -> np.ndarray:
        """Return the values of the merged columns, that of the last one where tied columns differ."""
        merged = np.zeros(len(self.matrix.cost))
        merged[self.column] = values
        return merged


def merge_tied(matrix: Matrix) -> Merged:
    """Merge the columns that rows ``x - y = 0`` tie, drop those rows, and keep one of equal rows of two columns."""
    ties, first, second = _ties(matrix)
    width = len(matrix.cost)
    graph = coo_array((np.ones(len(ties)), (first, second)), shape=(width, width))
    count, column = connected_components(graph, directed=False)
    lower, upper, integer = np.full(count, -np.inf), np.full(count, np.inf), np.zeros(count, dtype=bool)
    np.maximum.at(lower, column, matrix.lower)
    np.minimum.at(upper, column, matrix.upper)
    np.logical_or.at(integer, column, matrix.integer)
    kept = np.setdiff1d(np.arange(matrix.rows.shape[0]), ties)
    onto = coo_array((np.ones(width), (np.arange(width), column)), shape=(width, count)).tocsr()
    rows = csr_array(matrix.rows[kept] @ onto)
    rows.eliminate_zeros()
    rows.sort_indices()
    only = _distinct(rows, matrix.row_lower[kept], matrix.row_upper[kept])
    program = replace(
        matrix,
        variables=[],
        cost=np.bincount(column, matrix.cost, count),
        lower=lower,
        upper=upper,
        integer=integer,
        rows=rows[only],
        row_lower=matrix.row_lower[kept[only]],
        row_upper=matrix.row_upper[kept[only]],
    )
    return Merged(program, column)


def _ties(matrix: Matrix) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the rows ``x - y = 0`` and their two columns."""
    rows = matrix.rows
    pairs = np.flatnonzero((np.diff(rows.indptr) == 2) & (matrix.row_lower == 0.0) & (matrix.row_upper == 0.0))
    start = rows.indptr[pairs]
    opposite = rows.data[start] == -rows.data[start + 1]
    pairs, start = pairs[opposite], start[opposite]
    return pairs, rows.indices[start], rows.indices[start + 1]


def _distinct(rows: csr_array, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """Return the positions of the rows without repetitions of those of two columns."""
    length = np.diff(rows.indptr)
    pairs = np.flatnonzero(length == 2)
    start = rows.indptr[pairs]
    entries = [rows.indices[start], rows.indices[start + 1], rows.data[start], rows.data[start + 1]]
    _, once = np.unique(np.column_stack([*entries, low[pairs], high[pairs]]), axis=0, return_index=True)
    return np.sort(np.concatenate([np.flatnonzero(length != 2), pairs[once]]))
