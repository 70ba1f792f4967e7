"""Optima worked out by hand, for the oracle and (slow) the package: chains, demand, facilities, time, donors."""

from __future__ import annotations

import pytest

from tests.oracle.tiny import (
    DAILY,
    TWO_YEARS,
    Tiny,
    daily_loops,
    is_infeasible,
    optimum,
    own_cells,
    second_plant,
)

pytestmark = pytest.mark.usefixtures("engine")

# --------------------------------------------------------------------------------------------------------- one chain


def test_the_line_costs_what_its_parts_cost():
    assert optimum(Tiny()) == pytest.approx(195)


def test_the_loops_cost_what_their_parts_cost():
    assert optimum(own_cells()) == pytest.approx(150)


def test_lanes_cost_by_the_units_on_them():
    tiny = Tiny()
    for leg, cost in (("P>C", 1), ("C>L", 2), ("C>M", 4), ("M>R", 8)):
        tiny.lane(leg)["unit_cost"] = cost
    assert optimum(tiny) == pytest.approx(195 + 10 * 1 + 10 * 2 + 5 * 4 + 10 * 8)


def test_losses_and_outputs_multiply():
    tiny = Tiny().change("operations", 0, output=4, **{"yield": 0.5}).change("operations", 2, **{"yield": 0.5})
    donations = 10 / (4 * 0.5 * 0.5) / (2 * 0.5)
    assert optimum(tiny) == pytest.approx(8 * donations + 3 * 10 + 100)


def test_untested_donations_all_pass():
    tiny = Tiny().change("therapies", tested="no")
    assert optimum(tiny) == pytest.approx(7 * 5 + 3 * 5 + 100)


def test_a_tested_loop_pays_for_its_test_and_loses_what_does_not_pass():
    tiny = own_cells().change("therapies", tested="yes").add("facilities", {"site": "L", "stage": "testing"})
    tiny.add("pass_rates", {"pass_rate": 0.5})
    assert optimum(tiny) == pytest.approx(20 * (2 + 1) + 10 * 3 + 100)


def test_the_most_specific_pass_rate_holds():
    tiny = Tiny().add("pass_rates", {"risk_class": "low", "pass_rate": 0.8}, {"risk_class": "high", "pass_rate": 0.1})
    assert optimum(tiny) == pytest.approx(8 * 5 / 0.8 + 15 + 100)


def test_the_most_specific_operation_holds():
    tiny = Tiny().add(
        "operations", {"stage": "manufacturing", "therapy": "K", "site": "M", "unit_cost": 7, "output": 2}
    )
    assert optimum(tiny) == pytest.approx(195 + 4 * 5)


def test_a_route_of_one_stage_goes_from_the_pool_to_the_centre():
    tiny = Tiny().change("therapies", route="manufacturing").vans("P>M")
    assert optimum(tiny) == pytest.approx(5 * 5 + 3 * 5 + 100)


# ------------------------------------------------------------------------------------------------------------ demand


def test_demand_goes_unmet_where_that_is_cheaper():
    assert optimum(Tiny().change("demand", unmet_penalty=15)) == pytest.approx(150)
    assert optimum(Tiny().change("demand", unmet_penalty=25)) == pytest.approx(195)


def test_the_minimum_service_is_served_even_at_a_loss():
    tiny = Tiny().change("demand", unmet_penalty=1, min_service=0.5)
    assert optimum(tiny) == pytest.approx(100 + 9.5 * 5 + 5)


def test_hard_demand_that_no_chain_reaches_is_infeasible():
    tiny = Tiny()
    tiny.lane("C>M")["status"] = "closed"
    assert is_infeasible(tiny)
    assert optimum(tiny.change("demand", unmet_penalty=7)) == pytest.approx(70)


def test_a_row_for_one_period_replaces_the_row_for_all():
    tiny = Tiny(**TWO_YEARS).add("demand", {"centre": "R", "therapy": "K", "period": "2", "doses": 20})
    assert optimum(tiny) == pytest.approx(100 + 9.5 * 30)


# -------------------------------------------------------------------------------------------------------- facilities


def test_the_cheaper_of_two_plants_opens():
    assert optimum(second_plant(Tiny(), opening_cost=60)) == pytest.approx(195 - 40 + 5)


def test_an_existing_plant_closes_when_that_saves_money():
    tiny = Tiny().change("facilities", 2, initial="existing", fixed_cost_per_year=30, closing_cost=20)
    assert optimum(tiny) == pytest.approx(95 + 30)
    tiny.change("demand", unmet_penalty=1)
    assert optimum(tiny) == pytest.approx(20 + 10)


def test_a_plant_that_must_be_open_pays_for_it():
    tiny = Tiny().change("facilities", 2, status="open", fixed_cost_per_year=30).change("demand", unmet_penalty=1)
    assert optimum(tiny) == pytest.approx(100 + 30 + 10)


def test_a_closed_plant_serves_nobody_and_costs_nothing():
    tiny = Tiny().change("facilities", 2, status="closed", fixed_cost_per_year=30, initial="existing", closing_cost=9)
    assert optimum(tiny.change("demand", unmet_penalty=50)) == pytest.approx(500)


def test_costs_are_discounted_to_the_start_of_the_horizon():
    tiny = Tiny(discount_rate=0.25, **TWO_YEARS).change("facilities", 2, fixed_cost_per_year=10)
    assert optimum(tiny) == pytest.approx(100 + (95 + 10) * (1 + 0.8))


def test_a_plant_opens_late_when_it_may_only_open_late():
    tiny = Tiny(discount_rate=0.25, **TWO_YEARS).change("facilities", 2, opens_from=2)
    assert is_infeasible(tiny)
    assert optimum(tiny.change("demand", unmet_penalty=40)) == pytest.approx(400 + 0.8 * 195)


def test_capacity_is_bought_step_by_step():
    tiny = Tiny().change("facilities", 2, capacity=2)
    assert is_infeasible(tiny)
    steps = [
        {"site": "M", "stage": "manufacturing", "step": n, "capacity": 2, "opening_cost": c}
        for n, c in ((1, 50), (2, 5))
    ]
    assert optimum(tiny.add("capacity_steps", *steps)) == pytest.approx(195 + 55)


def test_load_and_yearly_figures_scale_with_the_period():
    tiny = Tiny(periods={"count": 1, "days": 73, "first": 1}).change(
        "facilities", 2, capacity=50, fixed_cost_per_year=10
    )
    assert optimum(tiny) == pytest.approx(195 + 2)
    assert is_infeasible(tiny.change("operations", 2, load=2.5))


def test_an_open_plant_must_use_its_minimum_load():
    tiny = Tiny().change("facilities", 2, capacity=20, min_load=0.5, status="open")
    assert optimum(tiny) == pytest.approx(100 + 10 * 16 + 3 * 10)


def test_a_therapy_has_its_own_most_units_at_a_facility():
    assert is_infeasible(Tiny().change("operations", 2, max_units_per_year=4.9))
    assert is_infeasible(Tiny().change("operations", 1, max_units_per_year=9.9))
    assert optimum(Tiny().change("operations", 2, max_units_per_year=5)) == pytest.approx(195)


# ---------------------------------------------------------------------------------------------------- slots and time


def test_a_loop_arrives_after_its_work():
    assert optimum(daily_loops()) == pytest.approx(100 + 2 * 5)
    assert is_infeasible(daily_loops().change("demand", period="2"))


def test_demand_at_entry_counts_patients_whose_dose_comes_after_the_horizon():
    tiny = daily_loops().change("therapies", demand_at="entry").change("demand", period="4")
    assert optimum(tiny) == pytest.approx(2 * 5)  # the plant is needed after the horizon only


def test_slots_are_held_over_several_periods():
    tiny = daily_loops().change("facilities", 1, capacity=1, capacity_unit="slots", fixed_cost_per_year=0)
    assert is_infeasible(tiny)
    assert optimum(tiny.change("operations", 2, occupancy_days=0.5)) == pytest.approx(110)
    assert is_infeasible(tiny.change("facilities", 1, capacity=0.9))


def test_slots_are_held_from_the_day_the_loop_reaches_the_stage():
    tiny = daily_loops().change("operations", 0, days=0.5).change("operations", 2, days=1.5)
    tiny.change("facilities", 1, capacity=1, capacity_unit="slots")  # 2 · (0.5 in day 1, 1 in day 2)
    assert is_infeasible(tiny)
    assert optimum(tiny.change("facilities", 1, capacity=2)) == pytest.approx(110)


def test_the_vein_to_vein_limit_counts_work_and_legs_but_not_the_patient():
    tiny = daily_loops().change("therapies", vein_to_vein_days=2)
    tiny.lane("R>C")["days"] = 3
    assert optimum(tiny) == pytest.approx(110)
    tiny.lane("M>R")["days"] = 0.1
    assert is_infeasible(tiny)


def test_the_test_of_a_loop_must_end_within_the_vein_to_vein_limit():
    tiny = (
        daily_loops()
        .change("therapies", vein_to_vein_days=2, tested="yes")
        .add("facilities", {"site": "L", "stage": "testing"})
    )
    tiny.change("operations", 1, days=2)
    assert optimum(tiny) == pytest.approx(112)
    tiny.lane("C>L")["days"] = 0.5
    assert is_infeasible(tiny)


def test_allogeneic_legs_lag_by_whole_periods():
    tiny = (
        Tiny(**DAILY).change("operations", 0, days=0.6).change("operations", 2, days=1.2).change("demand", period="2")
    )
    tiny.lane("C>M")["days"] = 0.3  # 0.9: no lag
    tiny.lane("M>R")["days"] = 0.7  # 1.9: one period
    assert optimum(tiny) == pytest.approx(195)
    tiny.lane("C>M")["days"] = 0.4
    assert is_infeasible(tiny)


# ------------------------------------------------------------------------------------------------------------ donors


def test_registries_grow_by_recruits_and_shrink_by_attrition():
    tiny = (
        Tiny(**TWO_YEARS)
        .change(
            "donor_pools",
            registry=10,
            attrition_per_year=0.5,
            recruits_per_year=4,
            recruitment_cost=3,
            donations_per_year=2,
        )
        .change("demand", doses=13)
    )
    # 6.5 donors are needed in both years: 0.5·10 + r1 ≥ 6.5 and 0.5·(0.5·10 + r1) + r2 ≥ 6.5 with r1, r2 ≤ 4.
    # Cheapest: r1 = 1.5 and r2 = 3.25.
    assert optimum(tiny) == pytest.approx(100 + 2 * 9.5 * 13 + 3 * (1.5 + 3.25))


def test_a_registry_that_is_too_small_is_infeasible():
    assert is_infeasible(Tiny().change("donor_pools", registry=9.9))
    assert optimum(Tiny().change("donor_pools", registry=10)) == pytest.approx(195)
