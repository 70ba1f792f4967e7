"""The solve with HiGHS: cuts in rounds, branch and bound, and exact flows for every design found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from donornet.formulation.matrix import Matrix, assemble
from donornet.solver.clock import Clock
from donornet.solver.highs import NORMAL, STRICT, Program
from donornet.solver.interrupt import Interrupt
from donornet.solver.outcome import Ending, Outcome
from donornet.solver.progress import Listener, Snapshot, relative_gap
from donornet.solver.round_up import active, is_decided_by_rounding, round_up
from donornet.solver.settings import Settings

Refine = Callable[[Any, np.ndarray], int]
"""Adds to a model the cuts that given values violate and returns their number."""

RELAXATION_ROUNDS, SEARCH_ROUNDS, LINEAR_ROUNDS = 30, 60, 100
"""Most rounds of cuts at the relaxation (a head start only), of branch and bound, and of one linear program."""
LARGE, MANY_DECISIONS = 2000, 40
"""Columns and whole variables from which on rounding the relaxation pays."""
SIMPLEX_TIME = 8.0
"""Time after which the relaxation is handed from the simplex method to interior points [s]."""
REDUCED_TIME = 60.0
"""Time for the search among the decisions in play, before the whole search [s]."""
POLISHING = 10.0
"""Time that polishing may take although a limit is reached [s]."""
NOISE = 1e-6
"""Relative difference between a solver's objective and that of exact flows that is no leak."""


@dataclass
class Search:
    """One solve of a Pyomo model with HiGHS.

    Parameters
    ----------
    model
        The model, `matrix` its arrays.
    settings
        How to solve.
    interrupt, clock, listener
        Request to stop, time left, receiver of the progress.
    refine
        Adds violated cuts; None: the model is complete as it stands.

    Attributes
    ----------
    rounds, cuts
        Rounds of cuts, and cuts added.
    start_accepted
        Whether the whole numbers of the start make a design; None: no start, or one that says too little to tell.
    """

    model: Any
    matrix: Matrix
    settings: Settings
    interrupt: Interrupt
    clock: Clock
    listener: Listener | None = None
    refine: Refine | None = None
    rounds: int = 0
    cuts: int = 0
    start_accepted: bool | None = None
    _incumbent: Outcome = field(default_factory=lambda: Outcome(Ending.LIMIT))
    _spare: Outcome | None = None
    _bound: float = -np.inf
    _linear_solver: str = "choose"

    def run(self, start: np.ndarray | None = None) -> Outcome:
        """Return the best design, the bound, and how the solve ended.

        Parameters
        ----------
        start
            Values of an earlier design, NaN where unknown, shape (columns,).
        """
        if not self.matrix.integer.any():
            return self._linear(self.matrix, self.interrupt, self.clock, self.listener)
        hint = self._take_start(start)
        rounding = self._is_worth_rounding()
        if self.refine is not None or rounding:
            relaxed = self._relax()
            if relaxed.ending is Ending.INFEASIBLE and self._incumbent.values is None:
                return relaxed
            if rounding and relaxed.values is not None:
                self._head_start(relaxed)
                hint = hint if self._incumbent.values is None else self._incumbent.values
                if self._is_closed(self._bound):
                    return self._conclude(Outcome(Ending.OPTIMAL), self._bound, 0)
        return self._branch_and_bound(hint)

    def _is_worth_rounding(self) -> bool:
        """Whether a design rounded from the relaxation is a better start than what HiGHS finds by itself."""
        integer = self.matrix.integer
        return len(integer) >= LARGE and integer.sum() >= MANY_DECISIONS and is_decided_by_rounding(self.matrix)

    def _relax(self) -> Outcome:
        """Solve the relaxation with its cuts: by the simplex method, and by interior points where that takes long."""
        clock = self.clock.at_most(SIMPLEX_TIME)
        relaxation = self._program(_relaxed(self.matrix), clock)
        relaxed = self._converge(relaxation, self.interrupt, clock, RELAXATION_ROUNDS)
        if relaxed.ending is Ending.LIMIT and not self.clock.is_over and not self.interrupt.requested:
            relaxation = self._program(_relaxed(self.matrix))
            relaxation.choose({"solver": "ipm", "run_crossover": "off"})
            self._linear_solver = "ipm"
            relaxed = self._converge(relaxation, self.interrupt, self.clock, RELAXATION_ROUNDS)
        if relaxed.ending is Ending.OPTIMAL:
            self._bound = relaxed.bound - NOISE * abs(relaxed.bound)
        return relaxed

    def _head_start(self, relaxed: Outcome) -> None:
        """Make the best rounded design the incumbent, and improve it among the decisions that are in play."""
        assert relaxed.values is not None  # noqa: S101 - the caller has looked
        rounded = round_up(self.matrix, relaxed.values, self._polish)
        if rounded is None:
            return
        self._keep(rounded)
        self._tell(rounded)
        if self._is_closed(self._bound) or self._incumbent.values is None:
            return
        matrix = self.matrix
        kept = active(matrix, relaxed.values[: len(matrix.cost)], self._incumbent.values)
        upper = np.where(matrix.integer & ~kept, matrix.lower, matrix.upper)
        target = self._bound / (1.0 - self.settings.gap) if self._bound > 0 and self.settings.gap < 1 else -np.inf
        program = self._program(replace(matrix, upper=upper), self.clock.at_most(REDUCED_TIME), self._globally)
        program.choose(
            {"objective_target": target, "mip_rel_gap": self.settings.gap / 2, "solver": self._linear_solver}
        )
        outcome = program.solve(self._incumbent.values)
        if outcome.values is not None:
            self._keep(self._polish(outcome.values))

    def _tell(self, outcome: Outcome) -> None:
        if self.listener is not None:
            self.listener(Snapshot("search", self.clock.elapsed, outcome.objective, self._bound))

    def _globally(self, snapshot: Snapshot) -> None:
        """Pass on the progress of a search among some of the decisions: its bound is not that of the whole."""
        if self.listener is not None:
            self.listener(replace(snapshot, seconds=self.clock.elapsed, bound=self._bound))

    def _program(self, matrix: Matrix, clock: Clock | None = None, listener: Listener | None = None) -> Program:
        return Program(matrix, self.settings, self.interrupt, clock or self.clock, listener or self.listener)

    def _take_start(self, start: np.ndarray | None) -> np.ndarray | None:
        """Make the start the first incumbent if its whole numbers allow it; return what HiGHS is told of it."""
        if start is None:
            return None
        if np.isnan(start[self.matrix.integer]).any():
            return start
        self._keep(self._polish(start))
        self.start_accepted = self._incumbent.values is not None
        return self._incumbent.values

    def _branch_and_bound(self, start: np.ndarray | None) -> Outcome:
        program = self._program(self.matrix)
        program.choose({"solver": self._linear_solver})
        bound, nodes, strict = self._bound, 0, False
        for _ in range(SEARCH_ROUNDS):
            outcome = program.solve(start)
            bound, nodes = max(bound, outcome.bound), nodes + outcome.nodes
            if outcome.values is None:
                break
            self._spare, before = outcome, self.cuts
            polished = self._polish(outcome.values)
            self._keep(polished)
            proven = outcome.ending is Ending.OPTIMAL and polished.ending is not Ending.LIMIT
            if self.cuts == before and proven and not strict and not self._is_closed(bound, NOISE):
                strict = True  # whole numbers missed by a little let something through
                program.tighten(STRICT)
            elif self.cuts == before or outcome.ending is Ending.LIMIT or self._is_closed(bound):
                break
            elif polished.stopped_by == "rounds":
                outcome = polished
                break
            program.update(self.matrix)
            start = self._incumbent.values
        return self._conclude(outcome, bound, nodes)

    def _polish(self, values: np.ndarray) -> Outcome:
        """Return exact continuous values for the whole numbers of `values`; none if these allow no design."""
        limited = self.clock.is_over or self.interrupt.requested
        clock = Clock(POLISHING) if limited else self.clock.extended(POLISHING)
        integer = self.matrix.integer
        whole = np.clip(np.round(values), self.matrix.lower, self.matrix.upper)
        fixed = replace(
            self.matrix,
            lower=np.where(integer, whole, self.matrix.lower),
            upper=np.where(integer, whole, self.matrix.upper),
            integer=np.zeros_like(integer),
        )
        return self._linear(fixed, Interrupt(), clock, None)

    def _linear(self, matrix: Matrix, interrupt: Interrupt, clock: Clock, listener: Listener | None) -> Outcome:
        """Solve a linear program with its cuts, as exactly as it goes."""
        program = Program(matrix, self.settings, interrupt, clock, listener)
        program.tighten(STRICT)
        outcome = self._converge(program, interrupt, clock, LINEAR_ROUNDS)
        if outcome.ending is Ending.INFEASIBLE or outcome.stopped_by == "tolerance":
            program.tighten(NORMAL)
            outcome = self._converge(program, interrupt, clock, LINEAR_ROUNDS)
        return outcome

    def _converge(self, program: Program, interrupt: Interrupt, clock: Clock, most: int) -> Outcome:
        """Solve a linear program and add cuts until none is violated; if it comes to no end there are no values."""
        for _ in range(most):
            outcome = program.solve()
            if self.refine is None or outcome.values is None or not self._cut(outcome.values):
                return outcome
            if clock.is_over or interrupt.requested:
                return Outcome(Ending.LIMIT, bound=outcome.bound, stopped_by=self._reason())
            bounds = program.matrix
            program.update(replace(self.matrix, lower=bounds.lower, upper=bounds.upper, integer=bounds.integer))
        return Outcome(Ending.LIMIT, bound=outcome.bound, stopped_by="rounds")

    def _cut(self, values: np.ndarray) -> int:
        """Add the cuts that `values` violate and return their number."""
        added = 0 if self.refine is None else self.refine(self.model, values)
        if added:
            self.rounds += 1
            self.cuts += added
            self.matrix = assemble(self.model)
        return added

    def _keep(self, candidate: Outcome) -> None:
        if candidate.values is not None and candidate.objective < self._incumbent.objective:
            self._incumbent = candidate

    def _fall_back(self) -> None:
        """Keep what branch and bound found as it is, where neither time nor tolerances left exact flows."""
        spare = self._spare
        if (
            self._incumbent.values is None
            and spare is not None
            and spare.values is not None
            and not self._cut(spare.values)
        ):
            self._keep(spare)

    def _is_closed(self, bound: float, slack: float = 1e-9) -> bool:
        best = self._incumbent
        if best.values is None:
            return False
        return best.objective <= bound or relative_gap(best.objective, bound) <= self.settings.gap + slack

    def _conclude(self, last: Outcome, bound: float, nodes: int) -> Outcome:
        self._fall_back()
        best = self._incumbent
        if last.ending is Ending.INFEASIBLE and best.values is None:
            return Outcome(Ending.INFEASIBLE, nodes=nodes)
        if self._is_closed(bound, NOISE if last.ending is Ending.OPTIMAL else 1e-9):
            return Outcome(Ending.OPTIMAL, best.values, best.objective, bound, nodes)
        return Outcome(Ending.LIMIT, best.values, best.objective, bound, nodes, last.stopped_by or self._reason())

    def _reason(self) -> str:
        if self.interrupt.requested:
            return "interrupt"
        return "time" if self.clock.is_over else "rounds" if self.rounds >= SEARCH_ROUNDS else "tolerance"


def _relaxed(matrix: Matrix) -> Matrix:
    return replace(matrix, integer=np.zeros_like(matrix.integer))
