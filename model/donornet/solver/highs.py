"""One linear or mixed-integer program inside HiGHS: arrays in, `Outcome` out."""

from __future__ import annotations

import difflib
import threading
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import highspy
import numpy as np
from highspy import HighsModelStatus, HighsStatus

from donornet.exceptions import SolverError
from donornet.formulation.matrix import Matrix
from donornet.solver.clock import Clock
from donornet.solver.interrupt import Interrupt
from donornet.solver.outcome import Ending, Outcome
from donornet.solver.progress import Listener, Phase
from donornet.solver.settings import Settings
from donornet.solver.watch import Watch

FEASIBLE = 2
"""HiGHS' primal_solution_status of a feasible point."""
INFINITE = 1e20
"""What HiGHS takes for infinite."""
NORMAL, STRICT = 1e-7, 1e-9
"""Feasibility tolerances; the strict one for polishing and where the normal one lets a closed facility leak."""

COLUMN_ARRAYS = ("cost", "lower", "upper", "integer")
"""What a matrix holds by column; where it differs, HiGHS starts afresh."""

_LIMITS = {
    HighsModelStatus.kTimeLimit: "time",
    HighsModelStatus.kInterrupt: "interrupt",
    HighsModelStatus.kHighsInterrupt: "interrupt",
    HighsModelStatus.kIterationLimit: "iterations",
    HighsModelStatus.kSolutionLimit: "nodes",
    HighsModelStatus.kMemoryLimit: "memory",
    HighsModelStatus.kObjectiveBound: "objective",
    HighsModelStatus.kObjectiveTarget: "objective",
}
_UNDECIDED = {HighsModelStatus.kUnknown, HighsModelStatus.kNotset}
"""How a linear program ends that is feasible or not by less than the tolerances."""
_ARGUMENTS = {"mip_rel_gap": "gap", "time_limit": "time_limit", "threads": "threads", "random_seed": "seed"}
"""Options that donornet sets from an argument of its own."""


class Program:
    """A matrix in HiGHS, run as often as wanted, rows added in between.

    Parameters
    ----------
    matrix
        The program.
    settings
        Options of the solve.
    interrupt
        Where a request to stop arrives.
    listener
        Receives the progress.
    clock
        The time that is left.
    """

    def __init__(
        self, matrix: Matrix, settings: Settings, interrupt: Interrupt, clock: Clock, listener: Listener | None = None
    ) -> None:
        self._settings, self._interrupt, self._clock = settings, interrupt, clock
        self._highs = highspy.Highs()
        self._watch = Watch(interrupt, clock, listener)
        self._watch.attach(self._highs)
        self.tighten(NORMAL)
        self._configure()
        self.matrix = matrix
        self._load(matrix)

    def tighten(self, tolerance: float) -> None:
        """Let rows, bounds and whole numbers be missed by no more than `tolerance`."""
        self._set("primal_feasibility_tolerance", tolerance)
        self._set("mip_feasibility_tolerance", tolerance)

    def choose(self, options: Mapping[str, Any]) -> None:
        """Set options of HiGHS for this program alone, unless the user has set them."""
        for name, value in options.items():
            if name not in self._settings.options:
                self._set(name, value)

    def update(self, matrix: Matrix) -> None:
        """Replace the program; where only rows were added at the end, what HiGHS learned is kept."""
        old = self.matrix
        rows, entries = old.rows.shape[0], old.rows.nnz
        grown = (
            len(matrix.cost) == len(old.cost)
            and matrix.rows.shape[0] >= rows
            and matrix.rows.indptr[rows] == entries
            and np.array_equal(matrix.rows.indices[:entries], old.rows.indices)
            and np.array_equal(matrix.rows.data[:entries], old.rows.data)
            and all(np.array_equal(getattr(matrix, name), getattr(old, name)) for name in COLUMN_ARRAYS)
            and np.array_equal(matrix.row_lower[:rows], old.row_lower)
            and np.array_equal(matrix.row_upper[:rows], old.row_upper)
        )
        if not grown:
            self._load(matrix)
            return
        self.matrix = matrix
        new = matrix.rows[rows:]
        status = self._highs.addRows(
            new.shape[0], matrix.row_lower[rows:], matrix.row_upper[rows:], new.nnz,
            new.indptr[:-1].astype(np.int32), new.indices.astype(np.int32), new.data.astype(float),
        )  # fmt: skip
        if status == HighsStatus.kError:
            raise SolverError("HiGHS refused rows that were added to the model")

    def bound(self, columns: np.ndarray, lower: np.ndarray, upper: np.ndarray) -> None:
        """Change the bounds of some columns; the next linear program starts from the basis of the last.

        Parameters
        ----------
        columns
            Positions, shape (changed,), as `lower` and `upper`.
        """
        low, high = self.matrix.lower.copy(), self.matrix.upper.copy()
        low[columns], high[columns] = lower, upper
        self.matrix = replace(self.matrix, lower=low, upper=high)
        self._highs.changeColsBounds(len(columns), columns.astype(np.int32), lower, upper)

    def remember_basis(self) -> None:
        """Keep the basis of the last linear program for `recall_basis`."""
        self._basis = self.basis()

    def recall_basis(self) -> None:
        """Let the next linear program start from the basis that was kept."""
        self.begin_at(self._basis)

    def basis(self) -> Any:
        """Return the basis of the last linear program, for `begin_at`."""
        return self._highs.getBasis()

    def begin_at(self, basis: Any) -> None:
        """Let the next linear program start from a basis, unless it is one of other columns or more rows.

        Rows that the basis does not know are taken to have been added at the end.
        """
        rows, columns = self.matrix.rows.shape
        known = list(basis.row_status)
        if len(basis.col_status) == columns and len(known) <= rows:
            basis.row_status = known + [highspy.HighsBasisStatus.kBasic] * (rows - len(known))
            self._highs.setBasis(basis)

    def point(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the values, shape (columns,), and duals, shape (rows,), where the last linear program stopped."""
        values = self._values()
        return (values if len(values) else np.zeros(len(self.matrix.cost))), self.duals()

    def duals(self) -> np.ndarray:
        """Return the duals of the last linear program, exact or not, shape (rows,); zero where there are none."""
        duals = np.array(self._highs.getSolution().row_dual)
        return duals if len(duals) == self.matrix.rows.shape[0] else np.zeros(self.matrix.rows.shape[0])

    def relax(self, phase: Phase = "relaxation") -> Outcome:
        """Solve without integrality."""
        self._set("solve_relaxation", True)
        outcome = self._run(phase)
        self._set("solve_relaxation", False)
        return outcome

    def solve(self, start: np.ndarray | None = None) -> Outcome:
        """Solve to the gap, from the known values (not NaN) of `start`, shape (columns,)."""
        if start is not None:
            known = np.flatnonzero(~np.isnan(start))
            self._highs.setSolution(len(known), known.astype(np.int32), start[known])
        return self._run("search" if self.matrix.integer.any() else "relaxation")

    def write(self, path: str, columns: Sequence[str], rows: Sequence[str]) -> None:
        """Write the program to an ``.lp`` or ``.mps`` file, columns and rows called as given."""
        for number, name in enumerate(columns):
            self._highs.passColName(number, name)
        for number, name in enumerate(rows):
            self._highs.passRowName(number, name)
        if self._highs.writeModel(path) == HighsStatus.kError:
            raise SolverError(f"HiGHS could not write {path}")

    def _configure(self) -> None:
        settings = self._settings
        for option in settings.options:
            if option in _ARGUMENTS:
                raise SolverError(f"give the argument {_ARGUMENTS[option]} instead of the option {option}")
        threads = 1 if settings.threads is None else settings.threads
        for name, value in {
            "log_to_console": False,
            "mip_rel_gap": settings.gap,
            "mip_abs_gap": 1e-9,
            "mip_min_logging_interval": 1.0,
            "threads": threads,
            "parallel": "off" if threads == 1 else "on",
            "random_seed": settings.seed,
            "small_matrix_value": 1e-12,
            **settings.options,
        }.items():
            self._set(name, value)

    def _set(self, name: str, value: Any) -> None:
        try:
            status = self._highs.setOptionValue(name, value)
        except TypeError:
            status = HighsStatus.kError
        if status == HighsStatus.kError:
            known = [option for option in dir(self._highs.getOptions()) if not option.startswith("_")]
            near = ", ".join(difflib.get_close_matches(name, known)) or "none"
            near = "" if name in known else f" (nearest names: {near})"
            raise SolverError(f"HiGHS does not accept the option {name} = {value!r}{near}")

    def _load(self, matrix: Matrix) -> None:
        _refuse_meaningless_numbers(matrix)
        self.matrix = matrix
        rows, columns = matrix.rows.shape
        status = self._highs.passModel(
            columns, rows, matrix.rows.nnz, int(highspy.MatrixFormat.kRowwise), int(highspy.ObjSense.kMinimize),
            float(matrix.offset), matrix.cost, matrix.lower, matrix.upper, matrix.row_lower, matrix.row_upper,
            matrix.rows.indptr.astype(np.int32, copy=False), matrix.rows.indices.astype(np.int32, copy=False),
            matrix.rows.data.astype(float, copy=False), matrix.integer.astype(np.int32),
        )  # fmt: skip
        if status == HighsStatus.kError:
            raise SolverError("HiGHS refused the model: look for coefficients of 1e15 and more")

    def _run(self, phase: Phase) -> Outcome:
        if not len(self.matrix.cost):
            return _without_columns(self.matrix)
        status = self._optimise(phase)
        if status == HighsModelStatus.kUnboundedOrInfeasible:
            status = self._unbounded_or_infeasible(phase)
        if status == HighsModelStatus.kUnbounded:
            raise SolverError(
                "the model is unbounded: its objective can improve for ever. Look for a variable with a negative cost "
                "and no upper bound among what was added to the model"
            )
        return self._outcome(status)

    def _optimise(self, phase: Phase) -> Any:
        """Run HiGHS in a thread of its own, so that the main thread hears Ctrl-C at once."""
        self._set("time_limit", self._highs.getRunTime() + max(min(self._clock.remaining, 1e9), 0.01))
        self._watch.phase = phase
        thread = threading.Thread(target=self._work, name="highs", daemon=True)
        thread.start()
        while thread.is_alive():
            thread.join(0.1)
        self._watch.raise_failure()
        return self._highs.getModelStatus()

    def _work(self) -> None:
        try:
            self._highs.run()
        finally:
            highspy.Highs.resetGlobalScheduler(False)

    def _unbounded_or_infeasible(self, phase: Phase) -> Any:
        """Find out which of the two holds, by way of the model without its objective."""
        columns = np.arange(len(self.matrix.cost), dtype=np.int32)
        self._highs.changeColsCost(len(columns), columns, np.zeros(len(columns)))
        status = self._optimise(phase)
        self._highs.changeColsCost(len(columns), columns, self.matrix.cost)
        return HighsModelStatus.kUnbounded if status == HighsModelStatus.kOptimal else status

    def _outcome(self, status: Any) -> Outcome:
        info = self._highs.getInfo()
        linear = bool(self._highs.getOptions().solve_relaxation) or not self.matrix.integer.any()
        if status == HighsModelStatus.kInfeasible:
            return Outcome(Ending.INFEASIBLE)
        feasible = info.primal_solution_status == FEASIBLE
        values = self._values() if feasible else None
        objective = float(info.objective_function_value) if feasible else np.inf
        if status == HighsModelStatus.kOptimal and feasible:
            bound = objective if linear else float(info.mip_dual_bound)
            return Outcome(Ending.OPTIMAL, values, objective, bound, max(int(info.mip_node_count), 0))
        bound = -np.inf if linear else float(info.mip_dual_bound)
        if status in _LIMITS:
            return Outcome(Ending.LIMIT, values, objective, bound, max(int(info.mip_node_count), 0), _LIMITS[status])
        if feasible:
            return Outcome(Ending.LIMIT, values, objective, bound, max(int(info.mip_node_count), 0), "tolerance")
        if linear and status in _UNDECIDED:
            return Outcome(Ending.LIMIT, stopped_by="tolerance")
        raise SolverError(
            f"HiGHS ended with status {self._highs.modelStatusToString(status)!r}; try another seed, or options="
            "{'presolve': 'off'}, and look for coefficients that are very large or very small"
        )

    def _values(self) -> np.ndarray:
        """Return the point found, inside its bounds and without negative zeros."""
        values = np.array(self._highs.getSolution().col_value)
        return np.asarray(np.clip(values, self.matrix.lower, self.matrix.upper) + 0.0)


def _refuse_meaningless_numbers(matrix: Matrix) -> None:
    """Raise where a cost or coefficient is not a number that HiGHS can work with; it would not say so itself."""
    for what, numbers, columns in (
        ("cost", matrix.cost, np.arange(len(matrix.cost))),
        ("coefficient", matrix.rows.data, matrix.rows.indices),
        ("lower bound", np.where(np.isinf(matrix.lower), 0.0, matrix.lower), np.arange(len(matrix.cost))),
        ("upper bound", np.where(np.isinf(matrix.upper), 0.0, matrix.upper), np.arange(len(matrix.cost))),
    ):
        wrong = np.flatnonzero(~(np.abs(numbers) < INFINITE))
        if len(wrong):
            name = matrix.variables[columns[wrong[0]]].name
            raise SolverError(f"the {what} of {name} is {numbers[wrong[0]]:g}, which no solver can work with")
    if np.isnan(matrix.row_lower).any() or np.isnan(matrix.row_upper).any() or not np.isfinite(matrix.offset):
        raise SolverError("a constraint's bound or the constant of the objective is not a number")


def _without_columns(matrix: Matrix) -> Outcome:
    """Return the outcome of a model without a variable."""
    if (matrix.row_lower > NORMAL).any() or (matrix.row_upper < -NORMAL).any():
        return Outcome(Ending.INFEASIBLE)
    return Outcome(Ending.OPTIMAL, np.empty(0), matrix.offset, matrix.offset)
