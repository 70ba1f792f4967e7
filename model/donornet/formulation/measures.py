"""Measures: what a study can minimise, maximise or bound beside the cost, as expressions of a model.

They are the measures of the table ``limits`` under the same names, and a few that only make sense for a whole design.
The same figures are recomputed from the design by ``evaluation.kpis``, under the name `Measure.kpi`.

A measure per delivered dose (or per patient) is a quotient: a bound on it is linear, ``amount <= value · per``, the
quotient itself is not. Where nothing is delivered and nothing moved every bound holds, so that the quotient counts as
0; where nothing is delivered though something is moved (a least load, donations for diversity) none holds, and it is
infinite. A smallest group is the least of several amounts, which an auxiliary variable stands for.
"""

from __future__ import annotations

import difflib
import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
import pyomo.environ as pyo
from pyomo.core.expr.numeric_expr import LinearExpression

from donornet.formulation import activities
from donornet.formulation.columns import columns_of
from donornet.formulation.diversity import shortfall
from donornet.formulation.linear import NOTHING, Linear, total
from donornet.formulation.requirements import FLOOR, donors_of_groups

PENALTIES = ("unmet_penalty", "shortfall_penalty")
"""Terms of the cost that nobody is paid."""


@dataclass(frozen=True, eq=False)
class Measure:
    """A figure of a design.

    Parameters
    ----------
    name
        What it is called, in ``limits`` too where limits know it.
    unit
        Its unit; ``currency`` stands for the instance's.
    meaning
        What it is, in a sentence.
    kpi
        The key figure of results that it is.
    amounts
        Return the amount on a model; of several the least counts.
    per
        Returns what the amount is divided by; None: the measure is no quotient.
    larger
        Whether larger is better.
    of_members
        Whether the least of the key figure's members is meant, and not the figure of all.
    """

    name: str
    unit: str
    meaning: str
    kpi: str
    amounts: Callable[[Any], list[Linear]]
    per: Callable[[Any], Linear] | None = None
    larger: bool = False
    of_members: bool = False

    def figure(self, kpis: pd.DataFrame) -> float:
        """Return the measure from the key figures of a result; nothing per nothing counts as 0."""
        rows = kpis[kpis["kpi"] == self.kpi]
        members = rows["member"] != ""
        of_members = self.of_members and members.any()  # a market may have no name
        least = float(rows.loc[members == of_members, "value"].astype(float).min())
        return 0.0 if np.isnan(least) else least


def _activity(*parts: Callable[[Any], pd.DataFrame]) -> Callable[[Any], list[Linear]]:
    return lambda m: [total(_sum(m, part) for part in parts)]


def _sum(m: Any, activity: Callable[[Any], pd.DataFrame]) -> Linear:
    """Return an activity of the whole design; each is worked out once per model."""
    if activity not in m.activities:
        m.activities[activity] = activity(m)
    rows = m.activities[activity]
    return Linear.of(rows[rows["column"] >= 0], "value", float(rows["constant"].sum()) if len(rows) else 0.0)


def _delivered(m: Any) -> Linear:
    return _sum(m, activities.doses_served)


def _patients(m: Any) -> Linear:
    return _sum(m, activities.patients)


def _costs(m: Any, without: Iterable[str] = ()) -> list[Linear]:
    costs = pd.concat([rows for term, rows in m.costs.items() if term not in without])
    return [Linear.of(costs[costs["column"] >= 0], "value", float(costs.loc[costs["column"] < 0, "value"].sum()))]


def _unmet_share(m: Any) -> list[Linear]:
    wanted = _sum(m, activities.demand).constant
    return [_sum(m, activities.unmet) * (1.0 / wanted if wanted > 0 else 0.0)]


def _groups(m: Any) -> list[Linear]:
    return list(donors_of_groups(m, m.instance.markets).values())


def _groups_by_market(m: Any) -> list[Linear]:
    demand = m.sets.demand
    wanting = dict.fromkeys(demand.loc[demand["modality"] == "allogeneic", "market"])
    return [linear for market in wanting for linear in donors_of_groups(m, (market,)).values()]


def _eligible(m: Any) -> Linear:
    return total(_groups(m))


def _coverages(m: Any) -> list[Linear]:
    """Return 1 less the shortfall of each patient group from complete coverage, which `Choices.measures` adds."""
    floors = [r for r in m.requirements if r.key[0] == FLOOR]
    return [NOTHING - shortfall(m, "diversity", r.key, r.penalty) + Linear(*_EMPTY, 1.0) for r in floors]


_EMPTY = (np.empty(0, dtype=int), np.empty(0))

_ALL = (
    Measure("total_cost", "currency", "The objective: all that is paid, penalties included.", "total_cost", _costs),
    Measure("spending", "currency", "The objective without the penalties of unmet demand and shortfalls.", "spending",
            lambda m: _costs(m, PENALTIES)),
    Measure("unmet", "doses", "Demand not served.", "unmet_doses", _activity(activities.unmet)),
    Measure("unmet_share", "share", "Demand not served, of all demand.", "unmet_share", _unmet_share),
    Measure("vein_to_vein_mean", "days", "Mean days from collection to return of the patients of loops.",
            "vein_to_vein_days_mean", _activity(activities.loop_days), _patients),
    Measure("handoffs", "1/dose", "Units moved between organisations, per delivered dose.", "handoffs_per_dose",
            _activity(activities.handoffs), _delivered),
    Measure("crossings", "1/dose", "Units moved between jurisdictions, per delivered dose.", "crossings_per_dose",
            _activity(activities.crossings), _delivered),
    Measure("fragmentation", "1/dose", "Hand-offs and crossings together, per delivered dose.",
            "fragmentation_per_dose", _activity(activities.handoffs, activities.crossings), _delivered),
    Measure("km", "km/dose", "Kilometres of the units moved, per delivered dose.", "km_per_dose",
            _activity(activities.km), _delivered),
    Measure("co2", "kg/dose", "Emission between stages, per delivered dose.", "co2_per_dose",
            _activity(activities.co2), _delivered),
    Measure("co2_kg", "kg", "Emission between stages.", "co2_kg", _activity(activities.co2)),
    Measure("recruits", "donors", "Donors recruited.", "donors_recruited", _activity(activities.recruits)),
    Measure("smallest_group_count", "eligible donations", "Eligible donations of the donor group that has fewest.",
            "smallest_group_count", _groups, larger=True),
    Measure("smallest_group_count_by_market", "eligible donations",
            "Eligible donations for a market of the donor group that has fewest there, in the market with fewest.",
            "smallest_group_count", _groups_by_market, larger=True, of_members=True),
    Measure("smallest_group_share", "share", "Share of the eligible donations of the donor group that has fewest.",
            "smallest_group_share", _groups, _eligible, larger=True),
    Measure("coverage_floor", "share", "Match coverage of the patient group that has least.", "coverage", _coverages,
            larger=True, of_members=True),
)  # fmt: skip

MEASURES: dict[str, Measure] = {measure.name: measure for measure in _ALL}
"""Every measure, by name."""
COUNTED = {
    "co2": "co2",
    "co2_kg": "co2",
    **{
        name: name
        for name in (
            "vein_to_vein_mean",
            "smallest_group_count",
            "smallest_group_count_by_market",
            "smallest_group_share",
            "coverage_floor",
        )
    },
}
"""Measures for which a model holds more than the cheapest design can need, and what `Choices.measures` calls them."""


def known(names: str | Iterable[str]) -> list[Measure]:
    """Return the measures of these names.

    Raises
    ------
    ValueError
        An unknown name, or one twice.
    """
    names = [names] if isinstance(names, str) else list(names)
    for name in names:
        if name not in MEASURES:
            near = difflib.get_close_matches(str(name), MEASURES, 1)
            hint = f" (did you mean {near[0]!r}?)" if near else ""
            raise ValueError(f"the measure {name!r} is unknown{hint}; there are {', '.join(MEASURES)}")
        if names.count(name) > 1:
            raise ValueError(f"the measure {name!r} is named twice; name each once")
    return [MEASURES[name] for name in names]


def counted(names: Iterable[str]) -> frozenset[str]:
    """Return what a model must hold more of for these measures, by the names of ``limits``."""
    return frozenset(COUNTED[measure.name] for measure in known(names) if measure.name in COUNTED)


@dataclass(frozen=True, eq=False)
class Form:
    """A measure on a model.

    Parameters
    ----------
    m
        The model.
    measure
        The measure.
    """

    m: Any
    measure: Measure

    @cached_property
    def parts(self) -> list[Any]:
        """The amounts, of which the least counts, as Pyomo expressions."""
        if self.measure.name == "total_cost":
            return [self.m.total_cost.expr]  # a user may have changed a term
        return [_expression(self.m, linear) for linear in self.measure.amounts(self.m)]

    @cached_property
    def per(self) -> Any | None:
        """What the amount is divided by; None: nothing."""
        return None if self.measure.per is None else _expression(self.m, self.measure.per(self.m))

    @cached_property
    def amount(self) -> Any:
        """The amount as one expression; of several, a variable that is at most each of them."""
        if len(self.parts) == 1:
            return self.parts[0]
        name = f"smallest_of_{self.measure.name}"
        if self.m.component(name) is None:
            least = pyo.Var(domain=pyo.Reals, doc=f"At most each amount of {self.measure.name}.")
            setattr(self.m, name, least)
            rows = [least <= part for part in self.parts]
            setattr(self.m, f"{name}_rows", pyo.ConstraintList(rule=rows))
        return self.m.component(name)

    def gaps(self, value: float) -> list[Any]:
        """Return expressions that are not negative where the measure is as good as `value` or better."""
        sign = 1.0 if self.measure.larger else -1.0
        return [sign * (part - (value if self.per is None else value * self.per)) for part in self.parts]

    def value(self) -> float:
        """Return the measure at the values of the model's variables."""
        amount = min(float(pyo.value(part)) for part in self.parts)
        return amount if self.per is None else _quotient(amount, float(pyo.value(self.per)))


NOTHING_DELIVERED = 1e-6
"""Doses, patients or donations up to which nothing counts as delivered."""
NOTHING_MOVED = 1e-6
"""Amount up to which nothing counts as moved where nothing is delivered."""


def _quotient(amount: float, per: float) -> float:
    if per > NOTHING_DELIVERED:
        return amount / per
    return math.inf if amount > NOTHING_MOVED else 0.0


def form_of(m: Any, name: str) -> Form:
    """Return a measure on a model.

    Raises
    ------
    ValueError
        The measure is unknown, means nothing for the instance, or the model was built without it.
    """
    measure = known(name)[0]
    missing = COUNTED.get(name) if COUNTED.get(name) not in {*m.choices.measures, *_limited(m)} else None
    if missing:
        raise ValueError(
            f"the model was built without what a good {name} can need: build it with "
            f"dn.build_model(instance, measures=[{name!r}])"
        )
    if name.startswith("smallest_group_count") and _is_unlimited(m):
        raise ValueError(
            f"{name} has no largest value: every donor group has a pool without a registry, and first-stage sites "
            "without a capacity take their donations; fill in one of the two"
        )
    form = Form(m, measure)
    if not form.parts:
        raise ValueError(f"{name} means nothing for {m.instance.head.name}: it has no {_WANTED[name]}")
    return form


_WANTED = {
    "smallest_group_count": "donor pools",
    "smallest_group_count_by_market": "donor pools for a wanted allogeneic therapy",
    "smallest_group_share": "donor pools",
    "coverage_floor": "patient_groups",
}


def _is_unlimited(m: Any) -> bool:
    """Whether neither registries nor capacities bound the donations of any donor group."""
    pools, facilities = m.instance.table("donor_pools"), m.instance.table("facilities")
    first = {route[0] for route in m.instance.routes.values()}
    endless = pools["registry"].isna().groupby(pools["donor_group"]).any()
    return bool(endless.all() and facilities.loc[facilities["stage"].isin(first), "capacity"].isna().any())


def _limited(m: Any) -> set[str]:
    """Return the measures that a limit names anyway, so that the model holds what they can need."""
    return {limit.measure for limit in m.limits_read} & {"co2", "vein_to_vein_mean"}


class Quotient:
    """A measure that is an amount divided by another, for constraints: ``quotient <= value`` is linear.

    Parameters
    ----------
    amount, per
        Linear Pyomo expressions.
    """

    __hash__ = None  # type: ignore[assignment]

    def __init__(self, amount: Any, per: Any) -> None:
        self.amount, self.per = amount, per

    def __le__(self, value: Any) -> Any:
        return self.amount - value * self.per <= 0.0

    def __ge__(self, value: Any) -> Any:
        return self.amount - value * self.per >= 0.0

    def __call__(self) -> float:
        """Return the value at the values of the variables; 0 where nothing is divided by nothing."""
        return _quotient(float(pyo.value(self.amount)), float(pyo.value(self.per)))


def measure(model: Any, name: str) -> Any:
    """Return a measure of the designs of a model, for constraints and objectives of one's own.

    Parameters
    ----------
    model
        A model of `build_model`; for measures of which a dearer design can be better (CO₂, days, donors) one that was
        built with ``measures=[name]``.
    name
        Name of the measure, for example ``unmet``, ``crossings`` or ``smallest_group_count``.

    Returns
    -------
    expression
        A linear Pyomo expression, or for a measure per dose, patient or donation a `Quotient`, which can be compared
        with a number. Of smallest groups the expression holds for lower bounds and for maximising only.

    Raises
    ------
    ValueError
        The measure is unknown, means nothing for the instance, or the model was built without it.

    Examples
    --------
    >>> model = dn.build_model(instance)
    >>> model.few_crossings = pyo.Constraint(expr=dn.measure(model, "crossings") <= 0.5)
    """
    form = form_of(model, name)
    return form.amount if form.per is None else Quotient(form.amount, form.per)


def _expression(m: Any, linear: Linear) -> Any:
    """Return a Pyomo expression, with a variable even where nothing can be varied: Pyomo refuses constant rows."""
    variables = columns_of(m)
    columns, values = linear.columns.tolist(), linear.values.tolist()
    if not columns and len(variables):
        columns, values = [0], [0.0]
    return LinearExpression(
        constant=linear.constant, linear_coefs=values, linear_vars=[variables[column] for column in columns]
    )
