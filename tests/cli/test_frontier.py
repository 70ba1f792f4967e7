"""``donornet frontier`` and ``donornet solve --objective``."""

from __future__ import annotations

import json

import pytest


def test_a_front_is_shown_written_and_told_to_programs(run, toy, tmp_path):
    words = [
        "frontier",
        toy,
        "--measure",
        "total_cost",
        "--measure",
        "crossings",
        "--points",
        2,
        "--out",
        tmp_path / "f",
    ]
    result = run(*words)
    assert result.exit_code == 0, result.output
    assert "front of total_cost and crossings" in result.stdout
    assert (tmp_path / "f" / "front.csv").read_text().startswith("point,total_cost,crossings,crossings_limit,bound")
    again = run(*words, "--json")
    said = json.loads(again.stdout)
    assert said["solves"] == 0
    assert [measure["better"] for measure in said["measures"]] == ["smaller", "smaller"]
    assert said["points"][0]["total_cost"] == pytest.approx(4187.75)


@pytest.mark.parametrize("words", [["--measure", "unmett", "--measure", "km"], ["--measure", "unmet"]])
def test_measures_that_make_no_front_are_a_wrong_use(run, toy, tmp_path, words):
    result = run("frontier", toy, *words, "--out", tmp_path / "f")
    assert result.exit_code == 2
    assert "unmet" in result.stderr


def test_solve_improves_another_measure_first_and_says_so(run, toy, tmp_path):
    result = run("solve", toy, "--objective", "crossings", "--out", tmp_path / "r")
    assert result.exit_code == 0, result.output
    assert "Objectives, one after the other" in result.stdout
    said = json.loads((tmp_path / "r" / "result.json").read_text())
    assert [aim["measure"] for aim in said["info"]["objectives"]] == ["crossings", "total_cost"]
    assert said["info"]["objectives"][0]["value"] == pytest.approx(0, abs=1e-6)
    assert said["bound"] is None


def test_an_unknown_objective_is_a_wrong_use(run, toy):
    result = run("solve", toy, "--objective", "unmett")
    assert result.exit_code == 2
    assert "did you mean 'unmet'" in result.stderr
