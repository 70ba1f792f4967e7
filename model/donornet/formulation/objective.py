"""The objective: discounted cost, every term a named expression.

A flow's cost counts in the period in which the flow starts; yearly costs count pro rata while they run.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
import pyomo.environ as pyo

from donornet.formulation.sets import Frame
from donornet.formulation.sums import Sum
from donornet.formulation.variables import block, opened

Term: TypeAlias = Frame
"""One row per contribution: column (-1: a constant), value (discounted), t (position of the period of the money)."""


def opening(m: Any) -> Term:
    r"""Pay for opening potential facilities.

    $$\sum_{f \text{ potential}} opening_f \sum_t \delta_t (Open_{ft} - Open_{f,t-1})$$
    """
    return _changes(m, _initially(m, "potential"), "opening_cost")


def closing(m: Any) -> Term:
    r"""Pay for closing existing facilities.

    $$\sum_{f \text{ existing}} closing_f \sum_t \delta_t (Open_{f,t-1} - Open_{ft})$$
    """
    rows = _initially(m, "existing")
    rows = rows[rows["t"] >= rows["first"]]
    change = _changes(m, rows, "closing_cost")
    before = rows[rows["t"] == rows["first"]]
    constant = _term(-1, before["closing_cost"] * m.instance.discount[before["t"]], before["t"])
    return _together([change.assign(value=-change["value"]), constant])


def steps(m: Any) -> Term:
    r"""Pay for capacity steps.

    $$\sum_{f,n} opening_{fn} \sum_t \delta_t (Step_{fnt} - Step_{fn,t-1})$$
    """
    steps = block(m, "Step")
    return NO_COST if steps is None else _changes(m, steps, "opening_cost")


def licences(m: Any) -> Term:
    r"""Pay the fees of licences.

    $$\sum_w opening_w \sum_t \delta_t (Licence_{wt} - Licence_{w,t-1})$$
    """
    obtained = block(m, "Licence")
    return NO_COST if obtained is None else _changes(m, obtained, "opening_cost")


def fixed(m: Any) -> Term:
    r"""Pay for facilities, steps and licences while they are open or held.

    $$\sum_t \delta_t \Delta \left( \sum_f fixed_f Open_{ft} + \sum_{f,n} fixed_{fn} Step_{fnt}
    + \sum_w fixed_w Licence_{wt} \right)$$


    For a licence that is held already, Open stands for Licence.
    """
    held = m.instance.table("licences")
    held = held.loc[held["status"] == "held", ["site", "stage", "fixed_cost_per_year", "available_from"]]
    rows = held.merge(opened(m).drop(columns="fixed_cost_per_year"), on=["site", "stage"])
    rows = rows[~(rows["available_from"] > rows["period"])]
    yearly = rows["fixed_cost_per_year"] * m.instance.years * m.instance.discount[rows["t"]]
    return _together(
        [*(_running(m, name) for name in ("Open", "Step", "Licence")), _term(rows["column"], yearly, rows["t"])]
    )


def recruitment(m: Any) -> Term:
    r"""Pay for recruiting donors.

    $$\sum_{b,t} \delta_t \cdot recruitment_b Recruit_{bt}$$
    """
    return _flow(m, "Recruit", {"recruitment_cost": 1.0})


def donation(m: Any) -> Term:
    r"""Pay for donations.

    $$\sum \delta_t \cdot donation_b Donate_{kbcJt}$$
    """
    return _flow(m, "Donate", {"donation_cost": 1.0})


def testing(m: Any) -> Term:
    r"""Pay for tests.

    $$\sum \delta_t (operation_{kl} + panel_\pi) Test_{kc\rho l\pi Jt}$$
    """
    return _flow(m, "Test", {"operation_cost": 1.0, "panel_cost": 1.0})


def operations(m: Any) -> Term:
    r"""Pay for the operations of the stages.

    $$\sum \delta_t \left( operation_{kc} Donate_{kbcJt} + operation_{ka} Ship_{kaJt}
    + operation_\lambda Loop_{\lambda t} \right)$$
    """
    cost = {"operation_cost": 1.0}
    return _together([_flow(m, name, cost) for name in ("Donate", "Ship", "Loop")])


def bridging(m: Any) -> Term:
    r"""Pay for bridging where a market asks for it.

    $$\sum \delta_t \left( bridging_{bcJ} Donate_{kbcJt} + bridging_{lJ} Test_{kc\rho l\pi Jt}
    + bridging_{aJ} Ship_{kaJt} + bridging_\lambda Loop_{\lambda t} \right)$$
    """
    donors = _flow(m, "Donate", {"bridging_cost": 1.0, "stage_bridging": 1.0})
    return _together([donors, *(_flow(m, name, {"bridging_cost": 1.0}) for name in ("Test", "Ship", "Loop"))])


def transport(m: Any) -> Term:
    r"""Pay for the legs of donors, samples, material, doses and patients.

    $$\sum \delta_t \left( lane_{bc} Donate_{kbcJt} + lane_{cl} Test_{kc\rho l\pi Jt} + lane_a Ship_{kaJt}
    + lane_{fmr} Deliver_{kfmrt} + lane_\lambda Loop_{\lambda t} \right)$$
    """
    lanes = [_flow(m, name, {"unit_cost": 1.0}) for name in ("Donate", "Test", "Ship", "Deliver")]
    return _together([*lanes, _flow(m, "Loop", {"transport_cost": 1.0})])


def holding(m: Any) -> Term:
    r"""Pay for holding doses in stock.

    $$\sum \delta_t \Delta \cdot holding_{kf} Stock_{kfJt}$$
    """
    return _flow(m, "Stock", {"holding_cost_per_year": m.instance.years})


def unmet_penalty(m: Any) -> Term:
    r"""Pay for demand that is not served.

    $$\sum \delta_t \cdot penalty_{krt} \cdot Unmet_{krt}$$
    """
    return _flow(m, "Unmet", {"unmet_penalty": 1.0})


def shortfall_penalty(m: Any) -> Term:
    r"""Pay for requirements and limits that are missed.

    $$\sum_i \delta_{first(i)} \cdot penalty_i \cdot Shortfall_i$$
    """
    return _flow(m, "Shortfall", {"penalty": 1.0})


TERMS: tuple[Callable[[Any], Term], ...] = (
    opening, closing, steps, licences, fixed, recruitment, donation, testing, operations, bridging, transport, holding,
    unmet_penalty, shortfall_penalty,
)  # fmt: skip
"""Every term of the objective, in the order of reports."""


def add_objective(m: Any) -> None:
    """Add one expression ``<term>_cost`` per term and the objective ``total_cost``, their sum."""
    for term in TERMS:
        costs = m.costs[term.__name__]
        amounts = Sum(costs["column"].to_numpy(), costs["value"].to_numpy(), inspect.getdoc(term) or "")
        setattr(m, name_of(term), amounts)
    m.total_cost = pyo.Objective(
        expr=sum(m.component(name_of(term)) for term in TERMS), sense=pyo.minimize, doc="Discounted cost [currency]."
    )
    m.own_total = m.total_cost.expr


def revise_objective(m: Any, terms: Collection[Callable[[Any], Term]] = TERMS) -> list[str]:
    """Work terms out anew and return the names of those that are others now.

    An expression that a user has put in the place of a term stays.
    """
    changed = []
    for term in terms:
        before, now = m.costs[term.__name__], term(m)
        if len(before) == len(now) and all(np.array_equal(before[name], now[name]) for name in now):
            continue
        m.costs[term.__name__] = now
        name = name_of(term)
        changed.append(name)
        amounts = m.component(name)
        if isinstance(amounts, Sum):
            amounts.revise(now["column"].to_numpy(), now["value"].to_numpy())
    return changed


def is_unchanged(m: Any, objective: Any) -> bool:
    """Whether an objective of the model is the sum of its terms as they were written, so that `own_costs` holds."""
    return (
        objective is m.component("total_cost")
        and objective.expr is getattr(m, "own_total", None)
        and all(isinstance(amounts, Sum) and amounts.is_own for amounts in map(m.component, map(name_of, TERMS)))
    )


def own_costs(m: Any, width: int) -> tuple[np.ndarray, float]:
    """Return the objective as coefficients, shape (width,), and a constant."""
    cost, constants = np.zeros(width), [np.empty(0)]
    for term in m.costs.values():
        column, value = term["column"].to_numpy(), term["value"].to_numpy()
        varies = column >= 0
        np.add.at(cost, column[varies], value[varies])
        constants.append(value[~varies])
    return cost, float(np.concatenate(constants).sum())


def name_of(term: Callable[[Any], Term]) -> str:
    """Return what the model calls a term."""
    return term.__name__ if term.__name__.endswith("penalty") else f"{term.__name__}_cost"


def _term(column: Any, value: Any, t: Any) -> Term:
    value = np.asarray(value, dtype=float)
    column, t = (np.broadcast_to(np.asarray(numbers, dtype=np.int32), value.shape) for numbers in (column, t))
    return Frame({"column": column, "value": value, "t": t})


NO_COST: Term = _term([], [], [])


def _together(parts: list[Term]) -> Term:
    filled = [part for part in parts if len(part)]
    return pd.concat(filled) if len(filled) > 1 else [*filled, NO_COST][0]


def _flow(m: Any, name: str, costs: dict[str, float]) -> Term:
    """Return Σ factor · cost column of a block, discounted by the period of the variable."""
    rows = block(m, name)
    if rows is None:
        return NO_COST
    value = sum(rows[cost].to_numpy(dtype=float) * factor for cost, factor in costs.items())
    return _term(
        rows["column"].to_numpy(), value * m.instance.discount[rows["t"].to_numpy(dtype=int)], rows["t"].to_numpy()
    )


def _changes(m: Any, rows: Frame, cost: str) -> Term:
    """Return Σ_t δ_t cost (x_t - x_{t-1}): in every period the cost of what is new in it."""
    discount = m.instance.discount
    t = rows["t"].to_numpy(dtype=int)
    now = _term(rows["column"].to_numpy(), rows[cost].to_numpy() * discount[t], t)
    later = t + 1 < len(discount)
    then = _term(rows["column"].to_numpy()[later], -rows[cost].to_numpy()[later] * discount[t[later] + 1], t[later] + 1)
    return _together([now, then])


def _initially(m: Any, initial: str) -> Frame:
    rows = opened(m)
    return rows[rows["initial"] == initial]


def _running(m: Any, name: str) -> Term:
    return _flow(m, name, {"fixed_cost_per_year": m.instance.years})
