"""Other objectives than the cost, and fronts, against the explicit path model.

The path model knows no objective but the cost; it knows limits and diversity requirements. The best value of a measure
is right if the path model finds a design at that value, of the same cost, and none at a value a little better.
"""

from __future__ import annotations

import math
from typing import Any

import pytest

import donornet as dn
from donornet.formulation.measures import MEASURES
from donornet.instance import Instance
from donornet.instance.build import from_rows
from tests.oracle.path_model import solve_by_paths
from tests.oracle.random_instances import random_draft
from tests.oracle.tiny import Tiny, two_countries

Rows = dict[str, list[dict[str, Any]]]
LARGER = ("smallest_group_share", "smallest_group_count", "smallest_group_count_by_market")


def bounded(head: dict[str, Any], tables: Rows, name: str, value: float) -> Instance:
    """Return the instance with the measure bounded: by a limit, or by requirements on every donor group."""
    if name in LARGER:
        row = {"requirement": "aim", "of": "donor_group", "member": "*", "level": "eligible", "value": value}
        row["measure"] = "min_share" if name == "smallest_group_share" else "min_count"
        row["market"] = "*" if name.endswith("by_market") else ""
        some = {"requirement": "some", "measure": "min_count", "of": "donor_group", "level": "eligible", "value": 0.1}
        rows = [row, some] if name == "smallest_group_share" else [row]  # no donors have every share
        return from_rows(head, {**tables, "diversity": [*tables.get("diversity", []), *rows]})
    row = {"limit": "aim", "measure": name, "sense": "max", "value": value}
    return from_rows(head, {**tables, "limits": [*tables.get("limits", []), row]})


def assert_best(seed: int, name: str) -> None:
    draft = random_draft(seed)
    result = dn.solve(from_rows(draft.head, draft.tables), objective=name, gap=1e-9)
    if result.status.value == "infeasible":
        assert solve_by_paths(from_rows(draft.head, draft.tables)).status == "infeasible"
        return
    assert result.status.value == "optimal"
    assert not result.info["violations"]
    assert MEASURES[name].figure(result.kpis) == pytest.approx(result.info["objectives"][0]["value"], abs=1e-6)
    best = result.info["objectives"][0]["value"]
    assert result.info["objectives"][0]["bound"] == pytest.approx(best, rel=1e-4, abs=1e-6)
    sign = -1 if name in LARGER else 1
    there = solve_by_paths(bounded(draft.head, draft.tables, name, best + sign * 1e-7 * (1 + abs(best))))
    assert there.status == "optimal"
    assert result.objective == pytest.approx(there.objective, rel=1e-4)
    if best > 1e-6 or name in LARGER:
        better = bounded(draft.head, draft.tables, name, best - sign * 1e-3 * (1 + abs(best)))
        assert solve_by_paths(better).status == "infeasible"


@pytest.mark.parametrize(("seed", "name"), [(4, "smallest_group_share")])
def test_the_best_value_of_a_measure_is_that_of_the_path_model(seed: int, name: str):
    assert_best(seed, name)


def busy_plant_abroad() -> Tiny:
    """Return the line whose plant is abroad and must make 2 units or more, served or not."""
    tiny = Tiny(default_recognition="recognised").change("sites", 2, jurisdiction="B")
    tiny.change("facilities", 2, status="open", capacity=20, min_load=0.1)
    return tiny.change("demand", unmet_penalty=1)


def test_a_design_that_moves_things_and_serves_nobody_has_no_best_value_per_dose():
    """At least 2 units cross: infinitely many per dose if for nobody, else 1/2 unit there and a dose back."""
    tiny = busy_plant_abroad()
    best = dn.solve(tiny.build(), objective="crossings", gap=1e-9)
    assert best.info["objectives"][0]["value"] == pytest.approx(1.5)
    assert best.info["objectives"][0]["bound"] == pytest.approx(1.5)
    assert not best.info["violations"]
    nobody = tiny.add("limits", {"limit": "none", "measure": "doses", "sense": "max", "value": 0}).build()
    idle = dn.solve(nobody, objective="crossings")
    assert math.isinf(idle.info["objectives"][0]["value"])
    assert math.isinf(MEASURES["crossings"].figure(idle.kpis))
    assert idle.status.value == "optimal"


def two_patient_groups() -> Tiny:
    """Return the line with 40 donations for two patient groups, each matched by one donor group only."""
    tiny = Tiny().change("facilities", 0, capacity=40).vans("Q>C")
    tiny.add("donor_pools", {**tiny.tables["donor_pools"][0], "pool": "Q", "donor_group": "h", "donation_cost": 7})
    for patients, donors, chance in (("a", "g", 0.1), ("b", "h", 0.02)):
        tiny.add("patient_groups", {"patient_group": patients, "market": "A"})
        tiny.add("match_classes", {"patient_group": patients, "match_class": f"{patients}1", "weight": 1})
        tiny.add("match_probabilities", {"match_class": f"{patients}1", "donor_group": donors, "probability": chance})
    return tiny


def test_the_largest_least_coverage_is_that_worked_out_by_hand():
    """20 of the 40 donations pass: n for a and 20 - n for b with 0.9^n = 0.98^(20 - n)."""
    result = dn.solve(two_patient_groups().build(), objective="coverage_floor", gap=1e-9)
    rates = -math.log(0.9), -math.log(0.98)
    best = 1 - math.exp(-20 * rates[0] * rates[1] / sum(rates))
    assert result.info["objectives"][0]["value"] == pytest.approx(best, abs=1e-6)
    assert result.info["objectives"][0]["bound"] == pytest.approx(best, abs=1e-6)
    assert MEASURES["coverage_floor"].figure(result.kpis) == pytest.approx(best, abs=1e-6)
    assert not result.info["violations"]


def test_a_front_is_what_the_path_model_finds_at_every_bound():
    tiny = two_countries()
    instance = tiny.build()
    front = dn.frontier(instance, ("total_cost", "crossings"), points=4, gap=1e-9)
    table = front.table
    assert len(table) >= 3
    for row in table.to_dict("records"):
        at = solve_by_paths(bounded(tiny.head, tiny.tables, "crossings", row["crossings"] + 1e-9))
        assert row["total_cost"] == pytest.approx(at.objective, rel=1e-5)
        assert row["bound"] <= at.objective * (1 + 1e-6)
    for step in range(6):  # and nothing that the path model finds beats a point of the front
        value = table["crossings"].max() * step / 5
        found = solve_by_paths(bounded(tiny.head, tiny.tables, "crossings", value + 1e-9)).objective
        beaten = (table["total_cost"] > found + 1e-4) & (table["crossings"] > value + 1e-6)
        assert not beaten.any()


@pytest.mark.slow
@pytest.mark.parametrize("seed", [3, 4, 8, 14, 16, 31, 34])
def test_the_least_coverage_is_that_of_the_check_and_no_requirement_above_it_can_be_met(seed: int):
    draft = random_draft(seed)
    result = dn.solve(from_rows(draft.head, draft.tables), objective="coverage_floor", gap=1e-9)
    best = result.info["objectives"][0]["value"]
    assert not result.info["violations"]
    assert MEASURES["coverage_floor"].figure(result.kpis) == pytest.approx(best, abs=1e-6)
    row = {"requirement": "aim", "measure": "coverage_floor", "member": "*", "level": "eligible", "market": "*"}
    statuses = []
    for value in (best - 1e-6, best + min(1e-4, (1 - best) / 2)):
        rows = [*draft.tables.get("diversity", []), {**row, "value": value}]
        statuses.append(dn.solve(from_rows(draft.head, {**draft.tables, "diversity": rows})).status.value)
    assert statuses == (["optimal", "infeasible"] if best < 1 - 1e-5 else ["optimal", "optimal"])


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0, 1, *range(3, 10)])
@pytest.mark.parametrize("name", ["unmet", "handoffs", "crossings", "co2", "vein_to_vein_mean", *LARGER])
def test_the_best_value_of_a_measure_is_that_of_the_path_model_on_many_more(seed: int, name: str):
    try:
        assert_best(seed, name)
    except ValueError as error:
        pytest.skip(str(error))
