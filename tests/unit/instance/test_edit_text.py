"""An edit in one line: read, written, told from the name of a scenario."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from donornet.instance.edit_text import is_name, parse_text
from donornet.instance.edits import Assignment, Condition, Edit

TEXTS = st.text(st.sampled_from('ab";=+*.?! where\n'), max_size=10)
NUMBERS = st.floats(-1e12, 1e12, allow_nan=False)


def parsed(text: str) -> Edit:
    edit, findings = parse_text(text)
    assert findings == []
    assert edit is not None
    return edit


@pytest.mark.parametrize(
    ("text", "edit"),
    [
        (
            "demand.doses*=1.2 where therapy=allo-*",
            Edit("demand", "set", (Condition("therapy", "allo-*"),), (Assignment("doses", "*=", 1.2),)),
        ),
        (
            " demand . doses += 3 ; unmet_penalty= where centre = a;period=1 ",
            Edit(
                "demand",
                "set",
                (Condition("centre", "a"), Condition("period", "1")),
                (Assignment("doses", "+=", 3.0), Assignment("unmet_penalty", "=", float("nan"))),
            ),
        ),
        (
            "recognition remove where stage=testing;market=JP",
            Edit("recognition", "remove", (Condition("stage", "testing"), Condition("market", "JP"))),
        ),
        ("recognition remove", Edit("recognition", "remove")),
        (
            'panels add where panel=p; markers="HIV;HBV"',
            Edit("panels", "add", (), (Assignment("panel", "=", "p"), Assignment("markers", "=", "HIV;HBV"))),
        ),
    ],
)
def test_every_form_of_an_edit_is_read(text, edit):
    assert str(parsed(text)) == str(edit)
    assert parsed(text).where == edit.where


@pytest.mark.parametrize(
    ("text", "column", "said"),
    [
        ("demand doses=3", "", "write table.column=value where column=pattern"),
        ("demand.doses where centre=a", "", "this is no edit"),
        ("demand.remove where centre=a", "", "this is no edit"),
        ("", "", "this is no edit"),
        ("demnd.doses=3", "table", "did you mean 'demand'?"),
        ("demand.dozes=3", "set", "did you mean 'doses'?"),
        ("demand.doses=3 where centr=a", "where", "did you mean 'centre'?"),
        ("demand.doses=many", "set", "'many' is no number"),
        ("demand.doses=3 where centre", "where", "'centre' is no condition"),
        ("demand.doses=3; demand.unmet_penalty=3", "set", "did you mean 'unmet_penalty'?"),
        ("recognition add where stage=testing", "where", "needs verdict"),
        ("scenarios.set=remove", "table", "no table that a scenario can edit"),
    ],
)
def test_what_cannot_be_read_is_said_with_the_text_and_a_remedy(text, column, said):
    edit, findings = parse_text(text)
    assert edit is None
    assert [finding.column for finding in findings] == [column]
    assert str(findings[0]).startswith(f"edit {text!r}")
    assert said in str(findings[0])


def test_all_faults_of_one_edit_are_found():
    assert len(parse_text("demand.dozes=3; doses=x where centr=a; b")[1]) == 4


@given(TEXTS, TEXTS, NUMBERS, st.sampled_from(["*=", "+=", "="]))
def test_an_edit_that_is_written_is_read_back(title, pattern, number, operator):
    edit = Edit(
        "sites",
        "set",
        (Condition("site", pattern), Condition("title", title)),
        (Assignment("title", "=", title), Assignment("note", "=", pattern)),
    )
    assert parsed(str(edit)) == edit
    numbers = Edit("demand", "set", (Condition("centre", pattern),), (Assignment("doses", operator, abs(number)),))
    assert parsed(str(numbers)) == numbers


@given(st.text(st.sampled_from("ab._-"), max_size=6), TEXTS)
def test_no_text_is_both_a_name_and_an_edit(name, value):
    for text in (name, f"sites.title={value}", f"sites remove where title={value}"):
        assert not (is_name(text) and parse_text(text)[0] is not None)
