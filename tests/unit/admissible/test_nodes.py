"""Nodes: operations by the most specific row, licences, openings, donor verdicts."""

from __future__ import annotations

from donornet.admissible import network
from donornet.admissible.nodes import donor_verdicts, operations
from tests.oracle.tiny import TWO_YEARS, Tiny


def periods(tiny: Tiny, stage: str = "manufacturing") -> dict[str, list[int]]:
    """Return by site the positions of the periods in which market A may use the stage."""
    nodes = network(tiny.build()).node_at("K", "A", stage)
    return {site: sorted(group["t"].tolist()) for site, group in nodes.groupby("site")}


def licensed(**cells: object) -> Tiny:
    """Return the line whose plant, abroad, needs a licence."""
    tiny = Tiny(**TWO_YEARS).change("sites", 2, jurisdiction="B")
    tiny.add("recognition", {"stage": "*", "from": "B", "market": "A", "verdict": "licence"})
    return tiny.add("licences", {"site": "M", "stage": "manufacturing", "market": "A", "status": "obtainable", **cells})


class TestOperations:
    def test_most_specific_row_holds(self):
        tiny = Tiny().add("operations", {"stage": "manufacturing", "site": "M", "unit_cost": 9})
        tiny.add("operations", {"stage": "manufacturing", "therapy": "K", "site": "M", "unit_cost": 11, "yield": 0.5})
        work = operations(tiny.build()).set_index(["stage", "site"])
        assert work.at[("manufacturing", "M"), "unit_cost"] == 11
        assert (
            work.at[("manufacturing", "M"), "gain"] == 0.5
        )  # the row's own blank output is 1, not the general row's 2

    def test_facility_no_row_speaks_of_costs_nothing_and_loses_nothing(self):
        tiny = Tiny()
        tiny.tables["operations"] = []
        work = operations(tiny.build()).set_index("stage")
        assert work.loc["manufacturing", ["unit_cost", "days", "gain", "load"]].tolist() == [0, 0, 1, 1]

    def test_output_and_yield_of_testing_are_not_used(self):
        work = operations(Tiny().change("operations", 1, output=5, **{"yield": 0.1}).build()).set_index("stage")
        assert work.at["testing", "gain"] == 1

    def test_closed_facility_does_nothing(self):
        assert "manufacturing" not in set(operations(Tiny().change("facilities", 2, status="closed").build())["stage"])


class TestValidity:
    def test_facility_is_there_from_the_period_it_opens(self):
        assert periods(Tiny(**TWO_YEARS).change("facilities", 2, opens_from=2)) == {"M": [1]}
        assert periods(Tiny(**TWO_YEARS)) == {"M": [0, 1]}

    def test_foreign_facility_needs_recognition(self):
        tiny = Tiny(**TWO_YEARS).change("sites", 2, jurisdiction="B")
        assert periods(tiny) == {}
        assert periods(
            tiny.add("recognition", {"stage": "*", "from": "B", "market": "A", "verdict": "recognised"})
        ) == {"M": [0, 1]}

    def test_verdict_licence_needs_a_licence_held_or_obtainable(self):
        assert periods(licensed()) == {"M": [0, 1]}
        assert periods(licensed(status="held")) == {"M": [0, 1]}
        assert periods(licensed().drop("licences")) == {}

    def test_licence_of_another_market_or_stage_does_not_help(self):
        assert periods(licensed(market="B")) == {}
        assert periods(licensed(stage="processing")) == {}

    def test_licence_helps_from_the_period_it_is_available(self):
        assert periods(licensed(available_from=2)) == {"M": [1]}

    def test_date_of_a_licence_that_is_not_asked_for_is_idle(self):
        assert periods(licensed(available_from=2).change("recognition", verdict="recognised")) == {"M": [0, 1]}

    def test_only_facilities_with_a_licence_verdict_are_gated(self):
        nodes = network(licensed().build()).nodes.table.set_index("stage")
        assert nodes["gated"].to_dict() == {"collection": False, "testing": False, "manufacturing": True}

    def test_bridging_multiplies_the_gain_of_material_stages_only(self):
        tiny = Tiny().change("sites", 2, jurisdiction="B").change("sites", 1, jurisdiction="B")
        bridging = {"stage": "*", "from": "B", "market": "A", "verdict": "bridging", "unit_cost": 4, "yield": 0.5}
        nodes = network(tiny.add("recognition", bridging).build()).nodes.table.set_index("stage")
        assert nodes.loc["manufacturing", ["gain", "bridging_cost"]].tolist() == [1.0, 4.0]
        assert nodes.loc["testing", ["gain", "bridging_cost"]].tolist() == [1.0, 4.0]


class TestDonors:
    def test_market_recognises_donors_by_the_pools_jurisdiction(self):
        tiny = Tiny().change("donor_pools", jurisdiction="B")
        assert not network(tiny.build()).layers
        bridging = {"stage": "donor", "from": "B", "market": "A", "verdict": "bridging", "unit_cost": 4}
        compiled = network(tiny.add("recognition", bridging).build())
        pools = donor_verdicts(compiled.instance, compiled.names, compiled.verdicts)
        (row,) = compiled.names.table(pools).to_dict("records")
        spell = row.pop("spell")
        assert row == {"therapy": "K", "market": "A", "pool": "P", "bridging_cost": 4.0}
        assert compiled.verdicts.valid[spell].tolist() == [True]

    def test_donors_cannot_have_a_licence(self):
        tiny = Tiny().change("donor_pools", jurisdiction="B")
        tiny.add("recognition", {"stage": "donor", "from": "B", "market": "A", "verdict": "licence"})
        assert not network(tiny.build()).layers
