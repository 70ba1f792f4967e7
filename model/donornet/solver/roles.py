"""What rows of a program do: keep flow behind a decision, ask for flow, or bound it without a decision."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from scipy.sparse import coo_array, csr_array, vstack

from donornet.formulation.matrix import Matrix


@dataclass(frozen=True, eq=False)
class Roles:
    """The roles of rows; all but the decisions that are still open count as flow.

    Parameters
    ----------
    gates
        Rows ``flow <= U z`` with a decision z, shape (gates,).
    decisions
        The decision of each gate, shape (gates,).
    covers
        Rows that ask for flow and hold nothing else, shape (covers,).
    packs
        Rows that bound flow from above and that no flow satisfies, shape (packs,).
    gated, behind
        Columns of flow, and a decision without which each is zero, shape (pairs,).
    """

    gates: np.ndarray
    decisions: np.ndarray
    covers: np.ndarray
    packs: np.ndarray
    gated: np.ndarray
    behind: np.ndarray

    @classmethod
    def of(cls, matrix: Matrix) -> Self:
        """Return the roles of the rows of a program without fixed columns in its rows."""
        rows, length = matrix.rows, np.diff(matrix.rows.indptr)
        row = np.repeat(np.arange(len(length)), length)
        decision = matrix.integer[rows.indices]
        plain = ~decision & (rows.data > 0) & (matrix.lower[rows.indices] >= 0.0)

        def count(entries: np.ndarray) -> np.ndarray:
            return np.bincount(row, entries, minlength=len(length))

        some, open_above = count(plain), np.isinf(matrix.row_lower)
        gate = (count(decision & (rows.data < 0)) == 1) & (some == length - 1) & (some > 0)
        gate &= open_above & (matrix.row_upper == 0.0)
        alone = (some == length) & (some > 0)
        behind_gate = gate[row]
        entry = np.flatnonzero(behind_gate & decision)
        of_row = np.full(len(length), -1)
        of_row[row[entry]] = rows.indices[entry]
        flow = np.flatnonzero(behind_gate & ~decision)
        return cls(
            gates=np.flatnonzero(gate),
            decisions=of_row[np.flatnonzero(gate)],
            covers=np.flatnonzero(alone & (matrix.row_lower > 0.0)),
            packs=np.flatnonzero(alone & open_above & (matrix.row_upper >= 0.0) & (length > 1)),
            gated=rows.indices[flow],
            behind=of_row[row[flow]],
        )


def without_fixed(matrix: Matrix) -> Matrix:
    """Return the program with its fixed columns moved from the rows to their bounds, without rows that are empty then.

    A row that the fixed columns alone violate stays, without columns.
    """
    fixed = matrix.lower == matrix.upper
    moved = matrix.rows @ np.where(fixed, matrix.lower, 0.0)
    rows = matrix.rows.copy()
    rows.data = np.where(fixed[rows.indices], 0.0, rows.data)
    rows.eliminate_zeros()
    low, high = matrix.row_lower - moved, matrix.row_upper - moved
    idle = (np.diff(rows.indptr) == 0) & (low <= 0.0) & (high >= 0.0)
    return replace(matrix, rows=rows[~idle], row_lower=low[~idle], row_upper=high[~idle])


def summed(matrix: Matrix, roles: Roles) -> tuple[Matrix, np.ndarray]:
    """Return the program with the sums of gates that follow one another behind the same decision, and where to begin.

    To begin with, all rows are active but the gates that were summed and the rows that no flow satisfies.
    """
    active = np.ones(matrix.rows.shape[0], dtype=bool)
    active[roles.packs] = False
    gates = roles.gates
    if not len(gates):
        return matrix, active
    new = np.concatenate([[True], (np.diff(gates) != 1) | (np.diff(roles.decisions) != 0)])
    run = np.cumsum(new) - 1
    long = np.bincount(run)[run] > 1
    active[gates[long]] = False
    _, number = np.unique(run[long], return_inverse=True)
    count = int(number.max(initial=-1)) + 1
    onto = coo_array((np.ones(len(number)), (number, gates[long])), shape=(count, matrix.rows.shape[0])).tocsr()
    grown = replace(
        matrix,
        rows=csr_array(vstack([matrix.rows, onto @ matrix.rows], format="csr")),
        row_lower=np.concatenate([matrix.row_lower, np.full(count, -np.inf)]),
        row_upper=np.concatenate([matrix.row_upper, np.zeros(count)]),
    )
    return grown, np.concatenate([active, np.ones(count, dtype=bool)])
