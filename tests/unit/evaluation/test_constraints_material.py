from __future__ import annotations

import pytest

from tests.unit.evaluation.small import (
    ALLOGENEIC,
    AUTOLOGOUS,
    DAILY,
    FLOWS,
    PATIENTS,
    broken,
    changed,
    edited,
    instance_of,
    solution_of,
)

PRICED = changed(ALLOGENEIC["demand"], unmet_penalty=1000, min_service=0.5)


def test_no_more_leaves_the_first_stage_than_was_released():
    assert broken(instance_of(ALLOGENEIC), solution_of(FLOWS, flows=edited(FLOWS["flows"], 0, units=10.1))) == {
        "release",
        "capacity",
    }
    assert "release" not in broken(
        instance_of(ALLOGENEIC), solution_of(FLOWS, flows=edited(FLOWS["flows"], 0, units=9.9))
    )
    other_state = edited(FLOWS["flows"], 0, from_state="t")
    assert broken(instance_of(ALLOGENEIC), solution_of(FLOWS, flows=other_state)) == {"release"}


def test_no_more_is_delivered_than_came_in():
    deliveries = edited(FLOWS["deliveries"], 0, doses=18.1)
    assert broken(instance_of(ALLOGENEIC), solution_of(FLOWS, deliveries=deliveries)) == {"flow-balance", "meet-demand"}
    other_state = edited(FLOWS["deliveries"], 0, from_state="y")
    assert broken(instance_of(ALLOGENEIC), solution_of(FLOWS, deliveries=other_state)) == {"flow-balance"}


def test_surplus_may_be_discarded_at_every_stage():
    solution = solution_of(
        FLOWS, flows=edited(FLOWS["flows"], 0, units=9), deliveries=edited(FLOWS["deliveries"], 0, doses=16),
        unmet=edited(FLOWS["unmet"], 0, unmet=2),
    )  # fmt: skip
    assert broken(instance_of(ALLOGENEIC, demand=PRICED), solution) == set()


def test_material_that_travels_long_comes_in_later():
    lanes = [{**lane, "days": 350} if lane["mode"] == "air" else lane for lane in ALLOGENEIC["lanes"]]
    instance = instance_of(ALLOGENEIC, lanes=lanes, demand=[{**ALLOGENEIC["demand"][0], "period": 2}])
    one = {
        name: FLOWS[name][:1] for name in ("donations", "tests", "flows")
    }  # 2 days of collection + 350: the same year
    assert broken(
        instance, solution_of(FLOWS, **one, deliveries=FLOWS["deliveries"][1:], unmet=FLOWS["unmet"][1:])
    ) == {"flow-balance"}
    lanes = [{**lane, "days": 363} if lane["mode"] == "air" else lane for lane in ALLOGENEIC["lanes"]]
    instance = instance_of(ALLOGENEIC, lanes=lanes, demand=[{**ALLOGENEIC["demand"][0], "period": 2}])
    assert (
        broken(instance, solution_of(FLOWS, **one, deliveries=FLOWS["deliveries"][1:], unmet=FLOWS["unmet"][1:]))
        == set()
    )


def test_doses_arrive_after_operation_and_transit():
    lanes = [{**lane, "days": 345} if lane["mode"] == "van" else lane for lane in ALLOGENEIC["lanes"]]
    instance = instance_of(ALLOGENEIC, lanes=lanes, demand=[{**ALLOGENEIC["demand"][0], "period": 2}])
    assert broken(instance, solution_of(FLOWS, unmet=FLOWS["unmet"][1:])) == set()  # what is sent in 2 arrives too late
    assert broken(instance_of(ALLOGENEIC, lanes=lanes), solution_of(FLOWS)) == {"meet-demand"}


@pytest.mark.parametrize("doses", [17.9, 18.1])
def test_deliveries_and_unmet_make_up_the_demand(doses):
    demand = changed(ALLOGENEIC["demand"], doses=doses)
    assert broken(instance_of(ALLOGENEIC, demand=demand), solution_of(FLOWS)) == {"meet-demand"}


def test_delivery_without_demand_is_wrong():
    demand = [{**ALLOGENEIC["demand"][0], "period": 1}]
    assert broken(instance_of(ALLOGENEIC, demand=demand), solution_of(FLOWS, unmet=FLOWS["unmet"][:1])) == {
        "meet-demand"
    }


def test_demand_of_a_named_period_beats_that_of_all():
    demand = [ALLOGENEIC["demand"][0], {**ALLOGENEIC["demand"][0], "period": 2, "doses": 9}]
    solution = solution_of(FLOWS, deliveries=edited(FLOWS["deliveries"], 1, doses=9))
    assert broken(instance_of(ALLOGENEIC, demand=demand), solution) == set()


def test_unmet_needs_a_penalty_and_keeps_the_minimum_service():
    def serving(doses: float) -> set[str]:
        solution = solution_of(
            FLOWS,
            deliveries=edited(FLOWS["deliveries"], 0, doses=doses),
            unmet=edited(FLOWS["unmet"], 0, unmet=18 - doses),
        )
        return broken(instance_of(ALLOGENEIC, demand=PRICED), solution)

    assert serving(9) == set()
    assert serving(8.9) == {"min-service"}
    unmet = edited(FLOWS["unmet"], 0, unmet=1)
    solution = solution_of(FLOWS, unmet=unmet, deliveries=edited(FLOWS["deliveries"], 0, doses=17))
    assert broken(instance_of(ALLOGENEIC), solution) == {"hard-demand"}


def test_indivisible_flows_are_whole():
    therapies = changed(ALLOGENEIC["therapies"], indivisible="yes")
    assert broken(instance_of(ALLOGENEIC, therapies=therapies), solution_of(FLOWS)) == set()
    for name, column in (("donations", "donations"), ("tests", "tests"), ("flows", "units"), ("deliveries", "doses")):
        solution = solution_of(FLOWS, **{name: edited(FLOWS[name], 0, **{column: FLOWS[name][0][column] - 0.5})})
        assert "indivisible" in broken(instance_of(ALLOGENEIC, therapies=therapies), solution), name
        assert "indivisible" not in broken(instance_of(ALLOGENEIC), solution), name


class TestLoops:
    def test_loops_may_bring_more_than_is_wanted_but_not_less(self):
        less = instance_of(AUTOLOGOUS, DAILY, demand=changed(AUTOLOGOUS["demand"], doses=3.9))
        assert broken(less, solution_of(PATIENTS)) == set()
        more = instance_of(AUTOLOGOUS, DAILY, demand=changed(AUTOLOGOUS["demand"], doses=4.1))
        assert broken(more, solution_of(PATIENTS)) == {"meet-demand"}

    def test_loop_arrives_by_its_time(self):
        early = instance_of(AUTOLOGOUS, DAILY, demand=changed(AUTOLOGOUS["demand"], period=1))
        assert broken(early, solution_of(PATIENTS, unmet=[])) == {"meet-demand", "loop-without-demand"}

    def test_arrival_after_the_horizon_meets_nothing(self):
        late = instance_of(AUTOLOGOUS, DAILY, demand=[{**AUTOLOGOUS["demand"][0], "period": 3}])
        moved = {name: changed(PATIENTS[name], period=3) for name in ("loops", "tests", "unmet")}
        assert broken(late, solution_of(PATIENTS, **moved)) == {"meet-demand", "loop-without-demand"}

    def test_at_entry_each_patient_meets_one_unit_whatever_the_yield(self):
        therapies = changed(AUTOLOGOUS["therapies"], demand_at="entry")
        demand = [{"centre": "H", "therapy": "auto", "period": 1, "doses": 10}]
        instance = instance_of(AUTOLOGOUS, DAILY, therapies=therapies, demand=demand)
        unmet = changed(PATIENTS["unmet"], period=1)
        assert broken(instance, solution_of(PATIENTS, unmet=unmet)) == set()
        for doses in (9, 11):
            other = instance_of(AUTOLOGOUS, DAILY, therapies=therapies, demand=changed(demand, doses=doses))
            assert broken(other, solution_of(PATIENTS, unmet=unmet)) == {"meet-demand"}

    def test_at_entry_what_enters_last_counts_and_loads_nothing_beyond_the_horizon(self):
        therapies = changed(AUTOLOGOUS["therapies"], demand_at="entry")
        demand = [{"centre": "H", "therapy": "auto", "period": 3, "doses": 10}]
        instance = instance_of(AUTOLOGOUS, DAILY, therapies=therapies, demand=demand)
        moved = {name: changed(PATIENTS[name], period=3) for name in ("loops", "tests", "unmet")}
        assert broken(instance, solution_of(PATIENTS, **moved)) == set()

    def test_patients_of_an_indivisible_therapy_are_whole(self):
        therapies = changed(AUTOLOGOUS["therapies"], indivisible="yes")
        instance = instance_of(AUTOLOGOUS, DAILY, therapies=therapies, demand=changed(AUTOLOGOUS["demand"], doses=3.8))
        assert broken(instance, solution_of(PATIENTS)) == set()
        half = {"loops": changed(PATIENTS["loops"], patients=9.5), "tests": changed(PATIENTS["tests"], tests=9.5)}
        assert broken(instance, solution_of(PATIENTS, **half)) == {"indivisible"}
