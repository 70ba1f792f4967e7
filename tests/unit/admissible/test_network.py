"""The network as a whole: tables that are absent, and what is compiled for whom."""

from __future__ import annotations

import pytest

from donornet.admissible import network
from tests.oracle.tiny import Tiny, own_cells


@pytest.mark.parametrize("table", [
    "donor_pools", "lanes", "pass_rates", "operations", "demand", "facilities", "sites",
])  # fmt: skip
def test_network_of_an_instance_without_a_table_can_be_inspected(table: str):
    tiny = Tiny().drop(table)
    if table == "sites":
        tiny.drop("facilities").drop("lanes")
    compiled = network(tiny.build())
    assert bool(compiled.layers) == (table in {"pass_rates", "operations"})
    assert "Model to come" in compiled.summary()
    assert (compiled.graph.number_of_nodes() > 0) == bool(compiled.layers)
    assert len(compiled.reach()) == (table != "demand")


@pytest.mark.parametrize("table", ["lanes", "operations", "demand", "facilities"])
def test_network_of_loops_without_a_table_can_be_inspected(table: str):
    compiled = network(own_cells().drop(table).build())
    assert bool(compiled.loops) == (table == "operations")
    assert "Model to come" in compiled.summary()
    assert len(compiled.waivers) == (table in {"lanes", "facilities"})


def test_commodities_are_the_therapies_that_centres_of_a_market_want():
    tiny = Tiny().add("therapies", {"therapy": "unwanted", "modality": "allogeneic", "route": "manufacturing"})
    assert network(tiny.build()).commodities() == [("K", "A", "allogeneic")]


def test_unnamed_jurisdictions_are_one():
    tiny = Tiny()
    for table in ("sites", "donor_pools", "centres"):
        for row in tiny.tables[table]:
            row.pop("jurisdiction")
    compiled = network(tiny.build())
    assert list(compiled.layers) == [("K", "")]
    assert "(unnamed): 1 of 1 centre reached" in compiled.summary()
