from __future__ import annotations

import pytest

from donornet.evaluation import evaluate
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


def facility(row: int, **cells: object) -> set[str]:
    return broken(
        instance_of(ALLOGENEIC, facilities=edited(ALLOGENEIC["facilities"], row, **cells)), solution_of(FLOWS)
    )


def test_capacity_bounds_load():
    assert facility(0, capacity=25) == set()
    assert facility(0, capacity=24.9) == {"capacity"}
    assert facility(1, capacity=24.9) == {"capacity"}
    heavy = edited(ALLOGENEIC["operations"], 2, load=1.01)
    assert broken(instance_of(ALLOGENEIC, operations=heavy), solution_of(FLOWS)) == {"capacity"}


def test_steps_add_capacity_only_while_held():
    assert broken(instance_of(ALLOGENEIC), solution_of(FLOWS, facilities=edited(FLOWS["facilities"], 4, steps=0))) == {
        "capacity"
    }


def test_capacity_is_pro_rata_of_the_year():
    half = {"periods": {"count": 2, "days": 182.5, "first": 1}}
    pools = changed(ALLOGENEIC["donor_pools"], registry=None)
    result = broken(instance_of(ALLOGENEIC, half, donor_pools=pools), solution_of(FLOWS, donors=[]))
    assert result == {"capacity"}


def test_min_load_binds_while_open():
    assert facility(0, min_load=0.83) == set()
    assert facility(0, min_load=0.84) == {"min-load"}
    closed = solution_of({}, facilities=[{"site": "C", "stage": "collection", "period": 1, "open": 0}])
    facilities = edited(ALLOGENEIC["facilities"], 0, min_load=0.9)
    assert broken(instance_of(ALLOGENEIC, facilities=facilities, demand=[]), closed) == set()


def test_use_of_a_closed_facility_is_named():
    closed = edited(FLOWS["facilities"], 2, open=0)
    evaluation = evaluate(instance_of(ALLOGENEIC), solution_of(FLOWS, facilities=closed))
    [violation] = [violation for violation in evaluation.violations if violation.code == "open-before-use"]
    assert "site L, stage testing, period 1" in violation.message
    assert violation.amount == 25


def test_operation_limit_is_per_therapy_and_facility():
    for row, units in ((0, 25), (1, 25), (2, 10)):
        for most, expected in ((units, set()), (units - 0.1, {"operation-limit"})):
            operations = edited(ALLOGENEIC["operations"], row, max_units_per_year=most)
            assert broken(instance_of(ALLOGENEIC, operations=operations), solution_of(FLOWS)) == expected


@pytest.mark.parametrize(("row", "units"), [(0, 25), (1, 25), (2, 10), (3, 18)])
def test_lane_limit_bounds_the_units_of_each_leg(row, units):
    for most, expected in ((units, set()), (units - 0.1, {"lane-limit"})):
        lanes = edited(ALLOGENEIC["lanes"], row, max_units_per_year=most)
        assert broken(instance_of(ALLOGENEIC, lanes=lanes), solution_of(FLOWS)) == expected


def test_lane_limit_is_shared_by_all_therapies_that_use_the_row():
    twin = [{**ALLOGENEIC["therapies"][0], "therapy": "twin"}]
    lanes = edited(ALLOGENEIC["lanes"], 3, max_units_per_year=35)
    demand = [{**ALLOGENEIC["demand"][0], "therapy": name, "period": 1} for name in ("allo", "twin")]
    roomy = [{**row, "capacity": None} for row in ALLOGENEIC["facilities"]]
    pools = changed(ALLOGENEIC["donor_pools"], registry=None)
    tables = {
        "therapies": ALLOGENEIC["therapies"] + twin,
        "lanes": lanes,
        "demand": demand,
        "facilities": roomy,
        "donor_pools": pools,
    }
    both = {
        name: [{**FLOWS[name][0], "therapy": therapy} for therapy in ("allo", "twin")]
        for name in ("donations", "tests", "flows", "deliveries", "unmet")
    }
    solution = solution_of(FLOWS, **both, donors=[], facilities=changed(FLOWS["facilities"], steps=0))
    assert broken(instance_of(ALLOGENEIC, **tables, capacity_steps=[]), solution) == {"lane-limit"}
    tables["lanes"] = [*lanes, {**lanes[3], "therapy": "twin"}]
    assert broken(instance_of(ALLOGENEIC, **tables, capacity_steps=[]), solution) == set()


@pytest.mark.parametrize(("lane", "units"), [(0, 10), (1, 10), (2, 8), (3, 4)])
def test_lane_limit_of_loops_counts_units_so_far_in_the_period_of_entry(lane, units):
    for most, expected in ((units * 36.5, set()), (units * 36.5 - 1, {"lane-limit"})):
        lanes = edited(AUTOLOGOUS["lanes"], lane, max_units_per_year=most)
        assert broken(instance_of(AUTOLOGOUS, DAILY, lanes=lanes), solution_of(PATIENTS)) == expected


class TestSlots:
    def used(self, stage: str = "manufacturing", **changes: object) -> list[float]:
        capacity = evaluate(instance_of(AUTOLOGOUS, DAILY, **changes), solution_of(PATIENTS)).tables["capacity"]
        return list(capacity[capacity["stage"] == stage]["use"])

    def test_slots_are_held_from_the_offset_on_and_spread_over_periods(self):
        # 8 units from day 2.5 for 9 days: 7.5 days in the first period, 1.5 in the second
        assert self.used() == pytest.approx([60, 12, 0])

    def test_occupancy_may_differ_from_duration(self):
        operations = edited(AUTOLOGOUS["operations"], 2, occupancy_days=20)
        assert self.used(operations=operations) == pytest.approx([60, 80, 8 * 2.5])
        operations = edited(AUTOLOGOUS["operations"], 2, occupancy_days=100)  # beyond the horizon nothing counts
        assert self.used(operations=operations) == pytest.approx([60, 80, 80])

    def test_stage_entered_in_a_later_period_holds_slots_from_then_on(self):
        operations = edited(AUTOLOGOUS["operations"], 0, days=9)  # manufacturing from day 10.5 to 19.5
        therapies = changed(AUTOLOGOUS["therapies"], vein_to_vein_days=20)
        assert self.used(operations=operations, therapies=therapies) == pytest.approx([0, 72, 0])

    def test_capacity_in_slots(self):
        for slots, expected in ((6, set()), (5.9, {"capacity"})):
            facilities = edited(AUTOLOGOUS["facilities"], 2, capacity=slots)
            assert broken(instance_of(AUTOLOGOUS, DAILY, facilities=facilities), solution_of(PATIENTS)) == expected

    def test_tests_and_allogeneic_units_hold_slots_from_the_start_of_the_period(self):
        facilities = edited(AUTOLOGOUS["facilities"], 1, capacity=10, capacity_unit="slots")
        operations = edited(AUTOLOGOUS["operations"], 1, occupancy_days=12)
        assert self.used("testing", facilities=facilities, operations=operations) == pytest.approx([100, 20, 0])

    def test_allogeneic_slots(self):
        facilities = edited(ALLOGENEIC["facilities"], 2, capacity=1, capacity_unit="slots")
        facilities = edited(facilities, 2, min_load=0)
        evaluation = evaluate(instance_of(ALLOGENEIC, facilities=facilities), solution_of(FLOWS))
        capacity = evaluation.tables["capacity"]
        assert list(capacity[capacity["site"] == "M"]["use"]) == [200, 200]
        assert list(capacity[capacity["site"] == "M"]["capacity"]) == [3 * 365, 3 * 365]

    def test_facility_must_be_open_where_the_loop_enters_it(self):
        operations = edited(AUTOLOGOUS["operations"], 0, days=9)
        therapies = changed(AUTOLOGOUS["therapies"], vein_to_vein_days=20)
        instance = instance_of(
            AUTOLOGOUS, DAILY, operations=operations, therapies=therapies, demand=AUTOLOGOUS["demand"]
        )
        demand = instance_of(
            AUTOLOGOUS,
            DAILY,
            operations=operations,
            therapies=therapies,
            demand=[{**AUTOLOGOUS["demand"][0], "period": 3}],
        )
        opened_late = edited(PATIENTS["facilities"], 6, open=0)
        unmet = changed(PATIENTS["unmet"], period=3)
        assert broken(instance, solution_of(PATIENTS, facilities=opened_late)) >= {"meet-demand"}
        assert broken(demand, solution_of(PATIENTS, facilities=opened_late, unmet=unmet)) == set()
        closed = edited(opened_late, 7, open=0)
        assert broken(demand, solution_of(PATIENTS, facilities=closed, unmet=unmet)) == {"open-before-use", "capacity"}
