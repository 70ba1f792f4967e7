"""The verb solve, by exit code, text and what it leaves behind."""

from __future__ import annotations

import io
import json
import signal
import subprocess
import sys
import time
from dataclasses import replace

import pandas as pd
import pytest

import donornet as dn
from donornet.cli import live
from donornet.cli.live import LiveLine
from donornet.solver.outcome import Ending, Outcome
from donornet.solver.progress import Snapshot
from donornet.solver.search import Search

OPTIMUM = 4187.75


@pytest.fixture(scope="module")
def told(solved_toy):
    """What was said when the toy instance was solved."""
    return (solved_toy.parent / "stdout.txt").read_text()


def test_solve_designs_checks_and_writes(told, solved_toy):
    assert "toy: solved" in told
    assert "total cost 4 188 USD (bound 4 188, gap 0 %, asked 0 %)" in told
    assert "checked: 5 chains, no violations" in told
    assert f"Written to {solved_toy}/" in told
    read = dn.read_result(solved_toy)
    assert read.objective == pytest.approx(OPTIMUM)
    assert read.status.value == "optimal"


@pytest.mark.parametrize(
    "line",
    [
        "operations 2 603 62.2 %",
        "manufacturing 2 2 1 0 0",
        "doses delivered 114",
        "demand served 100 %",
        "G1 0 100 9.844",
        "2 requirement rows met, 0 missed at a penalty",
    ],
)
def test_the_summary_tells_costs_facilities_service_and_donors(told, line):
    assert line in [" ".join(row.split()) for row in told.splitlines()]


def test_results_go_to_a_folder_of_the_instances_name(run, toy, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert run("solve", toy).exit_code == 0
    assert (tmp_path / "results" / "toy" / "result.json").is_file()


def test_solve_speaks_json_and_nothing_else_on_stdout(run, toy, tmp_path):
    said = json.loads(run("solve", toy, "--gap", "0", "--out", tmp_path / "out", "--json").stdout)
    assert said["status"] == "optimal"
    assert said["objective"] == pytest.approx(OPTIMUM)
    assert said["folder"] == str(tmp_path / "out")
    assert {"kpi": "doses", "member": "", "value": 114.0, "unit": "doses"} in said["kpis"]
    assert said["info"]["violations"] == []


def test_tables_are_written_as_parquet_and_workbook_where_wanted(run, toy, tmp_path):
    folder = tmp_path / "out"
    assert run("solve", toy, "--out", folder, "--format", "parquet", "--xlsx").exit_code == 0
    assert pd.read_parquet(folder / "facilities.parquet")["open"].sum() == 4
    assert not list(folder.glob("*.csv"))
    assert (folder / "result.xlsx").stat().st_size > 1000


def test_an_earlier_result_is_a_start(run, toy, solved_toy, tmp_path):
    result = run("solve", toy, "--start", solved_toy, "--out", tmp_path / "out", "--json")
    assert result.exit_code == 0
    assert json.loads(result.stdout)["info"]["start_accepted"] is True


def test_a_start_that_is_no_result_is_refused(run, toy, tmp_path):
    assert run("solve", toy, "--start", tmp_path).exit_code == 3


def test_options_of_the_solver_arrive(run, toy, tmp_path):
    words = ["--threads", 2, "--seed", 5, "--time-limit", 30, "--gap", 0.5, "--no-check", "--json"]
    said = json.loads(run("solve", toy, "--out", tmp_path / "out", *words).stdout)
    assert said["info"]["asked"] == {
        "gap": 0.5,
        "time_limit": 30.0,
        "threads": 2,
        "seed": 5,
        "options": {},
        "method": "auto",
    }
    assert "violations" not in said["info"]


def test_another_solver_can_be_named(run, toy, tmp_path):
    said = json.loads(run("solve", toy, "--out", tmp_path / "out", "--solver", "appsi_highs", "--json").stdout)
    assert said["info"]["method"] == "appsi_highs"


def test_a_solver_that_is_not_there_is_an_error_with_a_remedy(run, toy, tmp_path):
    result = run("solve", toy, "--out", tmp_path / "out", "--solver", "nonsense")
    assert result.exit_code == 1
    assert "'nonsense' is not available" in result.stderr
    assert "Traceback" not in result.stderr


def unservable(folder):
    """Make more demand than donors can serve, and let none of it be missed."""
    demand = folder / "demand.csv"
    rows = demand.read_text().replace("bank,*,40,100", "bank,*,4000000,").splitlines()
    demand.write_text("\n".join(rows) + "\n")


def test_an_infeasible_instance_has_exit_code_4_and_a_written_result(run, toy, tmp_path):
    unservable(toy)
    result = run("solve", toy, "--out", tmp_path / "out")
    assert result.exit_code == 4
    assert "toy: infeasible" in result.stdout
    assert dn.read_result(tmp_path / "out").status.value == "infeasible"


def stop(monkeypatch, outcome):
    run = Search.run
    monkeypatch.setattr(Search, "run", lambda self, start=None: outcome(run(self, start)))


def test_a_limit_with_a_design_has_exit_code_5(run, toy, tmp_path, monkeypatch):
    stop(monkeypatch, lambda found: replace(found, ending=Ending.LIMIT, bound=4000.0, stopped_by="time"))
    result = run("solve", toy, "--out", tmp_path / "out")
    assert result.exit_code == 5
    assert "stopped by the time limit" in result.stdout
    assert "gap 4.48 %" in result.stdout
    assert dn.read_result(tmp_path / "out").solution is not None


def test_a_limit_without_a_design_has_exit_code_6(run, toy, tmp_path, monkeypatch):
    stop(monkeypatch, lambda found: Outcome(Ending.LIMIT, bound=4000.0, stopped_by="time"))
    result = run("solve", toy, "--out", tmp_path / "out")
    assert result.exit_code == 6
    assert "the time limit was reached before a design was found" in result.stdout
    assert "no design costs less than 4 000 USD" in result.stdout
    assert dn.read_result(tmp_path / "out").status.value == "no_solution"


def test_a_design_that_does_not_stand_the_check_is_written_and_exit_code_1(run, toy, tmp_path, monkeypatch):
    def spoilt(found):
        values = found.values.copy()
        values[values > 1.5] *= 1.01
        return replace(found, values=values)

    stop(monkeypatch, spoilt)
    result = run("solve", toy, "--out", tmp_path / "out")
    assert result.exit_code == 1
    assert "does not stand the check" in result.stderr
    assert (tmp_path / "out" / "result.json").is_file()


@pytest.mark.slow
def test_ctrl_c_keeps_the_design_writes_it_and_says_so(instances, tmp_path):
    folder = tmp_path / "out"
    words = [f"{sys.prefix}/bin/donornet", "solve", str(instances / "car-t"), "--gap", "0", "--out", str(folder)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        told = iter(process.stderr.readline, "")
        assert any("bound" in line and "incumbent             -" not in line for line in told)
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=300)
    assert process.returncode == 5
    assert "stopped by Ctrl-C; the best design so far is kept" in err
    assert "car-t: stopped by Ctrl-C" in out
    assert "no violations" in out
    assert dn.read_result(folder).info["stopped_by"] == "interrupt"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def snapshot(seconds, incumbent=None, bound=None, phase="search"):
    return Snapshot(phase, seconds, incumbent, bound, 7)


@pytest.fixture
def now(monkeypatch):
    moment = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: moment[0])
    return moment


def test_on_a_terminal_one_line_is_rewritten(now):
    stream = Terminal()
    line = LiveLine(stream)
    for second in (1, 1.1, 2):
        now[0] = second
        line(snapshot(second, 200.0, 150.0))
    line.close()
    line.close()
    text = stream.getvalue()
    assert text.count("\r") == 2
    assert text.count("\n") == 1
    assert "incumbent           200  bound           150  gap    25 %  nodes 7" in text


def test_elsewhere_lines_come_every_few_seconds(now):
    stream = io.StringIO()
    line = LiveLine(stream)
    for second in range(12):
        now[0] = second
        line(snapshot(second, 200.0))
    line.close()
    lines = stream.getvalue().splitlines()
    assert len(lines) == 2
    assert "bound             -" in lines[0]
    assert "\r" not in stream.getvalue()


def test_the_relaxation_is_named_in_the_live_line():
    assert live.describe(snapshot(130.0, phase="relaxation")) == " 2.2 min  solving the relaxation"
