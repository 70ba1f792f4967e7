from __future__ import annotations

import donornet as dn
from donornet.reporting.headline import at_most
from donornet.reporting.subject import Subject
from donornet.reporting.unserved import unserved
from tests.oracle.tiny import Tiny


def reason(tiny: Tiny) -> str:
    instance = tiny.build()
    rows = unserved(Subject.of("base", dn.solve(instance, gap=0), instance))
    assert len(rows) == 1
    return str(rows["reason"].iloc[0])


def test_demand_that_no_chain_reaches_is_told_with_the_rule_in_the_way():
    tiny = Tiny().add("centres", {"centre": "X", "jurisdiction": "A"})
    tiny.add("demand", {"centre": "X", "therapy": "K", "doses": 3, "unmet_penalty": 1000})
    assert reason(tiny).startswith("No legal chain reaches it. In the way: ")


def test_full_facilities_are_named_by_stage():
    tiny = Tiny().change("demand", 0, unmet_penalty=1000).change("facilities", 0, capacity=4)
    assert reason(tiny).startswith("Capacity: every open facility that may serve it is full, at ")


def test_demand_that_is_too_dear_is_told_with_both_prices():
    text = reason(Tiny().change("demand", 0, unmet_penalty=1))
    assert "leaving a dose unserved costs 1 USD" in text or "full" in text


def test_a_gap_is_rounded_against_the_claim():
    assert at_most(0.01417) == "1.5\u00a0%"
    assert at_most(0.02) == "2\u00a0%"
