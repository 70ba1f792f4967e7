"""Waivers: the cheapest rules that keep demand from being reached."""

from __future__ import annotations

from donornet.admissible import network
from donornet.admissible.waiver import Waiver
from tests.oracle.tiny import DAILY, TWO_YEARS, Tiny, own_cells


def waivers(tiny: Tiny) -> list[Waiver]:
    return network(tiny.build()).waivers


def kinds(tiny: Tiny) -> list[str]:
    """Return the kinds of rules to waive for the only centre."""
    (waiver,) = waivers(tiny)
    return [rule.kind for rule in waiver.rules]


def test_reached_demand_needs_no_waiver():
    assert waivers(Tiny()) == []
    assert waivers(own_cells()) == []


def test_every_rule_on_the_way_is_named():
    (waiver,) = waivers(Tiny().change("sites", 1, jurisdiction="B").change("sites", 2, jurisdiction="B"))
    assert [(rule.kind, rule.about) for rule in waiver.rules] == [("recognition", "L"), ("recognition", "M")]
    assert waiver.weight == 6
    assert waiver.chain == "P > C > M > R, tested at L"
    assert list(waiver.lines()) == [
        "K, centre R of market A: no chain reaches the demand of period 1",
        "  a chain would, such as P > C > M > R, tested at L, were it not for",
        "  - A does not recognise testing in B (no recognition row; default_recognition is never): L",
        "  - A does not recognise manufacturing in B (no recognition row; default_recognition is never): M",
    ]


def test_cheaper_of_two_ways_is_taken():
    tiny = (
        Tiny().change("sites", 2, jurisdiction="B").add("sites", {"site": "N", "jurisdiction": "D"}).vans("C>N", "N>R")
    )
    tiny.add("facilities", {"site": "N", "stage": "manufacturing"})
    tiny.add("recognition", {"stage": "*", "from": "D", "market": "A", "verdict": "licence"})
    (waiver,) = waivers(tiny)
    assert [(rule.kind, rule.about) for rule in waiver.rules] == [("licence", "N")]


def test_missing_lane_is_dearer_than_a_panel_that_lacks_a_marker():
    tiny = Tiny().add("panels", {"panel": "p", "markers": "HIV"}).add("required_markers", {"marker": "HBV"})
    assert kinds(tiny) == ["required_markers"]
    tiny.tables["lanes"] = [row for row in tiny.tables["lanes"] if row["to"] != "M"]
    assert kinds(tiny) == ["required_markers", "lane"]


def test_prohibition_is_paid_once():
    tiny = Tiny().add("prohibitions", {"rule": "ban", "collection": "C"})
    assert kinds(tiny) == ["prohibition"]


def test_donors_and_late_openings():
    tiny = Tiny(**TWO_YEARS).change("donor_pools", jurisdiction="B").change("facilities", 2, opens_from=2)
    assert kinds(tiny) == ["recognition", "opening"]


def test_loop_trades_a_slow_lane_against_recognition():
    tiny = own_cells().change("therapies", vein_to_vein_days=2)
    tiny.lane("M>R").update(days=3)
    assert kinds(tiny) == ["vein_to_vein_days"]
    tiny.add("sites", {"site": "N", "jurisdiction": "B"}).add("facilities", {"site": "N", "stage": "manufacturing"})
    tiny.vans("C>N", "N>R").add("recognition", {"stage": "*", "from": "B", "market": "A", "verdict": "licence"})
    assert kinds(tiny) == ["licence"]


def test_centres_that_want_the_same_waiver_are_told_together():
    tiny = Tiny().change("sites", 2, jurisdiction="B").add("centres", {"centre": "Q", "jurisdiction": "A"}).vans("M>Q")
    tiny.add("demand", {"centre": "Q", "therapy": "K", "doses": 1})
    (waiver,) = waivers(tiny)
    assert waiver.centres == ("R", "Q")


def test_what_no_waiver_can_mend_is_said():
    (missing,) = waivers(Tiny().change("facilities", 2, status="closed"))
    assert missing.reason == "no facility does manufacturing"
    (late,) = waivers(Tiny(**DAILY).change("operations", 2, days=1))
    assert late.periods == (1,)
    assert late.reason.startswith("no rule is in the way")
