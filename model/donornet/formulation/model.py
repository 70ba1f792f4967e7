"""The model: variables, constraints and objective in the order of FORMULATION.md."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

import pyomo.environ as pyo
from pyomo.common.gc_manager import PauseGC

from donornet.admissible import AdmissibleNetwork, network
from donornet.formulation import capacity, design, diversity, donors, gates, limits, material
from donornet.formulation.bounds import Bounds
from donornet.formulation.measures import counted
from donornet.formulation.objective import TERMS, add_objective
from donornet.formulation.requirements import Requirement, coverage_floors, requirements
from donornet.formulation.rows import Rows
from donornet.formulation.sets import index_sets
from donornet.formulation.surplus import Surplus
from donornet.formulation.variables import add_variables
from donornet.formulation.ways import Ways
from donornet.instance import Instance
from donornet.instance.plain_text import plain_text

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
    gates.open_before_surplus,
    gates.licence_before_use,
    gates.licence_before_loop,
    gates.licence_before_surplus,
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
    measures
        Measures that the model is going to be judged by; see `build_model`.
    """

    decide_once: bool = False
    measures: frozenset[str] = frozenset()


@plain_text
def build_model(
    instance: Instance | AdmissibleNetwork, choices: Choices = Choices(), *, measures: Iterable[str] = ()
) -> Any:
    """Return the mixed-integer program of a valid instance.

    Parameters
    ----------
    instance
        A valid instance, or its admissible network if that has been compiled already.
    choices
        Choices between formulations with the same optimum.
    measures
        Measures, by name, that an objective or a constraint added later is going to look at (`measure`). What is
        dearer but better in one of them then stays in the model, which otherwise holds what the cheapest design needs.

    Raises
    ------
    ValueError
        A measure is unknown, or a compiled network was made without it.

    Returns
    -------
    model
        A ``pyomo.ConcreteModel`` to which variables and constraints may be added before it is solved. Its attributes
        ``instance`` and ``network`` hold what it was built from.
    """
    measures = counted([*measures, *(choices.measures - {*measures})])
    compiled = instance if isinstance(instance, AdmissibleNetwork) else network(instance, measures)
    choices = replace(choices, measures=measures | compiled.measures)
    if choices.measures - compiled.measures:
        raise ValueError(
            f"the admissible network was compiled without {', '.join(sorted(choices.measures - compiled.measures))}: "
            "compile it with dn.network(instance, measures), or give the instance"
        )
    with PauseGC():
        return _model(compiled, choices)


def _model(compiled: AdmissibleNetwork, choices: Choices) -> Any:
    m = pyo.ConcreteModel(name=compiled.instance.head.name)
    m.instance, m.network, m.choices, m.width = compiled.instance, compiled, choices, 0
    m.sets = index_sets(compiled)
    add_variables(m, m.sets)
    m.tables = {}
    m.requirements = demanded(m)
    m.limits_read, m.activities, m.gate_rows = limits.read_limits(m), {}, {}
    m.standing = frozenset()  # measures whose limits stand as they are written, see `revise`
    m.ways = Ways(m)
    m.bounds = Bounds(m)
    m.surplus = Surplus(m)
    material.add_surplus(m)
    diversity.add_diversity_variables(m)
    m.costs = {term.__name__: term(m) for term in TERMS}
    for family in FAMILIES:
        rows = family(m)
        if rows is not None:
            rows.doc = inspect.getdoc(family)
            setattr(m, family.__name__, rows)
    diversity.diversity_cuts(m).doc = inspect.getdoc(diversity.diversity_cuts)
    add_objective(m)
    m.tables.clear()  # of use again only if the model is revised or measured
    m.activities.clear()
    return m


def demanded(m: Any) -> list[Requirement]:
    """Return the requirements of the instance, and those that stand for measures of a study."""
    return requirements(m) + (coverage_floors(m) if "coverage_floor" in m.choices.measures else [])
