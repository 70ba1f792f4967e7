"""The way to search never moves the optimum: random instances solved by every method."""

import pytest

import donornet as dn
from tests.oracle.random_instances import random_instance


def check(seed, method):
    instance = random_instance(seed)
    plain = dn.solve(instance, gap=1e-9, time_limit=60, method="plain")
    other = dn.solve(instance, gap=1e-9, time_limit=60, method=method)
    assert other.status == plain.status
    if plain.objective is not None and other.objective is not None and other.bound is not None:
        assert other.objective == pytest.approx(plain.objective, rel=1e-6, abs=1e-6)
        assert other.bound <= other.objective * (1 + 1e-9) + 1e-6
        assert other.info["violations"] == []


@pytest.mark.parametrize("method", ["auto", "dive", "few"])
@pytest.mark.parametrize("seed", range(0, 60, 12))
def test_every_method_gives_the_same_optimum(seed, method):
    check(seed, method)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(1, 120, 3))
def test_diving_gives_the_same_optimum_on_many(seed):
    check(seed, "dive")


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2, 120, 5))
def test_searching_the_decisions_alone_gives_the_same_optimum_on_many(seed):
    check(seed, "few")


def test_what_was_used_is_told():
    result = dn.solve(random_instance(0), method="dive")
    assert result.info["asked"]["method"] == "dive"
    assert result.info["method"] in {"dive", "plain"}
