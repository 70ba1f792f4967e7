"""The decision variables, each over exactly the indices that can be non-zero."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import numpy as np
import pyomo.environ as pyo

from donornet.formulation.columns import Columns, RestructuredError
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
    "Surplus": ("therapy", "centre", "period"),
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
    "Surplus": "Doses of loops beyond demand, where they can pay [doses].",
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
    "Surplus": r"Surplus_{krt} \ge 0",
    "Shortfall": r"Shortfall_i \ge 0",
    "GroupWeight": r"w_{ig} \ge 0",
}
"""Each variable in the letters of the equations, with its bounds."""


class Block(NamedTuple):
    """What there is to say about the variables of one name: indices with their data, upper bounds, domains."""

    frame: Frame
    upper: np.ndarray | float = np.inf
    domain: Any = pyo.NonNegativeReals


def add_variables(m: Any, sets: Sets) -> None:
    """Add every variable that the instance needs to the model; families without an index are left out."""
    for name, specify in BLOCKS.items():
        block = specify(sets)
        if len(block.frame) or name == "Open":
            add_variable(m, name, block.frame, upper=block.upper, domain=block.domain)
    _force_open(m)


def revise_variables(m: Any, names: Iterable[str]) -> None:
    """Give the variables of some names the data that `m.sets` holds now.

    Raises
    ------
    RestructuredError
        There are other variables now, or other whole ones.
    """
    for name in names:
        block, columns = BLOCKS[name](m.sets), m.component(name)
        if columns is None and block.frame.empty:
            continue
        if columns is None:
            raise RestructuredError(name)
        columns.revise(block.frame, block.upper)
        if name == "Open":
            _force_open(m)


def _open(sets: Sets) -> Block:
    """Describe Open: 0 before the facility may be open."""
    can_open = sets.facilities["t"] >= sets.facilities["first"]
    return Block(sets.facilities, can_open.to_numpy(float), pyo.Binary)


def _recruit(sets: Sets) -> Block:
    rows = recruiting_pools(sets.instance)
    return Block(rows, (rows["recruits_per_year"] * sets.instance.years).to_numpy(float))


def _unmet(sets: Sets) -> Block:
    rows = sets.demand[sets.demand["unmet_penalty"].notna()]
    return Block(rows, ((1.0 - rows["min_service"]) * rows["doses"]).to_numpy(float))


def _flows(name: str) -> Callable[[Sets], Block]:
    def flows(sets: Sets) -> Block:
        frame = getattr(sets, name)
        therapies = sets.instance.table("therapies")
        whole = set(therapies.loc[therapies["indivisible"] == "yes", "therapy"])
        return Block(frame, domain=_domains(frame, whole))

    return flows


BLOCKS: dict[str, Callable[[Sets], Block]] = {
    "Open": _open,
    "Step": lambda sets: Block(steps(sets.instance, sets.facilities), 1.0, pyo.Binary),
    "Licence": lambda sets: Block(licences(sets.instance, sets.facilities), 1.0, pyo.Binary),
    "Recruit": _recruit,
    "Registry": lambda sets: Block(recruiting_pools(sets.instance)),
    "Donate": _flows("donations"),
    "Test": _flows("tests"),
    "Ship": _flows("ships"),
    "Stock": lambda sets: Block(sets.stock),
    "Deliver": _flows("deliveries"),
    "Loop": _flows("loops"),
    "Unmet": _unmet,
}
"""How the index sets make each variable; Surplus, Shortfall and GroupWeight follow from requirements and limits."""


def add_variable(
    m: Any, name: str, frame: Frame, *, upper: np.ndarray | float = np.inf, domain: Any = pyo.NonNegativeReals
) -> None:
    """Add a variable over the rows of `frame` and give it the next column numbers."""
    columns = Columns(frame, INDEX[name], upper=upper, domain=domain, doc=INDEX_DOC[name])
    columns.start = m.width
    m.width += len(columns.frame)
    setattr(m, name, columns)


def revise_variable(m: Any, name: str, frame: Frame) -> None:
    """Give a variable that requirements, limits or least loads call for the data that these hold now.

    Raises
    ------
    RestructuredError
        Other indices need the variable.
    """
    columns = m.component(name)
    if (columns is None) != frame.empty:
        raise RestructuredError(name)
    if columns is not None:
        columns.revise(frame)


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


def _force_open(m: Any) -> None:
    """Fix Open to 1 where the status is open, and to nothing where it was and is no more."""
    rows = m.Open.frame
    forced = (rows["t"] >= rows["first"]) & (rows["status"] == "open")
    before = getattr(m, "forced_open", np.zeros(len(rows), dtype=bool))
    for variable, force, was in zip(m.Open.values(), forced, before, strict=True):
        if force and not was:
            variable.fix(1.0, skip_validation=True)
        elif was and not force:
            variable.unfix()
    m.forced_open = forced.to_numpy()


def steps(instance: Instance, facilities: Frame) -> Frame:
    """Return every step and period: the step's columns, t, period, and the facility's first period."""
    rows = instance.table("capacity_steps")
    rows = rows[["site", "stage", "step", "capacity", "opening_cost", "fixed_cost_per_year"]].astype({"step": int})
    return rows.merge(facilities[["site", "stage", "t", "period", "first"]], on=["site", "stage"])


def licences(instance: Instance, facilities: Frame) -> Frame:
    """Return every obtainable licence and period: the licence's columns, t, period, and the facility's first period."""
    rows = instance.table("licences")
    columns = ["site", "stage", "market", "opening_cost", "fixed_cost_per_year", "available_from"]
    rows = rows.loc[rows["status"] == "obtainable", columns]
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
