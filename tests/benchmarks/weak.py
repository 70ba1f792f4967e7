"""The aggregated formulation: the strong rows of each decision added up to one."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from scipy.sparse import csr_array, vstack

from donornet.formulation.matrix import Matrix, row_names

GATES = ("open_before_use", "release_before_use", "open_before_loop", "licence_before_use", "licence_before_loop")
"""The constraint families that bound each flow by the decision it needs."""


def aggregated(model: Any, matrix: Matrix) -> Matrix:
    """Return the program with the rows ``flow_i <= U_i · Decision`` of each decision added up.

    What remains, ``Σ flow_i <= (Σ U_i) · Decision``, allows the same designs and relaxes them worse: it is how such
    models are mostly written.

    Parameters
    ----------
    model, matrix
        A model and its arrays.
    """
    gates = np.array([name.split("[")[0] in GATES for name in row_names(model)], dtype=bool)
    decision = _decisions(matrix.rows, matrix.integer)
    gates &= decision >= 0  # where the decision is settled the row is a bound, not a gate
    strong = csr_array(matrix.rows[np.flatnonzero(gates)])
    groups, member = np.unique(decision[gates], return_inverse=True)
    adder = csr_array((np.ones(len(member)), (member, np.arange(len(member)))), shape=(len(groups), len(member)))
    others = np.flatnonzero(~gates)
    return replace(
        matrix,
        rows=vstack([matrix.rows[others], adder @ strong], format="csr"),
        row_lower=np.concatenate([matrix.row_lower[others], np.full(len(groups), -np.inf)]),
        row_upper=np.concatenate([matrix.row_upper[others], adder @ matrix.row_upper[gates]]),
    )


def _decisions(rows: csr_array, integer: np.ndarray) -> np.ndarray:
    """Return the column of each row's first whole variable with a negative coefficient, -1 where there is none."""
    candidate = integer[rows.indices] & (rows.data < 0)
    row = np.repeat(np.arange(rows.shape[0]), np.diff(rows.indptr))
    found = np.full(rows.shape[0], -1)
    found[row[candidate][::-1]] = rows.indices[candidate][::-1]
    return found
