"""Edits of rows: parsing, matching, applying."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from donornet.instance.build import typed
from donornet.instance.edits import Assignment, Condition, Edit, parse_edit
from donornet.instance.matching import Groups

NO_GROUPS = Groups(typed("groups", []))
DEMAND = typed(
    "demand",
    [
        {"centre": "nyc", "therapy": "allo", "period": "2027", "doses": 10},
        {"centre": "nyc", "therapy": "auto", "period": "*", "doses": 20, "unmet_penalty": 5},
        {"centre": "lyon", "therapy": "allo-2", "period": "2028", "doses": 30, "include": "no"},
    ],
)


def parsed(table: str, where: str, order: str) -> Edit:
    edit, findings = parse_edit({"table": table, "where": where, "set": order}, 7)
    assert findings == []
    assert edit is not None
    return edit


def test_an_edit_is_parsed_into_conditions_and_assignments():
    edit = parsed("demand", " centre = nyc ; therapy=a*", "doses*=1.2; unmet_penalty+=-3;note=a=b;period=*")
    assert edit.where == (Condition("centre", "nyc"), Condition("therapy", "a*"))
    assert edit.assignments == (
        Assignment("doses", "*=", 1.2),
        Assignment("unmet_penalty", "+=", -3.0),
        Assignment("note", "=", "a=b"),
        Assignment("period", "=", "*"),
    )


def test_the_cells_of_a_row_to_add_stand_in_where():
    edit = parsed("demand", "centre=nyc;therapy=auto;period=2029;doses=4", "add")
    assert edit.where == ()
    added = edit.applied(DEMAND, NO_GROUPS)
    assert list(added.index) == [2, 3, 4, 5]
    assert dict(added.loc[5, ["centre", "period", "doses", "note"]]) == {
        "centre": "nyc",
        "period": "2029",
        "doses": 4.0,
        "note": "",
    }
    assert np.isnan(added.loc[5, "unmet_penalty"])
    assert list(added.dtypes) == list(DEMAND.dtypes)


@pytest.mark.parametrize(
    ("table", "where", "order", "code", "column", "text"),
    [
        ("demnd", "", "remove", "unknown-table", "table", "did you mean 'demand'?"),
        ("scenarios", "", "remove", "unknown-table", "table", "no table that a scenario can edit"),
        ("demand", "therpy=x", "remove", "unknown-column", "where", "did you mean 'therapy'?"),
        ("demand", "therapy", "remove", "bad-edit", "where", "write column=pattern"),
        ("demand", "", "dose=3", "unknown-column", "set", "did you mean 'doses'?"),
        ("demand", "", "delete", "bad-edit", "set", "or remove; or add"),
        ("demand", "", "doses-=3", "unknown-column", "set", "no column 'doses-'"),
        ("demand", "", "doses=ten", "bad-edit", "set", "'ten' is no number"),
        ("demand", "", "doses=1,5", "bad-edit", "set", "'1,5' is no number"),
        ("demand", "", "doses*=nan", "bad-edit", "set", "'nan' is no number"),
        ("demand", "", "doses*=", "bad-edit", "set", "allowed is a number"),
        ("demand", "", "min_service=1.5", "bad-edit", "set", "a number from 0 to 1"),
        ("demand", "", "therapy*=2", "bad-edit", "set", "holds no numbers"),
        ("facilities", "", "status=shut", "bad-edit", "set", "open, candidate, closed"),
        ("demand", "centre=nyc;therapy=a?;doses=1", "add", "bad-edit", "where", "'a?' cannot stand in column therapy"),
        ("demand", "centre=nyc;doses=1", "add", "bad-edit", "where", "a row added to demand needs therapy"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_a_finding_with_its_place(table, where, order, code, column, text):
    edit, findings = parse_edit({"table": table, "where": where, "set": order}, 7)
    assert edit is None
    assert [(f.code, f.table, f.row, f.column) for f in findings] == [(code, "scenarios", 7, column)]
    assert text in findings[0].message


@pytest.mark.parametrize(
    ("where", "matched"),
    [
        ("", [True, True, True]),
        ("centre=nyc", [True, True, False]),
        ("centre=n?c;therapy=allo*", [True, False, False]),
        ("therapy=allo", [True, False, False]),
        ("centre=west", [True, True, False]),
        ("period=202?", [True, False, True]),
        ("doses=20.0", [False, True, False]),
        ("min_service=0", [True, True, True]),
        ("include=no", [False, False, True]),
        ("unmet_penalty=", [True, False, True]),
        ("centre=[nl]*", [False, False, False]),
    ],
)
def test_rows_match_where_every_condition_holds(where: str, matched: list[bool]):
    groups = Groups(typed("groups", [{"group": "west", "member": "nyc"}]))
    assert list(parsed("demand", where, "remove").matches(DEMAND, groups)) == matched


def test_removing_takes_the_matching_rows_away_and_keeps_the_numbers_of_the_others():
    assert list(parsed("demand", "centre=nyc", "remove").applied(DEMAND, NO_GROUPS).index) == [4]


def test_calculating_starts_from_the_default_and_leaves_unlimited_alone():
    edited = parsed("demand", "", "doses*=2;min_service+=0.25;unmet_penalty*=3").applied(DEMAND, NO_GROUPS)
    assert list(edited["doses"]) == [20, 40, 60]
    assert list(edited["min_service"]) == [0.25] * 3
    pd.testing.assert_series_equal(
        edited["unmet_penalty"], pd.Series([np.nan, 15.0, np.nan], [2, 3, 4], name="unmet_penalty")
    )
    assert list(DEMAND["doses"]) == [10, 20, 30], "the table that was edited is left as it was"


def test_assigning_a_blank_clears_the_cell():
    edited = parsed("demand", "therapy=auto", "unmet_penalty=;note=").applied(DEMAND, NO_GROUPS)
    assert edited["unmet_penalty"].isna().all()
