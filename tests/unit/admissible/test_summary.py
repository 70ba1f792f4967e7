"""The summary, and the size of the model to come."""

from __future__ import annotations

import json

import pytest

from donornet.admissible import network
from donornet.admissible.size import model_size
from donornet.admissible.words import number, several, spans
from donornet.formulation.sets import index_sets
from tests.oracle.random_instances import random_instance
from tests.oracle.tiny import TWO_YEARS, Tiny, own_cells


def test_summary_of_the_line():
    text = network(Tiny().build()).summary()
    for line in (
        "tiny", "  3 sites, 1 donor pool, 1 centre in 1 jurisdiction",
        "  facilities: 1 collection, 1 testing, 1 manufacturing",
        "  K: allogeneic, collection > manufacturing, tested", "    A: 1 of 1 centre reached",
        "      from 1 pool, 1 collection site, 1 lab, 1 manufacturing site; up to 1 chain per centre",
        "      2 states, 4 arcs",
    ):  # fmt: skip
        assert line in text.splitlines(), text
    assert "Demand that no chain reaches" not in text


def test_summary_names_labels_loops_and_what_is_not_reached():
    assert "      1 loop" in network(own_cells().build()).summary().splitlines()
    text = network(Tiny(**TWO_YEARS).change("facilities", 2, opens_from=2).build()).summary()
    assert "    A: 0 of 1 centre reached, 1 of the others in some periods" in text.splitlines()
    assert "  K, centre R of market A: no chain reaches the demand of period 1" in text.splitlines()


def test_json_holds_what_the_summary_shows():
    found = network(Tiny().change("sites", 2, jurisdiction="B").build()).to_json()
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    assert found["commodities"][0]["reached"] == 0
    assert found["reach"][0]["cheapest"] is None
    assert found["unreached"][0]["waive"][0]["rule"] == "recognition"


@pytest.mark.parametrize("seed", range(10))
def test_flow_variables_are_those_of_the_model(seed: int):
    compiled = network(random_instance(seed))
    sets, size = index_sets(compiled), model_size(compiled)["variables"]
    for name, frame in (("Donate", sets.donations), ("Ship", sets.ships), ("Loop", sets.loops)):
        assert size.get(name, 0) == len(frame), name
    assert size["Unmet"] == len(sets.demand)


def test_words():
    assert number(1234567) == "1 234 567"
    assert number(3e13) == "3.00e+13"
    assert several(["a", "b", "c", "d"]) == "a, b, c, d"
    assert several(["a", "b", "c", "d", "e"]) == "a, b, c and 2 more"
    assert spans([2027, 2028, 2030]) == "2027-2028, 2030"
