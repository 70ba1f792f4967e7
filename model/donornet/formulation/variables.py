"""The decision variables, each over exactly the indices that can be non-zero."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyomo.environ as pyo

from donornet.formulation.rows import Columns
from donornet.formulation.sets import Frame, Sets, over_periods
from donornet.instance import Instance

INDEX: dict[str, tuple[str, ...]] = {
    "Open": ("site", "stage", "period"),
    "Step": ("site", "stage", "step", "period"),
    "Licence": ("site", "stage", "market", "period"),
    "Recruit": ("pool", "period"),
    "Registry": ("pool", "period"),
    "Donate": ("therapy", "pool", "site", "mode", "market", "period"),
    "Test": ("therapy", "site", "donor_class", "lab", "panel", "mode", "market", "period"),
    "Ship": ("therapy", "market", "from_stage", "from", "from_state", "to", "to_state", "mode", "period"),
    "Stock": ("therapy", "market", "site", "period"),
    "Deliver": ("therapy", "from", "mode", "centre", "period"),
    "Loop": ("therapy", "centre", "sites", "modes", "period"),
    "Unmet": ("therapy", "centre", "period"),
    "Shortfall": ("table", "requirement", "therapy", "market", "period", "member"),
    "GroupWeight": ("requirement", "therapy", "market", "period", "member", "group"),
}
"""Index of each variable, in the order of FORMULATION.md."""

INDEX_DOC = {
    "Open": "1 if the facility is open in the period.",
    "Step": "1 if the capacity step is held in the period.",
    "Licence": "1 if the licence is held in the period.",
    "Recruit": "Donors recruited in the period [donors].",
    "Registry": "Donors registered at the end of recruiting in the period [donors].",
    "Donate": "Donations of the pool at the site, documented for the market [donations].",
    "Test": "Samples of the donor class sent to the lab for the panel [tests].",
    "Ship": "Material leaving a state for the next stage in the period [units].",
    "Stock": "Finished doses carried over the end of the period [doses].",
    "Deliver": "Doses leaving the last stage for the centre in the period [doses].",
    "Loop": "Patients who enter the loop in the period [patients].",
    "Unmet": "Demand not served [doses].",
    "Shortfall": "Violation of a requirement or limit that has a penalty [the row's unit].",
    "GroupWeight": "At least the square of a group's donors over all donors [donors].",
}
"""Meaning and unit of each variable."""

SYMBOLS = {
    "Open": r"Open_{ft} \in \lbrace 0, 1 \rbrace",
    "Step": r"Step_{fnt} \in \lbrace 0, 1 \rbrace",
    "Licence": r"Licence_{wt} \in \lbrace 0, 1 \rbrace",
    "Recruit": r"0 \le Recruit_{bt} \le recruits_b \cdot \Delta",
    "Registry": r"Registry_{bt} \ge 0",
    "Donate": r"Donate_{kbcJt} \ge 0",
    "Test": r"Test_{kc\rho l\pi Jt} \ge 0",
    "Ship": r"Ship_{kaJt} \ge 0",
    "Stock": r"Stock_{kfJt} \ge 0",
    "Deliver": r"Deliver_{kfmrt} \ge 0",
    "Loop": r"Loop_{\lambda t} \ge 0",
    "Unmet": r"0 \le Unmet_{krt} \le (1 - service_{krt}) \cdot doses_{krt}",
    "Shortfall": r"Shortfall_i \ge 0",
    "GroupWeight": r"w_{ig} \ge 0",
}
"""Each variable in the letters of the equations, with its bounds."""


def add_variables(m: Any, sets: Sets) -> None:
    """Add every variable that the instance needs to the model; families without an index are left out."""
    instance = sets.instance
    _add_open(m, sets.facilities)
    add_variable(m, "Step", steps(instance, sets.facilities), domain=pyo.Binary, upper=1.0)
    add_variable(m, "Licence", licences(instance, sets.facilities), domain=pyo.Binary, upper=1.0)
    recruiting = recruiting_pools(instance)
    add_variable(m, "Recruit", recruiting, upper=(recruiting["recruits_per_year"] * instance.years).to_numpy(float))
    add_variable(m, "Registry", recruiting)
    whole = set(instance.table("therapies").query("indivisible == 'yes'")["therapy"])
    for name, frame in (("Donate", sets.donations), ("Test", sets.tests), ("Ship", sets.ships)):
        add_variable(m, name, frame, domain=_domains(frame, whole))
    add_variable(m, "Stock", sets.stock)
    add_variable(m, "Deliver", sets.deliveries, domain=_domains(sets.deliveries, whole))
    add_variable(m, "Loop", sets.loops, domain=_domains(sets.loops, whole))
    priced = sets.demand[sets.demand["unmet_penalty"].notna()]
    add_variable(m, "Unmet", priced, upper=((1.0 - priced["min_service"]) * priced["doses"]).to_numpy(float))


def add_variable(
    m: Any, name: str, frame: Frame, *, upper: np.ndarray | float = np.inf, domain: Any = pyo.NonNegativeReals
) -> None:
    """Add a variable over the rows of `frame` and give it the next column numbers; nothing where there is no row."""
    if len(frame):
        _join(m, name, Columns(frame, INDEX[name], upper=upper, domain=domain, doc=INDEX_DOC[name]))


def _join(m: Any, name: str, columns: Columns) -> None:
    columns.start = m.width
    m.width += len(columns.frame)
    setattr(m, name, columns)


def block(m: Any, name: str) -> Frame | None:
    """Return the table of a variable's indices with their ``column``; None if the model does not need the variable."""
    columns = m.component(name)
    return None if columns is None else columns.at()


def opened(m: Any) -> Frame:
    """Return the table of Open, which every model has."""
    return m.Open.at()


def _domains(frame: Frame, whole: set[str]) -> Any:
    if not whole or frame.empty:
        return pyo.NonNegativeReals
    return [pyo.NonNegativeIntegers if therapy in whole else pyo.NonNegativeReals for therapy in frame["therapy"]]


def _add_open(m: Any, facilities: Frame) -> None:
    """Add Open, be there facilities or not: 0 before one may be open, 1 from then on where its status is open."""
    can_open = facilities["t"] >= facilities["first"]
    upper = can_open.to_numpy(float)
    _join(m, "Open", Columns(facilities, INDEX["Open"], upper=upper, domain=pyo.Binary, doc=INDEX_DOC["Open"]))
    forced = can_open & (facilities["status"] == "open")
    for variable, force in zip(m.Open.values(), forced, strict=True):
        if force:
            variable.fix(1.0, skip_validation=True)


def steps(instance: Instance, facilities: Frame) -> Frame:
    """Return every step and period: the step's columns, t, period, and the facility's first period."""
    rows = instance.table("capacity_steps")
    rows = rows[["site", "stage", "step", "capacity", "opening_cost", "fixed_cost_per_year"]].astype({"step": int})
    return rows.merge(facilities[["site", "stage", "t", "period", "first"]], on=["site", "stage"])


def licences(instance: Instance, facilities: Frame) -> Frame:
    """Return every obtainable licence and period: the licence's columns, t, period, and the facility's first period."""
    rows = instance.table("licences").query("status == 'obtainable'")
    rows = rows[["site", "stage", "market", "opening_cost", "fixed_cost_per_year", "available_from"]]
    every = rows.merge(facilities[["site", "stage", "t", "period", "first", "jurisdiction"]], on=["site", "stage"])
    return every[~(every["available_from"] > every["period"])].reset_index(drop=True)


def recruiting_pools(instance: Instance) -> Frame:
    """Return every pool that can recruit and period: the pool's columns, t, period."""
    pools = instance.table("donor_pools")
    pools = pools[pools["registry"].notna() & (pools["recruits_per_year"] > 0)]
    return over_periods(pools.drop(columns=["include", "source", "note"]), instance)


def registered(instance: Instance) -> Frame:
    """Return the donors of the pools with a finite registry if nobody is recruited: pool, t, period, registered."""
    pools = instance.table("donor_pools")
    pools = over_periods(pools[pools["registry"].notna()], instance)
    keep = 1.0 - pools["attrition_per_year"] * instance.years
    return pools.assign(registered=pools["registry"] * keep ** (pools["t"] + 1))
