"""The solve with HiGHS: cuts in rounds, branch and bound, and exact flows for every design found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from donornet.formulation.matrix import Matrix, assemble
from donornet.solver.blocks import stage_blocks
from donornet.solver.certify import certified_bound
from donornet.solver.clock import Clock
from donornet.solver.dive import NO_CUTOFF, Dive
from donornet.solver.few import few_decisions, search_few
from donornet.solver.highs import NORMAL, STRICT, Program
from donornet.solver.improve import improve
from donornet.solver.interrupt import Interrupt
from donornet.solver.outcome import Ending, Outcome
from donornet.solver.progress import Listener, Snapshot, relative_gap
from donornet.solver.restrict import Restriction
from donornet.solver.round_up import active, is_decided_by_rounding, round_up
from donornet.solver.settings import Settings

Refine = Callable[[Any, np.ndarray], int]
"""Adds to a model the cuts that given values violate and returns their number."""

RELAXATION_ROUNDS, SEARCH_ROUNDS, LINEAR_ROUNDS = 30, 60, 100
"""Most rounds of cuts at the relaxation (a head start only), of branch and bound, and of one linear program."""
LARGE, MANY_DECISIONS = 10_000, 40
"""Columns and whole variables from which on rounding the relaxation pays."""
HUGE, SIMPLEX_ITERATIONS = 300_000, 15_000
"""Nonzeros, and steps of the simplex method, from which on interior points solve the relaxation."""
LOOSE, LOOSE_ROUNDS = 1e-3, 3
"""Relative gap at which interior points may stop, the bound being certified from the duals, and most rounds of cuts."""
STEP = 0.1
"""Share of the fractional decisions that a step of the first dive takes."""
NEAR, CLOSE = 0.25, 0.05
"""Relative gaps up to which improving a design pays before the bound is raised, and a search near the relaxation."""
BLOCK_TIME = 15.0
"""Time for the search among the decisions of one stage [s]."""
PROGRESS = 1e-3
"""Relative improvement by a round over all stages that is worth another."""
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
    method
        How the search went, one of `settings.METHODS` but ``auto``.
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
    method: str = "plain"
    _incumbent: Outcome = field(default_factory=lambda: Outcome(Ending.LIMIT))
    _spare: Outcome | None = None
    _bound: float = -np.inf
    _linear_solver: str = "choose"
    _duals: np.ndarray | None = None
    _nodes: int = 0

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
        if self._search_few():
            return self._conclude(Outcome(Ending.LIMIT), self._bound, self._nodes)
        if self.method == "few":
            return self._branch_and_bound(hint if self._incumbent.values is None else self._incumbent.values)
        diving = self._is_worth_diving()
        if self.refine is not None or diving:
            relaxed = self._relax()
            if relaxed.ending is Ending.INFEASIBLE and self._incumbent.values is None:
                return relaxed
            if diving and relaxed.values is not None:
                self.method = "dive"
                self._head_start(relaxed)
                hint = hint if self._incumbent.values is None else self._incumbent.values
                if self._is_closed(self._bound):
                    return self._conclude(Outcome(Ending.OPTIMAL), self._bound, 0)
        return self._branch_and_bound(hint)

    def _search_few(self) -> bool:
        """Search over the decisions alone where they are few and the model is complete; return whether that ends it."""
        asked = self.settings.method == "few"
        if self.refine is not None or not (asked or self.settings.method == "auto"):
            return False
        merged = few_decisions(self.matrix, asked=asked)
        if merged is None:
            return False
        start = self._incumbent.values
        found = search_few(merged, self.settings, self.interrupt, self.clock, self._hear, start)
        if found is None:
            return False
        self.method, self._nodes = "few", found.nodes
        if np.isfinite(found.bound):
            self._raise_bound(found.bound)
        if found.values is not None:
            self._keep(self._polish(found.values))
        return self._is_finished()

    def _hear(self, objective: float, bound: float) -> None:
        if self.listener is not None:
            incumbent = objective if np.isfinite(objective) else None
            self.listener(Snapshot("search", self.clock.elapsed, incumbent, bound))

    def _is_worth_diving(self) -> bool:
        """Whether designs near the relaxation are a better start than what HiGHS finds by itself."""
        integer = self.matrix.integer
        if self.settings.method == "plain" or not is_decided_by_rounding(self.matrix):
            return False
        large = len(integer) >= LARGE and integer.sum() >= MANY_DECISIONS
        return large or self.settings.method == "dive"

    def _relax(self) -> Outcome:
        """Solve the relaxation with its cuts: by the simplex method, and by interior points where that takes long."""
        if self.matrix.rows.nnz < HUGE:
            relaxation = self._program(_relaxed(self.matrix))
            relaxation.choose({"simplex_iteration_limit": SIMPLEX_ITERATIONS})
            relaxed = self._converge(relaxation, self.interrupt, self.clock, RELAXATION_ROUNDS)
            if relaxed.ending is Ending.OPTIMAL:
                self._raise_bound(relaxed.bound)
                self._duals = relaxation.duals()
            if relaxed.stopped_by != "iterations":
                return relaxed
        self._linear_solver = "ipm"
        return self._relax_loosely()

    def _relax_loosely(self) -> Outcome:
        """Solve the relaxation by interior points up to a small gap, and certify a bound from the duals."""
        program = self._program(_relaxed(self.matrix))
        program.choose({"solver": "ipm", "run_crossover": "off", "ipm_optimality_tolerance": LOOSE})
        for _ in range(LOOSE_ROUNDS):
            outcome = program.solve()
            if outcome.ending is Ending.INFEASIBLE or self.clock.is_over or self.interrupt.requested:
                break
            point, self._duals = program.point()
            self._raise_bound(certified_bound(self.matrix, self._duals))
            outcome = replace(outcome, values=point)
            if not self._cut(point):
                break
            program.update(_relaxed(self.matrix))
        return outcome

    def _raise_bound(self, bound: float) -> None:
        self._bound = max(self._bound, bound - NOISE * abs(bound))

    def _head_start(self, relaxed: Outcome) -> None:
        """Look for designs near the relaxation: dive in it, improve what was found, search nearby."""
        assert relaxed.values is not None  # noqa: S101 - the caller has looked
        values = self._dive()
        values = relaxed.values if values is None else values
        if self._incumbent.values is None and not self._must_stop():
            rounded = round_up(self.matrix, values, self._polish)
            if rounded is not None:
                self._keep(rounded)
                self._tell(rounded)
        if self._is_near(self._incumbent) and not self._is_finished():
            self._search_by_stage()
        if self._is_near(self._incumbent, CLOSE) and not self._is_finished():
            self._search_nearby(values)

    def _dive(self) -> np.ndarray | None:
        """Dive among the columns that are worth their price, improve the design, and return their relaxation."""
        if self._duals is None:
            return None
        part = Restriction.by_price(self.matrix, self._duals)
        program = self._program(_relaxed(part.matrix))
        part, relaxed = self._relax_part(part, program)
        if relaxed.values is None:
            return None
        dive = Dive(part.matrix, program)
        best = dive.run(part.matrix.lower, part.matrix.upper, STEP, NO_CUTOFF)
        if best.values is not None:

            def found(design: Outcome) -> bool:
                nonlocal best
                best = design
                self._tell(design)
                return relative_gap(design.objective, self._bound) <= self.settings.gap

            if np.isfinite(best.objective) and not found(best) and self._is_near(best):
                improve(dive, best, relaxed.values, self.settings.seed, found, self._must_stop)
            assert best.values is not None  # noqa: S101 - only designs are found
            self._keep(self._polish(part.whole(best.values)))
        return part.whole(relaxed.values)

    def _relax_part(self, part: Restriction, program: Program) -> tuple[Restriction, Outcome]:
        """Solve the relaxation of some columns to a basis, with cuts, and certify the bound of all columns from it."""
        program.choose({"solver": self._linear_solver})
        outcome = program.solve()
        program.choose({"solver": "simplex"})
        for _ in range(RELAXATION_ROUNDS):
            if outcome.values is None or not self._cut(part.whole(outcome.values)):
                break
            part = part.of(self.matrix)
            program.update(_relaxed(part.matrix))
            outcome = program.solve()
        if outcome.ending is Ending.OPTIMAL:
            self._raise_bound(certified_bound(self.matrix, program.duals()))
        return part, outcome

    def _is_near(self, design: Outcome, near: float = NEAR) -> bool:
        """Whether the relaxation is a guide; far above it branch and bound has to raise the bound first."""
        return design.values is not None and relative_gap(design.objective, self._bound) <= near

    def _must_stop(self) -> bool:
        return self.clock.is_over or self.interrupt.requested

    def _is_finished(self) -> bool:
        return self._is_closed(self._bound) or self._must_stop()

    def _search_by_stage(self) -> None:
        """Improve the incumbent by branch and bound on the decisions of one stage after the other."""
        blocks = stage_blocks(self.model, self.matrix)
        better = bool(blocks)
        while better:
            before = self._incumbent.objective
            for decisions in blocks:
                if self._is_finished():
                    return
                kept = self.matrix.integer & ~decisions
                whole = np.round(self._design())
                lower = np.where(kept, whole, self.matrix.lower)
                self._search_among(lower, np.where(kept, whole, self.matrix.upper), BLOCK_TIME)
            better = before - self._incumbent.objective > PROGRESS * abs(before)

    def _search_nearby(self, relaxed: np.ndarray) -> None:
        """Improve the incumbent by branch and bound among the decisions that are in play."""
        matrix = self.matrix
        kept = active(matrix, relaxed[: len(matrix.cost)], self._design())
        self._search_among(matrix.lower, np.where(matrix.integer & ~kept, matrix.lower, matrix.upper), REDUCED_TIME)

    def _search_among(self, lower: np.ndarray, upper: np.ndarray, seconds: float) -> None:
        """Improve the incumbent by branch and bound within other bounds of the columns, for some time."""
        target = self._bound / (1.0 - self.settings.gap) if self._bound > 0 and self.settings.gap < 1 else -np.inf
        matrix = replace(self.matrix, lower=lower, upper=upper)
        program = self._program(matrix, self.clock.at_most(seconds), self._globally)
        program.choose(
            {"objective_target": target, "mip_rel_gap": self.settings.gap / 2, "solver": self._linear_solver}
        )
        outcome = program.solve(self._design())
        if outcome.values is not None:
            self._keep(self._polish(outcome.values))

    def _design(self) -> np.ndarray:
        assert self._incumbent.values is not None  # noqa: S101 - the callers have looked
        return self._incumbent.values

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
