"""The head start by rounding never moves the optimum: random instances solved with and without it."""

import pytest

import donornet as dn
from donornet.solver import search
from tests.oracle.random_instances import random_instance


@pytest.mark.parametrize("seed", range(0, 60, 12))
def test_rounding_first_gives_the_same_optimum(seed, monkeypatch):
    instance = random_instance(seed)
    plain = dn.solve(instance, gap=1e-9, time_limit=60)
    monkeypatch.setattr(search, "LARGE", 0)
    monkeypatch.setattr(search, "MANY_DECISIONS", 0)
    rounded = dn.solve(instance, gap=1e-9, time_limit=60)
    assert rounded.status == plain.status
    if plain.objective is not None and rounded.objective is not None and rounded.bound is not None:
        assert rounded.objective == pytest.approx(plain.objective, rel=1e-6, abs=1e-6)
        assert rounded.bound <= rounded.objective * (1 + 1e-9) + 1e-6
        assert rounded.info["violations"] == []
