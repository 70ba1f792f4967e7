"""From the values of the variables to a `Result` that holds nothing of Pyomo."""

from __future__ import annotations

import math
import platform
from collections.abc import Mapping
from functools import cache
from importlib.metadata import version
from typing import Any

import numpy as np

from donornet.formulation.columns import Variables
from donornet.formulation.matrix import Matrix
from donornet.instance import Instance
from donornet.solution import Status
from donornet.solver.outcome import Ending, Outcome
from donornet.solver.progress import relative_gap
from donornet.solver.settings import Settings

AGREEMENT = 1e-6
"""Relative difference up to which the solver's objective and the recomputed cost are the same."""


def status_of(outcome: Outcome) -> Status:
    """Return the status of a result with this outcome."""
    if outcome.ending is Ending.INFEASIBLE:
        return Status.INFEASIBLE
    if outcome.values is None:
        return Status.NO_SOLUTION
    return Status.OPTIMAL if outcome.ending is Ending.OPTIMAL else Status.LIMIT


def load_values(matrix: Matrix, values: np.ndarray) -> None:
    """Give the values to the model's variables, for users to look at."""
    known = matrix.variables
    (known if isinstance(known, Variables) else Variables(others=known)).load(values)


def bound_and_gap(outcome: Outcome, objective: float | None, matrix: Matrix) -> tuple[float | None, float | None]:
    """Return the bound of the objective, at least what the costs alone say, and the gap; None where unknown.

    Parameters
    ----------
    objective
        Objective that the gap refers to, minimised [currency].
    """
    bound = max(outcome.bound, matrix.least_objective())
    if outcome.ending is Ending.INFEASIBLE or not math.isfinite(bound):
        return None, None
    if objective is None:
        return bound, None
    bound = min(bound, objective)
    return bound, relative_gap(objective, bound)


def disagreement(solver: float, recomputed: float) -> list[str]:
    """Return the violation that the solver's objective is not the cost recomputed from the instance, if it is not."""
    if abs(solver - recomputed) <= AGREEMENT * max(abs(solver), abs(recomputed), 1.0):
        return []
    return [
        f"objective: the solver's is {solver:.10g}, the design's cost recomputed from the instance {recomputed:.10g}"
    ]


def origin(instance: Instance) -> dict[str, Any]:
    """Return what a result says about the instance: its name, what was applied to it, and the hash before that."""
    return {
        "instance": instance.head.name,
        "applied": list(instance.applied),
        "base_sha256": instance.base_sha256 or instance.sha256,
    }


def facts(settings: Settings, matrix: Matrix, method: str) -> dict[str, Any]:
    """Return what a result says about how it was made."""
    return {
        "method": method,
        "asked": {
            "gap": settings.gap,
            "time_limit": settings.time_limit,
            "threads": settings.threads,
            "seed": settings.seed,
            "method": settings.method,
            "options": plain(settings.options),
        },
        "sizes": {
            "rows": int(matrix.rows.shape[0]),
            "columns": int(matrix.rows.shape[1]),
            "nonzeros": int(matrix.rows.nnz),
            "integers": int(matrix.integer.sum()),
        },
        "versions": dict(_versions()),
    }


@cache
def _versions() -> Mapping[str, str]:
    packages = {package: version(package) for package in ("donornet", "highspy", "pyomo")}
    return {**packages, "python": platform.python_version()}


def plain(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return options as values that JSON knows."""
    known = (bool, int, float, str, type(None))
    return {name: value if isinstance(value, known) else str(value) for name, value in options.items()}
