"""The model of a front: built once, its objective and the bounds on measures changed from point to point."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Self

import numpy as np
import pyomo.environ as pyo

from donornet.formulation import Choices, build_model, start_values
from donornet.formulation.measures import Form, Measure, form_of
from donornet.instance import Instance
from donornet.solution import Result
from donornet.solver.aims import Aims, conclusion, pursued
from donornet.solver.optimum import Optimum, Ran
from donornet.solver.settings import Settings
from donornet.solver.solve import design_of, runner
from donornet.study.sweeps.request import Request

Limits = Mapping[str, float]
"""What each bounded measure must not be worse than."""
Solved = tuple[Result, dict[str, float], float | None]
"""A result, the bounds it was found under, and the proven bound of the first measure under them."""
AUGMENTATION = 1e-5
"""What the slack of all bounds together may earn, as a share of the range of the measure that is minimised."""


class FrontModel:
    """One model, solved for many points of a front.

    Parameters
    ----------
    instance, measures
        Of which a front is wanted.
    primary
        The measure that is minimised (maximised).
    request
        How to solve.
    """

    def __init__(self, instance: Instance, measures: Sequence[Measure], primary: Measure, request: Request) -> None:
        self._request, self._primary = request, primary
        names = [measure.name for measure in measures]
        self._model = build_model(instance, Choices(decide_once=True), measures=names)
        every = names if "total_cost" in names else [*names, "total_cost"]
        self._forms = {name: form_of(self._model, name) for name in every}
        self._cost_last = "total_cost" not in names
        self._settings = Settings(request.gap, request.time_limit, request.threads, request.seed, dict(request.options))
        self._aims: Aims | None = None
        self._runner = runner(self._model, self._settings, request.solver)

    def __enter__(self) -> Self:
        self._aims = Aims(self._model, self._run, self._settings.gap).__enter__()
        self._aims.model.study.slack = pyo.Var(range(len(self._forms)), domain=pyo.NonNegativeReals)
        return self

    def __exit__(self, *_: object) -> None:
        self._at_work.__exit__()

    @property
    def _at_work(self) -> Aims:
        if self._aims is None:
            raise RuntimeError("the model of a front is used inside a with statement")
        return self._aims

    def _run(self, start: np.ndarray | None, gap: float | None) -> Ran:
        return self._runner(start, gap)

    def _begin(self, start: Result | None) -> np.ndarray | None:
        """Let go of the last point's bounds, set the clock, and return where to start from."""
        self._at_work.clear()
        self._runner = runner(self._model, self._settings, self._request.solver)
        solution = None if start is None else start.solution
        return None if solution is None else start_values(self._model, solution)

    def one_by_one(self, names: Sequence[str], start: Result | None) -> Solved:
        """Improve the measures in turn; what comes before the primary one is its bound."""
        begin = self._begin(start)
        order = [*names, "total_cost"] if self._cost_last else list(names)
        found = self._at_work.one_by_one([self._forms[name] for name in order], begin)
        limits: dict[str, float] = {}
        bound = None
        for optimum in found:
            if optimum.form.measure is self._primary:
                bound = optimum.bound
                break
            if optimum.value is not None and np.isfinite(optimum.value):
                limits[optimum.form.measure.name] = optimum.value
        return self._result(found, len(order)), limits, bound

    def bounded(self, limits: Limits, scales: Mapping[str, float], start: Result | None) -> Solved:
        """Return the best design in the primary measure under bounds on the others."""
        begin, form = self._begin(start), self._forms[self._primary.name]
        if form.per is None:
            first = self._augmented(form, limits, scales, begin)
        else:
            for name, value in limits.items():
                self._at_work.keep(self._forms[name], value)
            first = self._at_work.optimise(form, begin)
        found = [first]
        rest = [] if form.per is None else list(limits)
        rest += ["total_cost"] if self._cost_last else []
        if rest and first.value is not None:
            values = {name: self._forms[name].value() for name in [self._primary.name, *limits]}
            self._at_work.clear()
            for name, value in values.items():
                self._at_work.keep(self._forms[name], value)
            found += self._at_work.one_by_one([self._forms[name] for name in rest], first.ran.outcome.values)
        return self._result(found, 1 + len(rest)), dict(limits), first.bound

    def _augmented(self, form: Form, limits: Limits, scales: Mapping[str, float], start: np.ndarray | None) -> Optimum:
        """Minimise the primary measure less what the slacks of the bounds earn.

        As slacks are not negative, a bound of that objective is one of the measure.
        """
        study, sign = self._at_work.model.study, -1.0 if form.measure.larger else 1.0
        earned = 0.0
        for position, (name, value) in enumerate(limits.items()):
            other, slack = self._forms[name], study.slack[position]
            per = 1.0 if other.per is None else self._at_work.doses
            for gap in other.gaps(value):
                study.rows.add(gap - slack >= -self._at_work.slack(other, value))
            earned += AUGMENTATION * scales[form.measure.name] / (len(limits) * scales[name] * per) * slack
        ran = self._at_work.solve(sign * form.amount - earned, start)
        outcome = ran.outcome
        if outcome.values is None:
            return Optimum(form, ran, outcome.ending)
        bound = sign * outcome.bound if np.isfinite(outcome.bound) else None
        return Optimum(form, ran, outcome.ending, form.value(), bound)

    def _result(self, found: Sequence[Optimum], asked: int) -> Result:
        outcome, _, _ = conclusion(found, asked)
        ran = replace(found[-1].ran, outcome=outcome)
        result = design_of(self._model, ran, self._settings, "")
        return result if outcome.values is None else pursued(result, found, check=True)
