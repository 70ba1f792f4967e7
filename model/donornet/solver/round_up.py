"""A first design from the relaxation: round its decisions up, repair what they imply, and solve the flows.

The strong rows of the model make the relaxed decisions tell which facilities, steps and licences are used, so that
opening everything above a small threshold costs little more than the optimum. Several thresholds are tried.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from donornet.formulation.matrix import Matrix
from donornet.solver.outcome import Outcome

THRESHOLDS = (0.03, 0.1, 0.2, 0.35, 0.5, 0.8)
"""Values of a relaxed decision above which it is taken, tried in turn."""
PATIENCE = 1.02
"""A threshold that makes the design this much dearer than the best ends the trial: higher ones leave out more."""
WHOLE = 1e-6
"""Distance from a whole number up to which a relaxed decision counts as taken or not."""


def implications(matrix: Matrix) -> np.ndarray:
    """Return the pairs (i, j) of 0-1 columns with a row ``x_i <= x_j``: taking i needs j, shape (pairs, 2)."""
    rows = matrix.rows
    candidates = np.flatnonzero((np.diff(rows.indptr) == 2) & (matrix.row_upper == 0.0))
    first, second = rows.indptr[candidates], rows.indptr[candidates] + 1
    columns = np.column_stack([rows.indices[first], rows.indices[second]])
    values = np.column_stack([rows.data[first], rows.data[second]])
    decided = matrix.integer[columns].all(axis=1) & (np.abs(values) == 1.0).all(axis=1) & (values.sum(axis=1) == 0.0)
    columns, values = columns[decided], values[decided]
    return np.asarray(np.where(values[:, :1] > 0, columns, columns[:, ::-1]))


def closed_under(pairs: np.ndarray, taken: np.ndarray) -> np.ndarray:
    """Return the decisions taken, with everything that they need, shape (columns,)."""
    taken = taken.copy()
    while True:
        missing = taken[pairs[:, 0]] & ~taken[pairs[:, 1]]
        if not missing.any():
            return taken
        taken[pairs[missing, 1]] = True


def is_decided_by_rounding(matrix: Matrix) -> bool:
    """Whether every whole variable is a yes or no, so that rounding them leaves a linear program."""
    whole = matrix.integer
    return bool(whole.any() and (matrix.lower[whole] >= 0).all() and (matrix.upper[whole] <= 1).all())


def round_up(matrix: Matrix, relaxed: np.ndarray, flows: Callable[[np.ndarray], Outcome]) -> Outcome | None:
    """Return the best design that rounding finds; None if no threshold gives one.

    Parameters
    ----------
    matrix
        The program, its whole variables 0 or 1.
    relaxed
        A solution of its relaxation, shape (columns,).
    flows
        Solves the flows of a design given as values of all columns, of which only the whole ones count.
    """
    pairs = implications(matrix)
    best: Outcome | None = None
    tried: set[bytes] = set()
    for threshold in THRESHOLDS:
        taken = closed_under(pairs, matrix.integer & (relaxed > threshold))
        if taken.tobytes() in tried:
            continue
        tried.add(taken.tobytes())
        outcome = flows(taken.astype(float))
        if outcome.values is None:
            continue
        if best is None or outcome.objective < best.objective:
            best = outcome
        elif outcome.objective > PATIENCE * best.objective:
            break
    return best


def active(matrix: Matrix, relaxed: np.ndarray, design: np.ndarray) -> np.ndarray:
    """Return the decisions that the relaxation or the design takes in part, and what they need, shape (columns,)."""
    taken = matrix.integer & ((relaxed > WHOLE) | (design > 0.5))
    return closed_under(implications(matrix), taken)
