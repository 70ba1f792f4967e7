"""A design from the relaxation: take its largest decisions, solve again from where it stands, until all are whole.

Each step takes a share of the decisions that are still fractional, and what they imply; none is ruled out, so that what
is taken can push out what is not. A step that leaves nothing feasible is taken back but for its largest decision, and
if that is impossible too it is ruled out.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy.sparse import csr_array

from donornet.formulation.matrix import Matrix
from donornet.solver.highs import Program
from donornet.solver.outcome import Ending, Outcome
from donornet.solver.round_up import WHOLE, closed_under, implications

HALF = 0.5
"""Value from which on more than one decision is taken at a time."""
NO_CUTOFF = 1e200
FEWEST_ITERATIONS, ITERATIONS_PER_ROW = 1000, 0.25
"""Iterations of the simplex method after which a step counts as impossible."""
TRACE = 1e-9
"""Value of a decision from which on it may let something through."""
MOST_FAILURES = 8
"""Impossible steps after which a dive ends without a design."""


class Dive:
    """Dives in one relaxation, each from the basis where the last one ended.

    Parameters
    ----------
    matrix
        A program whose whole variables are 0 or 1.
    program
        Its relaxation in HiGHS.
    """

    def __init__(self, matrix: Matrix, program: Program) -> None:
        self.matrix, self._program = matrix, program
        self._decisions = np.flatnonzero(matrix.integer)
        self._among_decisions = _rows_of_decisions(matrix)
        self._most = max(FEWEST_ITERATIONS, int(ITERATIONS_PER_ROW * matrix.rows.shape[0]))
        self._failures = 0
        self.pairs = implications(matrix)

    def run(self, lower: np.ndarray, upper: np.ndarray, share: float, cutoff: float = NO_CUTOFF) -> Outcome:
        """Return the design of a dive, without values where there is none or none cheaper than `cutoff`.

        Parameters
        ----------
        lower, upper
            Bounds that hold for the whole dive, of all columns, of which only those of decisions count.
        share
            Share of the fractional decisions to take in a step.
        cutoff
            Objective at which to give up.
        """
        lower, upper, self._failures = lower.copy(), upper.copy(), 0
        outcome = self._solve(lower, upper, cutoff)
        while outcome.values is not None:
            values = outcome.values
            fractional = self.matrix.integer & (values > WHOLE) & (values < 1.0 - WHOLE) & (lower < upper)
            if not fractional.any():
                return self._exact(values, upper, cutoff)
            lower = np.where(self.matrix.integer & (values >= 1.0 - WHOLE), upper, lower)
            outcome = self._take(self._largest(fractional, values, share), lower, upper, cutoff)
        return outcome

    def _largest(self, fractional: np.ndarray, values: np.ndarray, share: float) -> np.ndarray:
        """Return the decisions to take next, the largest one last."""
        order = np.flatnonzero(fractional)
        order = order[np.argsort(values[order], kind="stable")]
        chosen = order[-int(np.ceil(share * len(order))) :]
        likely = chosen[values[chosen] >= HALF]
        return likely if len(likely) else chosen[-1:]

    def _take(self, chosen: np.ndarray, lower: np.ndarray, upper: np.ndarray, cutoff: float) -> Outcome:
        """Solve with the chosen decisions taken, or as many of them as can be; changes the bounds in place."""
        self._program.remember_basis()
        affordable = self._affordable(chosen, lower, upper)
        for batch in [affordable, affordable[-1:]] if len(affordable) > 1 else [affordable]:
            raised = self._raised(batch, lower, upper)
            if not len(batch):
                break
            outcome = self._solve(raised, upper, cutoff)
            if outcome.ending is not Ending.INFEASIBLE and outcome.stopped_by != "iterations":
                lower[:] = raised
                return outcome
            self._program.recall_basis()
            self._failures += 1
            if self._failures > MOST_FAILURES:
                return Outcome(Ending.LIMIT)
        impossible = np.zeros(len(lower), dtype=bool)
        impossible[chosen[-1:]] = True
        upper[:] = np.where(closed_under(self.pairs[:, ::-1], impossible), lower, upper)
        return self._solve(lower, upper, cutoff)

    def _raised(self, batch: np.ndarray, lower: np.ndarray, upper: np.ndarray) -> np.ndarray:
        """Return the lower bounds once the decisions of a batch are taken, with what they need."""
        taken = np.zeros(len(lower), dtype=bool)
        taken[batch] = True
        return np.asarray(np.where(closed_under(self.pairs, taken), upper, lower))

    def _affordable(self, chosen: np.ndarray, lower: np.ndarray, upper: np.ndarray) -> np.ndarray:
        """Return those of the chosen decisions, the last first, that rows of decisions alone (a budget) still admit."""
        batch = chosen[:0]
        for decision in chosen[::-1]:
            longer = np.concatenate([[decision], batch])
            if self._is_admitted(self._raised(longer, lower, upper), upper):
                batch = longer
            elif not len(batch):
                break
        return batch

    def _is_admitted(self, lower: np.ndarray, upper: np.ndarray) -> bool:
        rows, least, most = self._among_decisions
        positive, negative = rows.maximum(0.0), rows.minimum(0.0)
        low, high = positive @ lower + negative @ upper, positive @ upper + negative @ lower
        return bool((low <= most + WHOLE).all() and (high >= least - WHOLE).all())

    def _solve(self, lower: np.ndarray, upper: np.ndarray, cutoff: float) -> Outcome:
        columns = self._decisions
        self._program.bound(columns, lower[columns], upper[columns])
        self._program.choose({"objective_bound": cutoff, "simplex_iteration_limit": self._most})
        outcome = self._program.solve()
        if outcome.values is not None and (outcome.ending is not Ending.OPTIMAL or outcome.objective >= cutoff):
            return Outcome(Ending.LIMIT, stopped_by=outcome.stopped_by)
        return outcome

    def _exact(self, values: np.ndarray, upper: np.ndarray, cutoff: float) -> Outcome:
        """Solve for the flows of the decisions rounded, or rounded up; the objective is infinite if neither has any."""
        for least in (HALF, TRACE):
            whole = np.where(values > least, upper, self.matrix.lower)
            outcome = self._solve(whole, whole, cutoff)
            if outcome.values is not None:
                rounded = np.where(self.matrix.integer, np.round(outcome.values), outcome.values)
                return replace(outcome, values=rounded)
        return Outcome(Ending.LIMIT, values=np.where(self.matrix.integer, np.round(values), values))


def _rows_of_decisions(matrix: Matrix) -> tuple[csr_array, np.ndarray, np.ndarray]:
    """Return the rows that hold decisions only, without those of two that `implications` takes care of."""
    length = np.diff(matrix.rows.indptr)
    decided = np.bincount(
        np.repeat(np.arange(len(length)), length), matrix.integer[matrix.rows.indices], minlength=len(length)
    )
    rows = np.flatnonzero((decided == length) & (length > 2))
    return matrix.rows[rows], matrix.row_lower[rows], matrix.row_upper[rows]
