"""The model: variables, constraints and objective in the order of FORMULATION.md."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pyomo.environ as pyo
from pyomo.common.gc_manager import PauseGC

from donornet.admissible import AdmissibleNetwork, network
from donornet.formulation import capacity, design, diversity, donors, flows, gates, limits, material
from donornet.formulation.bounds import Bounds
from donornet.formulation.objective import TERMS, add_objective
from donornet.formulation.requirements import requirements
from donornet.formulation.rows import Rows
from donornet.formulation.sets import index_sets
from donornet.formulation.surplus import Surplus
from donornet.formulation.variables import add_variables
from donornet.instance import Instance

FAMILIES: tuple[Callable[[Any], Rows | None], ...] = (
    design.stay_open,
    design.stay_closed,
    design.open_before_steps,
    design.steps_in_order,
    design.keep_steps,
    design.open_before_licence,
    design.keep_licences,
    donors.registry,
    donors.donor_supply,
    donors.every_donation_tested,
    material.release,
    material.flow_balance,
    material.deliver_production,
    material.stock,
    material.stock_age,
    material.meet_demand,
    material.meet_demand_at_delivery,
    material.meet_demand_at_entry,
    capacity.capacity,
    capacity.min_load,
    capacity.therapy_capacity,
    capacity.lane_capacity,
    gates.open_before_use,
    gates.release_before_use,
    gates.open_before_loop,
    gates.licence_before_use,
    gates.licence_before_loop,
    diversity.min_count,
    diversity.min_share,
    diversity.max_share,
    diversity.min_effective_groups,
    limits.limits,
)
"""Every constraint family: the table of contents of the model."""


@dataclass(frozen=True)
class Choices:
    """Choices between formulations with the same optimum.

    Parameters
    ----------
    decide_once
        Whether decisions for which waiting is useless are tied over the periods. Shorter solves at many periods; but
        constraints that a user adds about single periods might then forbid more than they say.
    """

    decide_once: bool = False


def build_model(instance: Instance | AdmissibleNetwork, choices: Choices = Choices()) -> Any:
    """Return the mixed-integer program of a valid instance.

    Parameters
    ----------
    instance
        A valid instance, or its admissible network if that has been compiled already.
    choices
        Choices between formulations with the same optimum.

    Returns
    -------
    model
        A ``pyomo.ConcreteModel`` to which variables and constraints may be added before it is solved. Its attributes
        ``instance`` and ``network`` hold what it was built from.
    """
    compiled = instance if isinstance(instance, AdmissibleNetwork) else network(instance)
    with PauseGC():
        return _model(compiled, choices)


def _model(compiled: AdmissibleNetwork, choices: Choices) -> Any:
    m = pyo.ConcreteModel(name=compiled.instance.head.name)
    m.instance, m.network, m.choices, m.width = compiled.instance, compiled, choices, 0
    m.sets = index_sets(compiled)
    add_variables(m, m.sets)
    m.entries, m.releases, m.departures = flows.entries(m), flows.releases(m), flows.departures(m)
    m.loads = capacity.loads(m)
    m.requirements = requirements(m)
    m.limits_read, m.activities = limits.read_limits(m), {}
    m.bounds = Bounds(m)
    m.surplus = Surplus(m)
    diversity.add_diversity_variables(m)
    m.costs = {term.__name__: term(m) for term in TERMS}
    for family in FAMILIES:
        rows = family(m)
        if rows is not None:
            rows.doc = inspect.getdoc(family)
            setattr(m, family.__name__, rows)
    diversity.diversity_cuts(m).doc = inspect.getdoc(diversity.diversity_cuts)
    add_objective(m)
    return m
