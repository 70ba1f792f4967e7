"""The solve with HiGHS: cuts in rounds, branch and bound, and exact flows for every design found."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from donornet.formulation.matrix import Matrix, assemble
from donornet.solver.certify import certified_bound
from donornet.solver.clock import Clock
from donornet.solver.few import few_decisions, search_few
from donornet.solver.head_start import LOOSE, NO_HEURISTICS, SPARING, HeadStart
from donornet.solver.highs import NORMAL, STRICT, Program
from donornet.solver.interrupt import Interrupt
from donornet.solver.memory import Memory
from donornet.solver.outcome import Ending, Outcome
from donornet.solver.progress import Listener, Snapshot, relative_gap
from donornet.solver.round_up import is_decided_by_rounding
from donornet.solver.settings import Settings
from donornet.solver.steady import Steady

Refine = Callable[[Any, np.ndarray], int]
"""Adds to a model the cuts that given values violate and returns their number."""

RELAXATION_ROUNDS, SEARCH_ROUNDS, LINEAR_ROUNDS = 30, 60, 100
"""Most rounds of cuts at the relaxation (a head start only), of branch and bound, and of one linear program."""
LARGE, MANY_DECISIONS = 10_000, 40
"""Columns and whole variables from which on rounding the relaxation pays."""
HUGE, SIMPLEX_ITERATIONS = 300_000, 15_000
"""Nonzeros, and steps of the simplex method, from which on interior points solve the relaxation."""
LOOSE_ROUNDS = 1
"""Most rounds of cuts at a relaxation by interior points, the bound being certified from the duals."""
POLISHING = 10.0
"""Time that polishing may take although a limit is reached [s]."""
NOISE = 1e-6
"""Relative difference between a solver's objective and that of exact flows that is no leak."""
AFTER_A_START = {**NO_HEURISTICS, "mip_allow_restart": False}
"""Options for branch and bound from a design that was handed over: it is near, so that proof is what is wanted."""


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
    memory
        What earlier searches of the model have left; this one adds to it.

    Attributes
    ----------
    rounds, cuts
        Rounds of cuts, and cuts added.
    start_accepted
        Whether the whole numbers of the start make a design; None: no start, or one that says too little to tell.
    method
        How the search went, one of `settings.METHODS` but ``auto``.
    incumbent, bound
        The best design so far, with exact flows, and the proven bound.
    duals, flow_duals
        Duals of the relaxation, and of the flows of the latest design; None: there are none.
    linear_solver
        HiGHS' name of what solves the first relaxation of a program.
    """

    model: Any
    matrix: Matrix
    settings: Settings
    interrupt: Interrupt
    clock: Clock
    listener: Listener | None = None
    refine: Refine | None = None
    memory: Memory = field(default_factory=Memory)
    rounds: int = 0
    cuts: int = 0
    start_accepted: bool | None = None
    method: str = "plain"
    incumbent: Outcome = field(default_factory=lambda: Outcome(Ending.LIMIT))
    _spare: Outcome | None = None
    bound: float = -np.inf
    linear_solver: str = "choose"
    duals: np.ndarray | None = None
    flow_duals: np.ndarray | None = None
    _nodes: int = 0
    _cutting: threading.Lock = field(default_factory=threading.Lock)

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
            return self._conclude(Outcome(Ending.LIMIT), self.bound, self._nodes)
        if self.method == "few":
            return self._branch_and_bound(hint)
        diving = self._is_worth_diving()
        if self.refine is not None or diving:
            head_start = HeadStart(self, dear=self.matrix.rows.nnz >= HUGE)
            relaxed = self._relax_and_settle(head_start) if diving else self._relax()
            if relaxed.ending is Ending.INFEASIBLE and self.incumbent.values is None:
                return relaxed
            if diving and relaxed.values is not None:
                self.method = "dive"
                head_start.run(relaxed.values)
                if self._is_closed(self.bound):
                    return self._conclude(Outcome(Ending.OPTIMAL), self.bound, 0)
        return self._branch_and_bound(hint)

    def _search_few(self) -> bool:
        """Search over the decisions alone where they are few and the model is complete; return whether that ends it."""
        asked = self.settings.method == "few"
        if self.refine is not None or not (asked or self.settings.method == "auto"):
            return False
        merged = few_decisions(self.matrix, asked=asked)
        if merged is None:
            return False
        start = self.incumbent.values
        found = search_few(merged, self.settings, self.interrupt, self.clock, self._hear, start)
        self.method, self._nodes = "few", found.nodes
        if np.isfinite(found.bound):
            self.raise_bound(found.bound)
        if found.values is not None:
            self.keep(self.polish(found.values))
        return self.is_finished()

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

    def _relax_and_settle(self, head_start: HeadStart) -> Outcome:
        """Solve the relaxation and, where that takes long, look for a design meanwhile, or before with one thread."""
        known = self.incumbent.values is not None
        steady = None if known or self.matrix.rows.nnz < HUGE else Steady.of(self.model, self.matrix)
        if steady is None:
            return self._relax()
        self.method = "dive"
        if self.settings.threads == 1:
            head_start.settle(steady)
            return self._relax()
        with ThreadPoolExecutor(1) as beside:
            relaxed = beside.submit(self._relax)
            head_start.settle(steady)
            if not relaxed.done():
                head_start.take_turns()
            return relaxed.result()

    def _relax(self) -> Outcome:
        """Solve the relaxation with its cuts: by the simplex method, and by interior points where that takes long."""
        if self.matrix.rows.nnz < HUGE:
            relaxation = self.program(self.matrix.relaxed())
            relaxation.choose({"simplex_iteration_limit": SIMPLEX_ITERATIONS})
            self.memory.recall(relaxation)
            relaxed = self._converge(relaxation, self.interrupt, self.clock, RELAXATION_ROUNDS)
            if relaxed.ending is Ending.OPTIMAL:
                self.raise_bound(relaxed.bound)
                self.duals = relaxation.duals()
                self.memory.keep(relaxation)
            if relaxed.stopped_by != "iterations":
                return relaxed
        self.linear_solver = "ipx"
        return self._relax_loosely()

    def _relax_loosely(self) -> Outcome:
        """Solve the relaxation by interior points up to a small gap, and certify a bound from the duals."""
        matrix = self.matrix
        program = self.program(matrix.relaxed())
        program.choose({"solver": "ipx", "run_crossover": "off", "ipm_optimality_tolerance": LOOSE})
        for _ in range(LOOSE_ROUNDS):
            outcome = program.solve()
            if outcome.ending is Ending.INFEASIBLE or self.clock.is_over or self.interrupt.requested:
                break
            point, self.duals = program.point()
            self.raise_bound(certified_bound(matrix, self.duals))
            outcome = replace(outcome, values=point)
            if not self.cut(point):
                break
            matrix = self.matrix
            program.update(matrix.relaxed())
        return outcome

    def raise_bound(self, bound: float) -> None:
        """Take note of a proven bound, but for what tolerances may have added to it."""
        self.bound = max(self.bound, bound - NOISE * abs(bound))

    def design(self) -> np.ndarray:
        """Return the values of the incumbent, shape (columns,); there has to be one."""
        assert self.incumbent.values is not None  # noqa: S101 - the callers have looked
        return self.incumbent.values

    def must_stop(self) -> bool:
        """Whether time is over, or somebody asked to stop."""
        return self.clock.is_over or self.interrupt.requested

    def is_finished(self) -> bool:
        """Whether the gap is closed, or the search has to stop."""
        return self._is_closed(self.bound) or self.must_stop()

    def tell(self, outcome: Outcome) -> None:
        """Tell the listener of a design."""
        if self.listener is not None:
            self.listener(Snapshot("search", self.clock.elapsed, outcome.objective, self._proven))

    def pass_on(self, snapshot: Snapshot) -> None:
        """Pass on the progress of a search among some of the decisions: its bound is not that of the whole."""
        if self.listener is not None:
            self.listener(replace(snapshot, seconds=self.clock.elapsed, bound=self._proven))

    @property
    def _proven(self) -> float | None:
        """The bound, None while there is none."""
        return self.bound if np.isfinite(self.bound) else None

    def program(self, matrix: Matrix, clock: Clock | None = None, listener: Listener | None = None) -> Program:
        """Return a program in HiGHS with the settings of the search."""
        return Program(matrix, self.settings, self.interrupt, clock or self.clock, listener or self.listener)

    def _take_start(self, start: np.ndarray | None) -> np.ndarray | None:
        """Make the start the first incumbent if its whole numbers allow it; return what HiGHS is told of it."""
        if start is None:
            return None
        if np.isnan(start[self.matrix.integer]).any():
            return start
        self.keep(self.polish(start))
        self.start_accepted = self.incumbent.values is not None
        return self.incumbent.values

    def _branch_and_bound(self, start: np.ndarray | None) -> Outcome:
        if self.incumbent.values is not None:
            start = self.incumbent.values
        program = self.program(self.matrix)
        program.choose({"solver": self.linear_solver, **self._options()})
        bound, nodes, strict = self.bound, 0, False
        for _ in range(SEARCH_ROUNDS):
            outcome = program.solve(start)
            bound, nodes = max(bound, outcome.bound), nodes + outcome.nodes
            if outcome.values is None:
                break
            self._spare, before = outcome, self.cuts
            polished = self.polish(outcome.values)
            self.keep(polished)
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
            start = self.incumbent.values
        return self._conclude(outcome, bound, nodes)

    def _options(self) -> dict[str, Any]:
        """Return the options of branch and bound; HiGHS is left as it is where that is asked for."""
        if self.start_accepted:
            return AFTER_A_START
        return {} if self.settings.method == "plain" else SPARING

    def polish(self, values: np.ndarray) -> Outcome:
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
        self.flow_duals = program.duals()
        if outcome.ending is Ending.INFEASIBLE or outcome.stopped_by == "tolerance":
            program.tighten(NORMAL)
            outcome = self._converge(program, interrupt, clock, LINEAR_ROUNDS)
        return outcome

    def _converge(self, program: Program, interrupt: Interrupt, clock: Clock, most: int) -> Outcome:
        """Solve a linear program and add cuts until none is violated; if it comes to no end there are no values."""
        for _ in range(most):
            outcome = program.solve()
            if self.refine is None or outcome.values is None or not self.cut(outcome.values):
                return outcome
            if clock.is_over or interrupt.requested:
                return Outcome(Ending.LIMIT, bound=outcome.bound, stopped_by=self._reason())
            bounds = program.matrix
            program.update(replace(self.matrix, lower=bounds.lower, upper=bounds.upper, integer=bounds.integer))
        return Outcome(Ending.LIMIT, bound=outcome.bound, stopped_by="rounds")

    def cut(self, values: np.ndarray) -> int:
        """Add the cuts that `values` violate and return their number."""
        if self.refine is None:
            return 0
        with self._cutting:
            added = self.refine(self.model, values)
            if added:
                self.rounds += 1
                self.cuts += added
                self.matrix = assemble(self.model)
            return added

    def keep(self, candidate: Outcome) -> None:
        """Make a design the incumbent if it is better."""
        if candidate.values is not None and candidate.objective < self.incumbent.objective:
            self.incumbent = candidate

    def _fall_back(self) -> None:
        """Keep what branch and bound found as it is, where neither time nor tolerances left exact flows."""
        spare = self._spare
        if (
            self.incumbent.values is None
            and spare is not None
            and spare.values is not None
            and not self.cut(spare.values)
        ):
            self.keep(spare)

    def _is_closed(self, bound: float, slack: float = 1e-9) -> bool:
        best = self.incumbent
        if best.values is None:
            return False
        return best.objective <= bound or relative_gap(best.objective, bound) <= self.settings.gap + slack

    def _conclude(self, last: Outcome, bound: float, nodes: int) -> Outcome:
        self._fall_back()
        best = self.incumbent
        if last.ending is Ending.INFEASIBLE and best.values is None:
            return Outcome(Ending.INFEASIBLE, nodes=nodes)
        if self._is_closed(bound, NOISE if last.ending is Ending.OPTIMAL else 1e-9):
            return Outcome(Ending.OPTIMAL, best.values, best.objective, bound, nodes)
        return Outcome(Ending.LIMIT, best.values, best.objective, bound, nodes, last.stopped_by or self._reason())

    def _reason(self) -> str:
        if self.interrupt.requested:
            return "interrupt"
        return "time" if self.clock.is_over else "rounds" if self.rounds >= SEARCH_ROUNDS else "tolerance"
