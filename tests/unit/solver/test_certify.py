"""Bounds from duals that are exact, rough or nonsense never exceed the optimum of the relaxation."""

import numpy as np
import pytest
from scipy.optimize import linprog
from scipy.sparse import csr_array

from donornet.formulation.matrix import Matrix
from donornet.solver.certify import certified_bound, implied_upper


def transport(seed: int) -> tuple[Matrix, float, np.ndarray]:
    """Return a random transport problem without upper bounds, its optimum and its duals."""
    chance = np.random.default_rng(seed)
    plants, markets = 3, 4
    supply, demand = chance.uniform(10, 20, plants), chance.uniform(2, 7, markets)
    rows = np.vstack([np.kron(np.eye(plants), np.ones(markets)), np.kron(np.ones(plants), np.eye(markets))])
    width = plants * markets
    cost = chance.uniform(1, 9, width)
    low, high = np.concatenate([np.full(plants, -np.inf), demand]), np.concatenate([supply, np.full(markets, np.inf)])
    solved = linprog(cost, np.vstack([rows[:plants], -rows[plants:]]), np.concatenate([supply, -demand]))
    duals = np.concatenate([solved.ineqlin.marginals[:plants], -solved.ineqlin.marginals[plants:]])
    none = np.zeros(width, dtype=bool)
    matrix = Matrix([], cost, 5.0, np.zeros(width), np.full(width, np.inf), none, csr_array(rows), low, high)
    return matrix, float(solved.fun) + 5.0, duals


@pytest.mark.parametrize("seed", range(5))
def test_exact_duals_give_the_optimum(seed):
    matrix, optimum, duals = transport(seed)
    assert certified_bound(matrix, duals) == pytest.approx(optimum)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("noise", [1e-3, 0.1, 10.0])
def test_no_duals_give_more_than_the_optimum(seed, noise):
    matrix, optimum, duals = transport(seed)
    rough = duals + np.random.default_rng(seed).normal(0, noise, len(duals))
    bound = certified_bound(matrix, rough)
    assert -np.inf < bound <= optimum + 1e-9


def test_a_dual_of_the_wrong_sign_counts_as_none():
    matrix, _, duals = transport(0)
    assert certified_bound(matrix, -np.abs(duals) * 0) == pytest.approx(5.0)


def test_rows_imply_the_bounds_that_columns_lack():
    matrix, _, _ = transport(0)
    assert np.allclose(implied_upper(matrix), np.repeat(matrix.row_upper[:3], 4))
