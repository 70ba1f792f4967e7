"""Benders' decomposition: a master over the decisions alone, and the flows of one design after the other.

The master takes the cheapest decisions that the cuts know; `Sifting` solves their flows, which gives a design's cost
and, through its duals, the next cut. The master's bound is that of the whole. A master of few decisions takes no time,
and few designs have to be solved: what capacity is worth where tells of all of them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np

from donornet.formulation.matrix import Matrix
from donornet.solver.clock import Clock
from donornet.solver.interrupt import Interrupt
from donornet.solver.master import Master
from donornet.solver.minorant import Minorants
from donornet.solver.outcome import Ending
from donornet.solver.round_up import closed_under, implications
from donornet.solver.settings import Settings
from donornet.solver.sift import Relaxed, Sifting

SHARES = (0.35, 0.5)
"""Values of a relaxed decision above which the first designs take it."""
PRUNED, MASTERED = 0.9, 0.1
"""Parts of the gap at which the search ends, and to which the master is solved."""
PROMISED = 0.5
"""Part of the distance from the bound to the best design that the next design may cost as far as is known."""
IMPOSSIBLE = 1e-6
"""Violation that proves decisions impossible."""


@dataclass(eq=False)
class Benders:
    """A search over the decisions of a program, all of them 0 or 1.

    Parameters
    ----------
    matrix
        The program.
    sifting
        Its flows.
    settings, interrupt, clock
        As in `Program`.
    tell
        Receives objective and bound after each design; the objective is one of interior points, exact but for
        tolerances.

    Attributes
    ----------
    best, values
        Objective of the best design and values of all columns, of which the decisions are whole; None: no design.
    bound
        Proven lower bound.
    designs
        Designs whose flows were solved.
    """

    matrix: Matrix
    sifting: Sifting
    settings: Settings
    interrupt: Interrupt
    clock: Clock
    tell: Callable[[float, float], None]
    best: float = np.inf
    values: np.ndarray | None = None
    bound: float = -np.inf
    designs: int = 0
    _floor: float = np.inf
    _known: dict[bytes, float] = field(default_factory=dict)

    def run(self, start: np.ndarray | None = None) -> None:
        """Search until the gap is proven or it is time to stop.

        Parameters
        ----------
        start
            Values of a design, of all columns, of which only decisions count.
        """
        root = self.sifting.solve(self.matrix.lower, self.matrix.upper)
        self.bound = root.bound
        if root.values is None or root.prices is None or root.duals is None or not np.isfinite(root.bound):
            return
        self.sifting.trim(root.prices)
        self._minorants = Minorants(self.sifting, self.settings, self.interrupt, self.clock)
        loose = replace(self.settings, gap=MASTERED * self.settings.gap)
        self._master = Master(self.matrix, self._minorants.decisions, root.bound, loose, self.interrupt, self.clock)
        self._master.raise_to(self._minorants.of(root.duals, np.zeros(len(self.matrix.cost), dtype=bool)))
        for taken in self._first(root.values, start):
            self._try(taken)
        while not self._stops():
            following = self._next()
            if following is None:
                break
            self._try(following)

    def _stops(self) -> bool:
        return self.clock.is_over or self.interrupt.requested or self.bound >= self._cutoff

    @property
    def _cutoff(self) -> float:
        return self.best - PRUNED * self.settings.gap * abs(self.best) if np.isfinite(self.best) else np.inf

    def _first(self, relaxed: np.ndarray, start: np.ndarray | None) -> list[np.ndarray]:
        """Return the decisions of a start and of roundings of the relaxation, each once."""
        pairs, columns = implications(self.matrix), self._minorants.decisions
        wanted = [relaxed > share for share in SHARES] + ([] if start is None else [start > 0.5])
        taken = [closed_under(pairs, some & self.matrix.integer)[columns].astype(float) for some in reversed(wanted)]
        return list({some.tobytes(): some for some in taken}.values())

    def _next(self) -> np.ndarray | None:
        """Return the decisions that the master takes, None if no better design is left; raises the bound."""
        while True:
            outcome = self._master.solve()
            left = np.inf if outcome.ending is Ending.INFEASIBLE else outcome.bound
            self.bound = max(self.bound, min(left, self._floor, self.best))
            self.tell(self.best, self.bound)
            if outcome.values is None or self._stops() or left >= self._floor:
                return None
            known = self._known.get(outcome.values.tobytes())
            if known is None:
                return self._nearer(outcome.values)
            self._floor = min(self._floor, known)
            self._master.forbid(outcome.values)

    def _nearer(self, cheapest: np.ndarray) -> np.ndarray:
        """Return decisions nearer to the best design that still promise much; far from it cuts say little."""
        if self.values is None:
            return cheapest
        promised = self.bound + PROMISED * (self._cutoff - self.bound)
        near = self._master.near(self.values[self._minorants.decisions], promised)
        return cheapest if near is None or near.tobytes() in self._known else near

    def _try(self, taken: np.ndarray) -> None:
        """Solve the flows of decisions, keep the design if it is the best, and tell the master."""
        if self._stops():
            return
        lower, upper = self.matrix.lower.copy(), self.matrix.upper.copy()
        lower[self._minorants.decisions] = upper[self._minorants.decisions] = taken
        relaxed = self.sifting.solve(lower, upper, self.best)
        self.designs += 1
        self._known[taken.tobytes()] = relaxed.bound
        if relaxed.bound == np.inf:
            self._rule_out(taken, lower, upper)
            return
        if relaxed.values is None or relaxed.duals is None:
            return
        self._keep(relaxed, lower)
        self._master.raise_to(self._minorants.of(relaxed.duals, self.sifting.closed(upper)))

    def _keep(self, relaxed: Relaxed, lower: np.ndarray) -> None:
        if relaxed.values is not None and relaxed.is_exact and relaxed.objective < self.best:
            self.best, self.values = relaxed.objective, np.where(self.matrix.integer, lower, relaxed.values)

    def _rule_out(self, taken: np.ndarray, lower: np.ndarray, upper: np.ndarray) -> None:
        """Tell the master of decisions without flows, by what makes them impossible or, failing that, one by one."""
        impossible = self._minorants.of_infeasibility(lower, upper)
        if impossible.at(taken) > IMPOSSIBLE:
            self._master.keep_feasible(impossible)
        else:
            self._master.forbid(taken)
