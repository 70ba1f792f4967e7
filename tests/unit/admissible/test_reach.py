"""Reach: who is reached, from where, how cheaply and how fast."""

from __future__ import annotations

import math

import pytest

from donornet.admissible import network
from tests.oracle.tiny import DAILY, TWO_YEARS, Tiny, own_cells


def test_line_reaches_its_centre():
    table = network(Tiny().build()).reach()
    assert table.to_dict("records") == [{
        "therapy": "K", "market": "A", "centre": "R", "reached": True, "chains": 1, "pools": 1, "labs": 1,
        "collection": 1, "manufacturing": 1, "cheapest": pytest.approx((5 + 2 + 1) + 3 * 0.5), "fastest": 0.0,
        "unreached": (),
    }]  # fmt: skip


def test_centre_that_nothing_reaches_has_no_chains_and_its_periods_are_named():
    tiny = Tiny(**TWO_YEARS).change("centres", jurisdiction="B")
    (row,) = network(tiny.build()).reach().to_dict("records")
    assert (row["reached"], row["chains"], row["unreached"]) == (False, 0, (1, 2))
    assert math.isnan(row["cheapest"])
    assert row["pools"] == 0


def test_centre_that_wants_nothing_is_not_listed():
    tiny = Tiny().add("centres", {"centre": "Q", "jurisdiction": "A"})
    assert network(tiny.build()).reach()["centre"].tolist() == ["R"]


def test_centre_reached_in_some_periods_only():
    tiny = Tiny(**TWO_YEARS).change("facilities", 2, opens_from=2)
    (row,) = network(tiny.build()).reach().to_dict("records")
    assert (row["reached"], row["chains"], row["unreached"]) == (False, 1, (1,))


def test_row_of_a_period_replaces_demand_of_every_period():
    tiny = Tiny(**TWO_YEARS).change("facilities", 2, opens_from=2)
    tiny.add("demand", {"centre": "R", "therapy": "K", "period": "1", "doses": 0})
    assert network(tiny.build()).reach()["reached"].tolist() == [True]


def test_doses_that_arrive_later_reach_later_periods():
    tiny = Tiny(**DAILY).change("operations", 2, days=1.5)
    tiny.lane("M>R").update(days=1)
    (reach,) = network(tiny.build()).reaches
    assert reach.unreached == (1, 2)
    assert reach.fastest == 2.5


def test_doses_that_keep_reach_periods_after_the_last_donation():
    tiny = Tiny(**DAILY).add(
        "recognition", {"stage": "*", "from": "A", "market": "A", "verdict": "never", "valid_from": 2}
    )
    assert network(tiny.build()).reaches[0].unreached == (2, 3, 4)
    tiny.change("therapies", shelf_life_days=2)
    assert network(tiny.build()).reaches[0].unreached == (4,)


def test_cheapest_and_fastest_may_be_different_chains():
    tiny = Tiny(**TWO_YEARS).add("lanes", {"from": "M", "to": "R", "mode": "jet", "unit_cost": 50, "days": 1})
    tiny.lane("M>R").update(days=400)
    (reach,) = network(tiny.build()).reaches
    assert reach.cheapest == pytest.approx(9.5)
    assert reach.fastest == 1
    assert reach.chains == 2  # both arrive in the second year


def test_therapy_of_own_cells_counts_loops():
    tiny = own_cells().change("operations", 0, days=2)
    (row,) = network(tiny.build()).reach().to_dict("records")
    assert (row["chains"], row["collection"], row["manufacturing"]) == (1, 1, 1)
    assert row["cheapest"] == pytest.approx(5)
    assert row["fastest"] == 2
    assert "pools" not in row
    assert "labs" not in row


def test_loop_serves_demand_at_entry_when_it_starts_and_at_delivery_when_it_arrives():
    slow = own_cells(**DAILY).change("operations", 0, days=1.5)
    assert network(slow.build()).reaches[0].unreached == (1,)
    assert network(slow.change("therapies", demand_at="entry").build()).reaches[0].unreached == ()


def test_loop_that_cannot_be_tested_reaches_nobody():
    tiny = own_cells(**TWO_YEARS).change("therapies", tested="yes")
    tiny.add("facilities", {"site": "L", "stage": "testing", "opens_from": 2})
    (reach,) = network(tiny.build()).reaches
    assert reach.unreached == (1,)
    assert reach.serving["testing"] == {"L"}
    assert reach.cheapest == pytest.approx(6)
