"""Solving a model exactly and without the package's own search: what the tests of the formulation compare."""

from __future__ import annotations

import math
from typing import Any

import highspy
import numpy as np

from donornet.formulation import Choices, assemble, build_model, refine
from donornet.formulation.matrix import Matrix
from donornet.instance import Instance

TOLERANCE = 1e-9
ROUNDS = 100


def optimum(instance: Instance, choices: Choices | None = None) -> float:
    """Return the optimum of an instance; infinite if there is no design."""
    return solve(build_model(instance) if choices is None else build_model(instance, choices))[0]


def solve(m: Any) -> tuple[float, np.ndarray]:
    """Return the optimum of a model and the values of its variables; infinity and nothing if there is no design."""
    for _ in range(ROUNDS):
        matrix = assemble(m)
        objective, values = _minimum(matrix)
        if not math.isfinite(objective) or refine(m, values) == 0:
            return objective, values
    raise AssertionError("the cuts came to no end")


def _minimum(a: Matrix) -> tuple[float, np.ndarray]:
    highs = highspy.Highs()
    for option, value in (
        ("output_flag", False), ("mip_rel_gap", TOLERANCE), ("mip_abs_gap", TOLERANCE), ("time_limit", 120.0),
        ("mip_feasibility_tolerance", TOLERANCE), ("primal_feasibility_tolerance", TOLERANCE), ("threads", 1),
    ):  # fmt: skip
        highs.setOptionValue(option, value)
    rows = a.rows
    highs.passModel(
        len(a.cost), len(a.row_lower), rows.nnz, 2, 1, a.offset, a.cost, a.lower, a.upper, a.row_lower, a.row_upper,
        rows.indptr.astype(np.int32), rows.indices.astype(np.int32), rows.data, a.integer.astype(np.int32),
    )  # fmt: skip
    highs.run()
    status = highs.getModelStatus()
    if status in (highspy.HighsModelStatus.kInfeasible, highspy.HighsModelStatus.kUnboundedOrInfeasible):
        return math.inf, np.empty(0)
    assert status == highspy.HighsModelStatus.kOptimal, highs.modelStatusToString(status)
    return highs.getInfo().objective_function_value, np.asarray(highs.getSolution().col_value)
