"""The model behind `alternatives`: designs that cost no more than a budget, asked for one after the other."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import pyomo.environ as pyo
from pyomo.repn import generate_standard_repn

from donornet.formulation import Choices, build_model
from donornet.instance import Instance
from donornet.solution import Result
from donornet.solver import solve

LARGEST = 1e4
"""Largest coefficient in the row of the budget, so that the small ones keep their digits."""
CHEAPNESS = 0.5
"""What the whole budget counts against one decision: among equally different designs the cheaper one is better."""
ANY_DESIGN = 1e6
"""Gap at which the first design will do."""


@dataclass(frozen=True)
class Decision:
    """A facility that may be open, or a licence that may be held, in the last period.

    Parameters
    ----------
    kind
        facilities or licences.
    site, stage
        The facility.
    market
        The licence's market; blank for facilities.
    """

    kind: str
    site: str
    stage: str
    market: str = ""

    def __str__(self) -> str:
        return f"{self.site} {self.stage}" + (f" for {self.market}" if self.market else "")


Design = frozenset[Decision]
"""The decisions that a design takes."""


def decisions_of(instance: Instance, kinds: Collection[str]) -> list[Decision]:
    """Return every decision that an instance names, also those that its tables have already taken."""
    found = []
    if "facilities" in kinds:
        rows = instance.table("facilities")
        found += [Decision("facilities", site, stage) for site, stage in zip(rows["site"], rows["stage"], strict=True)]
    if "licences" in kinds:
        rows = instance.table("licences").query("status == 'obtainable'")
        found += [
            Decision("licences", site, stage, market)
            for site, stage, market in zip(rows["site"], rows["stage"], rows["market"], strict=True)
        ]
    return found


def design_of(instance: Instance, result: Result, decisions: Iterable[Decision]) -> Design:
    """Return which of the decisions the design of a result takes."""
    assert result.solution is not None  # noqa: S101 - the caller has looked
    last = instance.periods[-1]
    rows = result.solution["facilities"]
    rows = rows[(rows["period"] == last) & (rows["open"] > 0.5)]
    taken = {Decision("facilities", site, stage) for site, stage in zip(rows["site"], rows["stage"], strict=True)}
    rows = result.solution["licences"]
    rows = rows[(rows["period"] == last) & (rows["held"] > 0.5)]
    taken |= {
        Decision("licences", site, stage, market)
        for site, stage, market in zip(rows["site"], rows["stage"], rows["market"], strict=True)
    }
    return frozenset(taken.intersection(decisions))


class BudgetModel:
    """A model that is built once and asked for designs within a budget.

    Tying decisions over periods (`decide_once`) loses nothing here: a design can take its decisions earlier at no more
    cost, and has the same facilities and licences in the last period.

    Parameters
    ----------
    instance
        The instance.
    decisions
        What designs are told apart by.
    """

    def __init__(self, instance: Instance, decisions: Iterable[Decision]) -> None:
        self.model = build_model(instance, Choices(decide_once=True))
        self._last = instance.periods[-1]
        found = {decision: self._variable(decision) for decision in decisions}
        self.variables: dict[Decision, Any] = {
            decision: variable for decision, variable in found.items() if variable is not None
        }
        """Variables of the decisions that are neither taken nor ruled out by the tables."""
        self.settled: dict[Decision, bool] = {
            decision: variable is not None and variable.fixed
            for decision, variable in found.items()
            if variable is None or variable.fixed or variable.ub == 0
        }
        """What the tables say of the others."""
        for decision in self.settled:
            self.variables.pop(decision, None)
        self._low = self._high = 0.0

    def cheapest(self, settings: Mapping[str, Any]) -> Result:
        """Return the result of the model as it stands."""
        return solve(self.model, **settings)

    def restrict(self, low: float, high: float) -> None:
        """Allow only designs that cost at most `high`, none being possible below `low` [currency]."""
        self._low, self._high = low, high
        scale = LARGEST / _largest(self.model)
        self.model.budget = pyo.Constraint(expr=scale * self.model.total_cost.expr <= scale * high)

    def forced(self, decision: Decision, settings: Mapping[str, Any], *, taken: bool) -> Result:
        """Return any design within the budget in which the decision is (not) taken, or the proof that there is none."""
        variable = self.variables[decision]
        variable.fix(float(taken))
        try:
            return solve(self.model, **{**settings, "gap": ANY_DESIGN})
        finally:
            variable.unfix()

    def different(
        self,
        wanted: Collection[tuple[Decision, bool]],
        settings: Mapping[str, Any],
        others: Collection[Design] = (),
        gap: float = 0.3,
    ) -> Result:
        """Return a design within the budget with many of the `wanted` (decision, taken), and at least one of them.

        Parameters
        ----------
        others
            Designs that it must differ from; if there are any, it need not have any of the wanted.
        gap
            Gap at which to stop [share of the number of the wanted].
        """
        m = self.model
        score = sum(self._is(decision, taken) for decision, taken in wanted)
        spread = max(self._high - self._low, 1e-9 * abs(self._high), 1e-9)
        m.novelty = pyo.ConstraintList()
        for distance in [self._distance(other) for other in others] or [score]:
            m.novelty.add(distance >= 1)
        m.total_cost.deactivate()
        m.difference = pyo.Objective(
            expr=score - CHEAPNESS / spread * (m.total_cost.expr - self._low), sense=pyo.maximize
        )
        try:
            return solve(m, **{**settings, "gap": gap})
        finally:
            m.del_component("novelty")
            m.del_component("difference")
            m.total_cost.activate()

    def _distance(self, design: Design) -> Any:
        return sum(self._is(decision, decision not in design) for decision in self.variables)

    def _is(self, decision: Decision, taken: bool) -> Any:
        return self.variables[decision] if taken else 1 - self.variables[decision]

    def _variable(self, decision: Decision) -> Any:
        """Return the variable of the last period; None: the model has none."""
        family = self.model.component("Licence" if decision.market else "Open")
        key = (decision.site, decision.stage, *([decision.market] if decision.market else []), self._last)
        return None if family is None or key not in family else family[key]


def _largest(model: Any) -> float:
    """Return the largest cost of a unit of any variable [currency]."""
    form = generate_standard_repn(model.total_cost.expr, compute_values=True, quadratic=False)
    return max((abs(float(coefficient)) for coefficient in form.linear_coefs), default=1.0) or 1.0
