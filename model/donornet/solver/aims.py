"""Other aims than the cost: one measure after the other, each kept while the next is improved.

A measure is minimised (maximised) as it stands. Of the quotients,

- those of which less is better are minimised by Dinkelbach's iteration: minimise ``amount - value · per`` for the value
  of the best design so far until nothing improves on it; what is left is a bound on the quotient. Where the least
  amount serves nobody, so that the quotient is infinite, it begins at the design that serves most.
- those of which more is better (the smallest group's share) are maximised by `shares.Share`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Self

import numpy as np
import pyomo.environ as pyo

from donornet.formulation.matrix import Matrix
from donornet.formulation.measures import NOTHING_DELIVERED, Form
from donornet.solution import Result
from donornet.solver.finish import AGREEMENT, bound_and_gap, load_values
from donornet.solver.optimum import Optimum, Ran, Run
from donornet.solver.outcome import Ending, Outcome
from donornet.solver.progress import relative_gap
from donornet.solver.shares import Share

SLACK, LEAST_SLACK = 1e-9, 1e-7
"""By how much a measure may fall behind what it is kept at, relative to its amount and at least: the solver's own
tolerance."""
HARDLY_ANY = 1e-6
"""Share of all demand up to which a design serves too few for its quotients to begin with."""
SERVES_MOST = 0.1
"""Gap at which a design serves enough for its quotients to begin with."""
STOPPED = ("time", "interrupt")
"""Reasons to leave it at what has been found."""
ROUNDS = 40
"""Most solves for one quotient."""
CLOSED = 1e-6
"""Gap of a quotient at which it counts as optimal whatever smaller gap is asked for."""


class Aims:
    """A model whose objective gives way to measures, and comes back when this is closed.

    Parameters
    ----------
    model
        A model of `build_model`.
    run
        Solves it.
    gap
        Relative gap that is asked for.

    Attributes
    ----------
    doses
        All demand: the size of what quotients are divided by [doses].
    """

    def __init__(self, model: Any, run: Run, gap: float) -> None:
        self.model, self._run, self._gap = model, run, gap
        self.doses = max(float(model.sets.demand["doses"].sum()), 1.0)
        self._put_away = list(model.component_data_objects(pyo.Objective, active=True, descend_into=True))
        for objective in self._put_away:
            objective.deactivate()
        model.study = pyo.Block(concrete=True)
        model.study.rows = pyo.ConstraintList()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.model.del_component("study")
        for objective in self._put_away:
            objective.activate()

    def solve(self, expression: Any, start: np.ndarray | None = None, gap: float | None = None) -> Ran:
        """Minimise a linear expression and give the values found to the variables."""
        study = self.model.study
        study.del_component("objective")
        study.objective = pyo.Objective(expr=expression, sense=pyo.minimize)
        ran = self._run(start, gap)
        if ran.outcome.values is not None:
            load_values(ran.matrix, ran.outcome.values)
        return ran

    def clear(self) -> None:
        """Let go of everything that is kept."""
        self.model.study.rows.clear()

    def keep(self, form: Form, value: float) -> None:
        """Let the measure be no worse than `value` from now on, up to the solver's tolerance; infinite: as it likes."""
        if math.isinf(value):
            return
        slack = self.slack(form, value)
        for gap in form.gaps(value):
            self.model.study.rows.add(gap >= -slack)

    def slack(self, form: Form, value: float) -> float:
        """Return by how much a measure may fall behind a value: nothing at 0, where flows can be left out exactly."""
        if abs(value) <= SLACK and not form.measure.larger:
            return 0.0
        return max(SLACK * abs(value) * (1.0 if form.per is None else self.doses), LEAST_SLACK)

    def one_by_one(self, forms: Sequence[Form], start: np.ndarray | None = None) -> list[Optimum]:
        """Improve one measure after the other, each kept at its best; the last design is the best of all.

        Ends early where there is no design, or no time is left.
        """
        found: list[Optimum] = []
        for form in forms:
            optimum = self.optimise(form, start)
            if optimum.value is None:
                return found or [optimum]
            found.append(optimum)
            start = optimum.ran.outcome.values
            if optimum.ran.outcome.stopped_by in STOPPED:
                break
            if form is not forms[-1]:
                self.keep(form, optimum.value)
        return found

    def optimise(self, form: Form, start: np.ndarray | None = None) -> Optimum:
        """Return the best design for one measure."""
        if form.per is not None:
            return Share(self, form, self._gap).search(start) if form.measure.larger else self._dinkelbach(form, start)
        sign = -1.0 if form.measure.larger else 1.0
        ran = self.solve(sign * form.amount, start)
        if ran.outcome.values is None:
            return Optimum(form, ran, ran.outcome.ending)
        bound, _ = bound_and_gap(ran.outcome, ran.outcome.objective, ran.matrix)
        return Optimum(form, ran, ran.outcome.ending, form.value(), None if bound is None else sign * bound)

    def _dinkelbach(self, form: Form, start: np.ndarray | None) -> Optimum:
        assert form.per is not None  # noqa: S101 - the caller has looked
        price = per = amount = 0.0
        best: Optimum | None = None
        for _ in range(ROUNDS):
            # price · per on top keeps the objective near the amount, so that a relative gap means something
            ran = self.solve(form.amount + price * (per - form.per), start)
            if ran.outcome.values is None:
                return best or Optimum(form, ran, ran.outcome.ending)
            value, below = form.value(), ran.outcome.bound - price * per
            if best is None or best.value is None or value < best.value:
                best = Optimum(form, ran, Ending.LIMIT, value, 0.0)
            if value <= 0.0:
                return Optimum(form, ran, Ending.OPTIMAL, value, value)
            if ran.outcome.ending is not Ending.OPTIMAL:
                return best
            amount = amount if price else ran.outcome.bound
            if not price and float(pyo.value(form.per)) <= HARDLY_ANY * self.doses:
                ran = self.solve(-form.per, ran.outcome.values, SERVES_MOST)
                if ran.outcome.values is None:
                    return best
                value = form.value()
                if math.isinf(value):
                    nobody = ran.outcome.ending is Ending.OPTIMAL
                    return Optimum(form, ran, Ending.OPTIMAL, value, value) if nobody else best
                best = Optimum(form, ran, Ending.LIMIT, value, 0.0)
            elif price and value >= price * (1.0 - max(self._gap, 1e-9)):
                return self._proven(best, price, below, amount)
            price, per, start = value, float(pyo.value(form.per)), ran.outcome.values
        assert best is not None  # noqa: S101 - there is at least one round
        return best

    def _proven(self, best: Optimum, price: float, below: float, amount: float) -> Optimum:
        """Return the optimum with the bound on the quotient that follows from two on every design.

        They are ``amount - price · per >= below``, and the least `amount`: a quotient under `price` takes a `per` of
        more than ``amount / price``.
        """
        assert best.value is not None  # noqa: S101 - the caller has looked
        goal = max(self._gap, CLOSED)
        least = amount / price
        if below < 0.0 and (least <= 0.0 or relative_gap(best.value, price + below / least) > goal):
            least = max(least, self.solve(best.form.per, best.ran.outcome.values, 1.0).outcome.bound)
            best.show()
        bound = price if below >= 0.0 else price + below / least if least > NOTHING_DELIVERED else 0.0
        bound = max(0.0, min(bound, best.value))
        ending = Ending.OPTIMAL if relative_gap(best.value, bound) <= goal else Ending.LIMIT
        return Optimum(best.form, best.ran, ending, best.value, bound)


def conclusion(found: Sequence[Optimum], asked: int) -> tuple[Outcome, Matrix, dict[str, Any]]:
    """Return how the improvement of `asked` measures in turn ended: outcome, matrix, and what is to be said about it.

    Parameters
    ----------
    found
        What was found of them, at least one.
    asked
        How many measures there are.
    """
    last = found[-1].ran
    stops = [optimum.ran.outcome.stopped_by for optimum in found if optimum.ran.outcome.stopped_by]
    done = len(found) == asked and all(optimum.ending is Ending.OPTIMAL for optimum in found)
    ending = last.outcome.ending if last.outcome.values is None else Ending.OPTIMAL if done else Ending.LIMIT
    reason = "" if ending is not Ending.LIMIT else stops[0] if stops else "tolerance"
    outcome = replace(last.outcome, ending=ending, stopped_by=reason)
    return outcome, last.matrix, dict(last.said)


def pursued(result: Result, found: Sequence[Optimum], *, check: bool) -> Result:
    """Return the result of improving measures in turn: what was reached of each, and the largest gap as the gap."""
    first, gaps = found[0], [optimum.gap for optimum in found]
    info = {
        **result.info,
        "objectives": [optimum.facts() for optimum in found],
        "solver_objective": first.value,
        "solver_bound": first.bound,
        "solver_gap": first.gap,
    }
    if check:
        info["violations"] = [*info["violations"], *filter(None, (disputed(result, optimum) for optimum in found))]
    return replace(result, gap=None if None in gaps else max(gap or 0.0 for gap in gaps), info=info)


def disputed(result: Result, optimum: Optimum) -> str:
    """Return the violation that the design's key figure is worse than the solver's value; blank if it is not."""
    if optimum.value is None or math.isinf(optimum.value):
        return ""
    measure = optimum.form.measure
    figure = measure.figure(result.tables["kpis"])
    worse = (optimum.value - figure) * (1.0 if measure.larger else -1.0)
    if worse <= AGREEMENT * max(abs(figure), abs(optimum.value), 1.0):
        return ""
    return (
        f"objective: the solver's {measure.name} is {optimum.value:.10g}, the design's recomputed from the instance "
        f"{figure:.10g}"
    )
