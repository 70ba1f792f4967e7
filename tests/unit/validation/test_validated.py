"""Instances that came about by changes are checked like any other, but for the scenarios that are left."""

from __future__ import annotations

from dataclasses import replace

import pytest

import donornet as dn
from donornet.validation import validated
from tests.oracle.tiny import Tiny

LAB = {"scenario": "no-lab", "order": 1, "table": "facilities", "where": "stage=testing", "set": "remove"}


def test_a_valid_instance_is_returned_itself():
    instance = Tiny().build()
    assert validated(instance) is instance


def test_errors_that_changes_cause_are_raised_with_every_finding():
    with pytest.raises(dn.InvalidInstanceError) as caught:
        validated(Tiny().build().apply("demand.centre=nowhere", "lanes.to=nobody where from=P"))
    assert len({finding.table for finding in caught.value.findings if finding.is_error}) == 2


def test_scenarios_that_find_nothing_after_the_changes_are_no_error():
    base = Tiny().add("scenarios", {**LAB, "where": "site=M", "set": "capacity=5"}).build()
    changed = base.apply("facilities.site=M2 where site=M", "sites.site=M2 where site=M")
    changed = changed.apply("lanes.from=M2 where from=M", "lanes.to=M2 where to=M")
    assert validated(changed) is changed
    with pytest.raises(dn.InvalidInstanceError, match="site=M matches no row"):
        validated(replace(changed, applied=()))
