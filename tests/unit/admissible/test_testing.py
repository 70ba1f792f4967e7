"""Donor tests: panels offered, markers required, samples in time."""

from __future__ import annotations

from donornet.admissible import network
from donornet.admissible.testing import marker_rows, markers_required, offered_panels, pass_rates
from tests.oracle.tiny import Tiny, own_cells


def ways(tiny: Tiny) -> list[tuple[str, str]]:
    """Return lab and panel of the tests in the network."""
    layers = network(tiny.build()).layers.get(("K", "A"))
    return sorted(zip(layers.tests["lab"], layers.tests["panel"], strict=True)) if layers else []


def two_panels() -> Tiny:
    tiny = Tiny().add("panels", {"panel": "basic", "markers": "HIV; HBV", "unit_cost": 1})
    return tiny.add("panels", {"panel": "full", "markers": "HIV;HBV;HTLV", "unit_cost": 3, "days": 2})


def test_no_table_of_panels_means_one_that_meets_everything():
    assert offered_panels(Tiny().build())[["lab", "panel", "markers"]].values.tolist() == [["L", "", None]]
    assert ways(Tiny().add("required_markers", {"marker": "HIV"})) == [("L", "")]


def test_no_table_of_lab_panels_means_that_labs_offer_all():
    assert ways(two_panels()) == [("L", "basic"), ("L", "full")]
    assert ways(two_panels().add("lab_panels", {"site": "L", "panel": "full"})) == [("L", "full")]


def test_panel_must_contain_every_required_marker():
    assert ways(two_panels().add("required_markers", {"marker": "HTLV"})) == [("L", "full")]
    assert ways(two_panels().add("required_markers", {"marker": "HTLV"}, {"marker": "WNV"})) == []


def test_requirements_of_all_matching_rows_add_up():
    tiny = Tiny().add("groups", {"group": "west", "member": "A"}).add(
        "required_markers",
        {"marker": "HIV"}, {"marker": "HBV", "market": "west"}, {"marker": "HTLV", "risk_class": "low"},
        {"marker": "WNV", "therapy": "K", "market": "A", "risk_class": "low"}, {"marker": "B19", "risk_class": "high"},
        {"marker": "HAV", "market": "B"},
    )  # fmt: skip
    assert markers_required(tiny.build(), "K", "A", "low") == {"HIV", "HBV", "HTLV", "WNV"}
    assert marker_rows(tiny.build(), "K", "A", "high").index.tolist() == [2, 3, 6]


def test_patients_have_a_blank_risk_class():
    tiny = own_cells().add("required_markers", {"marker": "HIV"}, {"marker": "HBV", "risk_class": "low"})
    assert markers_required(tiny.build(), "K", "A", "") == {"HIV"}


def test_pass_rate_of_the_most_specific_row():
    tiny = Tiny().add(
        "pass_rates", {"risk_class": "low", "pass_rate": 0.9}, {"therapy": "K", "risk_class": "low", "pass_rate": 0.8}
    )
    assert pass_rates(tiny.build(), "K", "A", ["low", "high"]).tolist() == [0.8, 0.5]
    assert pass_rates(Tiny().drop("pass_rates").build(), "K", "A", ["low"]).tolist() == [1]


def test_test_of_a_patient_must_end_within_the_vein_to_vein_limit():
    def tested(limit: float) -> bool:
        tiny = own_cells().change("therapies", tested="yes", vein_to_vein_days=limit).change("operations", 1, days=1)
        tiny.add("facilities", {"site": "L", "stage": "testing"})
        tiny.add("panels", {"panel": "full", "markers": "HIV", "days": 2}).lane("C>L").update(days=1.5)
        return ("K", "A") in network(tiny.build()).loops

    assert tested(4.5)
    assert not tested(4.4)


def test_donors_of_any_risk_class_share_the_lab_but_not_the_class():
    tiny = two_panels().add("donor_pools", {"pool": "Q", "jurisdiction": "A", "risk_class": "high"}).vans("Q>C")
    tiny.add("required_markers", {"marker": "HTLV", "risk_class": "high"})
    layers = network(tiny.build()).layers["K", "A"]
    by_pool = layers.donors.merge(layers.tests, on=["site", "donor_class"]).groupby("pool")["panel"].agg(sorted)
    assert by_pool.to_dict() == {"P": ["basic", "full"], "Q": ["full"]}


def test_classes_that_pass_and_are_tested_alike_are_one():
    def classes(**high: float) -> int:
        tiny = Tiny().add("donor_pools", {"pool": "Q", "jurisdiction": "A", "risk_class": "high"}).vans("Q>C")
        if high:
            tiny.add("pass_rates", {"risk_class": "high", **high})
        return len(network(tiny.build()).layers["K", "A"].classes)

    assert classes() == 1
    assert classes(pass_rate=0.4) == 2
