"""Layers: exactly the labels that rules over distant stages need, and only what leads from a pool to a centre."""

from __future__ import annotations

import pandas as pd
import pytest

from donornet.admissible import network
from donornet.admissible.arcs import Layers
from donornet.admissible.futures import numbered_within, same_future
from tests.oracle.tiny import TWO_YEARS, Tiny


def wide(**head: object) -> Tiny:
    """Return a line with two sites at each of collection, processing and manufacturing, and two labs; all connected."""
    tiny = Tiny(**head)
    for table in ("sites", "facilities", "lanes"):
        tiny.tables[table] = []
    stages = {"C": "collection", "L": "testing", "S": "processing", "M": "manufacturing"}
    for letter, stage in stages.items():
        for number in "12":
            tiny.add("sites", {"site": letter + number, "jurisdiction": "A"})
            tiny.add("facilities", {"site": letter + number, "stage": stage})
    tiny.change("therapies", route="collection>processing>manufacturing")
    ends_of = {"P": ("P",), "R": ("R",)}
    for leg in ("PC", "CL", "CS", "SM", "MR"):
        starts, ends = (ends_of.get(letter, (f"{letter}1", f"{letter}2")) for letter in leg)
        tiny.vans(*(f"{start}>{end}" for start in starts for end in ends))
    return tiny


def layers_of(tiny: Tiny) -> Layers:
    return network(tiny.build()).layers["K", "A"]


def labels(layers: Layers) -> dict[str, int]:
    """Return how many states each site has; the collection sites after testing."""
    states = pd.concat([
        layers.tests[["site", "state"]] if len(layers.tests) else layers.donors[["site", "state"]],
        layers.ships[["to", "to_state"]].set_axis(["site", "state"], axis=1),
    ])  # fmt: skip
    return {site: group["state"].nunique() for site, group in states.groupby("site")}


ONE_EACH = dict.fromkeys(("C1", "C2", "S1", "S2", "M1", "M2"), 1)


def test_without_rules_every_site_is_one_state():
    layers = layers_of(wide())
    assert labels(layers) == ONE_EACH
    assert len(layers.ships) == 8
    assert layers.classes["donor_class"].tolist() == ["0", "0"]


@pytest.mark.parametrize("cells", [
    {"collection": "C1", "processing": "S1"}, {"processing": "S2", "manufacturing": "M1"}, {"manufacturing": "M1"},
    {"donor": "P", "collection": "C2"}, {"market": "A", "processing": "S1"},
])  # fmt: skip
def test_rule_over_neighbouring_stages_deletes_arcs_and_needs_no_label(cells: dict[str, str]):
    layers = layers_of(wide().add("prohibitions", {"rule": "r", **cells}))
    assert set(labels(layers).values()) == {1}
    assert len(layers.ships) < 8 or len(layers.donors) < 2


def test_rule_over_distant_stages_labels_the_stage_between_and_no_other():
    layers = layers_of(wide().add("prohibitions", {"rule": "r", "collection": "C1", "manufacturing": "M1"}))
    assert labels(layers) == {**ONE_EACH, "S1": 2, "S2": 2}
    from_c1 = layers.ships[layers.ships["from"] == "C1"].merge(
        layers.ships, left_on=["to", "to_state"], right_on=["from", "from_state"]
    )
    assert set(from_c1["to_y"]) == {"M2"}
    from_c2 = layers.ships[layers.ships["from"] == "C2"].merge(
        layers.ships, left_on=["to", "to_state"], right_on=["from", "from_state"]
    )
    assert set(from_c2["to_y"]) == {"M1", "M2"}


def test_rule_that_no_chain_can_still_match_leaves_no_label():
    # C1 > S1 is closed: the rule over C1 and M1 can only strike by way of S2.
    tiny = wide().add("prohibitions", {"rule": "r", "collection": "C1", "manufacturing": "M1"})
    tiny.tables["lanes"] = [row for row in tiny.tables["lanes"] if (row["from"], row["to"]) != ("C1", "S1")]
    assert labels(layers_of(tiny)) == {**ONE_EACH, "S2": 2}


def test_two_rules_with_the_same_futures_share_a_label():
    tiny = (
        wide()
        .add("sites", {"site": "C3", "jurisdiction": "A"})
        .add("facilities", {"site": "C3", "stage": "collection"})
    )
    tiny.vans("P>C3", "C3>L1", "C3>S1", "C3>S2")
    tiny.add("prohibitions", {"rule": "r", "collection": "C1", "manufacturing": "M1"})
    tiny.add("prohibitions", {"rule": "s", "collection": "C2", "manufacturing": "M1"})
    assert labels(layers_of(tiny)) == {**ONE_EACH, "C3": 1, "S1": 2, "S2": 2}


def test_rule_over_the_lab_and_a_later_stage_labels_what_is_released():
    layers = layers_of(wide().add("prohibitions", {"rule": "r", "testing": "L1", "processing": "S1"}))
    assert labels(layers) == {**ONE_EACH, "C1": 2, "C2": 2}
    released = layers.tests.set_index(["site", "lab"])["state"]
    leaving = layers.ships[layers.ships["position"] == 0].groupby(["from", "from_state"])["to"].agg(sorted)
    assert leaving["C1", released["C1", "L1"]] == ["S2"]
    assert leaving["C1", released["C1", "L2"]] == ["S1", "S2"]


def test_rule_over_donors_and_a_later_stage_parts_the_donor_classes():
    tiny = wide().add("donor_pools", {"pool": "Q", "jurisdiction": "A", "risk_class": "low"}).vans("Q>C1")
    tiny.add("prohibitions", {"rule": "r", "donor": "Q", "manufacturing": "M1"})
    layers = layers_of(tiny)
    assert layers.classes.groupby("site").size().to_dict() == {"C1": 2, "C2": 1}


def test_what_leads_nowhere_is_left_out():
    tiny = wide()
    tiny.tables["lanes"] = [
        row for row in tiny.tables["lanes"] if (row["from"], row["to"]) not in {("M2", "R"), ("S2", "M1")}
    ]
    layers = layers_of(tiny)
    assert set(layers.ships["to"]) == {"S1", "M1"}
    assert set(layers.deliveries["from"]) == {"M1"}


def test_no_chain_no_layers():
    assert not network(wide().add("prohibitions", {"rule": "r", "market": "A"}).build()).layers


def test_stage_without_a_facility_leaves_no_chain():
    for number in range(3):
        assert not network(Tiny().change("facilities", number, status="closed").build()).layers


def test_market_that_wants_nothing_has_no_layers():
    tiny = wide().add("centres", {"centre": "X", "jurisdiction": "B"})
    assert list(network(tiny.build()).layers) == [("K", "A")]
    assert not network(wide().change("demand", doses=0).build()).layers


def test_route_may_have_one_stage():
    tiny = Tiny().change("therapies", route="manufacturing", tested="no").vans("P>M")
    layers = layers_of(tiny)
    assert layers.ships.empty
    assert layers.donors[["pool", "site", "state"]].values.tolist() == [["P", "M", "0"]]
    assert layers.deliveries[["from", "centre"]].values.tolist() == [["M", "R"]]


def test_lags_are_whole_periods_of_work_and_transit():
    tiny = wide(periods={"count": 5, "days": 2, "first": 1}).add("operations", {"stage": "processing", "days": 3})
    for row in tiny.tables["lanes"]:
        row["days"] = 1.5 if row["from"] == "S1" else 0.5
    lags = layers_of(tiny).ships.set_index(["from", "to"])["lag"]
    assert lags["S1", "M1"] == 2  # 4.5 days
    assert lags["S2", "M1"] == 1  # 3.5 days
    assert lags["C1", "S1"] == 0


def test_of_modes_with_one_lag_the_cheapest_stays():
    tiny = wide(**TWO_YEARS).add("lanes", {"from": "S1", "to": "M1", "mode": "dear", "unit_cost": 5, "days": 10})
    tiny.add("lanes", {"from": "S1", "to": "M1", "mode": "late", "unit_cost": 1, "days": 400})
    ships = layers_of(tiny).ships
    here = ships[(ships["from"] == "S1") & (ships["to"] == "M1")]
    assert sorted(zip(here["mode"], here["lag"], strict=True)) == [("late", 1), ("van", 0)]


class TestFutures:
    def test_tails_with_equal_sets_of_heads_are_alike(self):
        tails = pd.Series([0, 0, 1, 1, 2, 3, 3, 3]).to_numpy()
        heads = pd.Series([5, 7, 7, 5, 5, 5, 7, 5]).to_numpy()
        kinds = same_future(tails, heads).tolist()
        assert kinds[0] == kinds[1] == kinds[3] != kinds[2]

    def test_numbers_begin_anew_at_each_site(self):
        assert numbered_within(["a", "a", "b", "a"], [9, 8, 8, 9]).tolist() == [0, 1, 0, 0]
