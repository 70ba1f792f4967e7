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


def test_registry_must_follow_from_the_recruits():
    assert broken(instance_of(ALLOGENEIC), solution_of(FLOWS, donors=edited(FLOWS["donors"], 1, registry=12.6))) == {
        "registry"
    }
    instance = instance_of(ALLOGENEIC, donor_pools=changed(ALLOGENEIC["donor_pools"], attrition_per_year=0.4))
    assert broken(instance, solution_of(FLOWS)) == {"registry"}


def test_supply_follows_the_registry_as_recomputed():
    fewer = [
        {"pool": "P", "period": 1, "recruits": 2, "registry": 12},
        {"pool": "P", "period": 2, "recruits": 6.5, "registry": 12.5},
    ]
    assert broken(instance_of(ALLOGENEIC), solution_of(FLOWS, donors=fewer)) == {"donor-supply"}
    enough = edited(edited(fewer, 0, recruits=2.5, registry=12.5), 1, recruits=6.25)
    assert broken(instance_of(ALLOGENEIC), solution_of(FLOWS, donors=enough)) == set()


def test_recruits_are_bounded_pro_rata():
    pools = changed(ALLOGENEIC["donor_pools"], recruits_per_year=5.75)
    assert broken(instance_of(ALLOGENEIC, donor_pools=pools), solution_of(FLOWS)) == set()
    pools = changed(ALLOGENEIC["donor_pools"], recruits_per_year=5.7)
    assert broken(instance_of(ALLOGENEIC, donor_pools=pools), solution_of(FLOWS)) == {"recruits"}


def test_pool_without_registry_is_unlimited_and_recruits_nobody():
    pool = {"pool": "P", "jurisdiction": "US", "risk_class": "low"}
    instance = instance_of(ALLOGENEIC, donor_pools=[pool])
    assert broken(instance, solution_of(FLOWS, donors=[])) == set()
    assert broken(instance, solution_of(FLOWS)) == {"recruits"}


def test_every_donation_is_tested_in_its_class():
    assert broken(instance_of(ALLOGENEIC), solution_of(FLOWS, tests=edited(FLOWS["tests"], 0, tests=24))) >= {
        "every-donation-tested"
    }
    renamed = edited(FLOWS["tests"], 0, donor_class="other")
    assert broken(instance_of(ALLOGENEIC), solution_of(FLOWS, tests=renamed)) >= {"every-donation-tested", "release"}
    split = [{**FLOWS["tests"][0], "tests": 10}, {**FLOWS["tests"][0], "tests": 15}, FLOWS["tests"][1]]
    assert broken(instance_of(ALLOGENEIC), solution_of(FLOWS, tests=split)) == set()


def test_every_patient_is_tested_once():
    assert broken(instance_of(AUTOLOGOUS, DAILY), solution_of(PATIENTS, tests=changed(PATIENTS["tests"], tests=9))) >= {
        "every-donation-tested"
    }
    late = changed(PATIENTS["tests"], period=2)
    assert "every-donation-tested" in broken(instance_of(AUTOLOGOUS, DAILY), solution_of(PATIENTS, tests=late))


def test_a_design_without_a_single_test_is_refused_not_a_failure():
    assert broken(instance_of(ALLOGENEIC), solution_of(FLOWS, tests=[])) >= {"every-donation-tested", "illegal-chain"}
    assert "every-donation-tested" in broken(instance_of(AUTOLOGOUS, DAILY), solution_of(PATIENTS, tests=[]))


def test_untested_therapy_releases_donations_to_their_own_state():
    instance = instance_of(ALLOGENEIC, therapies=changed(ALLOGENEIC["therapies"], tested="no"))
    donations = changed(FLOWS["donations"], donations=12.5, state="s")
    assert broken(instance, solution_of(FLOWS, tests=[], donations=donations)) == set()
    assert broken(instance, solution_of(FLOWS, tests=[], donations=changed(donations, state="t"))) == {"release"}
    assert broken(instance, solution_of(FLOWS, donations=donations)) == {"unknown"}


def test_classes_of_one_test_may_hold_pools_of_different_pass_rates_only_for_their_mean():
    twin = {**ALLOGENEIC["donor_pools"][0], "pool": "Q", "risk_class": "high"}
    lane = {"from": "Q", "to": "C", "mode": "walk"}
    instance = instance_of(
        ALLOGENEIC, donor_pools=[*ALLOGENEIC["donor_pools"], twin], lanes=[*ALLOGENEIC["lanes"], lane],
        pass_rates=[*ALLOGENEIC["pass_rates"], {"risk_class": "high", "pass_rate": 0.1}],
    )  # fmt: skip
    donations = [
        {**FLOWS["donations"][0], "donations": 15},
        {**FLOWS["donations"][0], "pool": "Q", "donations": 10},
        FLOWS["donations"][1],
    ]
    evaluation = evaluate(instance, solution_of(FLOWS, donations=donations))
    released = 0.8 * (15 * 0.5 + 10 * 0.1)
    [violation] = [violation for violation in evaluation.violations if violation.code == "release"]
    assert violation.amount == pytest.approx(10 - released)


@pytest.mark.parametrize(("markers", "expected"), [("HIV", set()), ("HCV", {"test-not-valid", "illegal-chain"})])
def test_test_must_be_valid_for_every_pool_of_its_class(markers, expected):
    required = [{"market": "EU", "risk_class": "low", "marker": markers}]
    assert broken(instance_of(ALLOGENEIC, required_markers=required), solution_of(FLOWS)) == expected
