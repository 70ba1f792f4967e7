"""Every way to search meets the oracles: its bound never lies above the optimum, its design within the gap of it."""

from __future__ import annotations

import pytest

import donornet as dn
from donornet.instance import Instance
from donornet.solver.settings import METHODS
from tests.oracle.orlib import as_instance, read
from tests.oracle.path_model import solve_by_paths
from tests.oracle.random_instances import random_instance
from tests.oracle.test_network_simplex import PureFlow
from tests.oracle.test_orlib import OPTIMA
from tests.oracle.test_stock import Seasons

GAP = 1e-3
"""Wide enough that a method ends by its own proof and not by branch and bound after it."""


def assert_certified(instance: Instance, method: str, optimum: float | None) -> str:
    """Solve and compare with the optimum, None: infeasible; return the method that was used."""
    result = dn.solve(instance, gap=GAP, time_limit=60, method=method)
    used = str(result.info["method"])
    if optimum is None:
        assert result.status == dn.Status.INFEASIBLE
        return used
    assert result.status == dn.Status.OPTIMAL
    assert result.bound is not None
    assert result.objective is not None
    slack = 1e-6 * max(1.0, abs(optimum))
    assert result.bound <= optimum + slack
    assert optimum - slack <= result.objective <= result.bound + GAP * abs(result.objective) + slack
    assert not result.info["violations"]
    return used


@pytest.mark.parametrize("method", METHODS)
def test_every_method_brackets_the_published_optimum(method):
    used = assert_certified(as_instance(read("cap41"), capacitated=True), method, OPTIMA["cap41", "CFL"])
    assert method in {"auto", used}


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("seed", [1, 4])
def test_every_method_brackets_the_cheapest_flow(seed, method):
    network = PureFlow(seed)
    assert_certified(network.instance(), method, network.optimum())


@pytest.mark.parametrize("method", METHODS)
def test_every_method_brackets_the_optimum_with_doses_of_known_age(method):
    case = Seasons(2)
    assert_certified(case.instance(), method, case.optimum())


def assert_as_paths(seed: int, method: str) -> None:
    instance = random_instance(seed)
    expected = solve_by_paths(instance)
    assert_certified(instance, method, expected.objective if expected.status == "optimal" else None)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("seed", [6, 9, 11])
def test_every_method_brackets_the_optimum_of_the_explicit_path_model(seed, method):
    assert_as_paths(seed, method)


@pytest.mark.slow
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("seed", range(14, 60))
def test_every_method_brackets_the_optimum_of_the_explicit_path_model_on_many(seed, method):
    assert_as_paths(seed, method)
