from __future__ import annotations

import dataclasses
import functools
from typing import Any

import pandas as pd
import pytest

from donornet.evaluation import check, evaluate
from donornet.instance.instance import Instance
from donornet.solution import Result, Solution, Status
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

EXTRA: dict[str, Any] = {
    "limits": [{"limit": "l", "measure": "donations", "sense": "max", "value": 60}],
    "diversity": [{"requirement": "d", "measure": "min_count", "value": 20}],
    "licences": [{"site": "C", "stage": "collection", "market": "EU", "status": "obtainable"}],
}


def result_of(instance: Instance, solution: Solution, **changes: Any) -> Result:
    evaluation = evaluate(instance, solution)
    right = Result(
        Status.OPTIMAL, evaluation.objective, 0.99 * evaluation.objective, 0.01, solution, evaluation.tables,
        instance_sha256=instance.sha256,
    )  # fmt: skip
    return dataclasses.replace(right, **changes)


@functools.cache
def small() -> tuple[Instance, Result]:
    instance = instance_of(ALLOGENEIC, **EXTRA)
    return instance, result_of(instance, solution_of(FLOWS))


def with_solution(result: Result, **tables: Any) -> Result:
    return dataclasses.replace(result, solution=solution_of(FLOWS, **tables))


def found(instance: Instance, result: Result) -> set[str]:
    return {violation.code for violation in check(instance, result)}


def test_a_right_result_passes():
    assert check(*small()) == []
    instance = instance_of(AUTOLOGOUS, DAILY)
    assert check(instance, result_of(instance, solution_of(PATIENTS))) == []


def test_a_result_passes_after_a_round_trip_through_text():
    instance, result = small()
    tables = {name: table.astype(str).replace("nan", None) for name, table in result.tables.items()}
    tables["costs"] = (
        tables["costs"].assign(scenario="base", therapy=tables["costs"]["therapy"].replace("", None)).iloc[::-1]
    )
    assert check(instance, dataclasses.replace(result, tables=tables)) == []


@pytest.mark.parametrize("name", ["donations", "tests", "flows", "deliveries", "donors"])
@pytest.mark.parametrize("factor", [0.99, 1.01])
def test_a_flow_changed_by_one_percent_is_caught(name, factor):
    column = {
        "donations": "donations",
        "tests": "tests",
        "flows": "units",
        "deliveries": "doses",
        "donors": "recruits",
    }[name]
    instance, result = small()
    table = edited(FLOWS[name], 0, **{column: FLOWS[name][0][column] * factor})
    codes = found(instance, with_solution(result, **{name: table}))
    assert "objective" in codes
    assert "stated-costs" in codes


def test_a_closed_site_that_is_used_is_caught():
    instance, result = small()
    assert found(instance, with_solution(result, facilities=edited(FLOWS["facilities"], 4, open=0))) >= {
        "open-before-use", "capacity", "open-before-steps", "stated-facilities", "objective",
    }  # fmt: skip


def test_an_illegal_chain_is_caught_and_named():
    instance, result = small()
    harder = instance_of(ALLOGENEIC, **EXTRA, prohibitions=[{"rule": "no-us", "collection": "US", "market": "EU"}])
    other = dataclasses.replace(result, instance_sha256=harder.sha256)
    messages = [violation.message for violation in check(harder, other) if violation.code == "illegal-chain"]
    assert len(messages) == 1
    assert "prohibition no-us forbids it" in messages[0]
    assert check(instance, result) == []


@pytest.mark.parametrize(
    "table", ["costs", "capacity", "diversity", "limits", "facilities", "licences", "chains", "kpis"]
)
def test_every_edited_figure_is_caught(table):
    instance, result = small()
    columns = {
        "costs": "cost", "capacity": "use", "diversity": "level", "limits": "activity", "facilities": "opened",
        "licences": "held", "chains": "doses",
        "kpis": "value",
    }  # fmt: skip
    stated = result.tables[table].copy()
    stated.loc[stated.index[0], columns[table]] += 0.5
    edited_result = dataclasses.replace(result, tables={**result.tables, table: stated})
    [violation] = check(instance, edited_result)
    assert violation.code == f"stated-{table}"
    assert columns[table] in violation.message
    assert violation.amount == pytest.approx(0.5)


def test_missing_and_added_rows_and_tables_are_caught():
    instance, result = small()
    costs = result.tables["costs"]
    assert found(instance, dataclasses.replace(result, tables={**result.tables, "costs": costs.iloc[1:]})) == {
        "stated-costs"
    }
    twice = pd.concat([costs, costs.iloc[:1]])
    assert found(instance, dataclasses.replace(result, tables={**result.tables, "costs": twice})) == {"stated-costs"}
    without = {name: table for name, table in result.tables.items() if name != "kpis"}
    assert found(instance, dataclasses.replace(result, tables=without)) == {"table"}
    narrow = {**result.tables, "kpis": result.tables["kpis"].drop(columns="value")}
    assert found(instance, dataclasses.replace(result, tables=narrow)) == {"table"}


def test_objective_bound_gap_and_status_must_agree():
    instance, result = small()
    objective = float(result.objective or 0)

    def codes(**changes: Any) -> set[str]:
        return found(instance, dataclasses.replace(result, **changes))

    assert codes(objective=objective * 1.001) == {"objective"}
    assert codes(objective=None) == {"objective"}
    assert codes(objective=objective * (1 + 1e-9)) == set()
    assert codes(bound=objective * 1.001, gap=-0.001) == {"bound"}
    assert codes(gap=0.02) == {"gap"}
    assert codes(gap=None) == {"gap"}
    assert codes(bound=None) == {"gap"}
    assert codes(bound=None, gap=None) == set()
    assert codes(status=Status.INFEASIBLE) == {"status"}
    assert codes(status=Status.LIMIT) == set()


def test_result_of_another_instance_is_caught():
    _, result = small()
    other = instance_of(ALLOGENEIC, **{**EXTRA, "limits": changed(EXTRA["limits"], value=61)})
    assert found(other, result) == {"instance", "stated-limits"}


def test_results_without_a_design():
    instance = instance_of(ALLOGENEIC)
    empty = Result(Status.INFEASIBLE, None, None, None, None, instance_sha256=instance.sha256)
    assert check(instance, empty) == []
    assert found(instance, dataclasses.replace(empty, status=Status.OPTIMAL)) == {"status"}
    assert found(instance, dataclasses.replace(empty, objective=1.0)) == {"objective"}
