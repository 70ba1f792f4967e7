"""Constraints on the use of facilities, lanes and licences."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from donornet.evaluation.capacity import FACILITY
from donornet.evaluation.frames import attach, sums
from donornet.evaluation.ledger import Ledger
from donornet.evaluation.violation import Violation, exceeds, place, records


def capacity_violations(ledger: Ledger, use: pd.DataFrame) -> Iterator[Violation]:
    """Yield what is used beyond capacity, below its minimum, or without being open or licensed.

    `use` is the use of each facility in each period.
    """
    yield from _capacity(ledger, use)
    yield from _open_before_use(ledger)
    yield from _operations(ledger)
    yield from _lanes(ledger)
    yield from _licences(ledger)


def _capacity(ledger: Ledger, use: pd.DataFrame) -> Iterator[Violation]:
    rows = ledger.design.facilities.merge(use, on=FACILITY, how="left").fillna({"use": 0.0})
    for row in records(rows, rows["capacity"].notna() & exceeds(rows["use"], rows["capacity"].fillna(np.inf))):
        message = f"{place(row, *FACILITY)}: use {row['use']:g} exceeds capacity {row['capacity']:g} {row['unit']}"
        yield Violation("capacity", message, row["use"] - row["capacity"])
    least = (rows["min_load"] * rows["capacity"]).fillna(0.0)
    for row in records(rows.assign(least=least), (rows["open"] > 0) & exceeds(least, rows["use"])):
        message = f"{place(row, *FACILITY)}: use {row['use']:g} is below min_load, {row['least']:g} {row['unit']}"
        yield Violation("min-load", message, row["least"] - row["use"])


def _entering(ledger: Ledger) -> pd.DataFrame:
    """Return the entries of the horizon, their period being that of the entry."""
    entries = ledger.entries[ledger.within(ledger.entries["entry"])]
    return entries.assign(period=entries["entry"])


def _open_before_use(ledger: Ledger) -> Iterator[Violation]:
    rows = sums(_entering(ledger), FACILITY, "units")
    if rows.empty:
        return
    rows = rows.assign(scale=rows.groupby(["stage", "period"])["units"].transform("max"))
    rows = rows.merge(ledger.design.facilities[[*FACILITY, "open"]], on=FACILITY)
    for row in records(rows, (rows["open"] == 0) & exceeds(rows["units"], 0.0, rows["scale"])):
        message = f"{place(row, *FACILITY)}: {row['units']:g} units enter a facility that is not open"
        yield Violation("open-before-use", message, row["units"])


def _operations(ledger: Ledger) -> Iterator[Violation]:
    """max_units_per_year of an operation bounds its therapy's units entering the facility."""
    keys = [*FACILITY, "therapy", "most"]
    entries = _entering(ledger)
    bounded = np.isfinite(entries["most"])
    if not bounded.any():
        return
    rows = sums(entries[bounded], keys, "units")
    most = rows["most"].astype(float) * ledger.instance.years
    for row in records(rows.assign(most=most), exceeds(rows["units"], most)):
        where = place(row, *FACILITY, "therapy")
        message = f"{where}: {row['units']:g} units enter, max_units_per_year allows {row['most']:g}"
        yield Violation("operation-limit", message, row["units"] - row["most"])


def _lanes(ledger: Ledger) -> Iterator[Violation]:
    """max_units_per_year of a listed lane bounds all units of all therapies and legs that use the row."""
    table = ledger.instance.table("lanes")
    limited = table[table["max_units_per_year"].notna()]["max_units_per_year"]
    if limited.empty:
        return
    legs = ledger.legs[ledger.legs["row"].isin(limited.index)]
    rows = sums(legs.assign(row=legs["row"].astype(np.int64)), ["from", "to", "mode", "row", "period"], "units")
    rows["most"] = rows["row"].map(limited).astype(float) * ledger.instance.years
    for row in records(rows, exceeds(rows["units"], rows["most"])):
        where = place(row, "from", "to", "mode", "period")
        message = f"{where}: {row['units']:g} units travel, max_units_per_year allows {row['most']:g}"
        yield Violation("lane-limit", message, row["units"] - row["most"])


def _licences(ledger: Ledger) -> Iterator[Violation]:
    """Where the verdict is licence, units of that market enter only with a licence for site, stage and market."""
    keys = [*FACILITY, "market"]
    entries = _entering(ledger)
    rows = sums(entries[entries["verdict"] == "licence"], keys, "units")
    if rows.empty:
        return
    licences = ledger.design.licences
    held = set(licences[licences["held"] > 0][keys].itertuples(index=False, name=None))
    rows = attach(rows, keys, lambda *key: (key in held,), ["held"])
    rows = rows.assign(scale=rows.groupby(["stage", "period"])["units"].transform("max"))
    for row in records(rows, ~rows["held"].astype(bool) & exceeds(rows["units"], 0.0, rows["scale"])):
        message = f"{place(row, *keys)}: {row['units']:g} units enter under verdict licence, and no licence is held"
        yield Violation("licence-before-use", message, row["units"])
