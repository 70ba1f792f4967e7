"""What each flow variable does to the places it passes: entries into facilities, releases from states, departures."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import numpy as np
import pandas as pd

from donornet.formulation.sets import Frame, Sets
from donornet.formulation.variables import block

Make = Callable[[Any], Frame]

ENTRY_COLUMNS = ["column", "therapy", "market", "stage", "site", "t", "day", "units", "gated", "centre", "kind"]


def kept(make: Make) -> Make:
    """Keep a table in ``m.tables`` from when it is first asked for: it depends on nothing but the variables."""

    @wraps(make)
    def table(m: Any) -> Frame:
        name = make.__name__
        if name not in m.tables:
            m.tables[name] = make(m)
        found: Frame = m.tables[name]
        return found

    return table


@kept
def entries(m: Any) -> Frame:
    """Return every variable with the facility its flow enters.

    Returns
    -------
    entries
        column, therapy, market, stage, site, t (position of the period entered), day (since the start of the horizon),
        units (entering per unit of the variable), gated (whether a licence is needed), centre (loops only), kind (the
        variable's name).
    """
    sets: Sets = m.sets
    parts = []
    donations, tests, ships = block(m, "Donate"), block(m, "Test"), block(m, "Ship")
    if donations is not None:
        parts.append(donations.assign(kind="Donate"))
    if tests is not None:
        parts.append(tests.drop(columns="site").rename(columns={"lab": "site"}).assign(stage="testing", kind="Test"))
    if ships is not None:
        entered = ships.drop(columns="t").rename(columns={"to": "site", "to_stage": "stage", "entry": "t"})
        parts.append(entered.assign(kind="Ship"))
    rows = [part.assign(units=1.0, centre="", day=part["t"] * sets.instance.days) for part in parts]
    if len(sets.loop_stages):
        rows.append(sets.loop_stages.assign(column=m.Loop.start + sets.loop_stages["number"], kind="Loop"))
    if not rows:
        return Frame(columns=ENTRY_COLUMNS)
    return pd.concat([row[ENTRY_COLUMNS] for row in rows], ignore_index=True)


@kept
def releases(m: Any) -> Frame:
    """Return what leaves a stage per unit of each allogeneic variable.

    Returns
    -------
    releases
        column, therapy, market, stage, site, state, t, units.
    """
    parts = []
    donations, tests, ships = block(m, "Donate"), block(m, "Test"), block(m, "Ship")
    columns = ["column", "therapy", "market", "stage", "site", "state", "t", "units"]
    if donations is not None:
        untested = donations[donations["state"] != ""]
        parts.append(untested.assign(units=untested["gain"])[columns])
    if tests is not None and "gain" in tests:
        allogeneic = tests[tests["state"] != ""]
        released = allogeneic["gain"] * allogeneic["pass_rate"]
        parts.append(allogeneic.assign(stage=allogeneic["first_stage"], units=released)[columns])
    if ships is not None:
        names = {"to_stage": "stage", "to": "site", "to_state": "state", "entry": "t"}
        entered = ships.drop(columns="t").rename(columns=names)
        parts.append(entered.assign(units=entered["gain"])[columns])
    return pd.concat(parts, ignore_index=True) if parts else Frame(columns=columns)


@kept
def departures(m: Any) -> Frame:
    """Return the state that each variable leaves.

    Returns
    -------
    departures
        column, therapy, market, stage, site, state (0 at the last stage), t.
    """
    parts = []
    ships, deliveries = block(m, "Ship"), block(m, "Deliver")
    columns = ["column", "therapy", "market", "stage", "site", "state", "t"]
    if ships is not None:
        parts.append(ships.rename(columns={"from_stage": "stage", "from": "site", "from_state": "state"})[columns])
    if deliveries is not None:
        parts.append(deliveries.rename(columns={"from": "site"}).assign(state="0")[columns])
    return pd.concat(parts, ignore_index=True) if parts else Frame(columns=columns)


def lane_uses(m: Any) -> Frame:
    """Return every variable with the listed lanes it uses: column, lane_row, t, units."""
    parts = [
        rows.assign(units=1.0)[["column", "lane_row", "t", "units"]]
        for rows in (block(m, name) for name in ("Donate", "Test", "Ship", "Deliver"))
        if rows is not None
    ]
    legs = m.sets.loop_legs
    if len(legs):
        parts.append(legs.assign(column=m.Loop.start + legs["number"])[["column", "lane_row", "t", "units"]])
    uses = pd.concat(parts, ignore_index=True) if parts else Frame(columns=["column", "lane_row", "t", "units"])
    return uses[uses["lane_row"] >= 0]


def slot_days(uses: Frame, occupancy: np.ndarray, length: float, periods: int) -> Frame:
    """Spread the occupancy of slots over the periods it overlaps.

    Parameters
    ----------
    uses
        Rows with ``day`` (when a unit takes its slot, since the start of the horizon) and ``units``.
    occupancy
        Days each unit holds its slot, shape (rows,).
    length
        Length of a period [days].
    periods
        Number of periods; what falls beyond is not counted.

    Returns
    -------
    spread
        The rows repeated for each period ``t`` they overlap, ``load`` in slot-days.
    """
    start, end = uses["day"].to_numpy(dtype=float), uses["day"].to_numpy(dtype=float) + occupancy
    first = np.floor(start / length + 1e-9).astype(int)
    last = np.minimum(np.ceil(end / length - 1e-9).astype(int) - 1, periods - 1)
    repeats = np.maximum(last - first + 1, 0)
    row = np.repeat(np.arange(len(uses)), repeats)
    offset = np.arange(len(row)) - np.repeat(np.cumsum(repeats) - repeats, repeats)
    t = first[row] + offset
    overlap = np.minimum(end[row], (t + 1) * length) - np.maximum(start[row], t * length)
    spread = uses.iloc[row].reset_index(drop=True)
    return spread.assign(t=t, load=np.clip(overlap, 0.0, None) * spread["units"].to_numpy())
