"""The head start of a large search: designs near the relaxation, and a bound worth having, before the whole search.

First a dive among the columns that are worth their price, or, in a large model of several periods, among those that a
steady design leaves open. Where its design is close to the bound, dives from it look for better ones. Where it is not,
HiGHS raises the bound by its cuts, and the stages take turns: branch and bound on the decisions of one stage is quick
while those of the others stand.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from donornet.solver.blocks import new_capacity, stage_blocks
from donornet.solver.certify import certified_bound
from donornet.solver.dive import HALF, NO_CUTOFF, Dive
from donornet.solver.highs import Program
from donornet.solver.improve import improve
from donornet.solver.interrupt import Interrupt
from donornet.solver.outcome import Ending, Outcome
from donornet.solver.progress import Snapshot, relative_gap
from donornet.solver.restrict import Restriction
from donornet.solver.round_up import active, round_up
from donornet.solver.steady import Steady

if TYPE_CHECKING:
    from donornet.solver.search import Search

CUT_ROUNDS = 30
"""Most rounds of cuts at the relaxation of the columns that are kept."""
STEP = 0.1
"""Share of the fractional decisions that a step of the first dive takes."""
NEAR, CLOSE = 0.25, 0.05
"""Relative gaps up to which a design is worth improving: where there are stages to decide on in turn, and without."""
RISE = 3e-4
"""Relative rise of the bound within `PATIENCE` seconds that is worth going on with cuts."""
CUT_TIME, PATIENCE = 60.0, 3.0
"""Time for the cuts of HiGHS, and without such a rise [s]."""
STAGE_TIME, PLAY_TIME = 60.0, 60.0
"""Time for one search among the decisions of a stage, and among the decisions in play [s]."""
LOOSE = 1e-3
"""Relative gap at which interior points may stop."""
STEADY_TIME, STEADY_SHARE, STEADY_GAP = 300.0, 0.25, 0.005
"""Time for the search for a steady design [s], share of the time that is left, and gap that is near enough."""
PROGRESS = 1e-4
"""Relative improvement that is worth another turn of what has been tried."""
SPARING = {"mip_heuristic_run_feasibility_jump": False, "mip_heuristic_run_root_reduced_cost": False}
"""Options that spare heuristics of HiGHS which take longer here than what they find is worth."""
NO_HEURISTICS = {
    "mip_heuristic_effort": 0.0,
    "mip_heuristic_run_feasibility_jump": False,
    "mip_heuristic_run_rens": False,
    "mip_heuristic_run_rins": False,
    "mip_heuristic_run_root_reduced_cost": False,
}
"""Options that leave HiGHS nothing but cuts and branches."""


class HeadStart:
    """The head start of one search.

    Parameters
    ----------
    search
        The search, which keeps the designs and the bound.
    dear
        Whether a relaxation takes so long that the cuts of HiGHS have to wait for the whole search.
    """

    def __init__(self, search: Search, *, dear: bool) -> None:
        self._search, self._dear = search, dear
        self._part: Restriction | None = None
        self._relaxed = np.zeros(len(search.matrix.cost))

    def settle(self, steady: Steady) -> None:
        """Look for a design before there is a relaxation: where to build from the steady program, then when.

        What the steady design does not build stays closed, and so do the flows through it. What exists is free, and so
        are licences: they serve before new facilities and licences can be there.
        """
        search = self._search
        where = self._search_steady(steady)
        if where is None or search.must_stop():
            return
        matrix = search.matrix
        closed = new_capacity(search.model, matrix) & (where < HALF) & (matrix.lower == 0.0)
        part = Restriction.open(replace(matrix, upper=np.where(closed, 0.0, matrix.upper)))
        program = search.program(part.matrix.relaxed())
        program.choose({"solver": "ipx", "run_crossover": "off", "ipm_optimality_tolerance": LOOSE})
        program.solve()
        self._part = part = part.cheapest(program.duals())
        program = search.program(part.matrix.relaxed())
        program.choose({"solver": "ipx"})
        if program.solve().values is None:
            return
        program.choose({"solver": "simplex"})
        best = Dive(part.matrix, program).run(part.matrix.lower, part.matrix.upper, STEP, NO_CUTOFF)
        if best.values is None:
            return
        search.keep(search.polish(part.whole(best.values)))
        if search.incumbent.values is not None:
            search.tell(search.incumbent)

    def take_turns(self) -> None:
        """Let the stages improve a design while there is no relaxation yet."""
        if self._search.incumbent.values is not None:
            self._search_by_stage(stage_blocks(self._search.model, self._search.matrix))

    def _search_steady(self, steady: Steady) -> np.ndarray | None:
        """Return the decisions of a steady design, shape (columns,); None: none was found."""
        search = self._search

        def heard(snapshot: Snapshot) -> None:
            search.pass_on(replace(snapshot, incumbent=None))  # its cost is not that of the whole

        clock = search.clock.at_most(min(STEADY_TIME, STEADY_SHARE * search.clock.remaining))
        relaxation = search.program(steady.matrix.relaxed(), clock, heard)
        first = Dive(steady.matrix, relaxation).run(steady.matrix.lower, steady.matrix.upper, STEP, NO_CUTOFF)
        program = search.program(steady.matrix, clock, heard)
        program.choose({**SPARING, "mip_rel_gap": max(search.settings.gap / 2, STEADY_GAP)})
        outcome = program.solve(first.values)
        return None if outcome.values is None else steady.everywhere(outcome.values)

    def run(self, relaxed: np.ndarray) -> None:
        """Look for designs until the gap is closed, time is over, or nothing helps any more.

        Parameters
        ----------
        relaxed
            Values of the relaxation, shape (columns,).
        """
        search, self._relaxed = self._search, relaxed
        again = self._is_within(search.incumbent, NEAR)
        if again:
            self._restrict()
        else:
            self._dive()
        if search.incumbent.values is None and not search.must_stop():
            rounded = round_up(search.matrix, self._relaxed, search.polish)
            if rounded is not None:
                search.keep(rounded)
                search.tell(rounded)
        stages = stage_blocks(search.model, search.matrix)
        if again and self._goes_on(NEAR):
            self._search_by_stage(stages)
        if stages and not self._dear and self._goes_on(NEAR):
            self._raise_by_cuts()
        while self._goes_on(NEAR if stages else CLOSE):
            self._search_by_stage(stages)
            before = search.incumbent.objective
            if not search.is_finished():
                self._search_in_play()
            if not stages or before - search.incumbent.objective <= PROGRESS * abs(before):
                break

    def _restrict(self) -> None:
        """Choose the columns that are worth their price, for searches from a design that is there already."""
        search = self._search
        if search.duals is not None:
            self._part = Restriction.by_price(search.matrix, search.duals)

    def _goes_on(self, near: float) -> bool:
        """Whether there is a design to start from, near enough to the bound, and something left to do."""
        return self._is_within(self._search.incumbent, near) and not self._search.is_finished()

    def _is_within(self, design: Outcome, near: float) -> bool:
        return design.values is not None and relative_gap(design.objective, self._search.bound) <= near

    def _dive(self) -> None:
        """Dive among the columns that are worth their price, and improve the design where it is close to the bound."""
        search = self._search
        if search.duals is None:
            return
        part = Restriction.by_price(search.matrix, search.duals)
        program = search.program(part.matrix.relaxed())
        part, relaxed = self._relax(part, program)
        if relaxed.values is None:
            return
        self._part, self._relaxed = part, part.whole(relaxed.values)
        dive = Dive(part.matrix, program)
        best = dive.run(part.matrix.lower, part.matrix.upper, STEP, NO_CUTOFF)
        if best.values is None:
            return

        def found(design: Outcome) -> bool:
            nonlocal best
            best = design
            search.tell(design)
            return relative_gap(design.objective, search.bound) <= search.settings.gap

        if np.isfinite(best.objective) and not found(best) and self._is_within(best, CLOSE):
            improve(dive, best, relaxed.values, search.settings.seed, found, search.must_stop)
        assert best.values is not None  # noqa: S101 - only designs are found
        search.keep(search.polish(part.whole(best.values)))

    def _relax(self, part: Restriction, program: Program) -> tuple[Restriction, Outcome]:
        """Solve the relaxation of some columns to a basis, with cuts, and certify the bound of all columns from it."""
        search = self._search
        program.choose({"solver": search.linear_solver})
        outcome = program.solve()
        program.choose({"solver": "simplex"})
        for _ in range(CUT_ROUNDS):
            if outcome.values is None or not search.cut(part.whole(outcome.values)):
                break
            part = part.of(search.matrix)
            program.update(part.matrix.relaxed())
            outcome = program.solve()
        if outcome.ending is Ending.OPTIMAL:
            search.raise_bound(certified_bound(search.matrix, program.duals()))
        return part, outcome

    def _raise_by_cuts(self) -> None:
        """Raise the bound by the cuts of HiGHS, for as long as they raise it."""
        search = self._search
        stop, began, rose = Interrupt(search.interrupt), search.bound, 0.0

        def heard(snapshot: Snapshot) -> None:
            nonlocal rose
            if snapshot.bound is not None and snapshot.bound - search.bound > RISE * abs(snapshot.bound):
                rose = snapshot.seconds
                search.raise_bound(snapshot.bound)
                search.pass_on(snapshot)
                if search.is_finished():
                    stop.request()
            elif search.bound > began and snapshot.seconds - rose > PATIENCE:
                stop.request()

        program = Program(search.matrix, search.settings, stop, search.clock.at_most(CUT_TIME), heard)
        program.choose({**NO_HEURISTICS, "mip_max_nodes": 1, "solver": search.linear_solver})
        outcome = program.solve(search.design())
        search.raise_bound(outcome.bound)
        if outcome.values is not None and outcome.objective < search.incumbent.objective:
            search.keep(search.polish(outcome.values))

    def _search_by_stage(self, stages: list[np.ndarray]) -> None:
        """Let the stages take turns, each optimised while the decisions of the others stand, until none helps.

        A stage that has had its turn waits until another one has helped.
        """
        search, waiting = self._search, [False] * len(stages)
        while not all(waiting):
            for number, decisions in enumerate(stages):
                if search.is_finished():
                    return
                if waiting[number]:
                    continue
                before, matrix = search.incumbent.objective, search.matrix
                kept, whole = matrix.integer & ~decisions, np.round(search.design())
                lower, upper = np.where(kept, whole, matrix.lower), np.where(kept, whole, matrix.upper)
                self._search_among(lower, upper, STAGE_TIME)
                if before - search.incumbent.objective > PROGRESS * abs(before):
                    waiting = [False] * len(stages)
                waiting[number] = True

    def _search_in_play(self) -> None:
        """Improve the incumbent by branch and bound among the decisions that it or the relaxation takes in part."""
        matrix = self._search.matrix
        kept = active(matrix, self._relaxed, self._search.design())
        self._search_among(matrix.lower, np.where(matrix.integer & ~kept, matrix.lower, matrix.upper), PLAY_TIME)

    def _search_among(self, lower: np.ndarray, upper: np.ndarray, seconds: float) -> None:
        """Improve the incumbent by branch and bound within other bounds of the columns, for some time."""
        search = self._search
        gap, part = search.settings.gap, self._worth_their_price(lower, upper)
        target = search.bound / (1.0 - gap) if search.bound > 0 and gap < 1 else -np.inf
        program = search.program(part.matrix, search.clock.at_most(seconds), search.pass_on)
        program.choose({
            "objective_target": target, "mip_rel_gap": gap / 2, "mip_heuristic_run_root_reduced_cost": False,
            "solver": search.linear_solver,
        })  # fmt: skip
        outcome = program.solve(search.design()[part.kept])
        if outcome.values is not None and outcome.objective < search.incumbent.objective:
            search.keep(search.polish(part.whole(outcome.values)))

    def _worth_their_price(self, lower: np.ndarray, upper: np.ndarray) -> Restriction:
        """Return the program within other bounds, and of its columns those that the relaxation or the incumbent price.

        The relaxation's prices say little about ways through facilities that it does not use; the prices of the flows
        of a design do.
        """
        search = self._search
        matrix = replace(search.matrix, lower=lower, upper=upper)
        if self._part is None or len(self._part.kept) == self._part.width:
            return Restriction.everything(matrix)
        wanted = search.design() != 0.0
        wanted[self._part.kept] = True
        if search.flow_duals is not None:
            wanted[Restriction.by_price(matrix, search.flow_duals).kept] = True
        return Restriction.some(matrix, wanted)
