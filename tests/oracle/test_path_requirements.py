"""Optima worked out by hand, for the oracle and (slow) the package: stock, diversity, limits, whole units."""

from __future__ import annotations

import math
from typing import Any

import pytest

from tests.oracle.tiny import (
    KM,
    TWO_YEARS,
    Tiny,
    derived,
    is_infeasible,
    optimum,
    own_cells,
    second_plant,
)

pytestmark = pytest.mark.usefixtures("engine")

# ------------------------------------------------------------------------------------------------------------- stock


def seasons(**cells: Any) -> Tiny:
    """Return the line with a plant for 8 doses per period and demand of 10 in the last of three."""
    tiny = Tiny(periods={"count": 3, "days": 10, "first": 1}, days_per_year=10).change("facilities", 2, capacity=4)
    tiny.change("operations", 2, holding_cost_per_year=0.5).change("therapies", **cells)
    return tiny.change("demand", period="3")


def test_doses_wait_within_their_shelf_life():
    assert is_infeasible(seasons())
    assert optimum(seasons(shelf_life_days=10)) == pytest.approx(195 + 2 * 0.5)
    assert is_infeasible(seasons(shelf_life_days=10).change("facilities", 2, capacity=2.4))
    assert optimum(seasons(shelf_life_days=20).change("facilities", 2, capacity=2)) == pytest.approx(
        195 + 0.5 * 4 + 1.0 * 2
    )


# --------------------------------------------------------------------------------------------------------- diversity


def two_pools() -> Tiny:
    """Return the line with a second pool Q of group h whose donations cost 3 more."""
    tiny = Tiny().add(
        "donor_pools", {"pool": "Q", "jurisdiction": "A", "donor_group": "h", "risk_class": "low", "donation_cost": 8}
    )
    return tiny.vans("Q>C")


@pytest.mark.parametrize(
    ("row", "extra"),
    [
        ({"measure": "min_count", "member": "h", "value": 2}, 4 * 3),  # n counts what passes
        ({"measure": "min_count", "value": 6}, 2 * 8),  # all together: 12 donations, two of them surplus
        ({"measure": "min_share", "member": "h", "value": 0.3}, 3 * 3),
        ({"measure": "min_share", "value": 0.2}, 2 * 3),
        ({"measure": "max_share", "member": "g", "value": 0.6}, 4 * 3),
        ({"measure": "max_share", "of": "pool", "value": 0.6}, 4 * 3),
        ({"measure": "max_share", "member": "g", "value": 0.6, "shortfall_penalty": 1}, 4 * 0.5),
        ({"measure": "min_effective_groups", "value": 2}, 5 * 3),
        ({"measure": "min_effective_groups", "value": 1.6}, 10 * (1 - math.sqrt(2 / 1.6 - 1)) / 2 * 3),
        ({"measure": "min_share", "member": "h", "value": 0.3, "shortfall_penalty": 2}, 1.5 * 2),
        ({"measure": "min_share", "member": "h", "value": 0.3, "shortfall_penalty": 9}, 9),
        ({"measure": "min_count", "member": "*", "value": 0.5}, 3),
    ],
)
def test_diversity_costs_what_the_dearer_donors_cost(row: dict[str, object], extra: float):
    assert optimum(two_pools().add("diversity", {"requirement": "d", **row})) == pytest.approx(195 + extra, rel=1e-5)


def test_registries_and_recruits_may_be_required_too():
    tiny = two_pools()
    for number in (0, 1):
        tiny.change("donor_pools", number, registry=20, recruits_per_year=50, recruitment_cost=2)
    tiny.add("diversity", {"requirement": "a", "measure": "min_count", "level": "registry", "member": "h", "value": 23})
    assert optimum(tiny) == pytest.approx(195 + 3 * 2)
    tiny.add(
        "diversity", {"requirement": "b", "measure": "min_share", "level": "recruited", "member": "g", "value": 0.25}
    )
    assert optimum(tiny) == pytest.approx(195 + 4 * 2)


# ------------------------------------------------------------------------------------------------------------ limits


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ({"measure": "open_facilities", "sense": "max", "value": 2}, None),
        ({"measure": "open_facilities", "stage": "manufacturing", "sense": "min", "value": 2}, 195 + 60),
        ({"measure": "openings", "sense": "max", "value": 3}, 160),
        ({"measure": "openings", "sense": "max", "value": 2}, None),
        ({"measure": "investment", "sense": "max", "value": 99}, 95 + 60 + 5),
        ({"measure": "total_cost", "sense": "max", "value": 194}, 160),
        ({"measure": "donations", "sense": "max", "value": 8}, None),
        ({"measure": "donations", "sense": "max", "value": 8, "penalty": 3}, 160 + 2 * 3),
        ({"measure": "doses", "site": "N", "sense": "max", "value": 4}, 195),
        ({"measure": "handoffs", "sense": "max", "value": 0.2}, 195),
        ({"measure": "crossings", "sense": "max", "value": 0.3}, 195),
        ({"measure": "unmet", "sense": "max", "value": 0}, 160),
    ],
)
def test_limits_bound_what_they_measure(row: dict[str, object], expected: float | None):
    """N (another organisation, another jurisdiction; 60 to open, its leg 1 dearer) makes the line cost 160."""
    tiny = second_plant(Tiny(default_recognition="recognised"), "B", opening_cost=60)
    tiny.change("sites", 3, organisation="other").add("limits", {"limit": "l", **row})
    if expected is None:
        assert is_infeasible(tiny)
    else:
        assert optimum(tiny) == pytest.approx(expected)


def test_shares_of_unmet_demand_are_limited_member_by_member():
    tiny = (
        Tiny()
        .change("demand", unmet_penalty=1)
        .add(
            "limits",
            {"limit": "l", "measure": "unmet_share", "scope": "each", "therapy": "*", "sense": "max", "value": 0.4},
        )
    )
    assert optimum(tiny) == pytest.approx(100 + 9.5 * 6 + 4)


def test_kilometres_and_emissions_count_per_dose():
    slow = {"mode": "sea", "carries": "doses", "cost": 1}
    tiny = (
        derived(cost=2, cost_per_km=0)
        .add("transport_modes", slow)
        .add("sites", {"site": "F", "jurisdiction": "A", "latitude": 0, "longitude": 1})
        .vans("C>F")
        .add("facilities", {"site": "F", "stage": "manufacturing", "opening_cost": 150})
    )
    assert optimum(tiny) == pytest.approx(195 + 10)
    tiny.add("limits", {"limit": "l", "measure": "km", "sense": "max", "value": KM / 2})
    assert optimum(tiny) == pytest.approx(150 + 95 + 10)
    tiny.change("limits", penalty=0.01)
    assert optimum(tiny) == pytest.approx(195 + 10 + 0.01 * 5 * KM)


def test_the_mean_time_of_loops_is_limited_per_patient():
    tiny = own_cells().change("operations", 2, days=10)
    tiny.lane("C>M")["days"] = 4
    tiny.add("lanes", {"from": "C", "to": "M", "mode": "jet", "unit_cost": 6, "days": 1})
    tiny.add("limits", {"limit": "l", "measure": "vein_to_vein_mean", "sense": "max", "value": 12})
    assert optimum(tiny) == pytest.approx(150 + 6 * 10 * 2 / 3)


def test_a_penalty_counts_in_the_first_period_covered():
    tiny = Tiny(discount_rate=0.25, **TWO_YEARS)
    tiny.add("limits", {"limit": "l", "measure": "donations", "period": "2", "sense": "max", "value": 4, "penalty": 5})
    assert optimum(tiny) == pytest.approx(100 + 95 * 1.8 + 0.8 * 6 * 5)
    tiny.change("limits", period="", value=14)
    assert optimum(tiny) == pytest.approx(100 + 95 * 1.8 + 6 * 5)


# ------------------------------------------------------------------------------------------------------- whole units


def test_indivisible_flows_are_whole():
    tiny = Tiny().change("therapies", indivisible="yes").change("demand", doses=9)
    assert optimum(tiny) == pytest.approx(10 * 8 + 5 * 3 + 100)
    assert is_infeasible(Tiny().change("therapies", indivisible="yes").change("demand", doses=9.5))


def test_indivisible_loops_are_whole_and_may_leave_a_surplus():
    tiny = own_cells().change("therapies", indivisible="yes").change("operations", 2, **{"yield": 0.8}, output=1)
    assert optimum(tiny) == pytest.approx(100 + 13 * 5)
