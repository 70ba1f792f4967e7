"""Material: release after testing, balance between stages, production, stock, demand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from donornet.formulation.flows import departures, releases
from donornet.formulation.rows import Family, Rows
from donornet.formulation.sets import Frame
from donornet.formulation.variables import add_variable, block, revise_variable

STATE = ["therapy", "market", "stage", "site", "state", "period"]
PLACE = ["therapy", "market", "site", "period"]


def release(m: Any) -> Rows | None:
    r"""Release from the first stage what has been donated and has passed its test; surplus is discarded.

    $$\sum_{a \in \delta^+(c,q)} Ship_{kaJt} \le \sum_{(\rho,l,\pi) \to q} \gamma_c \cdot pass_{k\rho J}
    \cdot Test_{kc\rho l\pi Jt} \qquad \forall k \text{ tested},J,c,q,t$$

    $$\sum_{a \in \delta^+(c,q)} Ship_{kaJt} \le \sum_{b \to q} \gamma_c \cdot Donate_{kbcJt}
    \qquad \forall k \text{ untested},J,c,q,t$$
    """
    return _balance(m, first=True)


def flow_balance(m: Any) -> Rows | None:
    r"""Send on from a later stage what has entered it; surplus is discarded.

    $$\sum_{a \in \delta^+(v)} Ship_{kaJt} \le \sum_{a \in \delta^-(v)} \gamma_a \cdot Ship_{kaJ,t-lag_a}
    \qquad \forall k,J,v,t$$
    """
    return _balance(m, first=False)


def deliver_production(m: Any) -> Rows | None:
    r"""Deliver doses in the period of their production where they are not stored.

    $$\sum_{m,r} Deliver_{kfmrt} \le Produced_{kfJt} \qquad \forall k,J,f,t \text{ without shelf life}$$
    """
    family = _last_stage(m, stored=False)
    return family.at_most(0.0) if family is not None else None


def stock(m: Any) -> Rows | None:
    r"""Let finished doses wait, be delivered, or be discarded.

    $$Stock_{kfJt} + \sum_{m,r} Deliver_{kfmrt} \le Stock_{kfJ,t-1} + Produced_{kfJt}
    \qquad \forall k,J,f,t \text{ with shelf life}$$
    """
    stored = block(m, "Stock")
    family = _last_stage(m, stored=True)
    if stored is None or family is None:
        return None
    return family.plus(stored).minus(stored.assign(period=stored["period"] + 1)).at_most(0.0)


def stock_age(m: Any) -> Rows | None:
    r"""Keep doses in stock no longer than their shelf life of $L_k$ periods.

    $$Stock_{kfJt} \le \sum_{s=t-L_k+1}^{t} Produced_{kfJs} \qquad \forall k,J,f,t \text{ with shelf life}$$
    """
    stored = block(m, "Stock")
    if stored is None:
        return None
    produced = _produced(m).merge(
        stored[["therapy", "market", "site", "shelf"]].drop_duplicates(), on=["therapy", "market", "site"]
    )
    repeats = produced["shelf"].to_numpy(dtype=int).clip(max=len(m.instance.periods))
    row = np.repeat(np.arange(len(produced)), repeats)
    wait = np.arange(len(row)) - np.repeat(np.cumsum(repeats) - repeats, repeats)
    young = produced.iloc[row]
    young = young.assign(period=young["period"] + wait)
    return Family(stored, PLACE).plus(stored).minus(young, "units").at_most(0.0)


def meet_demand(m: Any) -> Rows | None:
    r"""Meet the allogeneic demand of a centre with doses that arrive.

    $$\sum_{f,m} Deliver_{kfmr,t-lag_{fmr}} + Unmet_{krt} = doses_{krt} \qquad \forall k \in K^L,r,t$$
    """
    demand = m.sets.demand
    rows = demand[demand["modality"] == "allogeneic"]
    return _demand(m, rows, _arriving(m)).equal("doses") if len(rows) else None


def meet_demand_at_delivery(m: Any) -> Rows | None:
    r"""Meet autologous demand with doses that arrive; surplus is discarded, and counted where it can pay.

    $$\sum_{\lambda \in \Lambda_{kr}} \gamma_\lambda Loop_{\lambda,t-lag_\lambda} + Unmet_{krt} \ge doses_{krt}
    \qquad \forall k \in K^A,r,t \text{ at delivery}$$

    $$\sum_{\lambda \in \Lambda_{kr}} \gamma_\lambda Loop_{\lambda,t-lag_\lambda} + Unmet_{krt}
    = doses_{krt} + Surplus_{krt} \qquad \forall k \in K^A,r,t \text{ at delivery, where surplus can pay}$$
    """
    demand = m.sets.demand
    rows = demand[(demand["modality"] == "autologous") & (demand["demand_at"] == "delivery")]
    if rows.empty:
        return None
    surplus = block(m, "Surplus")
    if surplus is None:
        return _demand(m, rows, _looped(m, at_entry=False)).at_least("doses")
    rows = rows.assign(most=rows["doses"].where(rows["therapy"].map(m.surplus.of_material).astype(bool), np.inf))
    return _demand(m, rows, _looped(m, at_entry=False)).minus(surplus).between("doses", "most")


def meet_demand_at_entry(m: Any) -> Rows | None:
    r"""Meet autologous demand with patients who enter.

    $$\sum_{\lambda \in \Lambda_{kr}} Loop_{\lambda t} + Unmet_{krt} = doses_{krt}
    \qquad \forall k \in K^A,r,t \text{ at entry}$$
    """
    demand = m.sets.demand
    rows = demand[(demand["modality"] == "autologous") & (demand["demand_at"] == "entry")]
    return _demand(m, rows, _looped(m, at_entry=True)).equal("doses") if len(rows) else None


def add_surplus(m: Any) -> None:
    """Add Surplus for the loops of therapies where doses beyond demand can pay."""
    frame = _surplus(m)
    if len(frame):
        add_variable(m, "Surplus", frame)


def revise_surplus(m: Any) -> None:
    """Give Surplus the data of the demand, limits and least loads that the model holds now.

    Raises
    ------
    RestructuredError
        Surplus can pay elsewhere now.
    """
    revise_variable(m, "Surplus", _surplus(m))


def _surplus(m: Any) -> Frame:
    """Return the autologous demand at delivery of therapies where surplus can pay."""
    demand = m.sets.demand
    loops = (demand["modality"] == "autologous") & (demand["demand_at"] == "delivery")
    return demand[loops & demand["therapy"].map(m.surplus.of_material).astype(bool)]


def _with_period(rows: Frame, m: Any) -> Frame:
    return rows.assign(period=np.asarray(m.instance.periods)[rows["t"].to_numpy(dtype=int)])


def _last_stages(m: Any) -> Frame:
    return Frame(
        [(therapy, route[0], route[-1]) for therapy, route in m.instance.routes.items()],
        columns=["therapy", "first", "last"],
    )


def _balance(m: Any, *, first: bool) -> Rows | None:
    left = departures(m).merge(_last_stages(m), on="therapy")
    left = _with_period(left[(left["stage"] != left["last"]) & ((left["stage"] == left["first"]) == first)], m)
    if left.empty:
        return None
    family = Family(left[STATE].drop_duplicates(), STATE).plus(left)
    return family.minus(_with_period(releases(m), m), "units").at_most(0.0)


def _produced(m: Any) -> Frame:
    """Return what each variable produces at the last stage: column, therapy, market, site, period, units [doses]."""
    done = releases(m).merge(_last_stages(m), on="therapy")
    return _with_period(done[done["stage"] == done["last"]], m)


def _last_stage(m: Any, *, stored: bool) -> Family | None:
    """Return deliveries minus production at the last stages with (without) stock."""
    deliveries = block(m, "Deliver")
    if deliveries is None:
        return None
    deliveries = deliveries.rename(columns={"from": "site"})
    places = m.sets.stock[["therapy", "market", "site"]].drop_duplicates()
    holds = pd.MultiIndex.from_frame(deliveries[["therapy", "market", "site"]]).isin(pd.MultiIndex.from_frame(places))
    rows = m.sets.stock if stored else deliveries[~holds]
    if rows.empty:
        return None
    return Family(rows[PLACE].drop_duplicates(), PLACE).plus(deliveries).minus(_produced(m), "units")


def _arriving(m: Any) -> Frame | None:
    deliveries = block(m, "Deliver")
    return None if deliveries is None else deliveries.assign(t=deliveries["arrival"], units=1.0)


def _looped(m: Any, *, at_entry: bool) -> Frame | None:
    loops = block(m, "Loop")
    if loops is None:
        return None
    loops = loops[loops["at_entry"] == at_entry]
    return loops.assign(units=1.0) if at_entry else loops.assign(t=loops["arrival"], units=loops["gain"])


def _demand(m: Any, rows: Frame, served: Frame | None) -> Family:
    family = Family(rows, ["therapy", "centre", "period"])
    if served is not None:
        family.plus(served, "units", on=["therapy", "centre", "t"])
    unmet = block(m, "Unmet")
    return family.plus(unmet) if unmet is not None else family
