"""The admissible network at other prices and loads of operations and panels, which decide about no chain."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import TypeVar

import numpy as np
import pandas as pd

from donornet.admissible.arcs import Layers
from donornet.admissible.loops import Loops
from donornet.admissible.network import AdmissibleNetwork
from donornet.admissible.nodes import operations
from donornet.instance import Instance

Chains = TypeVar("Chains", Layers, Loops)
PLACE = ["therapy", "stage", "site"]


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
    work = other.operations.set_index(PLACE)[["unit_cost", "load"]]
    places = pd.MultiIndex.from_frame(network.nodes.table[PLACE])
    table = network.nodes.table.assign(**work.reindex(places).reset_index(drop=True))
    other.nodes = copy.copy(network.nodes)
    other.nodes.table = table
    costs = table["unit_cost"].to_numpy(dtype=float)
    panels = instance.table("panels").set_index("panel")["unit_cost"].to_dict()
    other.layers = {key: _tested(layers, costs, panels) for key, layers in network.layers.items()}
    other.loops = {key: _operated(_tested(loops, costs, panels), costs) for key, loops in network.loops.items()}
    return other


def _tested(chains: Chains, costs: np.ndarray, panels: dict[str, float]) -> Chains:
    """Return chains whose tests cost what labs (by their node) and panels ask now."""
    if chains.tests.empty:
        return chains
    prices = np.array([panels.get(panel, 0.0) for panel in chains.tests["panel"]], dtype=float)
    operated = costs[chains.tests["node"].to_numpy(dtype=int)]
    return replace(chains, tests=chains.tests.assign(operation_cost=operated, panel_cost=prices))


def _operated(loops: Loops, costs: np.ndarray) -> Loops:
    """Return loops whose stages cost what their nodes ask now, added up in the order of the route."""
    total = np.zeros(len(loops.table))
    for stage in range(loops.nodes.shape[1]):
        total = total + loops.entering[:, stage] * costs[loops.nodes[:, stage]]
    return replace(loops, table=loops.table.assign(operation_cost=total))
