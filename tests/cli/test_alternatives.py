"""``donornet alternatives``."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

import donornet as dn

Run = Callable[..., Result]


def test_it_tells_that_the_toy_can_do_without_the_eastern_plant(run: Run, instances: Path, tmp_path: Path):
    """With it 4187.75, without it 4450, 6.3 % more."""
    result = run("alternatives", instances / "toy", "--within", "0.07", "--gap", "0", "--out", tmp_path, "--json")
    assert result.exit_code == 0, result.stderr
    plain = json.loads(result.stdout)
    verdicts = {row["site"]: row["verdict"] for row in plain["decisions"]}
    assert verdicts == {"hub": "every", "lab": "every", "plant-w": "every", "plant-e": "some"}
    assert [round(design["objective"], 2) for design in plain["designs"]] == [4187.75, 4450.0]
    second = dn.read_result(tmp_path / "design-2")
    assert second.objective == pytest.approx(4450)


def test_an_infeasible_instance_says_so_by_its_exit_code(run: Run, instances: Path, tmp_path: Path):
    words = ["--set", "facilities.capacity=1 where site=plant-*", "--set", "capacity_steps remove"]
    result = run("alternatives", instances / "toy", *words, "--out", tmp_path)
    assert result.exit_code == 4, result.stderr
    assert "infeasible" in result.stdout


def test_what_it_cannot_read_is_refused(run: Run, instances: Path, tmp_path: Path):
    result = run("alternatives", instances / "toy", "--what", "labs", "--out", tmp_path)
    assert result.exit_code == 2
    assert "'labs'" in result.stderr
