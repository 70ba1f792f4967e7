"""Capacity of facilities, therapies and lanes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from donornet.formulation.flows import entries, kept, lane_uses, slot_days
from donornet.formulation.rows import Family, Rows
from donornet.formulation.sets import Frame
from donornet.formulation.variables import block, opened

FACILITY = ["site", "stage", "period"]


@kept
def loads(m: Any) -> Frame:
    """Return the capacity each variable uses: column, site, stage, t, load per unit of it [units or slot-days]."""
    instance = m.instance
    facilities = instance.table("facilities")[["site", "stage", "capacity_unit"]]
    work = m.network.operations[["therapy", "stage", "site", "load", "occupancy_days"]]
    uses = entries(m).merge(facilities, on=["site", "stage"]).merge(work, on=["therapy", "stage", "site"])
    per_unit = uses[uses["capacity_unit"] == "units_per_year"]
    per_unit = per_unit.assign(load=per_unit["load"] * per_unit["units"])
    held = uses[uses["capacity_unit"] == "slots"]
    held = slot_days(held, held["occupancy_days"].to_numpy(dtype=float), instance.days, len(instance.periods))
    columns = ["column", "site", "stage", "t", "load"]
    return pd.concat([per_unit[columns], held[columns]], ignore_index=True)


def supply_factor(m: Any, rows: Frame) -> np.ndarray:
    """Return what one unit of capacity supplies in a period: the period's share of a year, or its days for slots."""
    slots = (rows["capacity_unit"] == "slots").to_numpy()
    return np.asarray(np.where(slots, m.instance.days, m.instance.years))


def capacity(m: Any) -> Rows | None:
    r"""Fit loads into the base capacity and the steps held.

    $$load_{ft} \le \Delta_f \left( cap_f Open_{ft} + \sum_n cap_{fn} Step_{fnt} \right)
    \qquad \forall f,t \text{ with a capacity}$$
    """
    rows = m.sets.facilities
    family = _loaded(m, rows[rows["capacity"].notna()], "supply")
    return family.at_most(0.0) if family is not None else None


def min_load(m: Any) -> Rows | None:
    r"""Use at least a share of the capacity while a facility is open.

    $$load_{ft} \ge minload_f \cdot \Delta_f \left( cap_f Open_{ft} + \sum_n cap_{fn} Step_{fnt} \right)
    \qquad \forall f,t \text{ with a least load}$$
    """
    rows = m.sets.facilities
    family = _loaded(m, rows[rows["min_load"] > 0], "least")
    return family.at_least(0.0) if family is not None else None


def _loaded(m: Any, rows: Frame, share: str) -> Family | None:
    if rows.empty:
        return None
    factor = rows.assign(supply=supply_factor(m, rows))
    factor = factor.assign(least=factor["supply"] * factor["min_load"])
    used = _in_period(m, loads(m))
    bases = opened(m).drop(columns=["capacity"]).merge(factor[[*FACILITY, "capacity", share]], on=FACILITY)
    family = Family(rows[FACILITY], FACILITY).plus(used, "load")
    family.minus(bases.assign(size=bases["capacity"] * bases[share]), "size")
    steps = block(m, "Step")
    if steps is not None:
        steps = steps.merge(factor[[*FACILITY, share]], on=FACILITY)
        family.minus(steps.assign(size=steps["capacity"] * steps[share]), "size")
    return family


def therapy_capacity(m: Any) -> Rows | None:
    r"""Limit the units of one therapy that enter a facility.

    $$\sum_{J} units_{kfJt} \le maxunits_{kf} \cdot \Delta \qquad \forall k,f,t \text{ with such a limit}$$
    """
    rows = m.network.operations
    rows = rows[rows["max_units_per_year"].notna()]
    if rows.empty:
        return None
    keys = ["therapy", "stage", "site", "period"]
    entered = _in_period(m, entries(m))
    rows = rows.merge(entered[keys].drop_duplicates(), on=keys[:3])
    rows = rows.assign(most=rows["max_units_per_year"] * m.instance.years)
    return Family(rows, keys).plus(entered, "units").at_most("most")


def lane_capacity(m: Any) -> Rows | None:
    r"""Limit the units that use a listed lane, all therapies and legs together.

    $$\sum_{x \ni i} units_x \cdot x_t \le maxunits_i \cdot \Delta \qquad \forall i \text{ lane with such a limit},t$$
    """
    lanes = m.instance.table("lanes")
    lanes = lanes.assign(lane_row=np.arange(len(lanes)), most=lanes["max_units_per_year"] * m.instance.years)
    lanes = lanes[lanes["most"].notna()]
    uses = _in_period(m, lane_uses(m)) if len(lanes) else Frame()
    if lanes.empty or uses.empty:
        return None
    rows = lanes.merge(uses[["lane_row", "period"]].drop_duplicates(), on="lane_row")
    family = Family(rows, ["from", "to", "mode", "therapy", "period"])
    return family.plus(uses, "units", on=["lane_row", "period"]).at_most("most")


def _in_period(m: Any, rows: Frame) -> Frame:
    return rows.assign(period=np.asarray(m.instance.periods)[rows["t"].to_numpy(dtype=int)])
