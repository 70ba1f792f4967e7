"""Solving a model again and again: the optimum is always that of a fresh solve."""

from __future__ import annotations

import pyomo.environ as pyo
import pytest

import donornet as dn
from donornet.exceptions import SolverError
from donornet.formulation import Choices
from tests.oracle.tiny import TWO_YEARS, Tiny, second_plant


def case(**head) -> Tiny:
    """The line with a second plant, cheaper to open but dearer to reach."""
    return second_plant(Tiny(**head), opening_cost=90).change("demand", unmet_penalty=60)


@pytest.fixture
def prepared():
    return dn.prepare(case().build())


def cost(prepared) -> float:
    return float(prepared.solve(gap=1e-9).objective)


def test_a_prepared_model_is_solved_like_its_instance(prepared):
    assert cost(prepared) == pytest.approx(dn.solve(prepared.instance, gap=1e-9).objective)


@pytest.mark.parametrize("edit", ["demand.doses*=2", "lanes.unit_cost+=1"])
def test_an_updated_model_has_the_optimum_of_the_changed_instance(prepared, edit):
    cost(prepared)
    revision = prepared.update(edit)
    assert revision.rebuilt == edit.startswith("lanes")
    assert cost(prepared) == pytest.approx(dn.solve(prepared.base.apply(edit), gap=1e-9).objective)
    assert prepared.last.info["start_accepted"]  # it started from the design before


@pytest.mark.slow
def test_edits_are_applied_to_the_base_and_none_leads_back_to_it(prepared):
    before = cost(prepared)
    prepared.update("demand.doses*=2")
    prepared.update("facilities.opening_cost=0")
    assert prepared.instance.table("demand")["doses"].tolist() == [10]
    assert prepared.update().changed == ("facilities.opening_cost",)
    assert cost(prepared) == pytest.approx(before)


def test_a_closed_plant_is_not_used_until_it_is_released(prepared):
    free = cost(prepared)
    chosen = next(
        row.site for row in prepared.last.facilities.itertuples() if row.stage == "manufacturing" and row.open
    )
    prepared.fix(chosen, "manufacturing", open=False)
    assert cost(prepared) > free
    flows = prepared.last.flows
    assert chosen not in set(flows["to"])
    assert prepared.last.info["violations"] == []
    assert cost(prepared.release(chosen, "manufacturing")) == pytest.approx(free)


def test_what_is_fixed_stays_fixed_after_an_update_in_place_and_after_one_anew(prepared):
    prepared.fix("M", "manufacturing", open=True).fix("N", "manufacturing", open=True)
    for edit in ("facilities.closing_cost=1", "lanes.days=0.5"):
        prepared.update(edit)
        assert cost(prepared) == pytest.approx(195 + 90)  # both are paid for, M is used


def test_opening_in_one_period_only_is_no_opening_from_the_start():
    prepared = dn.prepare(case(**TWO_YEARS).change("facilities", 2, fixed_cost_per_year=0).build())
    prepared.fix("N", "manufacturing", open=False, period=1).fix("N", "manufacturing", open=True, period=2)
    rows = prepared.solve(gap=1e-9).facilities.query("site == 'N'")
    assert rows.sort_values("period")["open"].tolist() == [0, 1]


@pytest.mark.slow
def test_a_fixed_design_leaves_only_flows_to_decide(prepared):
    design = prepared.solve(gap=1e-9)
    prepared.update("facilities.opening_cost=0 where stage=manufacturing", "lanes.unit_cost=9 where from=M")
    prepared.fix_design(design)
    assert prepared.solve(gap=1e-9).facilities["open"].tolist() == design.facilities["open"].tolist()


@pytest.mark.slow
def test_what_extend_adds_follows_the_instance():
    def at_most_half(model):
        wanted = model.instance.table("demand")["doses"].sum()
        model.half = pyo.Constraint(expr=sum(model.Deliver.values()) <= wanted / 2)

    prepared = dn.prepare(case().build(), extend=at_most_half)
    for edit in ("demand.doses*=2", "lanes.unit_cost+=1"):
        prepared.update(edit)
        result = prepared.solve(gap=1e-9)
        wanted = prepared.instance.table("demand")["doses"].sum()
        assert result.table("deliveries")["doses"].sum() <= wanted / 2 + 1e-6


def test_what_was_added_by_hand_stays_or_the_update_is_refused(prepared):
    prepared.model.few = pyo.Constraint(expr=sum(prepared.model.Deliver.values()) <= 4)
    prepared.update("demand.doses*=2")
    result = prepared.solve(gap=1e-9)
    assert result.table("deliveries")["doses"].sum() == pytest.approx(4)
    with pytest.raises(SolverError, match=r"anew for the change of lanes\.unit_cost.*extend"):
        prepared.update("lanes.unit_cost+=1")
    assert cost(prepared) > 0


@pytest.mark.slow
def test_additions_by_hand_untie_the_decisions_of_periods():
    case_ = Tiny(**TWO_YEARS).change("demand", unmet_penalty=1000)
    prepared = dn.prepare(case_.build(), Choices(decide_once=True))
    prepared.model.late = pyo.Constraint(expr=prepared.model.Open["M", "manufacturing", 1] == 0)
    rows = prepared.solve(gap=1e-9).facilities.query("site == 'M'")
    assert rows.sort_values("period")["open"].tolist() == [0, 1]


def test_an_open_status_cannot_be_closed_by_fixing():
    prepared = dn.prepare(case().change("facilities", 2, status="open").build())
    with pytest.raises(ValueError, match="status open"):
        prepared.fix("M", "manufacturing", open=False)


def test_a_fix_that_the_changed_instance_contradicts_is_named(prepared):
    prepared.fix("M", "manufacturing", open=False)
    with pytest.raises(SolverError, match=r"Open\[M,manufacturing,1\]"):
        prepared.update("facilities.status=open where site=M")


def test_unknown_decisions_are_named_with_the_nearest(prepared):
    with pytest.raises(ValueError, match="M manufacturing"):
        prepared.fix("M", "manufacturin", open=True)
    with pytest.raises(ValueError, match="period 9 is not one of 1 to 1"):
        prepared.fix("M", "manufacturing", open=True, period=9)
