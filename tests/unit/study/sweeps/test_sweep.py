"""Sweeps: nothing is solved twice, nothing is lost, and no item harms another."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import BrokenExecutor, Future
from typing import Any

import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

import donornet as dn
from donornet.exceptions import InvalidInstanceError
from donornet.study import Serial
from donornet.study.sweeps.failure import Kind
from donornet.study.sweeps.work import solve_item
from tests.oracle.tiny import Tiny

GRID = "demand.doses*={1,2,3}"
COSTS = {"base": 195, "demand.doses*=1": 195, "demand.doses*=2": 290, "demand.doses*=3": 385}
"""The line costs 9.5 per dose and 100 to open."""


class Counting(Serial):
    """Solves in this process and notes what."""

    def __init__(self):
        self.solved: list[str] = []
        self.started_from: dict[str, object] = {}

    def submit(self, fn, /, *args, **kwargs):
        if fn is solve_item:
            self.solved.append(args[1])
            self.started_from[args[1]] = args[3]
        return super().submit(fn, *args, **kwargs)


def tiny():
    rows = [
        {"scenario": "high", "order": 1, "table": "demand", "where": "", "set": "doses*=2"},
        {
            "scenario": "blocked",
            "order": 1,
            "table": "facilities",
            "where": "stage=manufacturing",
            "set": "capacity=1",
        },
    ]
    return Tiny().add("scenarios", *rows).build()


def figures(study):
    return study.summary.drop(columns="seconds")


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """An uninterrupted sweep over the grid, with its executor."""
    executor = Counting()
    folder = tmp_path_factory.mktemp("whole")
    return dn.sweep(tiny(), None, GRID, executor=executor, folder=folder, gap=0), executor, folder


def test_every_item_has_the_cost_worked_out_by_hand(whole):
    study, _, _ = whole
    assert {name: result.objective for name, result in study.results.items()} == pytest.approx(COSTS)
    assert study.summary["status"].tolist() == ["optimal"] * 4
    assert study.summary["edits"].tolist()[-1] == "demand.doses*=3"


def test_items_with_the_same_instance_are_solved_once(whole):
    study, executor, _ = whole
    assert executor.solved == ["base", "demand.doses*=2", "demand.doses*=3"]
    assert study.solves == 3
    assert study.folders["base"] == study.folders["demand.doses*=1"]
    assert study.results["demand.doses*=1"].scenario == "demand.doses*=1"


def test_every_item_starts_from_its_parents_design(whole):
    study, executor, _ = whole
    base = study.results["base"].solution
    assert executor.started_from["base"] is None
    assert all(start is base for name, start in executor.started_from.items() if name != "base")


def test_tables_are_stacked_with_the_item_first(whole):
    study, _, _ = whole
    costs = study.table("costs")
    assert costs.columns[0] == "scenario"
    assert costs.groupby("scenario", sort=False)["cost"].sum().to_dict() == pytest.approx(COSTS)
    assert set(study.compare().names) == set(COSTS)


def test_a_rerun_solves_nothing_and_gives_the_same(whole):
    study, _, folder = whole
    executor = Counting()
    again = dn.sweep(tiny(), None, GRID, executor=executor, folder=folder, gap=0.01)
    assert executor.solved == []
    assert again.solves == 0
    assert_frame_equal(again.summary, study.summary)
    for name in ("costs", "facilities", "flows", "kpis"):
        assert_frame_equal(again.table(name), study.table(name))


def test_results_folders_are_ordinary_ones_and_the_index_names_them(whole):
    _, _, folder = whole
    index = pd.read_csv(folder / "index.csv")
    assert index["scenario"].tolist() == list(COSTS)
    for row in index.itertuples():
        result = dn.read_result(folder / str(row.folder))
        assert result.objective == pytest.approx(row.objective)
        assert dn.check(tiny().apply(*result.info["applied"]), result) == []


def test_a_table_of_scenarios_that_has_changed_costs_no_solve(whole):
    _, _, folder = whole
    more = {"scenario": "other", "order": 1, "table": "demand", "where": "", "set": "doses*=9"}
    instance, executor = Tiny().add("scenarios", more).build(), Counting()
    study = dn.sweep(instance, None, GRID, executor=executor, folder=folder, gap=0)
    assert executor.solved == []
    assert dn.check(instance, study.results["base"]) == []
    assert dn.check(instance, dn.read_result(study.folders["base"])) == []


def test_infeasible_and_invalid_items_are_reported_and_harm_no_other():
    grid = {"price": [None, "lanes.to=nowhere where from=C"]}
    study = dn.sweep(tiny(), ["high", "blocked"], grid, base=False, executor=Serial())
    statuses = study.summary.set_index("scenario")["status"].to_dict()
    assert statuses == {
        "high | price=unchanged": "optimal",
        "high | price=nowhere": "invalid",
        "blocked | price=unchanged": "infeasible",
        "blocked | price=nowhere": "invalid",
    }
    assert {failure.kind for failure in study.failures.values()} == {Kind.INVALID}
    assert "'nowhere'" in study.summary["error"][1]


def test_an_item_that_raises_is_reported_with_where():
    study = dn.sweep(tiny(), "high", executor=Serial(), options={"mip_rel_gap": "many"}, base=False)
    failure = study.failures["high"]
    assert failure.kind is Kind.ERROR
    assert "Traceback" in failure.traceback
    assert study.summary["error"][0] == failure.message


def test_what_cannot_be_applied_anywhere_is_misspelt_and_refused_before_anything_is_solved():
    executor = Counting()
    with pytest.raises(InvalidInstanceError, match=r"'dosis'(.|\n)*'hihg'|'hihg'(.|\n)*'dosis'"):
        dn.sweep(tiny(), ["high", "hihg"], ["demand.dosis*=1", "demand.doses*=1"], executor=executor)
    assert executor.solved == []


@pytest.mark.slow
def test_an_edit_that_some_items_cannot_take_is_their_failure_only():
    gone = {"scenario": "gone", "order": 1, "table": "facilities", "where": "stage=manufacturing", "set": "remove"}
    instance = Tiny().add("scenarios", gone).build()
    study = dn.sweep(instance, "gone", ["facilities.status=open where stage=manufacturing"], executor=Serial())
    assert list(study.results) == ["base", "facilities.status=open where stage=manufacturing"]
    assert [failure.kind for failure in study.failures.values()] == [Kind.INVALID]


@pytest.mark.slow
def test_an_item_that_kills_its_worker_is_reported_and_harms_no_other():
    class Sabotaged(Serial):
        """Loses its worker whenever it is given a certain item."""

        def submit(self, fn, /, *args, **kwargs):
            if args[1] != "demand.doses*=3":
                return super().submit(fn, *args, **kwargs)
            future: Future[Any] = Future()
            future.set_exception(BrokenExecutor("the worker was killed"))
            return future

    study = dn.sweep(tiny(), None, GRID, executor=Sabotaged, gap=0)
    assert list(study.failures) == ["demand.doses*=3"]
    assert study.failures["demand.doses*=3"].kind is Kind.WORKER_DIED
    assert {name: result.objective for name, result in study.results.items()} == pytest.approx(
        {name: cost for name, cost in COSTS.items() if name != "demand.doses*=3"}
    )


def test_ctrl_c_keeps_what_is_finished(tmp_path):
    def stop(standing):
        if standing.solved == 3:
            raise KeyboardInterrupt

    study = dn.sweep(tiny(), None, GRID, executor=Serial(), folder=tmp_path, gap=0, progress=stop)
    assert study.interrupted
    assert list(study.results) == ["base", "demand.doses*=1", "demand.doses*=2"]
    assert {failure.kind for failure in study.failures.values()} == {Kind.NOT_RUN}
    index = pd.read_csv(tmp_path / "index.csv")
    assert index["status"].tolist() == ["optimal"] * 3 + ["not run"]


def test_a_sweep_killed_with_all_its_processes_and_resumed_gives_the_same_as_an_uninterrupted_one(whole, tmp_path):
    dn.write(tiny(), tmp_path / "tiny")
    folder = tmp_path / "sweep"
    words = ["sweep", tmp_path / "tiny", "--no-scenarios", "--grid", GRID, "--gap", 0, "-j", 2, "--out", folder]
    process = subprocess.Popen(
        [sys.executable, "-m", "donornet.cli", *map(str, words)],
        start_new_session=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    while not list((folder / "results").glob("[!.]*")):
        assert process.poll() is None
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    kept = len(list((folder / "results").glob("[!.]*")))
    study, _, _ = whole
    resumed = dn.sweep(tiny(), None, GRID, executor=Serial(), folder=folder, gap=0)
    assert 0 < resumed.solves == 3 - kept
    assert_frame_equal(figures(resumed), figures(study))
    for name in ("costs", "facilities", "flows", "kpis"):
        assert_frame_equal(resumed.table(name), study.table(name))
