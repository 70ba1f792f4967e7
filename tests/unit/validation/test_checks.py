"""Every check: what it finds, where, and that it leaves the nearest valid instance alone."""

from __future__ import annotations

import pytest

from donornet.instance import Instance
from donornet.validation import CHECKS, validate
from donornet.validation.report import MOST_OF_A_KIND
from tests.unit.validation import cases_ids, cases_network, cases_rules
from tests.unit.validation.case import Case
from tests.unit.validation.sample import TABLES, sample, with_cells

CASES = [*cases_ids.CASES, *cases_network.CASES, *cases_rules.CASES]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_check_finds_what_is_wrong_and_says_where(case: Case):
    findings = case.findings()
    assert [(finding.table, finding.row, finding.column) for finding in findings] == [case.place, *case.more]
    assert {(finding.code, finding.severity) for finding in findings} == {(case.code, case.severity)}
    assert case.text in findings[0].message


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_check_accepts_the_nearest_valid_instance(case: Case):
    assert case.objections() == []


def test_every_check_has_a_case():
    assert {case.check for case in CASES} == set(CHECKS)


def test_the_sample_itself_is_free_of_findings():
    assert validate(sample()) == []


def test_all_findings_come_at_once():
    instance = sample({
        "demand": with_cells("demand", 2, therapy="alo"),
        "facilities": with_cells("facilities", 3, site="pariss", capacity=-1),
    })  # fmt: skip
    codes = {finding.code for finding in validate(instance) if finding.is_error}
    assert codes == {"unknown-id", "out-of-range"}


def test_many_findings_of_a_kind_are_counted():
    rows = [{**TABLES["lanes"][0], "to": f"nowhere-{number}"} for number in range(1000)]
    found = [finding for finding in validate(sample({"lanes": rows})) if finding.code == "unknown-id"]
    assert len(found) == MOST_OF_A_KIND + 1
    assert found[-1].message == "... and 980 more of the same (unknown-id)"


@pytest.mark.parametrize(
    ("source", "place"),
    [
        ("", "demand row 2, column therapy"),
        ("some/folder", "demand.csv row 2, column therapy"),
        ("some/network.xlsx", "network.xlsx!demand row 2, column therapy"),
    ],
)
def test_a_finding_names_the_file_that_its_table_stands_in(source: str, place: str):
    wrong = sample({"demand": with_cells("demand", 2, therapy="alo")})
    instance = Instance(wrong.head, wrong.tables, source)
    first = next(finding for finding in validate(instance) if finding.is_error)
    assert str(first).startswith(f"{place}: 'alo' is not in therapies (did you mean 'allo'?)")
