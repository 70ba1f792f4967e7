"""Loops of autologous therapies: time, gain, costs, tests, dominance."""

from __future__ import annotations

from typing import Any

import pytest

from donornet.admissible import network
from donornet.admissible.loops import Loops
from tests.oracle.tiny import DAILY, Tiny, own_cells


def loops_of(tiny: Tiny) -> Loops | None:
    return network(tiny.build()).loops.get(("K", "A"))


def timed(**cells: Any) -> Tiny:
    """Return a loop of 1 day to collect, 2 to ship, 3 to make (one of them bridging), half a day home: 7.5 days."""
    tiny = own_cells(periods={"count": 4, "days": 4, "first": 1}).change("therapies", **cells)
    tiny.change("operations", 0, days=1).change("operations", 2, days=3).change("sites", 2, jurisdiction="B")
    tiny.add(
        "recognition", {"stage": "*", "from": "B", "market": "A", "verdict": "bridging", "days": 1, "unit_cost": 7}
    )
    tiny.lane("R>C").update(days=9)
    tiny.lane("C>M").update(days=2)
    tiny.lane("M>R").update(days=0.5)
    return tiny


def test_time_counts_from_the_first_stage_and_includes_bridging():
    loops = loops_of(timed())
    assert loops is not None
    assert loops.table["time"].tolist() == [7.5]
    assert loops.offsets.tolist() == [[0, 3]]
    assert loops.table["lag"].tolist() == [1]


@pytest.mark.parametrize(("limit", "there"), [(7.5, True), (7.4, False), (None, True)])
def test_loop_must_keep_the_vein_to_vein_limit(limit: float | None, there: bool):
    assert (loops_of(timed(vein_to_vein_days=limit)) is not None) == there


def test_loop_that_arrives_after_the_horizon_is_of_no_use_at_delivery():
    loops, at_entry = loops_of(timed()), loops_of(timed(demand_at="entry"))
    assert loops is not None
    assert at_entry is not None
    assert loops.valid.tolist() == [[True, True, True, False]]
    assert at_entry.valid.tolist() == [[True, True, True, True]]


def test_stage_must_be_recognised_when_it_is_reached():
    tiny = timed(demand_at="entry").change("operations", 0, days=5)
    tiny.change("recognition", valid_from=3)
    loops = loops_of(tiny)
    assert loops is not None
    assert loops.offsets.tolist() == [[0, 7]]
    # The plant is reached one period after entry; after the horizon the last verdict holds.
    assert loops.valid.tolist() == [[False, True, True, True]]


def test_units_shrink_on_the_way_and_costs_with_them():
    tiny = timed().change("operations", 0, output=1, **{"yield": 0.5}).change("operations", 2, **{"yield": 0.8})
    tiny.lane("C>M").update(unit_cost=10)
    tiny.lane("M>R").update(unit_cost=100)
    loops = loops_of(tiny)
    assert loops is not None
    assert loops.entering.tolist() == [[1, 0.5]]
    assert loops.leg_units.tolist() == [[1, 0.5, 0.4]]
    row = loops.table.iloc[0]
    assert row["gain"] == pytest.approx(0.4)
    assert row["transport_cost"] == pytest.approx(0.5 * 10 + 0.4 * 100)
    assert row["operation_cost"] == pytest.approx(2 + 0.5 * 3)
    assert row["bridging_cost"] == pytest.approx(0.5 * 7)
    assert row["crossings"] == pytest.approx(0.5 + 0.4)


def test_test_failures_shrink_what_leaves_the_first_stage():
    tiny = own_cells().change("therapies", tested="yes").add("facilities", {"site": "L", "stage": "testing"})
    tiny.add("pass_rates", {"pass_rate": 0.25})
    loops = loops_of(tiny)
    assert loops is not None
    assert loops.entering.tolist() == [[1, 0.25]]
    assert loops.tests[["site", "lab"]].values.tolist() == [["C", "L"]]


def test_stage_without_a_facility_leaves_no_loop():
    for number in range(2):
        assert loops_of(own_cells().change("facilities", number, status="closed")) is None


def test_loop_ends_at_its_own_centre():
    tiny = own_cells().add("centres", {"centre": "Q", "jurisdiction": "A"}).vans("Q>C")
    tiny.add("demand", {"centre": "Q", "therapy": "K", "doses": 1})
    loops = loops_of(tiny)
    assert loops is not None
    assert loops.table["centre"].tolist() == ["R"]
    back = loops_of(tiny.vans("M>Q"))
    assert back is not None
    assert sorted(back.table["centre"]) == ["Q", "R"]


def test_rule_over_lab_and_plant_gives_the_loops_different_tests():
    tiny = own_cells().change("therapies", tested="yes").add("facilities", {"site": "L", "stage": "testing"})
    for site, stage, leg in (("N", "manufacturing", "C>N"), ("O", "testing", "C>O")):
        tiny.add("sites", {"site": site, "jurisdiction": "A"}).add("facilities", {"site": site, "stage": stage}).vans(
            leg
        )
    tiny.vans("N>R").add("prohibitions", {"rule": "r", "testing": "L", "manufacturing": "N"})
    loops = loops_of(tiny)
    assert loops is not None
    kinds = loops.table.set_index("sites")["test_class"]
    labs = loops.tests.groupby("donor_class")["lab"].agg(sorted)
    assert labs[kinds["C>M"]] == ["L", "O"]
    assert labs[kinds["C>N"]] == ["O"]


def fast_and_slow(**head: Any) -> Tiny:
    tiny = own_cells(**head)
    tiny.lane("C>M").update(days=0.3)
    return tiny.add("lanes", {"from": "C", "to": "M", "mode": "fast", "unit_cost": 5, "days": 0.1})


def modes(tiny: Tiny) -> list[str]:
    loops = loops_of(tiny)
    return [] if loops is None else sorted(path.split(">")[1] for path in loops.table["modes"])


def test_dearer_mode_goes_where_time_does_not_matter():
    assert modes(fast_and_slow(**DAILY)) == ["van"]


def test_dearer_mode_stays_where_it_saves_a_period_a_limit_counts_days_or_the_cheap_one_is_capped():
    late = fast_and_slow(**DAILY).change("operations", 2, days=0.8)
    assert modes(late) == ["fast", "van"]
    counted = fast_and_slow(**DAILY)
    counted.add("limits", {"limit": "l", "measure": "vein_to_vein_mean", "sense": "max", "value": 1})
    assert modes(counted) == ["fast", "van"]
    capped = fast_and_slow(**DAILY)
    capped.lane("C>M").update(max_units_per_year=1)
    assert modes(capped) == ["fast", "van"]


def test_dearer_mode_stays_where_it_alone_keeps_the_vein_to_vein_limit():
    assert modes(fast_and_slow(**DAILY).change("therapies", vein_to_vein_days=0.2)) == ["fast"]
