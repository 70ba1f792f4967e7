"""The admissible network as a networkx graph.

Every therapy and market has its own part. Its paths from a pool (the patients of a centre) to a centre are exactly the
admissible chains, tests included; edges that differ in their mode are parallel. Lanes and loops that another beats in
everything that matters are left out, and so is time: an edge is there if it can be used in some period.
"""

from __future__ import annotations

from itertools import pairwise
from os import PathLike, fspath
from typing import TYPE_CHECKING, Any

import networkx as nx
import numpy as np
import pandas as pd

from donornet.admissible.futures import numbered_within

if TYPE_CHECKING:
    from donornet.admissible.arcs import Layers
    from donornet.admissible.loops import Loops
    from donornet.admissible.network import AdmissibleNetwork

Row = dict[str, Any]
Beginning = tuple[str, ...]
"""Centre, site, class of tests, then the way there: what a loop has passed."""


def as_graph(network: AdmissibleNetwork) -> nx.MultiDiGraph:
    """Return the network as a directed graph.

    Returns
    -------
    graph
        Nodes have kind (pool, site, lab, centre), place, stage (donor, a stage, testing, patient, centre), state (label
        of sites), therapy, market, jurisdiction, latitude, longitude, title; labs also panel. Edges have as key and
        attribute their mode, and carries (donor, patient, sample, release, material, doses), cost [currency/unit],
        days, km, therapy, market.
    """
    drawing = _Drawing(network)
    for (therapy, market), layers in network.layers.items():
        drawing.draw_layers(therapy, market, layers)
    for (therapy, market), loops in network.loops.items():
        drawing.draw_loops(therapy, market, loops)
    return drawing.graph


def write_graphml(graph: nx.MultiDiGraph, path: str | PathLike[str]) -> None:
    """Write a graph as GraphML.

    Missing coordinates are left out: GraphML has no word for them.
    """
    nx.write_graphml(graph, fspath(path), infer_numeric_types=True)


class _Drawing:
    """A graph in the making."""

    def __init__(self, network: AdmissibleNetwork) -> None:
        self.network = network
        self.graph = nx.MultiDiGraph(name=network.instance.head.name)
        self._places: dict[str, Row] = {}
        for table, key in (("sites", "site"), ("donor_pools", "pool"), ("centres", "centre")):
            for row in network.instance.table(table).to_dict("records"):
                self._places[row[key]] = {
                    **{column: row[column] for column in ("jurisdiction", "title")},
                    **{axis: float(row[axis]) for axis in ("latitude", "longitude") if pd.notna(row[axis])},
                }

    def draw_layers(self, therapy: str, market: str, layers: Layers) -> None:
        """Draw an allogeneic therapy and market."""
        pen = _Pen(self.graph, self._places, therapy, market)
        route = self.network.instance.routes[therapy]
        legs = self.network.legs
        collected = "donated" if len(layers.tests) else "state"
        for row in _records(layers.donors, legs.table(therapy, "donor"), "pool", "site"):
            state = row["donor_class"] if collected == "donated" else row["state"]
            pen.edge(pen.pool(row["pool"]), pen.site(row["site"], route[0], state, collected), "donor", row)
        for row in _records(layers.tests, legs.table(therapy, "sample"), "site", "lab") if len(layers.tests) else []:
            donated = pen.site(row["site"], route[0], row["donor_class"], "donated")
            lab = pen.lab(row["lab"], row["panel"], f"{row['site']}.{row['donor_class']}.{row['state']}")
            pen.edge(donated, lab, "sample", row)
            pen.edge(lab, pen.site(row["site"], route[0], row["state"]), "release", {})
        for position, (stage, following) in enumerate(pairwise(route)):
            arcs = layers.ships[layers.ships["position"] == position]
            for row in _records(arcs, legs.table(therapy, "material", position), "from", "to"):
                tail = pen.site(row["from"], stage, row["from_state"])
                pen.edge(tail, pen.site(row["to"], following, row["to_state"]), "material", row)
        last = pen.released(route[-1])
        for row in layers.deliveries.to_dict("records"):
            for node in last.get(row["from"], ()):
                pen.edge(node, pen.centre(row["centre"], "centre"), "doses", row)

    def draw_loops(self, therapy: str, market: str, loops: Loops) -> None:
        """Draw an autologous therapy and market: beginnings that can be continued alike share their nodes."""
        pen = _Pen(self.graph, self._places, therapy, market)
        route = self.network.instance.routes[therapy]
        lanes = self._lanes_of_loops(therapy, len(route))
        carried = ["patient", *["material"] * (len(route) - 1), "doses"]
        tested: dict[tuple[str, str], dict[tuple[str, str], None]] = {}
        table = loops.table
        rows = zip(table["centre"], table["sites"], table["modes"], table["test_class"], strict=True)
        for (centre, path, modes, kind), labels in zip(rows, _loop_states(loops), strict=True):
            sites = path.split(">")
            left = [pen.site(site, stage, label) for site, stage, label in zip(sites, route, labels, strict=True)]
            entered = list(left)
            if kind:
                entered[0] = pen.site(sites[0], route[0], labels[0], "donated")
                tested.setdefault((sites[0], kind), {})[entered[0], left[0]] = None
            ends = zip([pen.centre(centre, "patient"), *left], [*entered, pen.centre(centre, "centre")], strict=True)
            keys = zip([centre, *sites], [*sites, centre], modes.split(">"), strict=True)
            for lane, carries, key, (tail, head) in zip(lanes, carried, keys, ends, strict=True):
                pen.edge(tail, head, carries, lane[key])
        sample = self.network.legs.table(therapy, "sample")
        for row in _records(loops.tests, sample, "site", "lab") if len(loops.tests) else []:
            for donated, released in tested.get((row["site"], row["donor_class"]), {}):
                lab = pen.lab(row["lab"], row["panel"], released.removeprefix(f"{pen.prefix}/{route[0]}/"))
                pen.edge(donated, lab, "sample", row)
                pen.edge(lab, released, "release", {})

    def _lanes_of_loops(self, therapy: str, stages: int) -> list[dict[tuple[str, str, str], Row]]:
        legs = self.network.legs
        tables = [legs.table(therapy, "patient"), *(legs.table(therapy, "material", n) for n in range(stages - 1))]
        tables.append(legs.table(therapy, "doses"))
        return [{(row["from"], row["to"], row["mode"]): row for row in table.to_dict("records")} for table in tables]


class _Pen:
    """Draws nodes and edges of one therapy and market; ids are stable."""

    def __init__(self, graph: nx.MultiDiGraph, places: dict[str, Row], therapy: str, market: str) -> None:
        self._graph, self._places = graph, places
        self._common = {"therapy": therapy, "market": market}
        self.prefix = f"{therapy}/{market}"
        self._released: dict[str, dict[str, list[str]]] = {}

    def pool(self, pool: str) -> str:
        return self._node(f"donor/{pool}", pool, kind="pool", stage="donor", state="")

    def centre(self, centre: str, stage: str) -> str:
        return self._node(f"{stage}/{centre}", centre, kind="centre", stage=stage, state="")

    def lab(self, lab: str, panel: str, sample: str) -> str:
        name = f"testing/{lab}.{panel}/{sample}"
        return self._node(name, lab, kind="lab", stage="testing", state=sample, panel=panel)

    def site(self, site: str, stage: str, state: str, step: str = "state") -> str:
        label = state if step == "state" else f"{step}.{state}"
        node = f"{self.prefix}/{stage}/{site}/{label}"
        if step == "state" and node not in self._graph:
            self._released.setdefault(stage, {}).setdefault(site, []).append(node)
        return self._node(f"{stage}/{site}/{label}", site, kind="site", stage=stage, state=label)

    def released(self, stage: str) -> dict[str, list[str]]:
        """Return the nodes that material leaves a stage from, by site."""
        return self._released.get(stage, {})

    def edge(self, tail: str, head: str, carries: str, row: Row) -> None:
        mode = str(row.get("mode", ""))
        attributes = {"mode": mode, "carries": carries, "cost": float(row.get("unit_cost", 0.0))}
        attributes |= {column: float(row.get(column, 0.0)) for column in ("days", "km")}
        self._graph.add_edge(tail, head, key=mode, **attributes, **self._common)

    def _node(self, name: str, place: str, **attributes: str) -> str:
        node = f"{self.prefix}/{name}"
        if node not in self._graph:
            self._graph.add_node(node, place=place, **attributes, **self._common, **self._places[place])
        return node


def _records(rows: pd.DataFrame, legs: pd.DataFrame, origin: str, destination: str) -> list[Row]:
    """Return rows with the days and km of their lanes."""
    lanes = legs[["from", "to", "mode", "days", "km"]].rename(columns={"from": origin, "to": destination})
    own = rows.drop(columns=["days", "km"], errors="ignore")
    return [dict(row) for row in own.merge(lanes, on=[origin, destination, "mode"]).to_dict("records")]


def _loop_states(loops: Loops) -> np.ndarray:
    """Return a label for each loop and stage, shape (loops, stages).

    Beginnings of one centre that stand at the same site share their label if and only if they can be continued alike.
    """
    sites = [path.split(">") for path in loops.table["sites"]]
    modes = [path.split(">") for path in loops.table["modes"]]
    centres, kinds = loops.table["centre"].tolist(), loops.table["test_class"].tolist()
    labels = np.empty((len(sites), len(sites[0])), dtype=object)
    for stage in range(len(sites[0])):
        futures: dict[Beginning, set[tuple[str, ...]]] = {}
        begun: list[Beginning] = []
        for centre, kind, path, ways in zip(centres, kinds, sites, modes, strict=True):
            # Only the first stage, where the test is taken, tells its class; what follows may still depend on it.
            spot = (centre, path[stage], kind if stage == 0 else "")
            begun.append((*spot, kind, *path[:stage], *ways[: stage + 1]))
            futures.setdefault(begun[-1], set()).add((*path[stage + 1 :], *ways[stage + 1 :]))
        spots = [beginning[:3] for beginning in futures]
        numbers = numbered_within(spots, [frozenset(future) for future in futures.values()])
        label = {
            beginning: ".".join(filter(None, (spot[0], spot[2], str(number))))
            for beginning, spot, number in zip(futures, spots, numbers, strict=True)
        }
        labels[:, stage] = [label[beginning] for beginning in begun]
    return labels
