"""Use of facilities: units or slot-days by facility and period."""

from __future__ import annotations

import numpy as np
import pandas as pd

from donornet.evaluation.frames import sums
from donornet.evaluation.ledger import Ledger

FACILITY = ["site", "stage", "period"]


def use_of(ledger: Ledger) -> pd.DataFrame:
    """Return the use of each facility in each period: site, stage, period, use [units or slot-days].

    Units count in the period in which they enter; a slot is held from there on for the days of occupancy and counts in
    every period of the horizon pro rata to the overlap.
    """
    entries = ledger.entries[ledger.within(ledger.entries["entry"])]
    units = ledger.design.facilities.drop_duplicates(["site", "stage"])[["site", "stage", "unit"]]
    entries = entries[["site", "stage", "entry", "hold_from", "units", "load", "occupancy"]].merge(
        units, on=["site", "stage"]
    )
    slots = entries["unit"] == "slot-days"
    entries = entries.assign(period=entries["entry"], use=entries["units"] * entries["load"])
    counted = entries[~slots]
    held = sums(entries[slots], ["site", "stage", "entry", "hold_from", "occupancy"], "units")
    parts = [counted[[*FACILITY, "use"]], *_slot_days(ledger, held)]
    return sums(pd.concat(parts, ignore_index=True), FACILITY, "use")


def _slot_days(ledger: Ledger, held: pd.DataFrame) -> list[pd.DataFrame]:
    """Spread the slots held over the periods that they overlap."""
    days, last = ledger.instance.days, ledger.instance.periods[-1]
    start = held["hold_from"].to_numpy(dtype=float)
    end = start + held["occupancy"].to_numpy(dtype=float)
    parts = []
    for later in range(int(np.ceil(end.max() / days)) if len(held) else 0):
        period = held["entry"] + later
        overlap = np.minimum(end, (later + 1) * days) - np.maximum(start, later * days)
        counts = (overlap > 0) & (period <= last).to_numpy(dtype=bool)
        if not counts.any():
            continue
        part = held.assign(period=period, use=held["units"] * overlap)[counts]
        parts.append(sums(part, FACILITY, "use"))
    return parts


def capacity_of(ledger: Ledger, use: pd.DataFrame) -> pd.DataFrame:
    """Return use and capacity of every facility that is open or used.

    Columns site, stage, period, unit, use, capacity (NaN: unlimited) and slack, in units or slot-days of the period.
    """
    facilities = ledger.design.facilities
    rows = facilities.merge(use, on=FACILITY, how="left")
    rows["use"] = rows["use"].fillna(0.0)
    rows["slack"] = rows["capacity"] - rows["use"]
    rows = rows[(rows["open"] > 0) | (rows["use"] > 0)]
    return rows[["site", "stage", "period", "unit", "use", "capacity", "slack"]].reset_index(drop=True)
