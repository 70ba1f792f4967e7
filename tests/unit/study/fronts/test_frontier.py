"""Fronts: what they hold, which points are left out, and how they go on after a stop."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

import donornet as dn
from donornet.study.fronts.front import dominated
from tests.oracle.tiny import Tiny, two_countries


@pytest.fixture(scope="module")
def front() -> dn.Front:
    return dn.frontier(two_countries().build(), ("total_cost", "crossings"), points=4, gap=1e-9)


def test_no_point_of_a_front_is_beaten_by_another(front):
    values = front.table[["total_cost", "crossings"]].to_numpy()
    for row, point in enumerate(values):
        others = np.delete(values, row, axis=0)
        assert not ((others <= point).all(axis=1) & (others < point).any(axis=1)).any()


@pytest.mark.slow
def test_the_ends_of_a_front_are_the_best_of_each_measure(front):
    instance = two_countries().build()
    cheapest, fewest = dn.solve(instance, gap=1e-9), dn.solve(instance, objective="crossings", gap=1e-9)
    assert front.table["total_cost"].iloc[0] == pytest.approx(cheapest.objective)
    assert front.table["crossings"].iloc[-1] == pytest.approx(fewest.info["objectives"][0]["value"], abs=1e-6)
    assert front.table["total_cost"].iloc[-1] == pytest.approx(fewest.objective)


def test_the_points_of_a_front_worked_out_by_hand_are_found(front):
    assert front.table["crossings"].tolist() == pytest.approx([1.05, 0.7, 0.35, 0], abs=1e-6)
    assert front.table["total_cost"].tolist() == pytest.approx([172, 172 + 28 / 3, 172 + 56 / 3, 200])


def test_results_and_rows_of_a_front_belong_together(front):
    assert len(front.results) == len(front.table)
    assert [result.objective for result in front.results] == pytest.approx(front.table["total_cost"].tolist())
    assert not any(result.info["violations"] for result in front.every)
    assert front.units == {"total_cost": "USD", "crossings": "1/dose"}


def test_every_row_says_its_bound_and_gap(front):
    assert (front.points["bound"] <= front.points["total_cost"] * (1 + 1e-9)).all()
    assert (front.points["gap"] < 1e-4).all()
    assert "front of total_cost and crossings" in str(front)


def test_a_front_is_written_and_found_again(front, tmp_path):
    instance = two_countries().build()
    first = dn.frontier(instance, ("total_cost", "crossings"), points=2, gap=1e-9, out=tmp_path)
    again = dn.frontier(instance, ("total_cost", "crossings"), points=2, gap=1e-9, out=tmp_path)
    assert (first.info["solves"] > 0, again.info["solves"]) == (True, 0)
    pd.testing.assert_frame_equal(first.points, again.points, rtol=1e-9)
    first.write(tmp_path)
    said = json.loads((tmp_path / "front.json").read_text())
    assert [point["dominated"] for point in said["points"]] == first.points["dominated"].tolist()
    assert len(list(tmp_path.glob("point-*/result.json"))) == len(first.table)


@pytest.mark.slow
def test_three_measures_in_which_more_and_less_are_better_make_a_front():
    tiny = two_countries().change("donor_pools", registry=60)
    tiny.add("donor_pools", {**tiny.tables["donor_pools"][0], "pool": "Q", "donor_group": "h", "donation_cost": 7})
    front = dn.frontier(tiny.vans("Q>C").build(), ("total_cost", "unmet", "smallest_group_share"), points=2, gap=1e-9)
    values = front.table[["total_cost", "unmet", "smallest_group_share"]].to_numpy() * [1, 1, -1]
    assert front.table["smallest_group_share"].max() == pytest.approx(0.5)
    assert front.table["unmet"].min() == pytest.approx(0, abs=1e-6)
    for row, point in enumerate(values):
        others = np.delete(values, row, axis=0)
        assert not ((others <= point).all(axis=1) & (others < point - 1e-6).any(axis=1)).any()


@pytest.mark.slow
def test_a_front_begins_where_nobody_is_served_though_things_move():
    """Two units must be made abroad whether wanted or not; bringing a dose home costs more than its penalty."""
    tiny = Tiny(default_recognition="recognised").change("sites", 2, jurisdiction="B")
    tiny.change("facilities", 2, status="open", capacity=20, min_load=0.1).change("demand", unmet_penalty=1)
    tiny.lane("M>R").update(unit_cost=30)
    table = dn.frontier(tiny.build(), ("total_cost", "crossings"), points=3, gap=1e-9).table
    assert np.isinf(table["crossings"].iloc[0])
    assert table["crossings"].iloc[-1] == pytest.approx(1.5)
    assert table["total_cost"].is_monotonic_increasing


def test_an_infeasible_instance_has_an_empty_front():
    tiny = Tiny().add("limits", {"limit": "none", "measure": "total_cost", "sense": "max", "value": 1})
    front = dn.frontier(tiny.build(), ("total_cost", "crossings"))
    assert front.table.empty
    assert front.info["infeasible"]
    assert "the instance is infeasible" in str(front)


def test_no_point_begins_after_the_total_time():
    front = dn.frontier(two_countries().build(), ("total_cost", "crossings"), points=3, total_time=1e-3)
    assert front.info["stopped_by"] == "time"
    assert 1 <= len(front.points) <= 2


@pytest.mark.parametrize(
    ("measures", "options", "message"),
    [
        (("total_cost",), {}, "two or three measures, not 1"),
        (("total_cost", "crosings"), {}, "did you mean 'crossings'"),
        (("total_cost", "unmet"), {"points": 1}, "points must be at least 2"),
        (("total_cost", "coverage_floor"), {}, "it has no patient_groups"),
    ],
)
def test_what_makes_no_front_is_refused(measures, options, message):
    with pytest.raises(ValueError, match=message):
        dn.frontier(Tiny().build(), measures, **options)


def test_beaten_and_equal_points_are_named():
    values = np.array([[1.0, 5.0], [2.0, 5.0], [2.0, 3.0], [2.0, 3.0], [3.0, 1.0]])
    assert dominated(values, np.zeros(5)) == ["", "by point 1", "", "by point 3", ""]


def test_a_point_that_serves_nobody_though_things_move_is_worst_but_may_be_cheapest():
    values = np.array([[1.0, np.inf], [2.0, np.inf], [3.0, 4.0], [4.0, 5.0]])
    assert dominated(values, np.zeros(4)) == ["", "by point 1", "", "by point 3"]


def test_a_lead_that_the_gap_may_explain_does_not_keep_a_point():
    values = np.array([[100.0, 5.0], [100.5, 3.0], [101.0, 1.0]])
    assert dominated(values, np.full(3, 1e-3)) == ["", "", ""]
    assert dominated(values, np.full(3, 6e-3)) == ["", "by point 3, within the gap", ""]  # no chain: 1 is not within 3
    assert dominated(values, np.full(3, 2e-2)) == ["by point 3, within the gap", "by point 3, within the gap", ""]
