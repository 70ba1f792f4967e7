"""The package finds the optimum that the explicit path model finds, on random instances with every table in play."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import donornet as dn
from donornet.instance import Instance
from tests.oracle.path_model import solve_by_paths
from tests.oracle.random_instances import random_instance

TOO_LARGE = {130}
"""Seeds whose usual instance has more paths than the explicit model solves in its time; they get fewer places."""


def assert_same_optimum(instance: Instance) -> None:
    """Solve in both ways; the status, the optimum and the proof must agree."""
    errors = [str(finding) for finding in dn.validate(instance) if finding.is_error]
    assert not errors
    expected = solve_by_paths(instance)
    assert expected.status != "limit"
    result = dn.solve(instance, gap=1e-9, time_limit=60)
    assert result.status.value == expected.status
    if expected.status == "optimal":
        assert result.objective == pytest.approx(expected.objective, rel=1e-5, abs=1e-5), (
            expected.flows,
            expected.design,
        )
        assert not result.info["violations"]


@pytest.mark.parametrize("seed", range(14))
def test_the_optimum_is_that_of_the_explicit_path_model(seed: int):
    assert_same_optimum(random_instance(seed))


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(14, 500))
def test_the_optimum_is_that_of_the_explicit_path_model_on_many_more(seed: int):
    assert_same_optimum(random_instance(seed, roomy=seed not in TOO_LARGE))


@pytest.mark.slow
@settings(max_examples=40)
@given(seed=st.integers(min_value=10**6, max_value=10**9))
def test_the_optimum_is_that_of_the_explicit_path_model_wherever_hypothesis_looks(seed: int):
    assert_same_optimum(random_instance(seed))
