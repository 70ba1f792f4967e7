"""Results folders: what is written is read back; what is damaged is refused in words."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from python_calamine import CalamineWorkbook

from donornet.exceptions import ResultError
from donornet.io import read_result, result_to_xlsx, write_result
from donornet.solution import SOLUTION_COLUMNS, Result, Solution, Status


@pytest.fixture
def result() -> Result:
    facilities = pd.DataFrame(
        {
            "site": ["S1", "S2"],
            "stage": ["collection", "testing"],
            "period": [2027, 2027],
            "open": [1.0, 0.0],
            "steps": [0.0, 0.0],
        }
    )
    flows = pd.DataFrame(
        {
            **{column: pd.Series([f"{column}-1", "007"], dtype=object) for column in SOLUTION_COLUMNS["flows"]},
            "period": [2027, 2028],
            "units": [0.1 + 0.2, 1e-9],
        }
    )
    unmet = pd.DataFrame({"therapy": ["K"], "centre": ["R"], "period": [2027], "unmet": [3.0]})
    return Result(
        status=Status.LIMIT,
        objective=123456.78900000002,
        bound=120000.0,
        gap=0.028,
        solution=Solution({"facilities": facilities, "flows": flows, "unmet": unmet}),
        tables={
            "facilities": facilities.assign(opened=[True, False], title=['Blood, "service"', ""]),
            "kpis": pd.DataFrame({"kpi": ["doses", "1"], "value": [10.0, np.nan], "unit": ["", "USD"]}),
            "chains": pd.DataFrame(
                {"chain": pd.Series(dtype=object), "flow": pd.Series(dtype=float), "n": pd.Series(dtype=int)}
            ),
        },
        info={"seconds": 1.5, "threads": 2, "versions": {"highs": "1.15"}, "log": ["a", None]},
        scenario="wet-year",
        instance_sha256="ab" * 32,
    )


def assert_same(left: Result, right: Result) -> None:
    for name in ("status", "objective", "bound", "gap", "scenario", "instance_sha256"):
        assert getattr(left, name) == getattr(right, name)
    assert dict(left.info) == dict(right.info)
    assert set(left.tables) == set(right.tables)
    for name, frame in left.tables.items():
        pd.testing.assert_frame_equal(frame, right.tables[name], check_dtype=False)
    assert (left.solution is None) == (right.solution is None)
    if left.solution is not None and right.solution is not None:
        for name, frame in left.solution.tables.items():
            pd.testing.assert_frame_equal(frame, right.solution[name], check_dtype=False)
            assert list(right.solution[name].columns) == list(SOLUTION_COLUMNS[name])
            assert right.solution[name]["period"].dtype.kind == "i"


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_a_result_is_read_back_as_it_was(result, tmp_path, form):
    write_result(result, tmp_path / "r", form)
    assert_same(result, read_result(tmp_path / "r"))
    assert_same(result, read_result(tmp_path / "r" / "result.json"))
    assert_same(read_result(tmp_path / "r"), read_result(tmp_path / "r"))


@pytest.mark.parametrize("status", [Status.INFEASIBLE, Status.NO_SOLUTION])
def test_a_result_without_a_design_is_read_back(tmp_path, status):
    bare = Result(status=status, objective=None, bound=None, gap=None, solution=None, info={"seconds": 1.0})
    write_result(bare, tmp_path)
    assert_same(bare, read_result(tmp_path))
    assert [path.name for path in tmp_path.iterdir()] == ["result.json"]


def test_tables_are_tidy_and_begin_with_the_scenario(result, tmp_path):
    write_result(result, tmp_path)
    assert (tmp_path / "facilities.csv").read_text().splitlines() == [
        "scenario,site,stage,period,open,steps,opened,title",
        'wet-year,S1,collection,2027,1,0,yes,"Blood, ""service"""',
        "wet-year,S2,testing,2027,0,0,no,",
    ]
    assert (tmp_path / "loops.csv").read_text() == (
        "scenario,therapy,market,centre,sites,modes,test_class,period,patients\n"
    )


def test_a_number_that_is_not_finite_becomes_null(tmp_path):
    facts = {"rate": np.float64("inf"), "count": np.int64(3), "list": np.array([1.0])}
    write_result(Result(Status.NO_SOLUTION, None, float("-inf"), None, None, info=facts), tmp_path)
    document = json.loads((tmp_path / "result.json").read_text(), parse_constant=pytest.fail)
    assert document["bound"] is None
    assert document["info"] == {"rate": None, "count": 3, "list": [1.0]}


def test_a_second_result_replaces_the_first_and_nothing_else(result, tmp_path):
    write_result(result, tmp_path)
    (tmp_path / "notes.csv").write_text("mine\n")
    bare = Result(status=Status.INFEASIBLE, objective=None, bound=None, gap=None, solution=None)
    write_result(bare, tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["notes.csv", "result.json"]
    assert_same(bare, read_result(tmp_path))


def test_a_completed_table_must_keep_the_columns_of_the_decision_table(result, tmp_path):
    result.tables["flows"] = pd.DataFrame({"from": ["a"]})
    with pytest.raises(ValueError, match="flows lacks the columns therapy, market"):
        write_result(result, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_workbook_holds_every_table(result, tmp_path):
    result_to_xlsx(result, tmp_path / "r.xlsx")
    with CalamineWorkbook.from_path(tmp_path / "r.xlsx") as book:
        assert {"result", "kpis", *SOLUTION_COLUMNS} <= set(book.sheet_names)
        assert book.get_sheet_by_name("flows").to_python()[1][-1] == 0.1 + 0.2
        assert ["objective", 123456.78900000002] in book.get_sheet_by_name("result").to_python()


def test_a_result_of_another_program_needs_no_list_of_tables(result, tmp_path):
    write_result(result, tmp_path)
    facts = json.loads((tmp_path / "result.json").read_text())
    del facts["tables"], facts["info"]
    (tmp_path / "result.json").write_text(json.dumps(facts))
    found = read_result(tmp_path)
    assert found.solution is not None
    pd.testing.assert_frame_equal(result.flows, found.solution["flows"], check_dtype=False)
    assert found.tables["kpis"]["value"].tolist()[0] == 10.0
    assert set(found.tables) == {"facilities", "kpis", "chains"}


DAMAGES = {
    "no folder": (lambda folder: (folder / "result.json").unlink(), "has no result.json"),
    "no JSON": (lambda folder: (folder / "result.json").write_text("{"), "cannot be read"),
    "no object": (lambda folder: (folder / "result.json").write_text("[]"), "one JSON object"),
    "unknown status": (lambda folder: edit(folder, status="solved"), "the status 'solved' is not one of optimal"),
    "objective in words": (lambda folder: edit(folder, objective="much"), "objective must be a number"),
    "missing table": (lambda folder: (folder / "flows.csv").unlink(), "flows.csv is missing"),
    "path as a table": (lambda folder: edit(folder, tables={"../flows": {}}), "no name of a table"),
    "ragged table": (
        lambda folder: (folder / "flows.csv").write_text("a,b\n1,2,3,4\n5\n1,2,3,4,5,6\n"),
        "cannot be read",
    ),
    "empty table": (lambda folder: (folder / "flows.csv").write_text(""), "cannot be read"),
    "missing column": (
        lambda folder: (folder / "flows.csv").write_text("scenario,units\nbase,1\n"),
        "lacks the columns",
    ),
    "word for a number": (
        lambda folder: (folder / "unmet.csv").write_text("therapy,centre,period,unmet\nK,R,2027,many\n"),
        "unmet.csv, column unmet",
    ),
    "word for a period": (
        lambda folder: (folder / "unmet.csv").write_text("therapy,centre,period,unmet\nK,R,later,1\n"),
        "unmet.csv, column period",
    ),
    "wrong encoding": (
        lambda folder: (folder / "kpis.csv").write_bytes(b"kpi,value,unit\n\xff,1,\n"),
        "cannot be read",
    ),
}


def edit(folder, **changes):
    facts = json.loads((folder / "result.json").read_text())
    (folder / "result.json").write_text(json.dumps({**facts, **changes}))


@pytest.mark.parametrize("name", DAMAGES)
def test_a_damaged_folder_is_refused_in_words(result, tmp_path, name):
    write_result(result, tmp_path)
    damage, part = DAMAGES[name]
    damage(tmp_path)
    with pytest.raises(ResultError, match=part):
        read_result(tmp_path)


def test_a_folder_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(ResultError, match="there is no results folder"):
        read_result(tmp_path / "gone")
