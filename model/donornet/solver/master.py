"""The decisions alone, with what minorants say about the cost of everything behind them."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

import numpy as np
from scipy.sparse import csr_array, hstack, vstack

from donornet.exceptions import SolverError
from donornet.formulation.matrix import Matrix
from donornet.solver.clock import Clock
from donornet.solver.highs import NORMAL, STRICT, Program
from donornet.solver.interrupt import Interrupt
from donornet.solver.minorant import Minorant
from donornet.solver.outcome import Ending, Outcome
from donornet.solver.roles import without_fixed
from donornet.solver.settings import Settings

TINY = 1e-7
"""Slope, relative to the cost of everything, that a cut leaves out, on the safe side."""
ATTEMPTS = (STRICT, "choose"), (NORMAL, "off")
"""Tolerances and presolve with which the master is tried in turn: cuts of many sizes now and then end HiGHS early."""
NEARLY = 0.1
"""Relative gap at which decisions are near enough to others."""


class Master:
    """A program over decisions that are 0 or 1 and one more column, the least cost known of a design.

    Parameters
    ----------
    matrix
        The program whose rows of decisions alone hold here too.
    decisions
        Columns of its free decisions, shape (decisions,).
    floor
        A lower bound of every design's cost.
    settings, interrupt, clock
        As in `Program`.
    """

    def __init__(
        self,
        matrix: Matrix,
        decisions: np.ndarray,
        floor: float,
        settings: Settings,
        interrupt: Interrupt,
        clock: Clock,
    ) -> None:
        self._settings, self._interrupt, self._clock = settings, interrupt, clock
        count = len(decisions)
        self._unit = max(abs(floor), 1.0)
        rows = without_fixed(matrix)
        alone = rows.rows[:, decisions]
        length = np.diff(alone.indptr)
        kept = np.flatnonzero((length > 0) & (length == np.diff(rows.rows.indptr)))
        self._matrix = replace(
            rows,
            variables=[],
            cost=np.concatenate([np.zeros(count), [1.0]]),
            offset=0.0,
            lower=np.concatenate([np.zeros(count), [floor / self._unit]]),
            upper=np.concatenate([np.ones(count), [np.inf]]),
            integer=np.concatenate([np.ones(count, dtype=bool), [False]]),
            rows=csr_array(hstack([alone[kept], csr_array((len(kept), 1))], format="csr")),
            row_lower=rows.row_lower[kept],
            row_upper=rows.row_upper[kept],
        )

    def solve(self) -> Outcome:
        """Return the cheapest decisions, values of shape (decisions,), objective and bound in units of cost."""
        for tolerance, presolve in ATTEMPTS:
            program = Program(self._matrix, self._settings, self._interrupt, self._clock)
            program.tighten(tolerance)
            program.choose({"presolve": presolve})
            with suppress(SolverError):
                outcome = program.solve()
                break
        else:  # numbers that HiGHS cannot work with; the caller has its designs and its bound
            return Outcome(Ending.LIMIT, stopped_by="tolerance")
        values = None if outcome.values is None else np.round(outcome.values[:-1])
        return replace(
            outcome, values=values, objective=outcome.objective * self._unit, bound=outcome.bound * self._unit
        )

    def near(self, taken: np.ndarray, most: float) -> np.ndarray | None:
        """Return the decisions nearest to some that may cost at most `most` as far as is known, both (decisions,)."""
        matrix = replace(
            self._matrix,
            cost=np.append(1.0 - 2.0 * taken, 0.0),
            upper=np.append(self._matrix.upper[:-1], most / self._unit),
        )
        try:
            outcome = Program(matrix, replace(self._settings, gap=NEARLY), self._interrupt, self._clock).solve()
        except SolverError:
            return None
        return None if outcome.values is None else np.round(outcome.values[:-1])

    def raise_to(self, minorant: Minorant) -> None:
        """Let no design cost less than a minorant."""
        if np.isfinite(minorant.constant):
            slopes = minorant.slopes / self._unit
            tiny = np.abs(slopes) < TINY
            least = minorant.constant / self._unit + float(np.minimum(slopes[tiny], 0.0).sum())
            self._add(np.append(np.where(tiny, 0.0, -slopes), 1.0), least)

    def keep_feasible(self, minorant: Minorant) -> None:
        """Rule out decisions that make a minorant of infeasibility positive."""
        unit = max(float(np.abs(minorant.slopes).max()), 1e-9)
        if np.isfinite(minorant.constant):
            self._add(np.append(-minorant.slopes, 0.0) / unit, minorant.constant / unit)

    def forbid(self, taken: np.ndarray) -> None:
        """Rule out one design, shape (decisions,)."""
        self._add(np.append(1.0 - 2.0 * taken, 0.0), 1.0 - float(taken.sum()))

    def _add(self, coefficients: np.ndarray, least: float) -> None:
        """Add the row ``coefficients @ x >= least``."""
        row = csr_array(coefficients[None, :])
        self._matrix = replace(
            self._matrix,
            rows=csr_array(vstack([self._matrix.rows, row], format="csr")),
            row_lower=np.append(self._matrix.row_lower, least),
            row_upper=np.append(self._matrix.row_upper, np.inf),
        )
