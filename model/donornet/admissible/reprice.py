"""The admissible network at other prices and loads of operations and panels, which decide about no chain."""

from __future__ import annotations

import copy
from dataclasses import replace

import numpy as np

from donornet.admissible.arcs import Layers
from donornet.admissible.loops import Loops
from donornet.admissible.network import AdmissibleNetwork
from donornet.admissible.nodes import operations
from donornet.admissible.relation import Relation
from donornet.instance import Instance


def with_instance(network: AdmissibleNetwork, instance: Instance) -> AdmissibleNetwork:
    """Return the network of another instance that has the same chains at the same prices; see `repriced`."""
    other = copy.copy(network)
    for name, value in vars(type(network)).items():
        if hasattr(value, "attrname"):  # a cached property
            other.__dict__.pop(name, None)
    other.instance = instance
    other.legs = copy.copy(network.legs)
    other.legs.instance = instance
    return other


def repriced(network: AdmissibleNetwork, instance: Instance) -> AdmissibleNetwork:
    """Return the network of another instance without compiling it.

    Parameters
    ----------
    network
        A compiled network; it stays as it is.
    instance
        An instance that has the same chains: it may differ in the ``unit_cost``, ``load``, ``max_units_per_year`` and
        ``holding_cost_per_year`` of operations, the ``unit_cost`` of panels, and what the network does not look at.
    """
    other = with_instance(network, instance)
    other.operations = operations(instance)
    other.nodes = network.nodes.repriced(other.operations)
    panels = instance.table("panels").set_index("panel")["unit_cost"].to_dict()
    prices = np.zeros(len(network.names))
    prices[network.names.numbers(panels)] = list(panels.values())
    costs = other.nodes.rows["unit_cost"]
    other.layers = {
        key: Layers(
            layers.names,
            {**layers.relations, "tests": _tested(layers.relations["tests"], costs, prices)},
            layers.donor_valid,
        )
        for key, layers in network.layers.items()
    }
    other.loops = {
        key: replace(loops, taken=_tested(loops.taken, costs, prices), rows=_operated(loops, costs))
        for key, loops in network.loops.items()
    }
    return other


def _tested(tests: Relation, costs: np.ndarray, prices: np.ndarray) -> Relation:
    """Return tests at what labs (by their node) and panels (by their number) ask now."""
    if not len(tests):
        return tests
    return tests.assign(operation_cost=costs[tests["node"]], panel_cost=prices[tests["panel"]])


def _operated(loops: Loops, costs: np.ndarray) -> Relation:
    """Return loops whose stages cost what their nodes ask now, added up in the order of the route."""
    total = np.zeros(len(loops.rows))
    for stage in range(loops.nodes.shape[1]):
        total = total + loops.entering[:, stage] * costs[loops.nodes[:, stage]]
    return loops.rows.assign(operation_cost=total)
