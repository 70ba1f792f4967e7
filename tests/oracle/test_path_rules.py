"""Optima worked out by hand, for the oracle and (slow) the package: recognition, tests, prohibitions, lanes."""

from __future__ import annotations

import pytest

from tests.oracle.tiny import (
    KM,
    TWO_YEARS,
    Tiny,
    daily_loops,
    derived,
    is_infeasible,
    optimum,
    own_cells,
    second_plant,
)

pytestmark = pytest.mark.usefixtures("engine")

# --------------------------------------------------------------------------------------------------------- the rules


def test_a_market_that_does_not_recognise_a_plant_cannot_be_served_from_it():
    tiny = second_plant(Tiny(), "B", opening_cost=10)
    assert optimum(tiny) == pytest.approx(195)
    tiny.add("recognition", {"stage": "manufacturing", "from": "B", "market": "A", "verdict": "recognised"})
    assert optimum(tiny) == pytest.approx(195 - 90 + 5)
    tiny.add("recognition", {"stage": "manufacturing", "from": "B", "market": "A", "therapy": "K", "verdict": "never"})
    assert optimum(tiny) == pytest.approx(195)


def test_the_default_holds_between_two_jurisdictions_only():
    tiny = second_plant(Tiny(default_recognition="recognised"), "B", opening_cost=10)
    assert optimum(tiny) == pytest.approx(110)
    assert is_infeasible(Tiny().add("recognition", {"from": "A", "market": "A", "verdict": "never"}))


def test_bridging_costs_and_loses_at_its_stage():
    tiny = second_plant(Tiny(), "B", opening_cost=10)
    tiny.add("recognition", {"from": "B", "market": "A", "verdict": "bridging", "unit_cost": 2, "yield": 0.5})
    assert optimum(tiny) == pytest.approx(195)  # N would cost 230
    tiny.change("facilities", 2, opening_cost=300)
    assert optimum(tiny) == pytest.approx(20 * 8 + 10 * (3 + 1 + 2) + 10)


def test_bridging_of_donors_and_tests_costs_per_donation():
    tiny = Tiny()
    for stage in ("donor", "testing"):
        tiny.add(
            "recognition",
            {"stage": stage, "from": "A", "market": "A", "verdict": "bridging", "unit_cost": 1},
        )
    assert optimum(tiny) == pytest.approx(195 + 10 + 10)


def test_bridging_days_lengthen_a_loop():
    tiny = daily_loops().change("therapies", vein_to_vein_days=2.5)
    tiny.add("recognition", {"stage": "collection", "from": "A", "market": "A", "verdict": "bridging", "days": 0.5})
    assert optimum(tiny) == pytest.approx(110)
    assert is_infeasible(tiny.change("recognition", days=0.6))


def test_a_verdict_holds_while_it_is_valid():
    tiny = Tiny(**TWO_YEARS).add(
        "recognition", {"stage": "manufacturing", "from": "A", "market": "A", "verdict": "never", "valid_to": 1}
    )
    assert is_infeasible(tiny)
    assert optimum(tiny.change("demand", period="2")) == pytest.approx(195)


def licensed() -> Tiny:
    """Return the line with a plant that needs a licence."""
    return Tiny(**TWO_YEARS).add(
        "recognition", {"stage": "manufacturing", "from": "A", "market": "A", "verdict": "licence"}
    )


def test_a_licence_is_held_bought_or_missing():
    assert is_infeasible(licensed())
    licence = {"site": "M", "stage": "manufacturing", "market": "A", "fixed_cost_per_year": 4}
    held = licensed().add("licences", {**licence, "status": "held"})
    assert optimum(held) == pytest.approx(100 + 2 * 95 + 2 * 4)
    bought = licensed().add("licences", {**licence, "status": "obtainable", "opening_cost": 30})
    assert optimum(bought) == pytest.approx(100 + 2 * 95 + 2 * 4 + 30)
    assert is_infeasible(bought.change("licences", available_from=2))
    assert is_infeasible(held.change("licences", available_from=2))
    assert optimum(held.change("demand", period="2")) == pytest.approx(195 + 4)


def test_a_donor_never_has_a_licence():
    assert is_infeasible(
        Tiny().add("recognition", {"stage": "donor", "from": "A", "market": "A", "verdict": "licence"})
    )


@pytest.mark.parametrize(
    ("cells", "forbidden"),
    [
        ({"donor": "P", "manufacturing": "M"}, True),
        ({"donor": "g", "market": "A"}, True),
        ({"donor": "A", "testing": "L"}, True),
        ({"risk_class": "low", "market": "A"}, True),
        ({"risk_class": "high", "market": "A"}, False),
        ({"risk_class": "!high", "collection": "C"}, True),
        ({"collection": "!C", "manufacturing": "M"}, False),
        ({"collection": "A", "manufacturing": "!A"}, False),
        ({"storage": "!M", "market": "A"}, False),
        ({"processing": "*", "market": "A"}, False),
        ({"panel": "!full", "market": "A"}, True),
        ({"panel": "basic", "therapy": "K"}, True),
        ({"therapy": "both", "market": "A"}, True),
        ({"collection": "places", "manufacturing": "places"}, True),
    ],
)
def test_a_prohibition_forbids_what_matches_all_its_cells(cells: dict[str, str], forbidden: bool):
    tiny = (
        Tiny()
        .add("panels", {"panel": "basic"}, {"panel": "full"})
        .add("lab_panels", {"site": "L", "panel": "basic"})
        .add("prohibitions", {"rule": "no", **cells})
    )
    tiny.add(
        "groups",
        {"group": "both", "member": "K"},
        {"group": "places", "member": "C"},
        {"group": "places", "member": "M"},
    )
    assert is_infeasible(tiny) == forbidden


def test_loops_match_no_cell_about_donors():
    for cells in ({"donor": "!x"}, {"donor": "*"}, {"risk_class": "!high"}, {"panel": "*"}, {"testing": "!C"}):
        assert optimum(own_cells().add("prohibitions", {"rule": "no", "market": "A", **cells})) == pytest.approx(150)


def test_panels_hold_every_required_marker():
    tiny = Tiny().add(
        "panels",
        {"panel": "basic", "markers": "HIV;HBV", "unit_cost": 1},
        {"panel": "full", "markers": "HIV; HBV; HCV", "unit_cost": 3},
    )
    assert optimum(tiny) == pytest.approx(195 + 10)
    tiny.add(
        "required_markers",
        {"marker": "HIV"},
        {"market": "A", "risk_class": "low", "marker": "HCV"},
        {"risk_class": "high", "marker": "WNV"},
    )
    assert optimum(tiny) == pytest.approx(195 + 30)
    assert is_infeasible(tiny.add("lab_panels", {"site": "L", "panel": "basic"}))


def test_samples_must_reach_the_lab_in_time():
    tiny = Tiny().change("therapies", sample_days=2)
    tiny.lane("C>L")["days"] = 2
    assert optimum(tiny) == pytest.approx(195)
    tiny.lane("C>L")["days"] = 2.1
    assert is_infeasible(tiny)


def test_fresh_legs_have_a_limit_that_frozen_ones_and_samples_have_not():
    tiny = (
        Tiny()
        .change("therapies", fresh_days=1)
        .add("transport_modes", {"mode": "cool", "carries": "doses", "state": "fresh"})
    )
    tiny.lane("C>L")["days"] = tiny.lane("M>R")["days"] = 2
    assert optimum(tiny) == pytest.approx(195)
    tiny.lane("M>R")["mode"] = "cool"
    assert is_infeasible(tiny)
    tiny.lane("M>R")["days"] = 1
    assert optimum(tiny) == pytest.approx(195)


# ------------------------------------------------------------------------------------------------------------- lanes


def test_derived_lanes_cost_by_the_great_circle():
    assert optimum(derived()) == pytest.approx(195 + 10 * (1 + 0.1 * KM))
    assert is_infeasible(derived(max_km=111))
    assert is_infeasible(derived(carries="material"))
    assert is_infeasible(derived(from_stage="storage"))
    assert optimum(derived(from_stage="manufacturing", to_stage="centre")) == pytest.approx(195 + 10 * (1 + 0.1 * KM))


def test_a_listed_lane_replaces_the_derived_one_of_its_mode():
    row = {"from": "M", "to": "R", "mode": "air", "unit_cost": 20}
    assert optimum(derived().add("lanes", row)) == pytest.approx(195 + 200)
    assert is_infeasible(derived().add("lanes", {**row, "status": "closed"}))
    assert optimum(derived().add("lanes", {**row, "mode": "sea"})) == pytest.approx(195 + 10 * (1 + 0.1 * KM))


def test_a_row_for_a_therapy_replaces_the_row_for_all():
    tiny = Tiny().vans("M>R", therapy="K", unit_cost=1)
    assert optimum(tiny) == pytest.approx(205)
    assert is_infeasible(Tiny().vans("M>R", therapy="K", status="closed"))


def test_the_bound_of_a_lane_holds_for_all_its_units():
    tiny = Tiny()
    tiny.lane("C>M")["max_units_per_year"] = 5
    assert optimum(tiny) == pytest.approx(195)
    tiny.lane("C>M")["max_units_per_year"] = 4.9
    assert is_infeasible(tiny)


def test_stages_at_one_site_are_joined_by_a_free_lane_unless_one_is_listed():
    tiny = Tiny().change("facilities", 2, site="C")
    tiny.tables["lanes"] = [row for row in tiny.tables["lanes"] if "M" not in (row["from"], row["to"])]
    tiny.vans("C>R")
    assert optimum(tiny) == pytest.approx(195)
    assert optimum(tiny.vans("C>C", unit_cost=2)) == pytest.approx(195 + 2 * 5)
