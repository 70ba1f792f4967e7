from __future__ import annotations

import pytest

from donornet.evaluation import evaluate
from donornet.solution import Solution
from tests.unit.evaluation.small import (
    ALLOGENEIC,
    AUTOLOGOUS,
    DAILY,
    FLOWS,
    PATIENTS,
    changed,
    edited,
    instance_of,
    solution_of,
)


@pytest.mark.parametrize(
    ("name", "cells", "words"),
    [
        ("facilities", {"site": "X"}, "site 'X' has no facility"),
        ("facilities", {"stage": "storage"}, "no facility for storage"),
        ("facilities", {"period": 3}, "period 3 is not in the horizon"),
        ("donors", {"pool": "X"}, "pool 'X' is unknown"),
        ("donations", {"therapy": "X"}, "therapy 'X' is unknown"),
        ("donations", {"pool": "X"}, "pool 'X' is unknown"),
        ("donations", {"site": "M"}, "site 'M' has no facility for collection"),
        ("donations", {"market": "US"}, "no centre has market 'US'"),
        ("tests", {"lab": "C"}, "site 'C' has no facility for testing"),
        ("tests", {"panel": "X"}, "panel 'X' is unknown"),
        ("tests", {"panel": ""}, "panel '' is unknown"),
        ("flows", {"to": "X"}, "site 'X' has no facility"),
        ("flows", {"to_stage": "storage"}, "storage does not follow collection"),
        ("deliveries", {"centre": "X"}, "centre 'X' is unknown"),
        ("deliveries", {"market": "US"}, "the market of centre 'H' is 'EU'"),
        ("unmet", {"centre": "X"}, "wants no allo"),
    ],
)
def test_rows_that_name_nothing_known_are_reported_and_left_out(name, cells, words):
    evaluation = evaluate(instance_of(ALLOGENEIC), solution_of(FLOWS, **{name: edited(FLOWS[name], 0, **cells)}))
    [violation] = [violation for violation in evaluation.violations if violation.code == "unknown"]
    assert violation.message.startswith(name)
    assert words in violation.message


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        ({"sites": "C"}, "do not fit the route"),
        ({"modes": "taxi>air"}, "do not fit"),
        ({"sites": "M>C"}, "site 'M' has no facility for collection"),
    ],
)
def test_loops_must_fit_their_route(cells, words):
    evaluation = evaluate(
        instance_of(AUTOLOGOUS, DAILY), solution_of(PATIENTS, loops=changed(PATIENTS["loops"], **cells))
    )
    [violation] = [violation for violation in evaluation.violations if violation.code == "unknown"]
    assert words in violation.message


@pytest.mark.parametrize(
    ("amount", "code"), [(float("nan"), "not-a-number"), (float("inf"), "not-a-number"), (-1, "negative")]
)
def test_amounts_must_be_finite_and_not_negative(amount, code):
    for name, column in (("flows", "units"), ("unmet", "unmet"), ("donors", "recruits"), ("facilities", "steps")):
        table = edited(FLOWS[name], 0, **{column: amount})
        found = evaluate(instance_of(ALLOGENEIC), solution_of(FLOWS, **{name: table})).violations
        assert [violation.message.split(":")[0] for violation in found if violation.code == code] == [name]


def test_rounding_below_zero_is_no_violation():
    table = edited(FLOWS["unmet"], 0, unmet=-1e-9)
    assert evaluate(instance_of(ALLOGENEIC), solution_of(FLOWS, unmet=table)).violations == []


def test_a_facility_must_not_stand_there_twice():
    table = [*FLOWS["facilities"], {**FLOWS["facilities"][0], "open": 0}]
    found = evaluate(instance_of(ALLOGENEIC), solution_of(FLOWS, facilities=table)).violations
    assert [str(violation) for violation in found] == [
        "duplicate: facilities: site C, stage collection, period 1 stands there twice"
    ]


def test_a_table_without_its_columns_is_named():
    tables = dict(solution_of(FLOWS).tables)
    tables["flows"] = tables["flows"].drop(columns="mode")
    found = evaluate(instance_of(ALLOGENEIC), Solution(tables)).violations
    assert str(found[0]) == "malformed: flows: column mode is missing"


def test_licence_must_be_obtainable():
    licences = [{"site": "C", "stage": "collection", "market": "EU", "status": "held"}]
    row = {"site": "C", "stage": "collection", "market": "EU", "period": 1, "held": 1}
    found = evaluate(instance_of(ALLOGENEIC, licences=licences), solution_of(FLOWS, licences=[row])).violations
    assert [violation.code for violation in found] == ["unknown"]
    licences = changed(licences, status="obtainable")
    found = evaluate(
        instance_of(ALLOGENEIC, licences=licences), solution_of(FLOWS, licences=[row, {**row, "period": 2}])
    ).violations
    assert found == []
