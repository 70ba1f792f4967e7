"""The networkx view: its paths are the chains, and GraphML keeps all of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import networkx as nx
import pytest

from donornet.admissible import AdmissibleNetwork, network
from tests.oracle.random_instances import random_instance
from tests.oracle.tiny import Tiny, own_cells
from tests.unit.admissible.enumerated import network_chains

Walk = tuple[tuple[str, ...], tuple[str, ...]]
"""Places and modes."""


def walks(graph: nx.MultiDiGraph) -> Iterator[Walk]:
    """Yield every path from a source to a sink."""
    starts = [node for node, degree in graph.in_degree if degree == 0]

    def onward(node: str, places: tuple[str, ...], modes: tuple[str, ...]) -> Iterator[Walk]:
        if graph.out_degree(node) == 0:
            yield places, modes
        for _, head, mode in graph.out_edges(node, keys=True):
            yield from onward(head, (*places, graph.nodes[head]["place"]), (*modes, mode))

    for start in starts:
        yield from onward(start, (graph.nodes[start]["place"],), ())


def chains(compiled: AdmissibleNetwork) -> list[Walk]:
    """Return the chains of the network as the graph walks them: by way of the lab, released without a mode."""
    found = set()
    for passed, modes, _ in network_chains(compiled):
        first, *later = passed.sites
        leaving, *onward = modes[:-1]
        tested = ((first, passed.lab, first), (leaving, modes[-1], "")) if passed.lab else ((first,), (leaving,))
        places = (passed.origin, *tested[0], *later, passed.centre)
        found.add((passed.therapy, passed.panel, places, (*tested[1], *onward)))
    return sorted((places, ways) for _, _, places, ways in found)


def test_line_is_one_path_by_way_of_the_lab():
    graph = network(Tiny().build()).graph
    assert list(walks(graph)) == [(("P", "C", "L", "C", "M", "R"), ("van", "van", "", "van", "van"))]
    kinds = [graph.nodes[node]["kind"] for node in nx.topological_sort(graph)]
    assert kinds == ["pool", "site", "lab", "site", "site", "centre"]


def test_loop_is_a_path_from_the_patients_to_their_centre():
    graph = network(own_cells().build()).graph
    assert list(walks(graph)) == [(("R", "C", "M", "R"), ("van", "van", "van"))]
    assert [graph.nodes[n]["stage"] for n in graph] == ["collection", "manufacturing", "patient", "centre"]


def test_nodes_and_edges_tell_what_they_are():
    tiny = Tiny().change("sites", 2, jurisdiction="A", latitude=1.5, longitude=-2.5, title="Plant")
    tiny.lane("C>M").update(unit_cost=3, days=2)
    graph = network(tiny.build()).graph
    plant = next(attributes for _, attributes in graph.nodes(data=True) if attributes["place"] == "M")
    assert plant == {
        "kind": "site", "place": "M", "stage": "manufacturing", "state": "0", "therapy": "K", "market": "A",
        "jurisdiction": "A", "latitude": 1.5, "longitude": -2.5, "title": "Plant",
    }  # fmt: skip
    shipped = next(row for *_, row in graph.edges(data=True) if row["carries"] == "material")
    assert shipped == {
        "mode": "van",
        "carries": "material",
        "cost": 3,
        "days": 2,
        "km": 0,
        "therapy": "K",
        "market": "A",
    }


def test_loops_that_are_tested_apart_do_not_mix_where_they_meet():
    tiny = own_cells().change("therapies", tested="yes", route="collection>processing>manufacturing")
    for site, stage in (("L", "testing"), ("O", "testing"), ("S", "processing"), ("N", "manufacturing")):
        tiny.add("facilities", {"site": site, "stage": stage})
    tiny.add("sites", *({"site": site, "jurisdiction": "A"} for site in "OSN"))
    tiny.vans("C>O", "C>S", "S>M", "S>N", "N>R").add(
        "prohibitions", {"rule": "r", "testing": "L", "manufacturing": "N"}
    )
    found = {(places[2], places[5]) for places, _ in walks(network(tiny.build()).graph)}
    assert found == {("L", "M"), ("O", "M"), ("O", "N")}


def test_modes_are_parallel_edges():
    tiny = Tiny(periods={"count": 3, "days": 1, "first": 1})
    tiny.add("lanes", {"from": "M", "to": "R", "mode": "slow", "days": 1})
    tiny.lane("M>R").update(unit_cost=4)
    assert {modes[-1] for _, modes in walks(network(tiny.build()).graph)} == {"van", "slow"}


@pytest.mark.parametrize("seed", range(12))
def test_paths_are_the_chains_of_the_network(seed: int):
    instance = random_instance(seed)
    compiled = network(instance)
    drawn = sorted(walks(compiled.graph))
    everything = chains(compiled)
    assert set(everything) <= set(drawn)
    if len(instance.periods) == 1:  # over several periods an edge may be open while another is not
        assert set(drawn) <= set(everything) or any(reach.unreached for reach in compiled.reaches)
    assert nx.is_directed_acyclic_graph(compiled.graph)


@pytest.mark.parametrize("make", [Tiny, own_cells])
def test_graphml_keeps_everything(tmp_path: Path, make):
    compiled = network(make().build())
    compiled.write_graphml(tmp_path / "network.graphml")
    read = nx.read_graphml(tmp_path / "network.graphml", force_multigraph=True)
    assert dict(read.nodes(data=True)) == dict(compiled.graph.nodes(data=True))
    ends = sorted((tail, head, row["mode"], row["cost"], row["days"]) for tail, head, row in read.edges(data=True))
    drawn = compiled.graph.edges(data=True)
    assert ends == sorted((tail, head, row["mode"], row["cost"], row["days"]) for tail, head, row in drawn)
    assert list(network(make().build()).graph) == list(compiled.graph)
