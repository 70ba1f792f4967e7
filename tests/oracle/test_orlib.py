"""Location problems of the OR-Library, written in the instance format, are solved to their published optima."""

from __future__ import annotations

import csv

import numpy as np
import pytest

import donornet as dn
from tests.oracle.orlib import FOLDER, as_instance, read
from tests.oracle.path_model import solve_by_paths

with (FOLDER / "known_optima.csv").open(encoding="ascii", newline="") as file:
    OPTIMA = {(row["instance"], row["problem"]): float(row["optimum"]) for row in csv.DictReader(file)}

QUICK = [("cap41", "CFL"), ("cap74", "UFL"), ("cap84", "CFL"), ("cap131", "CFL")]
EVERY = sorted(OPTIMA)


def assert_optimum(name: str, problem: str) -> None:
    result = dn.solve(as_instance(read(name), capacitated=problem == "CFL"), gap=1e-7, time_limit=300)
    assert result.status == dn.Status.OPTIMAL
    assert result.objective == pytest.approx(OPTIMA[name, problem], rel=2e-7)
    assert not result.info["violations"]


@pytest.mark.parametrize(("name", "problem"), QUICK)
def test_the_optimum_is_the_published_one(name: str, problem: str):
    assert_optimum(name, problem)


@pytest.mark.orlib
@pytest.mark.slow
@pytest.mark.parametrize(("name", "problem"), EVERY)
def test_the_optimum_of_every_problem_is_the_published_one(name: str, problem: str):
    assert_optimum(name, problem)


def test_all_problems_are_there():
    assert sum(problem == "CFL" for _, problem in EVERY) == 37
    assert {name for name, _ in EVERY} == {path.stem for path in FOLDER.glob("cap*.txt")}


def test_a_problem_is_read_as_it_is_published():
    problem = read("cap41")
    assert problem.cost.shape == (50, 16)
    assert problem.demand.sum() == pytest.approx(58268)
    assert np.all(problem.capacity == 5000)
    assert problem.fixed_cost[10] == 0
    assert problem.cost[0, 0] == pytest.approx(6739.725)


def test_the_oracle_finds_a_published_optimum_too():
    result = solve_by_paths(as_instance(read("cap74"), capacitated=False), gap=1e-7)
    assert result.objective == pytest.approx(OPTIMA["cap74", "UFL"], rel=2e-7)
