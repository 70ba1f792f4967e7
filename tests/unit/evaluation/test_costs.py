from __future__ import annotations

import pytest

from donornet.evaluation import evaluate
from donornet.evaluation.costs import TERMS
from tests.unit.evaluation.small import (
    ALLOGENEIC,
    AUTOLOGOUS,
    DAILY,
    FLOWS,
    PATIENTS,
    changed,
    edited,
    instance_of,
    solution_of,
    term,
)

YEARLY = {
    "donation": 25 * 11, "testing": 25 * (2 + 9), "operations": 25 * 3 + 10 * 30, "bridging": 25 * 0.25 + 25 * 0.75,
    "transport": 25 * 1 + 25 * 0.5 + 10 * 70 + 18 * 8, "fixed": 100 + 200 + 5,
}  # fmt: skip
"""What each of the two years of the small allogeneic design costs."""


def test_small_design_breaks_nothing():
    assert evaluate(instance_of(ALLOGENEIC), solution_of(FLOWS)).violations == []


@pytest.mark.parametrize("name", TERMS)
def test_each_term_by_hand(name):
    evaluation = evaluate(instance_of(ALLOGENEIC), solution_of(FLOWS))
    once = {"opening": 1040, "steps": 50, "recruitment": 3.5 * 6}
    again = {"recruitment": 5.75 * 6}
    assert term(evaluation, name, 1) == pytest.approx(YEARLY.get(name, 0) + once.get(name, 0))
    assert term(evaluation, name, 2) == pytest.approx(YEARLY.get(name, 0) + again.get(name, 0))


def test_objective_discounts_by_the_start_of_the_period():
    evaluation = evaluate(instance_of(ALLOGENEIC), solution_of(FLOWS))
    yearly = sum(YEARLY.values())
    assert evaluation.objective == pytest.approx(1040 + 50 + 21 + yearly + 0.8 * (yearly + 34.5))
    assert evaluation.tables["costs"]["cost"].sum() == evaluation.objective


def test_closing_is_paid_once_in_the_first_closed_period():
    open_once = edited(FLOWS["facilities"], 1, open=0)
    evaluation = evaluate(instance_of(ALLOGENEIC), solution_of(FLOWS, facilities=open_once))
    assert (term(evaluation, "closing", 1), term(evaluation, "closing", 2)) == (0, 7)
    never = edited(open_once, 0, open=0)
    evaluation = evaluate(instance_of(ALLOGENEIC), solution_of(FLOWS, facilities=never))
    assert (term(evaluation, "closing", 1), term(evaluation, "closing", 2)) == (7, 0)
    closed = edited(ALLOGENEIC["facilities"], 0, status="closed")
    evaluation = evaluate(instance_of(ALLOGENEIC, facilities=closed), solution_of(FLOWS, facilities=never))
    assert term(evaluation, "closing") == 0
    assert "stay" not in {violation.code for violation in evaluation.violations}


def test_existing_facility_that_opens_later_is_closed_from_then_on():
    later = edited(ALLOGENEIC["facilities"], 0, opens_from=2)
    stated = edited(edited(FLOWS["facilities"], 0, open=0), 1, open=0)
    evaluation = evaluate(instance_of(ALLOGENEIC, facilities=later), solution_of({}, facilities=stated))
    assert (term(evaluation, "closing", 1), term(evaluation, "closing", 2)) == (0, 7)
    opened = edited(stated, 1, open=1)
    evaluation = evaluate(instance_of(ALLOGENEIC, facilities=later), solution_of({}, facilities=opened))
    assert (term(evaluation, "closing"), term(evaluation, "opening", 2)) == (0, 0)


def test_steps_are_paid_in_the_period_in_which_they_are_bought():
    stated = edited(FLOWS["facilities"], 5, steps=2)
    evaluation = evaluate(instance_of(ALLOGENEIC), solution_of(FLOWS, facilities=stated))
    assert (term(evaluation, "steps", 1), term(evaluation, "steps", 2)) == (50, 60)
    assert (term(evaluation, "fixed", 1), term(evaluation, "fixed", 2)) == (305, 311)


def test_licences_cost_a_fee_when_obtained_and_by_the_year_while_held():
    licences = [
        {"site": "C", "stage": "collection", "market": "EU", "status": "obtainable", "opening_cost": 13,
         "fixed_cost_per_year": 2},
        {"site": "M", "stage": "manufacturing", "market": "EU", "status": "held", "opening_cost": 99,
         "fixed_cost_per_year": 3,
         "available_from": 2},
    ]  # fmt: skip
    held = [{"site": "C", "stage": "collection", "market": "EU", "period": t, "held": t == 2} for t in (1, 2)]
    evaluation = evaluate(instance_of(ALLOGENEIC, licences=licences), solution_of(FLOWS, licences=held))
    assert (term(evaluation, "licences", 1), term(evaluation, "licences", 2)) == (0, 13)
    assert (term(evaluation, "fixed", 1), term(evaluation, "fixed", 2)) == (305, 305 + 2 + 3)
    assert list(evaluation.tables["licences"]["opened"]) == [0, 1]


def test_periods_scale_what_is_paid_by_the_year():
    half = {"periods": {"count": 2, "days": 146, "first": 1}, "days_per_year": 365}
    evaluation = evaluate(instance_of(ALLOGENEIC, half), solution_of(FLOWS))
    assert term(evaluation, "fixed", 1) == pytest.approx(0.4 * 305)
    assert term(evaluation, "operations", 1) == YEARLY["operations"]
    costs = evaluation.tables["costs"]
    second = costs[(costs["term"] == "operations") & (costs["period"] == 2)].iloc[0]
    assert second["cost"] == pytest.approx(second["undiscounted"] * 1.25**-0.4)


def test_holding_counts_stock_at_the_end_of_each_period():
    therapy = changed(ALLOGENEIC["therapies"], shelf_life_days=365)
    stock = [{"therapy": "allo", "market": "EU", "site": "M", "period": 1, "doses": 5}]
    evaluation = evaluate(instance_of(ALLOGENEIC, therapies=therapy), solution_of(FLOWS, stock=stock))
    assert (term(evaluation, "holding", 1), term(evaluation, "holding", 2)) == (20, 0)


def test_unmet_demand_costs_its_penalty():
    demand = changed(ALLOGENEIC["demand"], unmet_penalty=1000)
    unmet = edited(FLOWS["unmet"], 1, unmet=2)
    deliveries = edited(FLOWS["deliveries"], 1, doses=16)
    evaluation = evaluate(
        instance_of(ALLOGENEIC, demand=demand), solution_of(FLOWS, unmet=unmet, deliveries=deliveries)
    )
    assert (evaluation.violations, term(evaluation, "unmet_penalty", 2)) == ([], 2000)


def test_bridging_of_material_takes_its_yield_and_costs():
    row = {"stage": "manufacturing", "from": "EU", "market": "EU", "verdict": "bridging", "unit_cost": 4, "yield": 0.5}
    instance = instance_of(ALLOGENEIC, recognition=[*ALLOGENEIC["recognition"], row])
    evaluation = evaluate(instance, solution_of(FLOWS))
    assert term(evaluation, "bridging", 1) == pytest.approx(25 + 10 * 4)
    assert {violation.code for violation in evaluation.violations} == {"flow-balance"}  # 9 doses are there, 18 are sent


def test_loop_by_hand():
    evaluation = evaluate(instance_of(AUTOLOGOUS, DAILY), solution_of(PATIENTS))
    assert evaluation.violations == []
    assert term(evaluation, "transport", 1) == 10 * 1 + 10 * 0.5 + 8 * 70 + 4 * 8
    assert term(evaluation, "operations", 1) == 10 * 3 + 8 * 30
    assert term(evaluation, "testing", 1) == 10 * 2
    assert evaluation.objective == 10 + 5 + 560 + 32 + 270 + 20


def test_pass_rate_of_a_loop_is_that_of_the_blank_risk_class():
    rates = [{"pass_rate": 0.5}, {"risk_class": "low", "pass_rate": 0.1}]
    evaluation = evaluate(instance_of(AUTOLOGOUS, DAILY, pass_rates=rates), solution_of(PATIENTS))
    assert term(evaluation, "transport", 1) == 10 * 1 + 10 * 0.5 + 4 * 70 + 2 * 8
    assert {violation.code for violation in evaluation.violations} == {"meet-demand"}


def test_cost_of_chains_sums_to_the_cost_of_flows():
    for instance, solution in (
        (instance_of(ALLOGENEIC), solution_of(FLOWS)), (instance_of(AUTOLOGOUS, DAILY), solution_of(PATIENTS)),
    ):  # fmt: skip
        evaluation = evaluate(instance, solution)
        costs = evaluation.tables["costs"]
        flows = costs[costs["term"].isin(["donation", "testing", "operations", "bridging", "transport"])]
        assert evaluation.tables["chains"]["cost"].sum() == pytest.approx(flows["cost"].sum())
