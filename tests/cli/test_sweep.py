"""The verb sweep, by exit code, text and what it leaves behind."""

from __future__ import annotations

import json

import pytest

import donornet as dn
from donornet.cli.sweep import describe, worst
from donornet.solution import Result, Status
from donornet.study import Failure, Standing, Study
from donornet.study.sweeps.failure import Kind
from donornet.study.sweeps.items import Item
from tests.oracle.tiny import Tiny


@pytest.fixture
def tiny(tmp_path):
    row = {
        "scenario": "blocked",
        "order": 1,
        "table": "facilities",
        "where": "stage=manufacturing",
        "set": "capacity=1",
    }
    dn.write(Tiny().add("scenarios", row).build(), tmp_path / "tiny")
    return tmp_path / "tiny"


def test_sweep_solves_writes_and_goes_on_where_it_was(run, tiny, tmp_path):
    words = ["sweep", tiny, "--engine", "serial", "--out", tmp_path / "out", "--set", "demand.doses*=2"]
    first = run(*words)
    assert first.exit_code == 4  # the blocked line
    lines = [" ".join(line.split()) for line in first.stdout.splitlines()]
    assert any(line.startswith("base optimal 290 0 %") for line in lines)
    assert any(line.startswith("blocked infeasible - - ") for line in lines)
    assert "2 of 2 items have a result, 2 solved now" in lines
    again = run(*words, "--json")
    assert again.exit_code == 4
    told = json.loads(again.stdout)
    assert told["solves"] == 0
    assert [item["scenario"] for item in told["items"]] == ["base", "blocked"]
    assert run("check", tiny, told["items"][0]["folder"]).exit_code == 0
    assert (tmp_path / "out" / "index.csv").is_file()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--scenario", "blocked", "--no-scenarios"), "contradict each other"),
        (("--grid", "demand.doses*=2"), "gives one value only"),
        (("--engine", "slurm"), "write local, serial, or dask:ADDRESS"),
        (("--no-scenarios", "--no-base"), "no items"),
    ],
)
def test_a_wrong_command_line_is_refused_with_the_remedy(run, tiny, tmp_path, words, told):
    answer = run("sweep", tiny, "--out", tmp_path / "out", *words)
    assert answer.exit_code == 2
    assert told in " ".join(answer.stderr.split())


def test_a_misspelt_scenario_is_an_invalid_instance(run, tiny, tmp_path):
    answer = run("sweep", tiny, "--scenario", "blokced", "--engine", "serial", "--out", tmp_path / "out")
    assert answer.exit_code == 3
    assert "did you mean 'blocked'" in answer.stderr


@pytest.mark.parametrize(
    ("statuses", "failures", "code"),
    [
        ([Status.OPTIMAL], [], 0),
        ([Status.OPTIMAL, Status.LIMIT], [], 5),
        ([Status.LIMIT, Status.INFEASIBLE], [], 4),
        ([Status.INFEASIBLE, Status.NO_SOLUTION], [], 6),
        ([Status.NO_SOLUTION], [Kind.INVALID], 3),
        ([Status.OPTIMAL], [Kind.INVALID, Kind.WORKER_DIED], 1),
        ([Status.OPTIMAL], [Kind.NOT_RUN], 1),
    ],
)
def test_the_exit_code_is_that_of_the_worst_item(statuses, failures, code):
    results = {str(n): Result(status, None, None, None, None) for n, status in enumerate(statuses)}
    failed = {f"f{n}": Failure(kind, "") for n, kind in enumerate(failures)}
    items = {name: Item(name) for name in (*results, *failed)}
    assert worst(Study(items, results, failed)) == code


def test_a_design_with_violations_is_the_worst_there_is():
    bad = Result(Status.OPTIMAL, 1.0, 1.0, 0.0, None, info={"violations": ["x"]})
    assert worst(Study({"base": Item("base")}, {"base": bad}, {})) == 1


def test_the_line_tells_how_far_the_sweep_is():
    line = describe(Standing(12.3, 9, 4, 1, 2, ("a", "b"), "c"))
    assert line.strip() == "12.3 s  4 of 9 solved, 1 of them before, 2 failed  solving a, b"
