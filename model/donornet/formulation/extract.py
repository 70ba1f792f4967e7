"""Between variable values and plain tables: the design out of a solved model, a start into a new one."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from donornet.formulation.keys import keys_of
from donornet.formulation.sets import Frame
from donornet.formulation.variables import block, opened, registered
from donornet.instance.plain_text import handed_out
from donornet.solution import SOLUTION_COLUMNS, Solution

ZERO = 1e-9
"""Flows below this are solver noise and left out."""

AMOUNTS = {
    "Donate": ("donations", "donations"),
    "Test": ("tests", "tests"),
    "Ship": ("flows", "units"),
    "Stock": ("stock", "doses"),
    "Deliver": ("deliveries", "doses"),
    "Loop": ("loops", "patients"),
}
"""Decision table and amount column of each flow variable."""


def extract(m: Any, values: np.ndarray) -> Solution:
    """Return the design that the values of a model's variables mean.

    Parameters
    ----------
    m
        A model from `build_model`.
    values
        Value of every variable, by column number of `Columns` (the order of `Matrix.variables`).
    """
    tables = {
        "facilities": _facilities(m, values),
        "licences": _licences(m, values),
        "donors": _donors(m, values),
        "unmet": _unmet(m, values),
    }
    for name, (table, amount) in AMOUNTS.items():
        rows = block(m, name)
        if rows is None:
            continue
        rows = rows.assign(**{amount: values[rows["column"]]})
        rows = rows[rows[amount] > ZERO]
        if name == "Deliver":
            rows = rows.assign(from_state="0")
        tables[table] = rows[list(SOLUTION_COLUMNS[table])].reset_index(drop=True)
    return Solution(handed_out(Solution(tables).tables))


def start_values(m: Any, solution: Solution) -> np.ndarray:
    """Return the design decisions of another solution as values of the model's variables; NaN where it says nothing."""
    values = np.full(m.width, np.nan)
    known = solution["facilities"].set_index(["site", "stage", "period"])
    _assign(values, block(m, "Open"), known["open"], ["site", "stage", "period"])
    steps = block(m, "Step")
    if steps is not None:
        places = pd.MultiIndex.from_frame(steps[["site", "stage", "period"]])
        held = pd.Series(known["steps"]).reindex(places).to_numpy(dtype=float)
        values[steps["column"]] = np.where(np.isnan(held), np.nan, steps["step"].to_numpy() <= held)
    licences = solution["licences"].set_index(["site", "stage", "market", "period"])["held"]
    _assign(values, block(m, "Licence"), licences, ["site", "stage", "market", "period"])
    return values


def _assign(values: np.ndarray, rows: Frame | None, known: pd.Series, index: list[str]) -> None:
    if rows is not None and len(known):
        values[rows["column"]] = known.reindex(pd.MultiIndex.from_frame(rows[index])).to_numpy(dtype=float)


def _facilities(m: Any, values: np.ndarray) -> Frame:
    """Return site, stage, period, open, steps for every facility, also those that can never be used."""
    known = opened(m)
    periods = Frame({"period": list(m.instance.periods)})
    rows = m.instance.table("facilities")[["site", "stage"]].merge(periods, how="cross")
    index = ["site", "stage", "period"]
    found = dict(zip(keys_of(known, index), np.round(values[known["column"]]), strict=True))
    ladder = block(m, "Step")
    counts: dict[Any, float] = {}
    if ladder is not None:
        held = ladder.assign(held=np.round(values[ladder["column"]]))
        counts = held.groupby(index)["held"].sum().to_dict()
    keys = keys_of(rows, index)
    return rows.assign(open=[found.get(key, 0.0) for key in keys], steps=[counts.get(key, 0.0) for key in keys])


def _licences(m: Any, values: np.ndarray) -> Frame:
    rows = m.instance.table("licences")
    rows = rows.loc[rows["status"] == "obtainable", ["site", "stage", "market"]]
    rows = rows.merge(Frame({"period": list(m.instance.periods)}), how="cross")
    licences = block(m, "Licence")
    index = ["site", "stage", "market", "period"]
    held: dict[Any, float] = {}
    if licences is not None:
        held = dict(zip(keys_of(licences, index), np.round(values[licences["column"]]), strict=True))
    return rows.assign(held=[held.get(key, 0.0) for key in keys_of(rows, index)])


def _donors(m: Any, values: np.ndarray) -> Frame:
    rows = registered(m.instance)[["pool", "period", "registered"]]
    recruits, registry = block(m, "Recruit"), block(m, "Registry")
    added: dict[Any, float] = {}
    total: dict[Any, float] = {}
    if recruits is not None and registry is not None:
        added = dict(zip(keys_of(recruits, ["pool", "period"]), values[recruits["column"]], strict=True))
        total = dict(zip(keys_of(registry, ["pool", "period"]), values[registry["column"]], strict=True))
    keys = keys_of(rows, ["pool", "period"])
    registered_donors = [total.get(key, still) for key, still in zip(keys, rows["registered"], strict=True)]
    frame = rows[["pool", "period"]].assign(recruits=[added.get(key, 0.0) for key in keys], registry=registered_donors)
    return frame.astype({"recruits": float, "registry": float})


def _unmet(m: Any, values: np.ndarray) -> Frame:
    rows = m.sets.demand[["therapy", "centre", "period"]]
    unmet = block(m, "Unmet")
    missing: dict[Any, float] = {}
    if unmet is not None:
        missing = dict(zip(keys_of(unmet, list(rows.columns)), values[unmet["column"]], strict=True))
    return rows.assign(unmet=[float(missing.get(key, 0.0)) for key in keys_of(rows, list(rows.columns))])
