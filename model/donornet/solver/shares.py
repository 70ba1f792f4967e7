"""The largest share of the smallest group: the best of the quotients of which more is better.

That there is no larger share is a question of its own: whether any design has a share that is a little larger. Better
designs are found by Dinkelbach's iteration: ``amount - share · per`` is maximised among designs with a bounded number
of donations, as it can grow without end while donors do. A design without donations has every share, so that a least
number of donations is asked for; what is proven holds of designs with as many.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, Protocol

import numpy as np
import pyomo.environ as pyo

from donornet.formulation.measures import Form
from donornet.solver.optimum import Optimum, Ran
from donornet.solver.outcome import Ending

FINENESS = 5e-5
"""Relative difference between shares below which the search does not go on."""
LEAST = 0.1
"""Donations from which on there is a share to speak of: enough for the tolerance of solvers not to count."""
ROOM = 100.0
"""How many times as many donations as there are, or as there is demand, a better design may have."""
ROUNDS = 40
"""Most solves."""


class Solves(Protocol):
    """What minimises expressions on a model: `aims.Aims`."""

    model: Any
    doses: float

    def solve(self, expression: Any, start: np.ndarray | None = None, gap: float | None = None) -> Ran:
        """Minimise a linear expression and give the values found to the variables."""


class Share:
    """The search for the largest share.

    Parameters
    ----------
    aims
        What solves the model.
    form
        The measure on the model.
    gap
        Relative gap that is asked for.
    """

    def __init__(self, aims: Solves, form: Form, gap: float) -> None:
        assert form.per is not None  # noqa: S101 - the caller has looked
        self._aims, self._form, self._per = aims, form, form.per
        self._step = 1.0 + max(gap, FINENESS)
        self._solves, self._low = 0, -1.0
        self._best: Ran | None = None

    def search(self, start: np.ndarray | None) -> Optimum:
        """Return the design with the largest share."""
        ran = self._take(self._aims.model.total_cost.expr, (), start, 1.0)
        if ran.outcome.values is None:
            return Optimum(self._form, ran, ran.outcome.ending)
        most = tested = 1.0 / len(self._form.parts)
        while self._solves < ROUNDS and self._low * self._step < most:
            ran = self._take(0.0, [*self._form.gaps(tested), self._per - LEAST])
            if ran.outcome.ending is Ending.INFEASIBLE:
                most = tested
            elif ran.outcome.values is None:
                break
            if self._low * self._step >= most:
                break
            if self._low <= 0.0 and self._is_always_nothing():
                most = 0.0
                break
            self._improve()
            if self._low * self._step <= tested and most > tested:  # within the tolerance of solvers
                break
            tested = self._low * self._step
        return self._optimum(most)

    def _take(
        self, expression: Any, rows: Iterable[Any], start: np.ndarray | None = None, gap: float | None = None
    ) -> Ran:
        """Minimise under rows that must not be negative, and keep the design if it is the best."""
        with self._trial(rows):
            ran = self._aims.solve(expression, start, gap)
        self._solves += 1
        if ran.outcome.values is not None and self._form.value() > self._low:
            self._low, self._best = self._form.value(), ran
        return ran

    def _is_always_nothing(self) -> bool:
        """Whether no design has donations of every group; where one has, it is the best so far."""
        least = self._form.amount
        ran = self._take(-least, [1.0 - least])
        return ran.outcome.ending is Ending.OPTIMAL and ran.outcome.bound >= -LEAST * FINENESS

    def _improve(self) -> None:
        """Raise the share by Dinkelbach's iteration until it rises no more."""
        while self._solves < ROUNDS:
            low, best = self._low, self._best
            assert best is not None  # noqa: S101 - there is a design to improve
            Optimum(self._form, best, Ending.LIMIT).show()
            donations = float(pyo.value(self._per))
            room = ROOM * max(donations, self._aims.doses)
            # low · donations on top keeps the objective near the amount, so that a relative gap means something
            expression = low * (self._per - donations) - self._form.amount
            ran = self._take(expression, [room - self._per], best.outcome.values)
            if ran.outcome.ending is not Ending.OPTIMAL or self._low <= low * self._step:
                return

    def _optimum(self, most: float) -> Optimum:
        assert self._best is not None  # noqa: S101 - the caller has looked
        closed = self._low * self._step >= most
        found = Optimum(
            self._form, self._best, Ending.OPTIMAL if closed else Ending.LIMIT, self._low, max(most, self._low)
        )
        found.show()
        return found

    @contextmanager
    def _trial(self, rows: Iterable[Any]) -> Iterator[None]:
        study = self._aims.model.study
        study.trial = pyo.ConstraintList(rule=[row >= 0.0 for row in rows])
        try:
            yield
        finally:
            study.del_component("trial")
