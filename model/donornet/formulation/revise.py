"""A built model brought up to date with a changed instance: only what the change can reach is written anew."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from pyomo.common.gc_manager import PauseGC

from donornet.admissible import AdmissibleNetwork
from donornet.admissible.nodes import PLACE
from donornet.admissible.reprice import repriced, with_instance
from donornet.formulation import activities, capacity, design, diversity, donors, gates, limits, material, objective
from donornet.formulation.bounds import Bounds
from donornet.formulation.columns import RestructuredError
from donornet.formulation.effects import Part, changed_columns, parts_of
from donornet.formulation.model import FAMILIES, demanded
from donornet.formulation.objective import TERMS, revise_objective
from donornet.formulation.rows import Rows
from donornet.formulation.sets import Frame, Sets, demand_by_period, facility_periods
from donornet.formulation.surplus import Surplus
from donornet.formulation.variables import revise_variables
from donornet.instance import Instance
from donornet.instance.plain_text import plain_text

Write = Callable[[Any], Rows | None]

TIES = frozenset({design.stay_open, design.keep_steps, design.keep_licences})
"""Families that `Choices.decide_once` looks at."""
GATES = frozenset({
    gates.open_before_use, gates.release_before_use, gates.open_before_loop, gates.open_before_surplus,
    gates.licence_before_use, gates.licence_before_loop, gates.licence_before_surplus,
})  # fmt: skip
SHARES = frozenset({
    diversity.min_count, diversity.min_share, diversity.max_share, diversity.min_effective_groups,
})  # fmt: skip
FAMILIES_OF: dict[Part, frozenset[Write]] = {
    Part.DEMAND: GATES | {
        material.meet_demand, material.meet_demand_at_delivery, material.meet_demand_at_entry,
    },
    Part.WAITING: TIES,
    Part.CAPACITY: GATES | {capacity.capacity, capacity.min_load},
    Part.WORK: GATES | {capacity.capacity, capacity.min_load, capacity.therapy_capacity},
    Part.STATUS: GATES | TIES | {design.stay_closed, limits.limits},
    Part.DONORS: GATES | SHARES | {donors.registry, donors.donor_supply},
    Part.DIVERSITY: GATES | SHARES,
    Part.LIMITS: GATES | {limits.limits},
    Part.LANES: frozenset({capacity.lane_capacity}),
}  # fmt: skip
"""Constraint families that each part can reach; see `_families` for limits."""
PRICED = frozenset({
    objective.donation, objective.testing, objective.operations, objective.bridging, objective.transport,
    objective.holding,
})  # fmt: skip
"""Terms of flows, which only prices and the discount reach."""
BLOCKS_OF: dict[Part, tuple[str, ...]] = {
    Part.COSTS: ("Open", "Step", "Licence", "Recruit", "Registry", "Unmet"),
    Part.PRICES: ("Donate", "Test", "Ship", "Stock", "Loop"),
    Part.DEMAND: ("Unmet",),
    Part.CAPACITY: ("Open", "Step"),
    Part.STATUS: ("Open", "Step", "Licence"),
    Part.DONORS: ("Recruit", "Registry"),
}
"""Variables whose data or bounds each part can reach."""
LASTING = frozenset({
    activities.open_facilities, activities.recruits, activities.donations, activities.unmet, activities.doses,
    activities.handoffs, activities.crossings, activities.km, activities.co2, activities.loop_days, activities.patients,
})  # fmt: skip
"""Activities that depend on nothing but the variables."""
MEASURES_OF: dict[Part, frozenset[str]] = {
    Part.COSTS: frozenset({"total_cost", "investment"}),
    Part.PRICES: frozenset({"total_cost"}),
    Part.DEMAND: frozenset({"unmet_share", "handoffs", "crossings", "km", "co2", "doses"}),
}
"""Measures whose limits each part can reach."""


@dataclass(frozen=True)
class Revision:
    """What a change of the instance came to.

    Attributes
    ----------
    changed
        Columns of the instance that differ, ``table.column``.
    redone
        Families, terms and variables of the model that were written anew; ``network`` and ``model`` where these were.
    """

    changed: tuple[str, ...] = ()
    redone: tuple[str, ...] = ()

    @property
    def rebuilt(self) -> bool:
        """Whether the model was built anew."""
        return "model" in self.redone


@plain_text
def revise_model(m: Any, instance: Instance) -> Revision:
    """Bring a model up to date with another instance, so that it says the same as a model built of it.

    Parameters
    ----------
    m
        A model from `build_model`. What a user has added stays, and so does what a user has changed by hand.
    instance
        A valid instance.

    Raises
    ------
    RestructuredError
        The change gives the model other variables or families: it has to be built anew. The model stays as it was; the
        error holds the admissible network if that can be kept.
    """
    changed = changed_columns(m.instance, instance)
    parts = parts_of(m.instance, instance, changed)
    names = tuple(f"{table or 'instance'}.{column}" for table, column in changed)
    if Part.NETWORK in parts:
        raise RestructuredError(names)
    network = (repriced if parts & (Part.PRICES | Part.WORK) else with_instance)(m.network, instance)
    if Part.MODEL in parts:
        raise RestructuredError(names, network)
    before = m.network
    with PauseGC():
        try:
            return Revision(names, tuple(_revise(m, network, parts)))
        except RestructuredError:
            _revise(m, before, parts)
            raise RestructuredError(names, network) from None


def untie(m: Any) -> None:
    """Let the decisions of every period be taken by themselves from now on; see `Choices`."""
    if m.choices.decide_once:
        m.choices = replace(m.choices, decide_once=False)
        _write(m, TIES)


def _revise(m: Any, network: AdmissibleNetwork, parts: Part) -> list[str]:
    """Bring the parts up to date, what others look at first; return what was written anew."""
    discounted = m.instance.head.discount_rate != network.instance.head.discount_rate
    m.instance, m.network = network.instance, network
    m.name = network.instance.head.name
    m.sets = _revised_sets(m.sets, network, parts)
    blocks = [name for part, names in BLOCKS_OF.items() if part in parts for name in names]
    revise_variables(m, dict.fromkeys(blocks))
    if Part.WORK in parts:
        m.tables.pop("loads", None)
    if Part.STATUS in parts:
        m.gate_rows = {}  # other facilities are a decision
    if Part.DONORS in parts:
        gates.forget_supply(m)
    m.bounds = Bounds(m)
    m.surplus = Surplus(m)  # it looks at the bounds
    m.activities = {activity: rows for activity, rows in m.activities.items() if activity in LASTING}
    recount = parts & (Part.DONORS | Part.DIVERSITY)
    if recount:
        m.requirements = demanded(m)
    if Part.LIMITS in parts:
        m.limits_read = limits.read_limits(m)
    material.revise_surplus(m)
    if recount or Part.LIMITS in parts:
        diversity.revise_diversity_variables(m)
    redone = list(dict.fromkeys(blocks))
    flows, others = discounted or Part.PRICES in parts, bool(parts & (Part.COSTS | Part.STATUS))
    if flows or others:
        redone += revise_objective(m, [term for term in TERMS if (flows if term in PRICED else others)])
    m.standing = _standing(m, parts)
    redone += _write(m, _families(m, parts))
    m.standing = frozenset()
    if recount:
        m.del_component(m.diversity_cuts)
        diversity.diversity_cuts(m).doc = inspect.getdoc(diversity.diversity_cuts)
        redone.append("diversity_cuts")
    return redone


def _families(m: Any, parts: Part) -> frozenset[Write]:
    found = frozenset[Write]().union(*(families for part, families in FAMILIES_OF.items() if part in parts))
    reached = [limit for limit in m.limits_read if limit.measure in _reached(parts)]
    found |= {limits.limits} if reached else set()
    found |= GATES if any(limit.sense == "min" for limit in reached) else set()
    return found if m.choices.decide_once or Part.STATUS in parts else found - TIES


def _standing(m: Any, parts: Part) -> frozenset[str]:
    """Return the measures whose limits cannot have changed."""
    if parts & (Part.LIMITS | Part.STATUS):
        return frozenset()
    return frozenset(limit.measure for limit in m.limits_read) - _reached(parts)


def _reached(parts: Part) -> frozenset[str]:
    return frozenset[str]().union(*(measures for part, measures in MEASURES_OF.items() if part in parts))


def _write(m: Any, families: Iterable[Write]) -> list[str]:
    """Write families anew, in the order of the model."""
    names = []
    chosen = set(families)
    for family in FAMILIES:
        if family not in chosen:
            continue
        name = family.__name__
        rows, there = family(m), m.component(name)
        if (rows is None) != (there is None):
            raise RestructuredError(name)
        if rows is not None:
            there.revise(rows)
            names.append(name)
    return names


def _revised_sets(sets: Sets, network: AdmissibleNetwork, parts: Part) -> Sets:
    instance = network.instance
    revised = replace(sets, instance=instance, network=network)
    if parts & (Part.COSTS | Part.CAPACITY | Part.STATUS):
        revised = replace(revised, facilities=facility_periods(instance))
    if Part.DEMAND in parts:
        demand = demand_by_period(instance)
        keys = ["therapy", "centre", "t"]
        if len(demand) != len(sets.demand) or not np.array_equal(demand[keys].to_numpy(), sets.demand[keys].to_numpy()):
            raise RestructuredError("demand")
        revised = replace(revised, demand=demand)
    return _repriced_sets(revised) if Part.PRICES in parts else revised


def _repriced_sets(sets: Sets) -> Sets:
    """Return sets whose rows cost what operations, panels and donations cost now."""
    work = sets.network.operations.set_index(PLACE)
    costs = work["unit_cost"]
    donated = sets.instance.table("donor_pools").set_index("pool")["donation_cost"]
    panels = sets.instance.table("panels").set_index("panel")["unit_cost"]
    donations, tests, ships, stock = sets.donations, sets.tests, sets.ships, sets.stock
    if len(donations):
        own = donations["pool"].map(donated).to_numpy()
        donations = donations.assign(operation_cost=_at(costs, donations, "stage", "site"), donation_cost=own)
    if len(tests):
        labs = tests.assign(stage="testing")
        panel_cost = tests["panel"].map(panels).fillna(0.0).to_numpy()
        tests = tests.assign(operation_cost=_at(costs, labs, "stage", "lab"), panel_cost=panel_cost)
    if len(ships):
        ships = ships.assign(operation_cost=_at(costs, ships, "to_stage", "to"))
    if len(stock):
        stock = stock.assign(holding_cost_per_year=_at(work["holding_cost_per_year"], stock, "stage", "site"))
    return replace(
        sets,
        nodes=sets.nodes.assign(operation_cost=_at(costs, sets.nodes, "stage", "site")),
        donations=donations, tests=tests, ships=ships, stock=stock, loops=_repriced_loops(sets),
    )  # fmt: skip


def _at(values: pd.Series, rows: Frame, stage: str, site: str) -> np.ndarray:
    """Return the values of the facilities that rows name."""
    known, names = values.to_dict(), (rows[column].tolist() for column in ("therapy", stage, site))
    return np.array([known[key] for key in zip(*names, strict=True)], dtype=float)


def _repriced_loops(sets: Sets) -> Frame:
    loops = sets.loops
    if loops.empty:
        return loops
    costs = np.empty(len(loops))
    for key, rows in loops.groupby(["therapy", "market"]).indices.items():
        costs[rows] = sets.network.loops[key].rows["operation_cost"][loops["row"].to_numpy(dtype=int)[rows]]
    return loops.assign(operation_cost=costs)
