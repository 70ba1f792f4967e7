from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from donornet.evaluation import Chain, RuleEngine
from donornet.evaluation.journey import Verdict
from tests.unit.evaluation.small import ALLOGENEIC, AUTOLOGOUS, DAILY, HEAD, instance_of

CHAIN = Chain("allo", "EU", ("C", "M"), ("walk", "air", "van"), "P", "H", "L", "basic", "post")
LOOP = Chain("auto", "EU", ("C", "M"), ("taxi", "air", "van"), "", "H", "L", "", "post")


def engine(**changes: Any) -> RuleEngine:
    return RuleEngine(instance_of(ALLOGENEIC, **changes))


def problems(chain: Chain = CHAIN, period: int = 1, **changes: Any) -> list[str]:
    """Return the rules that the chain breaks, by their first word."""
    return [text.split(":")[0].split(" ")[0] for text in engine(**changes).chain_problems(chain, period)]


def loop_problems(chain: Chain = LOOP, **changes: Any) -> list[str]:
    rules = RuleEngine(instance_of(AUTOLOGOUS, DAILY, **changes))
    return [text.split(":")[0].split(" ")[0] for text in rules.chain_problems(chain, 1)]


def rows(name: str, *more: Any) -> list[Any]:
    return [*ALLOGENEIC[name], *more]


class TestVerdict:
    def test_row_with_most_named_keys_holds(self):
        rules = engine(recognition=[
            {"stage": "*", "from": "US", "market": "EU", "verdict": "never"},
            {"stage": "testing", "from": "US", "market": "EU", "verdict": "bridging", "unit_cost": 5, "days": 2,
             "yield": 0.5},
            {"stage": "testing", "from": "US", "market": "EU", "therapy": "allo", "verdict": "licence"},
        ])  # fmt: skip
        assert rules.verdict("collection", "US", "EU", "allo", 1).name == "never"
        assert rules.verdict("testing", "US", "EU", "other", 1) == Verdict("bridging", 5, 2, 0.5)
        assert rules.verdict("testing", "US", "EU", "allo", 1).name == "licence"

    def test_group_counts_as_named(self):
        rules = engine(
            groups=[{"group": "west", "member": "US"}, {"group": "west", "member": "UK"}],
            recognition=[
                {"stage": "*", "from": "west", "market": "EU", "therapy": "allo", "verdict": "recognised"},
                {"stage": "*", "from": "US", "market": "EU", "verdict": "never"},
            ],
        )
        assert rules.verdict("testing", "US", "EU", "allo", 1).name == "recognised"
        assert rules.verdict("testing", "US", "EU", "other", 1).name == "never"
        assert rules.verdict("testing", "UK", "EU", "allo", 1).name == "recognised"

    def test_rows_hold_only_while_valid_and_after_the_horizon_as_at_its_end(self):
        rules = engine(
            recognition=[{"stage": "*", "from": "US", "market": "EU", "verdict": "licence", "valid_from": 2}]
        )
        assert [rules.verdict("testing", "US", "EU", "allo", period).name for period in (1, 2, 9)] == [
            "never",
            "licence",
            "licence",
        ]
        rules = engine(recognition=[{"stage": "*", "from": "US", "market": "EU", "verdict": "licence", "valid_to": 1}])
        assert [rules.verdict("testing", "US", "EU", "allo", period).name for period in (1, 2, 9)] == [
            "licence",
            "never",
            "never",
        ]

    def test_own_jurisdiction_is_recognised_unless_a_row_says_otherwise(self):
        assert engine(recognition=[]).verdict("testing", "EU", "EU", "allo", 1).name == "recognised"
        own = [{"stage": "testing", "from": "EU", "market": "EU", "verdict": "never"}]
        assert engine(recognition=own).verdict("testing", "EU", "EU", "allo", 1).name == "never"

    def test_default_recognition_speaks_between_different_jurisdictions(self):
        rules = RuleEngine(instance_of(ALLOGENEIC, {"default_recognition": "licence"}, recognition=[]))
        assert rules.verdict("testing", "US", "EU", "allo", 1).name == "licence"
        assert rules.verdict("testing", "", "EU", "allo", 1).name == "licence"

    def test_cost_days_and_yield_are_of_bridging_only(self):
        row = {
            "stage": "*",
            "from": "US",
            "market": "EU",
            "verdict": "recognised",
            "unit_cost": 5,
            "days": 2,
            "yield": 0.5,
        }
        assert engine(recognition=[row]).verdict("testing", "US", "EU", "allo", 1) == Verdict("recognised")


class TestLanes:
    SITES = ({"site": "A", "latitude": 0, "longitude": 0}, {"site": "B", "latitude": 0, "longitude": 90}, {"site": "N"})
    MODES = (
        {"mode": "truck", "carries": "material", "cost": 5, "cost_per_km": 2, "km_per_day": 1000, "handling_days": 1},
    )

    def legs(self, origin="A", target="B", carries="material", therapy="allo", modes=MODES, lanes=()):
        rules = engine(sites=self.SITES, transport_modes=modes, lanes=lanes, facilities=[], donor_pools=[])
        return {lane.mode: lane for lane in rules.legs(origin, "collection", target, "manufacturing", carries, therapy)}

    def test_derived_lane_follows_the_great_circle(self):
        lane = self.legs()["truck"]
        km = 6371.0088 * 3.141592653589793 / 2
        assert (lane.km, lane.unit_cost, lane.days) == pytest.approx((km, 5 + 2 * km, 1 + km / 1000))

    def test_no_derived_lane_without_coordinates_or_beyond_max_km(self):
        assert self.legs("A", "N") == {}
        modes = [{**self.MODES[0], "max_km": 10_000}]
        assert self.legs(modes=modes) == {}
        assert "truck" in self.legs(modes=[{**self.MODES[0], "max_km": 10_008}])

    def test_mode_carries_only_what_it_says_between_its_stages(self):
        assert self.legs(carries="sample") == {}
        assert self.legs(modes=[{**self.MODES[0], "to_stage": "processing"}]) == {}
        assert "truck" in self.legs(modes=[{**self.MODES[0], "to_stage": "manufacturing"}])

    def test_listed_row_overrides_the_derived_lane_and_closed_removes_it(self):
        row = {"from": "A", "to": "B", "mode": "truck", "unit_cost": 7}
        lane = self.legs(lanes=[row])["truck"]
        assert (lane.unit_cost, lane.days, lane.row) == (7, 0, 2)
        assert self.legs(lanes=[{**row, "status": "closed"}]) == {}

    def test_row_of_the_therapy_replaces_the_row_of_all(self):
        lanes = [
            {"from": "A", "to": "B", "mode": "truck", "unit_cost": 7},
            {"from": "A", "to": "B", "mode": "truck", "therapy": "allo", "status": "closed"},
        ]
        assert self.legs(lanes=lanes) == {}
        assert self.legs(lanes=lanes, therapy="other")["truck"].unit_cost == 7

    def test_mode_named_only_in_lanes_carries_anything_frozen(self):
        lanes = [{"from": "A", "to": "B", "mode": "drone", "unit_cost": 1}]
        assert set(self.legs(lanes=lanes)) == {"truck", "drone"}
        assert set(self.legs(lanes=lanes, carries="sample")) == {"drone"}
        assert not self.legs(lanes=lanes)["drone"].fresh

    def test_stages_of_one_site_are_joined_for_free_unless_a_lane_is_listed(self):
        assert self.legs("N", "N")[""].unit_cost == 0
        listed = [{"from": "N", "to": "N", "mode": "truck", "unit_cost": 3, "status": "closed"}]
        assert self.legs("N", "N", lanes=listed) == {}
        assert "" in self.legs("N", "N", lanes=[{**listed[0], "therapy": "other"}])
        assert "" in self.legs("N", "N", carries="sample", lanes=listed)


class TestChains:
    def test_chain_is_admissible(self):
        assert problems() == []

    @pytest.mark.parametrize("stage", ["donor", "collection", "testing", "manufacturing"])
    def test_every_stage_must_be_recognised(self, stage):
        start = "EU" if stage == "manufacturing" else "US"
        row = {"stage": stage, "from": start, "market": "EU", "therapy": "allo", "verdict": "never"}
        assert problems(recognition=rows("recognition", row)) == ["recognition"]
        assert problems(recognition=rows("recognition", {**row, "verdict": "bridging"})) == []

    def test_a_donor_cannot_have_a_licence(self):
        row = {"stage": "donor", "from": "US", "market": "EU", "therapy": "allo", "verdict": "licence"}
        assert problems(recognition=rows("recognition", row)) == ["recognition"]
        assert problems(recognition=rows("recognition", {**row, "stage": "collection"})) == []

    def test_recognition_counts_in_the_period_of_entry(self):
        row = {"stage": "manufacturing", "from": "EU", "market": "EU", "verdict": "never", "valid_from": 2}
        table = rows("recognition", row)
        assert problems(recognition=table) == []
        assert problems(recognition=table, period=2) == ["recognition"]
        late = [{**lane, "days": 400} if lane["mode"] == "air" else lane for lane in ALLOGENEIC["lanes"]]
        assert problems(recognition=table, lanes=late) == ["recognition"]

    def test_every_leg_needs_an_open_lane(self):
        for lane in ALLOGENEIC["lanes"]:
            others = [row for row in ALLOGENEIC["lanes"] if row is not lane]
            assert problems(lanes=others) == ["lane"], lane
            assert problems(lanes=[*others, {**lane, "status": "closed"}]) == ["lane"], lane

    def test_panel_must_hold_the_required_markers_of_all_matching_rows(self):
        markers = [
            {"market": "EU", "risk_class": "*", "marker": "HIV"},
            {"market": "*", "risk_class": "low", "marker": "HBV"},
        ]
        assert problems(required_markers=markers) == []
        assert problems(required_markers=[*markers, {"market": "EU", "marker": "HCV"}]) == ["required_markers"]
        assert problems(required_markers=[*markers, {"market": "EU", "risk_class": "high", "marker": "HCV"}]) == []

    def test_lab_must_offer_the_panel(self):
        assert problems(lab_panels=[{"site": "M", "panel": "basic"}]) == ["lab_panels"]
        assert problems(lab_panels=[{"site": "L", "panel": "basic"}]) == []

    def test_sample_must_arrive_in_time(self):
        therapy = ALLOGENEIC["therapies"][0]
        assert problems(therapies=[{**therapy, "sample_days": 0.9}]) == ["sample_days"]
        assert problems(therapies=[{**therapy, "sample_days": 1}]) == []

    def test_fresh_legs_must_be_short_but_samples_need_not(self):
        therapy = [{**ALLOGENEIC["therapies"][0], "fresh_days": 1}]
        modes = {"air": "material", "post": "sample", "van": "doses", "walk": "donor"}

        def fresh(*names: str) -> list[dict[str, object]]:
            return [
                {"mode": mode, "carries": modes[mode], "state": "fresh" if mode in names else "frozen"}
                for mode in modes
            ]

        assert problems(therapies=therapy, transport_modes=fresh("air")) == ["fresh_days"]
        assert problems(therapies=therapy, transport_modes=fresh("van", "walk", "post")) == []
        assert problems(therapies=[{**therapy[0], "fresh_days": 1.5}], transport_modes=fresh("air")) == []

    def test_an_untested_therapy_needs_no_test(self):
        chain = dataclasses.replace(CHAIN, lab="", panel="", sample_mode="")
        assert problems(chain) == ["test"]
        untested = [{**ALLOGENEIC["therapies"][0], "tested": "no"}]
        assert problems(chain, therapies=untested) == []
        assert problems(therapies=untested) == ["allo"]

    def test_loop_must_return_in_time(self):
        assert loop_problems() == []
        therapy = AUTOLOGOUS["therapies"][0]
        assert loop_problems(therapies=[{**therapy, "vein_to_vein_days": 11.9}]) == ["vein_to_vein_days"]
        bridging = {"stage": "manufacturing", "from": "EU", "market": "EU", "verdict": "bridging", "days": 0.1}
        assert loop_problems(recognition=[*AUTOLOGOUS["recognition"], bridging]) == ["vein_to_vein_days"]
        longer_taxi = [{**lane, "days": 50} if lane["mode"] == "taxi" else lane for lane in AUTOLOGOUS["lanes"]]
        assert loop_problems(lanes=longer_taxi) == []

    def test_test_of_a_loop_must_end_in_time(self):
        slow = [{**row, "days": 11} if row["stage"] == "testing" else row for row in AUTOLOGOUS["operations"]]
        assert loop_problems(operations=slow) == []
        slower = [{**row, "days": 11.1} if row["stage"] == "testing" else row for row in AUTOLOGOUS["operations"]]
        assert loop_problems(operations=slower) == ["vein_to_vein_days"]


class TestProhibitions:
    @pytest.mark.parametrize(
        "cells",
        [
            {"donor": "P"}, {"donor": "g1"}, {"donor": "US"}, {"donor": "set"}, {"donor": "!EU"}, {"donor": "*"},
            {"risk_class": "low"}, {"risk_class": "!high"}, {"collection": "C"}, {"collection": "US", "market": "EU"},
            {"testing": "L", "manufacturing": "M"}, {"panel": "basic"}, {"panel": "!full"}, {"therapy": "allo"},
            {"market": "!US"}, {"collection": "US", "manufacturing": "!US"},
        ],
    )  # fmt: skip
    def test_matching_rule_forbids_the_chain(self, cells):
        groups = [{"group": "set", "member": "P"}]
        assert problems(prohibitions=[{"rule": "r", **cells}], groups=groups) == ["prohibition"]

    @pytest.mark.parametrize(
        "cells",
        [
            {"donor": "!P"}, {"donor": "EU"}, {"donor": "!*"}, {"risk_class": "high"},
            {"collection": "C", "market": "US"},
            {"processing": "*"}, {"processing": "!EU"}, {"storage": "!M", "donor": "P"}, {"panel": "full"},
            {"therapy": "!allo"},
        ],
    )  # fmt: skip
    def test_other_rules_do_not(self, cells):
        assert problems(prohibitions=[{"rule": "r", **cells}]) == []

    @pytest.mark.parametrize("cells", [{"donor": "*"}, {"donor": "!P"}, {"risk_class": "*"}, {"risk_class": "!low"}])
    def test_donor_and_risk_class_never_match_a_loop(self, cells):
        assert loop_problems(prohibitions=[{"rule": "r", **cells}]) == []
        assert loop_problems(prohibitions=[{"rule": "r", "collection": "US"}]) == ["prohibition"]

    def test_blank_risk_class_never_matches(self):
        pools = [{**ALLOGENEIC["donor_pools"][0], "risk_class": ""}]
        assert problems(donor_pools=pools, prohibitions=[{"rule": "r", "risk_class": "!high"}]) == []

    def test_testing_never_matches_an_untested_chain(self):
        chain = dataclasses.replace(CHAIN, lab="", panel="", sample_mode="")
        untested = [{**ALLOGENEIC["therapies"][0], "tested": "no"}]
        assert problems(chain, therapies=untested, prohibitions=[{"rule": "r", "testing": "!C"}]) == []


def test_most_specific_operation_and_pass_rate_hold():
    rules = engine(
        operations=[{"stage": "testing", "unit_cost": 1}, {"stage": "testing", "site": "L", "unit_cost": 2}],
        pass_rates=[{"pass_rate": 0.9}, {"risk_class": "low", "market": "EU", "pass_rate": 0.4}],
    )
    assert [rules.operation("testing", "allo", site).unit_cost for site in ("L", "X")] == [2, 1]
    assert rules.operation("collection", "allo", "C").gain == 1
    assert [rules.pass_rate("allo", "low", market) for market in ("EU", "US")] == [0.4, 0.9]
    assert rules.pass_rate("allo", "", "EU") == 0.9


def test_shelf_life_counts_whole_periods():
    therapy = ALLOGENEIC["therapies"][0]
    head = {**HEAD, "periods": {"count": 2, "days": 0.1}}
    for days, expected in ((None, 0), (0.29, 2), (0.3, 3)):
        rules = RuleEngine(instance_of(ALLOGENEIC, head, therapies=[{**therapy, "shelf_life_days": days}]))
        assert rules.stock_periods("allo") == expected
