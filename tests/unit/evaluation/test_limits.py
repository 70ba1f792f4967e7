from __future__ import annotations

from typing import Any

import pytest

from donornet.evaluation import Evaluation, evaluate
from tests.unit.evaluation.small import (
    ALLOGENEIC,
    AUTOLOGOUS,
    DAILY,
    FLOWS,
    PATIENTS,
    codes,
    edited,
    instance_of,
    solution_of,
    term,
)


def limited(*rows: dict[str, Any], **changes: Any) -> Evaluation:
    limits = [{"limit": f"l{i}", **row} for i, row in enumerate(rows)]
    return evaluate(instance_of(ALLOGENEIC, limits=limits, **changes), solution_of(FLOWS))


def looped(*rows: dict[str, Any], **changes: Any) -> Evaluation:
    limits = [{"limit": f"l{i}", **row} for i, row in enumerate(rows)]
    return evaluate(instance_of(AUTOLOGOUS, DAILY, limits=limits, **changes), solution_of(PATIENTS))


def activities(evaluation: Evaluation) -> list[float]:
    return [round(value, 9) for value in evaluation.tables["limits"]["activity"]]


COORDINATES = {
    "sites": [
        {**row, "latitude": 0, "longitude": longitude}
        for row, longitude in zip(ALLOGENEIC["sites"], (0, 0, 90), strict=True)
    ],
    "donor_pools": [{**ALLOGENEIC["donor_pools"][0], "latitude": 0, "longitude": 0}],
    "centres": [{**ALLOGENEIC["centres"][0], "latitude": 90, "longitude": 0}],
}
QUARTER = 6371.0088 * 3.141592653589793 / 2


@pytest.mark.parametrize(
    ("row", "activity"),
    [
        ({"measure": "openings"}, 2),
        ({"measure": "openings", "period": 2}, 0),
        ({"measure": "openings", "stage": "manufacturing"}, 1),
        ({"measure": "openings", "jurisdiction": "US"}, 1),
        ({"measure": "investment"}, 1090),
        ({"measure": "investment", "site": "M"}, 1050),
        ({"measure": "recruits"}, 9.25),
        ({"measure": "recruits", "period": 1, "jurisdiction": "US"}, 3.5),
        ({"measure": "recruits", "jurisdiction": "EU"}, 0),
        ({"measure": "donations"}, 50),
        ({"measure": "donations", "site": "C", "stage": "collection", "period": 2, "market": "EU"}, 25),
        ({"measure": "donations", "stage": "manufacturing"}, 0),
        ({"measure": "donations", "jurisdiction": "EU"}, 0),
        ({"measure": "doses"}, 36),
        ({"measure": "doses", "site": "M", "period": 1}, 18),
        ({"measure": "doses", "jurisdiction": "US"}, 0),
        ({"measure": "doses", "stage": "collection"}, 0),
        ({"measure": "unmet"}, 0),
        ({"measure": "unmet_share"}, 0),
        ({"measure": "handoffs"}, 20 / 36),
        ({"measure": "handoffs", "period": 1}, 10 / 18),
        ({"measure": "crossings"}, 20 / 36),
        ({"measure": "vein_to_vein_mean"}, 0),
    ],
)
def test_measures_by_hand(row, activity):
    kept = [("max", activity), ("min", activity)]
    broken = [] if row["measure"] == "vein_to_vein_mean" else [("max", activity - 0.01), ("min", activity + 0.01)]
    evaluation = limited(*[{**row, "sense": sense, "value": value} for sense, value in kept + broken])
    assert activities(evaluation) == pytest.approx([activity] * len(kept + broken))
    told = [violation.message[:8] for violation in evaluation.violations]
    assert told == ["limit l2", "limit l3"][: len(broken)]


def test_open_facilities_bind_in_every_period():
    shut = solution_of(FLOWS, facilities=edited(FLOWS["facilities"], 1, open=0))
    row = {"limit": "l", "measure": "open_facilities", "sense": "min", "value": 3}
    evaluation = evaluate(instance_of(ALLOGENEIC, limits=[row]), shut)
    assert activities(evaluation) == [3, 2]
    assert evaluation.tables["limits"]["period"].tolist() == ["1", "2"]
    evaluation = evaluate(instance_of(ALLOGENEIC, limits=[{**row, "period": 1, "value": 4}]), shut)
    assert activities(evaluation) == [3]


def test_km_and_co2_by_leg():
    modes = [
        {"mode": "air", "carries": "material", "co2_kg_per_km": 0.5},
        {"mode": "van", "carries": "doses", "co2_kg_per_km": 9},
    ]
    evaluation = limited(
        {"measure": "km", "sense": "max", "value": 1e9}, {"measure": "co2", "sense": "max", "value": 1e9},
        {"measure": "crossings", "sense": "max", "value": 9}, transport_modes=modes, **COORDINATES,
    )  # fmt: skip
    # donor leg 0 km; 10 units of material and 18 doses a quarter round the earth each
    assert activities(evaluation) == pytest.approx([QUARTER * 28 / 18, 0.5 * QUARTER * 10 / 18, 10 / 18])
    assert evaluation.tables["kpis"].set_index("kpi")["value"]["co2_kg"] == pytest.approx(2 * 0.5 * QUARTER * 10)


def test_donor_and_dose_legs_count_crossings_but_no_handoffs():
    pools = [{**ALLOGENEIC["donor_pools"][0], "jurisdiction": "UK"}]
    recognition = [
        *ALLOGENEIC["recognition"],
        {"stage": "donor", "from": "UK", "market": "EU", "verdict": "recognised"},
    ]
    rows = [{"measure": name, "sense": "max", "value": 9} for name in ("crossings", "handoffs")]
    evaluation = limited(*rows, donor_pools=pools, recognition=recognition)
    assert activities(evaluation) == pytest.approx([35 / 18, 10 / 18])


def test_scope_each_makes_a_row_for_each_member_of_the_filled_filters():
    row = {"measure": "open_facilities", "sense": "max", "value": 1, "scope": "each", "period": 1}
    table = limited({**row, "site": "*"}).tables["limits"]
    assert table["site"].tolist() == ["C", "L", "M"]
    table = limited({**row, "site": "pair"}, groups=[{"group": "pair", "member": name} for name in "CM"]).tables[
        "limits"
    ]
    assert table[["site", "activity"]].to_numpy().tolist() == [["C", 1], ["M", 1]]
    table = limited(row).tables["limits"]
    assert table["activity"].tolist() == [1, 1, 0, 1, 0]
    table = limited({"measure": "doses", "sense": "max", "value": 99, "scope": "each"}).tables["limits"]
    assert table[["therapy", "activity"]].to_numpy().tolist() == [["allo", 36]]
    table = limited({"measure": "unmet", "sense": "max", "value": 99, "scope": "each", "site": "*"}).tables["limits"]
    assert table["site"].tolist() == ["H"]


def test_total_over_a_group_of_members():
    row = {"measure": "openings", "sense": "max", "value": 9, "site": "pair"}
    assert activities(limited(row, groups=[{"group": "pair", "member": name} for name in "CM"])) == [1]


def test_star_period_is_each_and_blank_the_whole_horizon():
    row = {"measure": "donations", "sense": "max", "value": 30, "period": "*"}
    assert activities(limited(row)) == [25, 25]
    assert codes(limited({**row, "period": ""})) == {"limit"}


def test_total_cost_is_without_penalties_of_limits_and_diversity():
    bare = evaluate(instance_of(ALLOGENEIC), solution_of(FLOWS)).objective
    evaluation = limited(
        {"measure": "total_cost", "sense": "max", "value": 1e9},
        {"measure": "openings", "sense": "max", "value": 0, "penalty": 5},
    )
    assert activities(evaluation)[0] == pytest.approx(bare)
    assert evaluation.objective == pytest.approx(bare + 10)
    assert codes(evaluation) == set()


def test_penalty_of_a_ratio_counts_the_units_beyond():
    evaluation = limited({"measure": "handoffs", "sense": "max", "value": 0.5, "penalty": 7, "period": 2})
    row = evaluation.tables["limits"].iloc[0]
    assert (row["violation"], row["slack"]) == (pytest.approx(10 - 0.5 * 18), pytest.approx(0.5 - 10 / 18))
    assert term(evaluation, "shortfall_penalty", 2) == pytest.approx(7)
    assert evaluation.tables["costs"].set_index("term")["cost"]["shortfall_penalty"] == pytest.approx(0.8 * 7)


def test_unmet_by_centre():
    priced = [{**ALLOGENEIC["demand"][0], "unmet_penalty": 1}]
    limits = [
        {"limit": "a", "measure": "unmet_share", "sense": "max", "value": 0.05, "site": "H", "penalty": 3},
        {"limit": "b", "measure": "unmet", "sense": "max", "value": 1, "jurisdiction": "EU", "period": 1},
        {"limit": "c", "measure": "unmet", "sense": "max", "value": 0, "site": "M"},
    ]
    solution = solution_of(
        FLOWS, unmet=edited(FLOWS["unmet"], 0, unmet=2), deliveries=edited(FLOWS["deliveries"], 0, doses=16)
    )
    evaluation = evaluate(instance_of(ALLOGENEIC, demand=priced, limits=limits), solution)
    table = evaluation.tables["limits"].set_index("limit")
    assert table["activity"].tolist() == pytest.approx([2 / 36, 2, 0])
    assert table["violation"].tolist() == pytest.approx([2 - 0.05 * 36, 1, 0])
    assert codes(evaluation) == {"limit"}


def test_loops_count_by_entry_and_doses_by_arrival():
    rows = [
        {"measure": "vein_to_vein_mean", "sense": "max", "value": 12, "period": 1},
        {"measure": "doses", "sense": "max", "value": 4, "period": 2},
        {"measure": "doses", "sense": "max", "value": 4, "period": 2, "site": "M"},
        {"measure": "doses", "sense": "max", "value": 0, "period": 1},
        {"measure": "handoffs", "sense": "max", "value": 2},
        {"measure": "crossings", "sense": "max", "value": 2},
        {"measure": "donations", "sense": "max", "value": 0},
    ]
    evaluation = looped(*rows)
    assert activities(evaluation) == [12, 4, 4, 0, 2, 2, 0]
    assert codes(evaluation) == set()
    assert codes(looped({**rows[0], "value": 11.9})) == {"limit"}
    short = looped({**rows[0], "value": 11.9, "penalty": 1})
    assert short.tables["limits"]["violation"].tolist() == pytest.approx([120 - 119])


def test_delivered_doses_at_delivery_are_demand_less_unmet():
    evaluation = looped(
        {"measure": "doses", "sense": "max", "value": 9}, demand=[{**AUTOLOGOUS["demand"][0], "doses": 3}]
    )
    assert activities(evaluation) == [3]
    assert evaluation.tables["kpis"].set_index("kpi")["value"]["doses"] == 3
