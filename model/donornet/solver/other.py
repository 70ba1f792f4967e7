"""The solve with any solver that Pyomo knows, for those who have one they prefer."""

from __future__ import annotations

import logging
import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyomo.environ as pyo
from pyomo.opt import TerminationCondition

from donornet.exceptions import SolverError
from donornet.formulation.matrix import Matrix, assemble
from donornet.solver.clock import Clock
from donornet.solver.outcome import Ending, Outcome
from donornet.solver.search import SEARCH_ROUNDS, Refine
from donornet.solver.settings import Settings

OPTION_NAMES: dict[str, tuple[str, str, str, str]] = {
    "appsi_highs": ("mip_rel_gap", "time_limit", "threads", "random_seed"),
    "cbc": ("ratioGap", "seconds", "threads", "randomSeed"),
    "cplex": ("mip_tolerances_mipgap", "timelimit", "threads", "randomseed"),
    "highs": ("mip_rel_gap", "time_limit", "threads", "random_seed"),
    "glpk": ("mipgap", "tmlim", "", ""),
    "gurobi": ("MIPGap", "TimeLimit", "Threads", "Seed"),
    "scip": ("limits/gap", "limits/time", "", "randomization/randomseedshift"),
    "xpress": ("miprelstop", "maxtime", "threads", "randomseed"),
}
"""What solvers call gap, time limit, threads and seed; the longest name that a solver's begins with holds."""

_LIMITS = {
    TerminationCondition.maxTimeLimit: "time",
    TerminationCondition.maxIterations: "iterations",
    TerminationCondition.maxEvaluations: "iterations",
    TerminationCondition.userInterrupt: "interrupt",
    TerminationCondition.resourceInterrupt: "memory",
    TerminationCondition.feasible: "time",
}
_OPTIMAL = {TerminationCondition.optimal, TerminationCondition.globallyOptimal, TerminationCondition.locallyOptimal}


@dataclass
class OtherSearch:
    """One solve of a Pyomo model with a solver of Pyomo's `SolverFactory`, cuts in rounds.

    Parameters
    ----------
    name
        Name of the solver, for example ``cbc``.
    model
        The model, `matrix` its arrays.
    settings, clock
        How to solve, and the time left.
    refine
        Adds violated cuts; None: the model is complete as it stands.
    """

    name: str
    model: Any
    matrix: Matrix
    settings: Settings
    clock: Clock
    refine: Refine | None = None
    rounds: int = 0
    cuts: int = 0

    def run(self) -> Outcome:
        """Return the best design, the bound, and how the solve ended."""
        bound = -math.inf
        for _ in range(SEARCH_ROUNDS):
            outcome = self._solve()
            bound = max(bound, outcome.bound)
            if outcome.values is None:
                return replace(outcome, bound=bound)
            added = self.refine(self.model, outcome.values) if self.refine else 0
            if not added:
                return replace(outcome, bound=bound)
            self.rounds, self.cuts = self.rounds + 1, self.cuts + added
            self.matrix = assemble(self.model)
            if self.clock.is_over:
                return Outcome(Ending.LIMIT, bound=bound, stopped_by="time")
        return Outcome(Ending.LIMIT, bound=bound, stopped_by="rounds")

    def _solve(self) -> Outcome:
        solver = _factory(self.name)
        self._configure(solver)
        keywords = {"raise_exception_on_nonoptimal_result": False} if self.name.startswith("highs") else {}
        try:
            with _quiet():
                found = solver.solve(self.model, load_solutions=False, **keywords)
        except (RuntimeError, ValueError, OSError) as error:
            raise SolverError(f"the solver {self.name!r} failed: {error}") from error
        return self._outcome(found)

    def _configure(self, solver: Any) -> None:
        settings = self.settings
        known = [prefix for prefix in OPTION_NAMES if self.name.startswith(prefix)]
        if known:
            names = OPTION_NAMES[max(known, key=len)]
            seconds = None if settings.time_limit is None else max(self.clock.remaining, 0.01)
            if seconds is not None and self.name.startswith(("glpk", "cbc")):
                seconds = math.ceil(seconds)
            values = (settings.gap, seconds, settings.threads, settings.seed)
            for option, value in zip(names, values, strict=True):
                if option and value is not None:
                    solver.options[option] = value
        elif settings.time_limit is not None:
            raise SolverError(
                f"donornet does not know how {self.name!r} is told its limits: "
                "give them as options and leave time_limit out"
            )
        for option, value in settings.options.items():
            solver.options[option] = value

    def _outcome(self, found: Any) -> Outcome:
        condition = found.solver.termination_condition
        if condition == TerminationCondition.infeasible:
            return Outcome(Ending.INFEASIBLE)
        if condition == TerminationCondition.infeasibleOrUnbounded and np.isfinite(self.matrix.least_objective()):
            return Outcome(Ending.INFEASIBLE)
        if condition in (TerminationCondition.unbounded, TerminationCondition.infeasibleOrUnbounded):
            raise SolverError(
                f"the solver {self.name!r} says that the model is {condition}: "
                "look for a variable that earns money for ever"
            )
        if condition not in _OPTIMAL and condition not in _LIMITS:
            raise SolverError(f"the solver {self.name!r} ended with {condition}: {found.solver.message}")
        bound = self._bound(found)
        ending = Ending.OPTIMAL if condition in _OPTIMAL else Ending.LIMIT
        reason = "" if condition in _OPTIMAL else _LIMITS[condition]
        if not len(found.solution):
            return Outcome(Ending.LIMIT, bound=bound, stopped_by=reason or "tolerance")
        self.model.solutions.load_from(found)
        matrix = self.matrix
        nearest = np.clip(0.0, matrix.lower, matrix.upper)
        values = np.array(
            [near if v.value is None else v.value for v, near in zip(matrix.variables, nearest, strict=True)],
            dtype=float,
        )
        values[matrix.integer] = np.round(values[matrix.integer])
        objective = float(matrix.cost @ values + matrix.offset)
        if ending is Ending.OPTIMAL and not np.isfinite(bound):
            bound = objective - self.settings.gap * abs(objective)
        return Outcome(ending, values, objective, bound, stopped_by=reason)

    def _bound(self, found: Any) -> float:
        """Return the bound that the solver gives of a model that is minimised."""
        said = found.problem.lower_bound if self.matrix.sense == 1 else found.problem.upper_bound
        try:
            bound = float(said)
        except (TypeError, ValueError):
            return -math.inf
        return self.matrix.sense * bound if math.isfinite(bound) else -math.inf


def _factory(name: str) -> Any:
    with _quiet():
        solver = pyo.SolverFactory(name)
        there = solver.available(exception_flag=False)
    if not there:
        raise SolverError(
            f"the solver {name!r} is not available: install it so that Pyomo finds it, or leave `solver` out to use "
            "HiGHS, which comes with donornet"
        )
    return solver


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep Pyomo from logging what is going to be said in an error, or in the result."""
    logger = logging.getLogger("pyomo")
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        logger.setLevel(level)
