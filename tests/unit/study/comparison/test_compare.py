"""Results side by side, against figures worked out by hand."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import pandas as pd
import pytest
from python_calamine import CalamineWorkbook

import donornet as dn
from donornet.study import compare
from tests.oracle.tiny import Tiny, second_plant


def value(comparison, name, measure, member=""):
    table = comparison.table
    rows = table[(table["result"] == name) & (table["measure"] == measure) & (table["member"] == member)]
    return float(rows["value"].iloc[0])


def told(comparison, name, measure, member=""):
    table = comparison.table
    rows = table[(table["result"] == name) & (table["measure"] == measure) & (table["member"] == member)]
    return str(rows["verdict"].iloc[0])


@pytest.fixture(scope="module")
def base():
    return dn.solve(Tiny().build(), gap=0)


@pytest.fixture(scope="module")
def doubled():
    return dn.solve(Tiny().build().apply("demand.doses*=2"), gap=0)


@pytest.fixture(scope="module")
def hopeless():
    return dn.solve(Tiny().build().apply("facilities.capacity=1 where stage=manufacturing"), gap=0)


@pytest.fixture(scope="module")
def comparison(base, doubled, hopeless):
    return compare([base, doubled, hopeless])


def test_costs_by_term_are_those_worked_out_by_hand(comparison):
    # ten doses: ten donations of 5, collected for 2 and tested for 1, five units made for 3, a plant for 100
    base = {"donation": 50, "testing": 10, "operations": 35, "opening": 100}
    twice = {"donation": 100, "testing": 20, "operations": 70, "opening": 100}
    for term, cost in base.items():
        assert value(comparison, "base", "term", term) == pytest.approx(cost)
        assert value(comparison, "demand.doses*=2", "term", term) == pytest.approx(twice[term])
    assert value(comparison, "base", "total_cost") == pytest.approx(195)
    assert value(comparison, "demand.doses*=2", "total_cost") == pytest.approx(290)
    assert "closing" not in set(comparison.table["member"])


def test_differences_are_those_to_the_baseline_with_what_their_sign_means(comparison, base, doubled):
    name = "demand.doses*=2"
    assert told(comparison, name, "total_cost") == "+95 USD: dearer"
    assert told(comparison, name, "term", "donation") == "+50 USD: dearer"
    assert told(comparison, name, "term", "opening") == "the same"
    assert told(comparison, name, "cost_per_dose") == "-5 USD/dose: cheaper"
    assert told(comparison, name, "doses") == "+10 doses: better (higher is better)"
    assert told(comparison, name, "donations") == "+10 donations: more (no better or worse)"
    assert told(comparison, "base", "total_cost") == ""
    turned = compare([base, doubled], baseline=name)
    assert told(turned, "base", "total_cost") == "-95 USD: cheaper"
    assert told(turned, "base", "doses") == "-10 doses: worse (higher is better)"


def test_donors_service_facilities_and_capacity_are_told(base):
    tiny = Tiny().change("donor_pools", donor_group="H").change("facilities", 2, capacity=8)
    comparison = compare({"one": base, "two": dn.solve(tiny.build(), gap=0)})
    assert value(comparison, "two", "donations_of_group", "H") == pytest.approx(10)
    assert value(comparison, "one", "donations_of_group", "H") == 0
    assert value(comparison, "one", "donations_of_group", "g") == pytest.approx(10)
    assert value(comparison, "two", "held_in_the_last_period", "manufacturing") == 8
    assert value(comparison, "two", "utilisation", "manufacturing") == pytest.approx(5 / 8)
    assert math.isnan(value(comparison, "one", "utilisation", "manufacturing"))
    assert told(comparison, "two", "utilisation", "manufacturing") == "not in both"
    assert value(comparison, "two", "opened", "manufacturing") == 1
    assert value(comparison, "two", "open_at_the_end", "testing") == 1
    assert value(comparison, "two", "served_share") == 1


def test_facilities_are_told_by_name(base):
    other = dn.solve(second_plant(Tiny()).change("facilities", 2, status="closed").build(), gap=0)
    facilities = compare({"M": base, "N": other}).facilities.set_index("site")
    assert facilities.loc["M", ["M", "N"]].tolist() == ["opened 1", ""]
    assert facilities.loc["N", ["M", "N"]].tolist() == ["", "opened 1"]
    assert facilities.loc["L", "stage"] == "testing"


def test_a_result_without_a_design_is_shown_with_its_status(comparison):
    name = "facilities.capacity=1 where stage=manufacturing"
    row = comparison.results.set_index("result").loc[name]
    assert row["status"] == "infeasible"
    assert row["cost_verdict"] == "no design (infeasible)"
    assert math.isnan(value(comparison, name, "total_cost"))
    assert set(comparison.table[comparison.table["result"] == name]["verdict"]) == {"no design (infeasible)"}
    assert list(comparison.facilities[name]) == [None] * len(comparison.facilities)
    assert f"{name}: infeasible, no design satisfies every hard requirement" in comparison.notes


def test_a_baseline_without_a_design_leaves_the_figures(base, hopeless):
    comparison = compare({"none": hopeless, "base": base})
    assert value(comparison, "base", "total_cost") == pytest.approx(195)
    assert told(comparison, "base", "doses") == "no design (infeasible)"


def test_only_results_without_a_design_can_be_compared_too(hopeless):
    comparison = compare([hopeless, hopeless])
    assert comparison.table.empty
    assert "infeasible" in str(comparison)


def test_a_difference_that_the_gaps_could_explain_is_no_finding(base):
    loose = replace(base, objective=200.0, bound=190.0, gap=0.05)
    comparison = compare({"base": base, "loose": loose})
    assert comparison.results["cost_verdict"].iloc[1] == "+5 USD: within the gaps: not a finding"
    assert (
        compare({"base": base, "tight": replace(loose, bound=196.0)}).results["cost_verdict"].iloc[1]
        == "+5 USD: dearer"
    )


def test_costs_that_are_in_doubt_make_their_terms_doubtful(base, doubled):
    loose = replace(doubled, bound=100.0)
    comparison = compare({"base": base, "loose": loose})
    assert told(comparison, "loose", "term", "donation") == (
        "+50 USD: dearer, but the total costs differ by no more than the gaps"
    )
    assert told(comparison, "loose", "doses") == "+10 doses: better (higher is better)"


def test_results_of_one_scenario_are_numbered(base):
    assert compare([base, base]).names == ("base", "base (2)")


def test_results_of_different_instances_are_compared_and_it_is_said(base, doubled):
    other = dn.solve(Tiny().change("demand", doses=20).build(), gap=0)
    assert any("different instances" in note for note in compare({"a": base, "b": other}).notes)
    assert not any("different instances" in note for note in compare([base, doubled]).notes)


def test_a_baseline_that_is_not_there_and_nothing_to_compare_are_refused(base):
    with pytest.raises(ValueError, match="no result is called 'bse'; there are: base"):
        compare([base], baseline="bse")
    with pytest.raises(ValueError, match="nothing to compare"):
        compare([])


def test_the_wide_table_has_a_column_per_result(comparison):
    wide = comparison.wide.set_index(["measure", "member"])
    assert wide.loc[("total_cost", ""), list(comparison.names)].tolist()[:2] == pytest.approx([195, 290])
    assert not wide.index.duplicated().any()


def test_the_text_tells_all_of_it(comparison):
    told = str(comparison)
    assert told.splitlines()[:3] == [
        "A  base",
        "B  demand.doses*=2",
        "C  facilities.capacity=1 where stage=manufacturing",
    ]
    lines = [" ".join(line.split()) for line in told.splitlines()]
    assert "A optimal 195 USD 195 0 %" in lines
    assert "C infeasible - - -" in lines
    assert "total cost USD 195 290 (+95) -" in lines
    assert "total cost: +95 USD: dearer" in lines
    assert "3 more are open in every design throughout" not in told  # they are opened, not open throughout
    assert "M manufacturing opened 1 opened 1" in lines


def test_short_names_head_the_columns_themselves(base, doubled):
    lines = str(compare({"one": base, "two": doubled})).splitlines()
    assert lines[0].split() == ["status", "total", "cost", "bound", "gap"]
    assert lines[1].split()[:2] == ["one", "optimal"]
    assert "two against one" in lines


def test_the_comparison_is_json(comparison):
    read = json.loads(json.dumps(comparison.as_plain(), allow_nan=False))
    assert read["baseline"] == "base"
    assert [row["status"] for row in read["results"]] == ["optimal", "optimal", "infeasible"]
    assert {row["result"] for row in read["table"]} == set(comparison.names)


def test_the_workbook_holds_the_tables_and_no_formulas(base, doubled, tmp_path):
    evil = "=HYPERLINK(1)"
    compare({evil: base, "two": doubled}).to_xlsx(tmp_path / "c.xlsx")
    book = CalamineWorkbook.from_path(tmp_path / "c.xlsx")
    assert book.sheet_names == ["results", "measures", "differences", "facilities", "notes"]
    rows = book.get_sheet_by_name("measures").to_python()
    assert rows[0][-2:] == [evil, "two"]
    assert rows[1][1] == "total_cost"
    assert rows[1][-2:] == pytest.approx([195, 290])


def test_results_that_were_written_and_read_compare_alike(base, doubled, tmp_path):
    for name, result in (("base", base), ("doubled", doubled)):
        dn.write_result(result, tmp_path / name)
    read = compare({name: dn.read_result(tmp_path / name) for name in ("base", "doubled")})
    pd.testing.assert_frame_equal(read.table, compare({"base": base, "doubled": doubled}).table)
