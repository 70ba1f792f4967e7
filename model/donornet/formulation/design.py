"""Design: the life cycle of facilities, capacity steps and licences."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from donornet.formulation.rows import Family, Rows
from donornet.formulation.sets import Frame
from donornet.formulation.variables import block, opened

BOUND_IN_TIME = frozenset({"open_facilities"})
"""Limits that tell one period from another even where they name none."""


def waiting_is_useless(m: Any, rows: Frame) -> np.ndarray:
    """Return which decisions (Open, Step or Licence) may as well be taken as early as they can be.

    Where money is not discounted, nothing is paid while a decision holds, no least load comes with it and no limit
    looks at single periods, taking it earlier costs nothing and forbids nothing. Then one optimal design takes it in
    the first period or never, and one decision stands for all periods.
    """
    if rows.empty:
        return np.zeros(0, dtype=bool)
    instance = m.instance
    limits = instance.table("limits")
    timed = limits["measure"].isin(BOUND_IN_TIME) | (
        limits["measure"].isin(["openings", "investment", "total_cost"]) & (limits["period"] != "")
    )
    if timed.any():
        return np.zeros(len(rows), dtype=bool)
    facilities = instance.table("facilities").set_index(["site", "stage"])
    licences = instance.table("licences")
    licences = licences[(licences["status"] == "held") & (licences["fixed_cost_per_year"] > 0)]
    paid = pd.MultiIndex.from_frame(licences[["site", "stage"]])
    undiscounted = instance.head.discount_rate <= 0
    unpaid = (facilities["fixed_cost_per_year"] == 0) & ((facilities["opening_cost"] == 0) | undiscounted)
    opens_freely = unpaid & (facilities["min_load"] == 0) & ~facilities.index.isin(paid)
    there = (facilities["initial"] == "existing") | (facilities["status"] == "open") | opens_freely
    home = pd.MultiIndex.from_frame(rows[["site", "stage"]])
    own = (rows["fixed_cost_per_year"] == 0) & ((rows["opening_cost"] == 0) | undiscounted)
    return np.asarray(own.to_numpy() & (there & (facilities["min_load"] == 0)).reindex(home).to_numpy(dtype=bool))


def stay_open(m: Any) -> Rows | None:
    r"""Keep potential facilities open once they have opened.

    $$Open_{f,t-1} \le Open_{ft} \qquad \forall f \text{ potential}, t$$
    """
    return _never_less(m, "Open")


def stay_closed(m: Any) -> Rows | None:
    r"""Keep existing facilities closed once they have closed.

    $$Open_{ft} \le Open_{f,t-1} \qquad \forall f \text{ existing}, t$$
    """
    rows = opened(m)
    later = rows[(rows["initial"] == "existing") & (rows["status"] == "candidate") & (rows["t"] > rows["first"])]
    family = Family(later, ["site", "stage", "period"])
    return family.plus(later).minus(_before(opened(m))).at_most(0.0)


def steps_in_order(m: Any) -> Rows | None:
    r"""Take capacity steps in order.

    $$Step_{f,n+1,t} \le Step_{fnt} \qquad \forall f,n,t$$
    """
    steps = block(m, "Step")
    if steps is None:
        return None
    family = Family(steps[steps["step"] > 1], ["site", "stage", "step", "period"])
    return family.plus(steps).minus(steps.assign(step=steps["step"] + 1)).at_most(0.0)


def open_before_steps(m: Any) -> Rows | None:
    r"""Take capacity steps at open facilities only.

    $$Step_{f1t} \le Open_{ft} \qquad \forall f,t$$
    """
    steps = block(m, "Step")
    if steps is None:
        return None
    family = Family(steps[steps["step"] == 1], ["site", "stage", "period"])
    return family.plus(steps[steps["step"] == 1]).minus(opened(m)).at_most(0.0)


def keep_steps(m: Any) -> Rows | None:
    r"""Never give up a capacity step.

    $$Step_{fn,t-1} \le Step_{fnt} \qquad \forall f,n,t$$
    """
    return _never_less(m, "Step")


def open_before_licence(m: Any) -> Rows | None:
    r"""Hold licences at open facilities only.

    $$Licence_{wt} \le Open_{f(w),t} \qquad \forall w,t$$
    """
    licences = block(m, "Licence")
    if licences is None:
        return None
    family = Family(licences, ["site", "stage", "market", "period"])
    return family.plus(licences).minus(opened(m), on=["site", "stage", "period"]).at_most(0.0)


def keep_licences(m: Any) -> Rows | None:
    r"""Never give up a licence.

    $$Licence_{w,t-1} \le Licence_{wt} \qquad \forall w,t$$
    """
    return _never_less(m, "Licence")


def _before(rows: Frame) -> Frame:
    """Return variables under the index of the period after theirs."""
    return rows.assign(t=rows["t"] + 1, period=rows["period"] + 1)


def _never_less(m: Any, name: str) -> Rows | None:
    rows = block(m, name)
    if rows is None:
        return None
    index = list(m.component(name).index_names)
    before = _before(rows)
    later = rows.merge(before[index], on=index)
    if name == "Open":
        later = later[(later["initial"] == "potential") & (later["status"] == "candidate")]
    at_once = np.zeros(len(later), dtype=bool)
    if m.choices.decide_once:
        at_once = waiting_is_useless(m, later) & (later["t"] > later["first"]).to_numpy()
    family = Family(later.assign(least=np.where(at_once, 0.0, -np.inf)), index)
    return family.plus(before).minus(rows).between("least", 0.0)
