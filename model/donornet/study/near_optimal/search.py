"""The search for what near-optimal designs have in common."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

from donornet.instance import Instance
from donornet.solution import Result, Status
from donornet.study.near_optimal.model import BudgetModel, Decision, Design, decisions_of, design_of
from donornet.study.near_optimal.result import Alternatives, Found

NOISE = 1e-6
"""Relative accuracy of a solver's costs: by so much the budget is larger than what was asked for."""
Listener = Callable[[str], None]
"""Is told in words what has been found."""


class Backbone:
    """The search for what near-optimal designs have in common.

    Parameters
    ----------
    instance
        The instance.
    kinds
        What designs are told apart by.
    settings
        Arguments of every solve.
    total_time
        Time for all solves [s].
    listener
        Is told what has been found.
    """

    def __init__(
        self,
        instance: Instance,
        kinds: Sequence[str],
        settings: dict[str, Any],
        total_time: float | None,
        listener: Listener,
    ) -> None:
        self._instance, self._settings, self._listener = instance, settings, listener
        self._decisions = decisions_of(instance, kinds)
        self._model = BudgetModel(instance, self._decisions)
        self._ends = None if total_time is None else time.monotonic() + total_time
        self._budget = float("inf")
        self._found: dict[Design, Result] = {}
        self._proven: set[tuple[Decision, bool]] = set()
        self._given_up: set[tuple[Decision, bool]] = set()
        self._solves, self._interrupted, self._complete = 0, False, False

    def run(self, within: float, designs: int, gap: float, start: Result | None) -> Alternatives:
        """Solve, decide everything, and return what was found."""
        best = self._model.cheapest({**self._settings, "gap": gap, "start": start})
        self._solves += 1
        if best.solution is not None and best.objective is not None:
            extra = within * abs(best.objective)
            self._budget = best.objective + extra + NOISE * abs(best.objective)
            low = best.objective if best.bound is None else best.bound
            self._model.restrict(low, self._budget)
            self._take(best)
            self._interrupted = best.info.get("stopped_by") == "interrupt"
            self._decide_together()
            self._decide_one_by_one()
            self._look_for_more(designs)
        found = Found(self._decisions, self._model.settled, self._found, self._proven, self._solves)
        return Alternatives.of(
            self._instance, within, best, found, designs, complete=self._complete, interrupted=self._interrupted
        )

    def _open_questions(self) -> list[tuple[Decision, bool]]:
        """Return every (decision, taken) that no design has shown and no proof has ruled out."""
        return [
            (decision, taken)
            for decision in self._model.variables
            for taken in (True, False)
            if not any((decision in design) is taken for design in self._found)
            and (decision, taken) not in self._proven
        ]

    def _decide_together(self) -> None:
        """Ask for designs that answer as many questions as possible, until there is none or a solve comes to no end."""
        while (wanted := self._open_questions()) and not self._is_over():
            result = self._model.different(wanted, self._settings)
            self._solves += 1
            if result.status is Status.INFEASIBLE:
                self._proven |= set(wanted)
                self._listener("no design within the budget differs further: everything is decided")
                return
            if not self._take(result):
                return

    def _decide_one_by_one(self) -> None:
        while not self._is_over():
            waiting = [question for question in self._open_questions() if question not in self._given_up]
            if not waiting:
                return
            decision, taken = waiting[0]
            result = self._model.forced(decision, self._settings, taken=taken)
            self._solves += 1
            if result.status is Status.INFEASIBLE:
                self._proven.add((decision, taken))
                self._listener(f"{decision}: no design {'with' if taken else 'without'} it within the budget")
            elif not self._take(result) or (decision, taken) in self._open_questions():
                self._given_up.add((decision, taken))

    def _look_for_more(self, designs: int) -> None:
        """Look for designs that differ from all found, until there are enough or no more."""
        while len(self._found) < designs and self._model.variables and not self._is_over():
            wanted = [
                (decision, not sum(decision in design for design in self._found) * 2 > len(self._found))
                for decision in self._model.variables
            ]
            result = self._model.different(wanted, self._settings, list(self._found))
            self._solves += 1
            if result.status is Status.INFEASIBLE:
                self._complete = True
                return
            if not self._take(result):
                return

    def _take(self, result: Result) -> bool:
        """Keep the design of a result if it is one within the budget; return whether it is new."""
        self._interrupted = self._interrupted or result.info.get("stopped_by") == "interrupt"
        if result.solution is None or result.objective is None or result.info.get("violations"):
            return False
        if result.objective > self._budget + NOISE * abs(self._budget):
            return False
        design = design_of(self._instance, result, self._model.variables)
        earlier = self._found.get(design)
        if earlier is not None and earlier.objective is not None and earlier.objective <= result.objective:
            return False
        self._found[design] = result
        if earlier is None:
            left = len(self._open_questions())
            self._listener(f"{len(self._found)} designs, {left} questions of {2 * len(self._model.variables)} open")
        return earlier is None

    def _is_over(self) -> bool:
        return self._interrupted or (self._ends is not None and time.monotonic() > self._ends)
