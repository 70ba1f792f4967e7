from __future__ import annotations

import pytest

from donornet.evaluation import RuleEngine, evaluate
from donornet.evaluation.loops import Loops, loops_of
from donornet.evaluation.screen import screen
from tests.unit.evaluation.small import AUTOLOGOUS, DAILY, PATIENTS, Rows, changed, instance_of, solution_of

SHORT = {"periods": {"count": 8, "days": 2, "first": 1}, "discount_rate": 0.0}
BRIDGE = {
    "stage": "manufacturing",
    "from": "EU",
    "market": "EU",
    "verdict": "bridging",
    "unit_cost": 100,
    "days": 4,
    "yield": 0.5,
}


def loops(recognition: Rows, periods: tuple[int, ...] = (1, 2, 3, 4, 5)) -> Loops:
    instance = instance_of(AUTOLOGOUS, SHORT, recognition=[*AUTOLOGOUS["recognition"], *recognition])
    rules = RuleEngine(instance)
    rows = [{**PATIENTS["loops"][0], "period": period} for period in periods]
    return loops_of(rules, screen(rules, solution_of({}, loops=rows)).tables["loops"])


def test_all_rows_share_one_journey_while_verdicts_stand():
    found = loops([])
    assert len(found.chains) == 1
    assert list(found.rows["arrival"] - found.rows["period"]) == [6] * 5
    assert found.rows["days"].unique() == [12]


@pytest.mark.parametrize("valid", [{"valid_from": 5}, {"valid_to": 4}])
def test_verdict_counts_in_the_period_in_which_the_stage_is_entered(valid):
    found = loops([{**BRIDGE, **valid}])
    # manufacturing is entered on day 2.5, one period after the patient
    entries = found.entries[found.entries["stage"] == "manufacturing"].sort_values("period")
    bridged = [entry >= 5 if "valid_from" in valid else entry <= 4 for entry in entries["entry"]]
    assert list(entries["entry"]) == [2, 3, 4, 5, 6]
    assert list(entries["verdict"] == "bridging") == bridged
    assert list(entries["bridging_cost"]) == [100.0 * yes for yes in bridged]
    assert list(found.rows["days"]) == [12 + 4 * yes for yes in bridged]
    assert list(found.rows["gain"]) == pytest.approx([0.4 * (0.5 if yes else 1) for yes in bridged])


def test_bridging_days_delay_what_follows_and_cost_counts_at_entry():
    bridge = {**BRIDGE, "stage": "collection", "from": "US", "days": 8}
    therapies = changed(AUTOLOGOUS["therapies"], vein_to_vein_days=None)
    instance = instance_of(
        AUTOLOGOUS, DAILY, recognition=[{**AUTOLOGOUS["recognition"][0], "stage": "testing"}, bridge],
        therapies=therapies,
        demand=changed(AUTOLOGOUS["demand"], period=3, doses=2),
    )  # fmt: skip
    evaluation = evaluate(instance, solution_of(PATIENTS, unmet=changed(PATIENTS["unmet"], period=3)))
    assert evaluation.violations == []
    capacity = evaluation.tables["capacity"].set_index(["site", "period"])["use"]
    assert [capacity["M", t] for t in (1, 2, 3)] == pytest.approx([0, 4 * 9, 0])  # 4 units from day 10.5 to 19.5
    costs = evaluation.tables["costs"]
    assert list(costs[costs["term"] == "bridging"][["period", "undiscounted"]].iloc[0]) == [1, 1000]
    assert evaluation.tables["chains"]["days"].tolist() == [20]
