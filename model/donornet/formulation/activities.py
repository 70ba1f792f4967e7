"""Measures that `limits` bound, as tables of what each variable contributes, with everything a filter can ask for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from donornet.formulation.sets import Frame
from donornet.formulation.variables import block, opened

ACTIVITY = ["column", "value", "constant", "stage", "site", "therapy", "jurisdiction", "market", "t"]
"""Columns of an activity; a row without a variable has column -1 and a constant."""
FILTERS = ("stage", "site", "therapy", "jurisdiction", "market")


def open_facilities(m: Any) -> Frame:
    """Facilities open in the period."""
    return _shape(block(m, "Open"), value=1.0)


def openings(m: Any) -> Frame:
    """Potential facilities that open in the period."""
    return _changes(_potential(m), 1.0)


def investment(m: Any) -> Frame:
    """Money for openings, steps and licences in the period, undiscounted [currency]."""
    facilities = opened(m)[["site", "stage", "period", "jurisdiction"]]
    parts = [_changes(_potential(m), "opening_cost")]
    for name in ("Step", "Licence"):
        rows = block(m, name)
        if rows is not None:
            rows = rows.drop(columns="jurisdiction", errors="ignore").merge(facilities, on=["site", "stage", "period"])
            parts.append(_changes(rows, "opening_cost"))
    return pd.concat(parts, ignore_index=True)


def recruits(m: Any) -> Frame:
    """Donors recruited."""
    return _shape(block(m, "Recruit"), value=1.0)


def donations(m: Any) -> Frame:
    """Donations."""
    return _shape(block(m, "Donate"), value=1.0)


def unmet(m: Any) -> Frame:
    """Demand not served [doses], by the period of demand."""
    rows = block(m, "Unmet")
    return _shape(None if rows is None else _centre_place(rows), value=1.0)


def demand(m: Any) -> Frame:
    """Demand [doses]: constants."""
    rows = _centre_place(m.sets.demand)
    return _shape(rows.assign(column=-1), value=0.0, constant="doses")


def doses(m: Any) -> Frame:
    """Doses that leave the last stage's site for a centre, by the period of arrival."""
    parts = [_shape(_delivered(m), value="units")]
    loops = block(m, "Loop")
    if loops is not None:
        loops = loops[loops["arrival"] < len(m.instance.periods)]
        last = loops["sites"].str.rsplit(">", n=1).str[-1]
        stage = loops["therapy"].map({k: route[-1] for k, route in m.instance.routes.items()})
        rows = loops.assign(site=last, stage=stage, jurisdiction=last.map(_homes(m)), t=loops["arrival"])
        parts.append(_shape(rows, value="gain"))
    return pd.concat(parts, ignore_index=True)


def doses_served(m: Any) -> Frame:
    """Doses delivered by centre: demand less unmet; what arrives within the horizon where demand counts at entry."""
    served = m.sets.demand
    at_delivery = _centre_place(served[served["demand_at"] == "delivery"])
    parts = [_shape(at_delivery.assign(column=-1), value=0.0, constant="doses")]
    missing = block(m, "Unmet")
    if missing is not None:
        missing = missing[missing["demand_at"] == "delivery"]
        parts.append(_shape(_centre_place(missing), value=-1.0))
    loops = block(m, "Loop")
    if loops is not None:
        loops = loops[loops["at_entry"] & (loops["arrival"] < len(m.instance.periods))]
        parts.append(_shape(_centre_place(loops.assign(t=loops["arrival"])), value="gain"))
    return pd.concat(parts, ignore_index=True)


def handoffs(m: Any) -> Frame:
    """Units moved between sites of different organisations."""
    return _legs(
        m, "handoffs", lambda ends: ends["from_organisation"] != ends["to_organisation"], donors=False, doses=False
    )


def crossings(m: Any) -> Frame:
    """Units moved between jurisdictions."""
    return _legs(m, "crossings", lambda ends: ends["from_home"] != ends["to_home"])


def km(m: Any) -> Frame:
    """Kilometres of the units moved."""
    return _legs(m, "km", lambda ends: ends["km"])


def co2(m: Any) -> Frame:
    """Emissions between stages [kg]."""
    return _legs(m, "co2", lambda ends: ends["co2"], donors=False, doses=False)


def loop_days(m: Any) -> Frame:
    """Vein-to-vein days of the patients who enter."""
    return _shape(block(m, "Loop"), value="time")


def patients(m: Any) -> Frame:
    """Patients who enter a loop."""
    return _shape(block(m, "Loop"), value=1.0)


def _shape(rows: Frame | None, *, value: str | float, constant: str | float = 0.0) -> Frame:
    if rows is None or rows.empty:
        return Frame(columns=ACTIVITY)
    amounts = rows[value] if isinstance(value, str) else value
    constants = rows[constant] if isinstance(constant, str) else constant
    missing = dict.fromkeys([name for name in FILTERS if name not in rows], "")
    return rows.assign(value=amounts, constant=constants, **missing)[ACTIVITY]


def _potential(m: Any) -> Frame:
    rows = opened(m)
    return rows[rows["initial"] == "potential"]


def _changes(rows: Frame, value: str | float) -> Frame:
    """Return Σ value · (x_t - x_{t-1}) as contributions: +value in t, -value in the next period."""
    now = _shape(rows, value=value)
    index = ["site", "stage", *(name for name in ("step", "market") if name in rows)]
    following = rows.assign(t=rows["t"] + 1).merge(rows[[*index, "t"]], on=[*index, "t"])
    then = _shape(following, value=value)
    return pd.concat([now, then.assign(value=-then["value"])], ignore_index=True)


def _homes(m: Any) -> pd.Series:
    return m.instance.table("sites").set_index("site")["jurisdiction"]


def _centre_place(rows: Frame) -> Frame:
    """Name the centre as the place, and its market as the jurisdiction, of what is (not) served."""
    return rows.assign(site=rows["centre"], jurisdiction=rows["market"], stage="")


def _delivered(m: Any) -> Frame | None:
    rows = block(m, "Deliver")
    if rows is None:
        return None
    return rows.assign(site=rows["from"], jurisdiction=rows["from"].map(_homes(m)), t=rows["arrival"], units=1.0)


def _legs(m: Any, loop_value: str, phi: Callable[[Frame], Any], *, donors: bool = True, doses: bool = True) -> Frame:
    """Return φ · units moved over donor, material and dose legs, by the period in which the flow starts."""
    sites = m.instance.table("sites").set_index("site")
    pools = m.instance.table("donor_pools").set_index("pool")["jurisdiction"]
    home, organisation = sites["jurisdiction"], sites["organisation"]
    parts = []
    material = block(m, "Ship")
    if material is not None:
        ends = material.assign(
            from_home=material["from"].map(home), to_home=material["to"].map(home),
            from_organisation=material["from"].map(organisation), to_organisation=material["to"].map(organisation),
        )  # fmt: skip
        parts.append(_shape(ends.assign(phi=np.asarray(phi(ends), dtype=float)), value="phi"))
    given = block(m, "Donate") if donors else None
    if given is not None:
        ends = given.assign(from_home=given["pool"].map(pools), to_home=given["site"].map(home))
        parts.append(_shape(ends.assign(phi=np.asarray(phi(ends), dtype=float)), value="phi"))
    delivered = block(m, "Deliver") if doses else None
    if delivered is not None:
        ends = delivered.assign(from_home=delivered["from"].map(home), to_home=delivered["market"])
        parts.append(_shape(ends.assign(phi=np.asarray(phi(ends), dtype=float)), value="phi"))
    parts.append(_shape(block(m, "Loop"), value=loop_value))
    return pd.concat(parts, ignore_index=True)
