"""What stands where and when: facilities, capacity steps and licences over the periods of the horizon."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from donornet.evaluation.violation import Floats
from donornet.instance.instance import Instance


@dataclass(frozen=True, eq=False)
class Design:
    """Facilities, steps and licences as the design has them, and what follows from that.

    Parameters
    ----------
    facilities
        One row per facility and period: site, stage, jurisdiction, period, status, initial, may (whether opens_from has
        come), stated (``open`` as the design says), open, steps, before (open a period before), steps_before, opened,
        closed, capacity (of the period; NaN: unlimited) [units or slot-days], unit, min_load, and the undiscounted
        amounts opening_cost, closing_cost, step_cost, fixed_cost of the period [currency].
    licences
        One row per licence and period: site, stage, market, status, period, may, stated, held (usable), before, opened,
        opening_cost, fixed_cost [currency].
    """

    facilities: pd.DataFrame
    licences: pd.DataFrame

    def is_open(self) -> pd.Series:
        """Return ``open`` by (site, stage, period)."""
        return self.facilities.set_index(["site", "stage", "period"])["open"]


def design_of(instance: Instance, tables: Mapping[str, pd.DataFrame]) -> Design:
    """Return the design that the decision tables describe; a facility without a row is not open."""
    facilities = _facilities(instance, tables["facilities"])
    return Design(facilities, _licences(instance, tables["licences"], facilities))


def _by_period(instance: Instance, rows: pd.DataFrame) -> pd.DataFrame:
    """Repeat each row for every period."""
    return rows.merge(pd.DataFrame({"period": np.array(instance.periods, dtype=np.int64)}), how="cross")


def _before(values: Floats, periods: int, start: Floats) -> Floats:
    """Return each value of the period before, `start` in the first one; rows are facility by facility."""
    shaped = values.reshape(-1, periods)
    shifted = np.concatenate([start.reshape(-1, periods)[:, :1], shaped[:, :-1]], axis=1)
    return shifted.reshape(-1)


def _facilities(instance: Instance, stated: pd.DataFrame) -> pd.DataFrame:
    count, first = len(instance.periods), instance.periods[0]
    sites = instance.table("sites")[["site", "jurisdiction"]]
    rows = _by_period(instance, instance.table("facilities").merge(sites, on="site", how="left"))
    rows = rows.merge(stated, on=["site", "stage", "period"], how="left")
    rows["stated"], rows["steps_stated"] = rows["open"].fillna(0.0), rows["steps"].fillna(0.0)
    rows["open"], rows["steps"] = rows["stated"].round(), rows["steps_stated"].round()
    from_period = rows["opens_from"].fillna(first).clip(lower=first)
    rows["may"] = (rows["period"] >= from_period) & (rows["status"] != "closed")
    existing = (rows["initial"] == "existing").to_numpy(dtype=float)
    before = _before(rows["open"].to_numpy(dtype=float), count, existing)
    rows["before"] = np.where(rows["period"] <= from_period, existing, before)
    rows["steps_before"] = _before(rows["steps"].to_numpy(dtype=float), count, np.zeros(len(rows)))
    rows["opened"] = ((existing == 0) & (rows["open"] > rows["before"])).astype(float)
    candidate = (rows["status"] == "candidate") & rows["may"]
    rows["closed"] = ((existing == 1) & candidate & (rows["open"] < rows["before"])).astype(float)
    rows["opening_cost"] *= rows["opened"]
    rows["closing_cost"] *= rows["closed"]
    slots = rows["capacity_unit"] == "slots"
    scale = np.where(slots, instance.days, instance.years)
    rows["unit"] = np.where(slots, "slot-days", "units")
    steps = _ladders(instance, rows)
    rows["capacity"] = (rows["capacity"] * rows["open"] + steps["added"]) * scale
    rows["step_cost"] = steps["bought"]
    rows["fixed_cost"] = (rows["fixed_cost_per_year"] * rows["open"] + steps["yearly"]) * instance.years
    columns = [
        "site", "stage", "jurisdiction", "period", "status", "initial", "may", "stated", "steps_stated", "open",
        "steps",
        "before", "steps_before", "opened", "closed", "capacity", "unit", "min_load", "opening_cost", "closing_cost",
        "step_cost", "fixed_cost",
    ]  # fmt: skip
    return rows[columns].assign(ladder=steps["ladder"])


def _ladders(instance: Instance, rows: pd.DataFrame) -> pd.DataFrame:
    """Return for each facility and period what its steps add, what they cost when bought and what they cost a year."""
    answer = pd.DataFrame(0.0, index=rows.index, columns=["added", "bought", "yearly", "ladder"])
    if not instance.has("capacity_steps"):
        return answer
    ladders = instance.table("capacity_steps").sort_values("step").groupby(["site", "stage"], sort=False)
    at = rows.groupby(["site", "stage"], sort=False).indices
    for key, ladder in ladders:
        positions = at.get(key)
        if positions is None:
            continue
        held = rows["steps"].to_numpy(dtype=float)[positions]
        before = rows["steps_before"].to_numpy(dtype=float)[positions]
        for number, step in enumerate(ladder.itertuples(index=False), start=1):
            has = held >= number
            answer.loc[answer.index[positions], "added"] += has * step.capacity
            answer.loc[answer.index[positions], "yearly"] += has * step.fixed_cost_per_year
            answer.loc[answer.index[positions], "bought"] += (has & (before < number)) * step.opening_cost
        answer.loc[answer.index[positions], "ladder"] = float(len(ladder))
    return answer


def _licences(instance: Instance, stated: pd.DataFrame, facilities: pd.DataFrame) -> pd.DataFrame:
    count, first = len(instance.periods), instance.periods[0]
    rows = _by_period(instance, instance.table("licences"))
    rows = rows.merge(stated, on=["site", "stage", "market", "period"], how="left", suffixes=("", "_stated"))
    rows = rows.merge(facilities[["site", "stage", "period", "open"]], on=["site", "stage", "period"], how="left")
    rows["open"] = rows["open"].fillna(0.0)
    rows["may"] = rows["period"] >= rows["available_from"].fillna(first)
    rows["stated"] = rows["held"].fillna(0.0)
    obtainable = rows["status"] == "obtainable"
    rows["held"] = np.where(obtainable, rows["stated"].round(), (rows["may"] & (rows["open"] > 0)).astype(float))
    rows["before"] = _before(rows["held"].to_numpy(dtype=float), count, np.zeros(len(rows)))
    rows["opened"] = (obtainable & (rows["held"] > rows["before"])).astype(float)
    rows["opening_cost"] *= rows["opened"]
    rows["fixed_cost"] = rows["fixed_cost_per_year"] * rows["held"] * instance.years
    columns = [
        "site", "stage", "market", "status", "period", "may", "stated", "open", "held", "before", "opened",
        "opening_cost",
        "fixed_cost",
    ]  # fmt: skip
    return rows[columns]
