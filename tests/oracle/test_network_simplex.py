"""Without decisions the design is a minimum-cost flow, and network simplex knows its optimum."""

from __future__ import annotations

import random
from itertools import pairwise
from typing import Any

import networkx as nx
import pytest

import donornet as dn
from donornet.instance import Instance
from donornet.instance.build import from_rows
from tests.oracle.path_model import solve_by_paths

ROUTE = ("collection", "processing", "manufacturing")
Row = dict[str, Any]


class PureFlow:
    """A random network of donors, open facilities and centres with whole costs, capacities and demand.

    Parameters
    ----------
    seed
        Seed of the dice.
    """

    def __init__(self, seed: int) -> None:
        dice = random.Random(seed)
        self.pools = {f"D{n}": (dice.randint(8, 25), dice.randint(1, 9)) for n in range(3)}
        self.sites = {
            stage: {f"{stage[0].upper()}{n}": (dice.randint(10, 30), dice.randint(1, 9)) for n in range(3)}
            for stage in ROUTE
        }
        self.centres = {f"R{n}": dice.randint(3, 12) for n in range(4)}
        layers = [list(self.pools), *(list(sites) for sites in self.sites.values()), list(self.centres)]
        self.lanes = {
            (origin, to): (dice.choice((None, dice.randint(4, 12))), dice.randint(1, 20))
            for before, after in pairwise(layers)
            for origin in before
            for to in after
            if dice.random() < 0.85
        }

    def instance(self) -> Instance:
        """Return the network in the instance format."""
        facilities, operations = [], []
        for stage, sites in self.sites.items():
            for site, (capacity, cost) in sites.items():
                facilities.append(
                    {"site": site, "stage": stage, "status": "open", "initial": "existing", "capacity": capacity}
                )
                operations.append({"stage": stage, "therapy": "cells", "site": site, "unit_cost": cost})
        tables: dict[str, list[Row]] = {
            "sites": [{"site": row["site"]} for row in facilities],
            "facilities": facilities,
            "operations": operations,
            "therapies": [{"therapy": "cells", "modality": "allogeneic", "route": ">".join(ROUTE), "tested": "no"}],
            "donor_pools": [
                {"pool": pool, "donor_group": "any", "registry": donors, "donation_cost": cost}
                for pool, (donors, cost) in self.pools.items()
            ],
            "lanes": [
                {"from": origin, "to": to, "mode": "lane", "unit_cost": cost, "max_units_per_year": most}
                for (origin, to), (most, cost) in self.lanes.items()
            ],
            "centres": [{"centre": centre} for centre in self.centres],
            "demand": [
                {"centre": centre, "therapy": "cells", "doses": doses} for centre, doses in self.centres.items()
            ],
        }
        return from_rows({"name": "pure-flow"}, tables)

    def optimum(self) -> float | None:
        """Return the cost of the cheapest flow; None where demand cannot be met."""
        graph = nx.DiGraph()
        graph.add_node("source", demand=-sum(self.centres.values()))
        for pool, (donors, cost) in self.pools.items():
            graph.add_edge("source", pool, capacity=donors, weight=cost)
        for sites in self.sites.values():
            for site, (capacity, cost) in sites.items():
                graph.add_edge(site, (site, "out"), capacity=capacity, weight=cost)
        for (origin, to), (most, cost) in self.lanes.items():
            tail = origin if origin in self.pools else (origin, "out")
            graph.add_edge(tail, to, weight=cost, **({} if most is None else {"capacity": most}))
        for centre, doses in self.centres.items():
            graph.add_node(centre, demand=doses)
        try:
            cost, _ = nx.network_simplex(graph)
        except nx.NetworkXUnfeasible:
            return None
        return float(cost)


@pytest.mark.parametrize("seed", range(6))
def test_a_network_without_decisions_costs_its_cheapest_flow(seed: int):
    network = PureFlow(seed)
    result, optimum = dn.solve(network.instance(), gap=1e-9), network.optimum()
    if optimum is None:
        assert result.status == dn.Status.INFEASIBLE
    else:
        assert result.objective == pytest.approx(optimum, rel=1e-8)


@pytest.mark.parametrize("seed", range(6))
def test_the_oracle_finds_the_cheapest_flow_too(seed: int):
    network = PureFlow(seed)
    result, optimum = solve_by_paths(network.instance()), network.optimum()
    if optimum is None:
        assert result.status == "infeasible"
    else:
        assert result.objective == pytest.approx(optimum, rel=1e-8)


def test_the_networks_are_of_both_kinds():
    optima = [PureFlow(seed).optimum() for seed in range(12)]
    assert optima.count(None) < 10
    assert None in optima
