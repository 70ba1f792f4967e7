"""The shipped instances: documented, reproducible, and the toy solves to the optimum its README derives."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

import donornet

INSTANCES = Path(__file__).parents[2] / "instances"
NAMES = ("toy", "car-t", "atlantic", "atlantic-year")


def toy_optimum(readme: str) -> float:
    """Return the number after ``Optimum:``."""
    match = re.search(r"^Optimum: ([0-9.]+)$", readme, re.MULTILINE)
    assert match is not None
    return float(match.group(1))


@pytest.mark.parametrize("name", NAMES)
def test_every_instance_is_documented_and_listed(name: str) -> None:
    text = (INSTANCES / name / "README.md").read_text(encoding="utf-8")
    assert "assum" in text or "invented" in text
    assert f"({name}/README.md)" in (INSTANCES / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", NAMES)
def test_every_instance_reads_without_error(name: str) -> None:
    assert donornet.read(INSTANCES / name).head.name == name


@pytest.mark.parametrize("name", ["car-t", "atlantic", "atlantic-year"])
def test_the_script_reproduces_the_committed_tables_byte_for_byte(name: str, tmp_path: Path) -> None:
    subprocess.run([sys.executable, str(INSTANCES / name / "build.py"), str(tmp_path)], check=True)
    written = sorted(tmp_path.glob("*.csv"))
    assert len(written) >= 5
    for table in written:
        assert table.read_bytes() == (INSTANCES / name / table.name).read_bytes(), table.name


def test_the_toy_solves_to_the_optimum_of_its_readme() -> None:
    expected = toy_optimum((INSTANCES / "toy" / "README.md").read_text(encoding="utf-8"))
    result = donornet.solve(donornet.read(INSTANCES / "toy"), gap=0)
    assert result.objective == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize(("scenario", "expected"), [("no-eastern-plant", 4450.0), ("mutual-recognition", 3679.6)])
def test_the_scenarios_of_the_toy_solve_to_the_optima_of_its_readme(scenario: str, expected: float) -> None:
    assert f"**{expected:.2f}**" in (INSTANCES / "toy" / "README.md").read_text(encoding="utf-8")
    result = donornet.solve(donornet.read(INSTANCES / "toy").apply(scenario), gap=0)
    assert result.objective == pytest.approx(expected, abs=1e-6)


def test_best_known_designs_are_listed_with_bounds_that_prove_their_gap(instances):
    rows = pd.read_csv(instances / "best_known.csv").set_index("instance")
    assert set(rows.index) == {path.parent.name for path in instances.glob("*/instance.toml")}
    assert (rows["bound"] <= rows["objective"]).all()
    assert (rows["gap"] - (rows["objective"] - rows["bound"]) / rows["objective"]).abs().max() < 5e-4
