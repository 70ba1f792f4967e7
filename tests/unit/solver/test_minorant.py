"""Bounds as functions of the decisions, against every design of small random programs, solved one by one by SciPy."""

from __future__ import annotations

from itertools import product

import numpy as np
import pyomo.environ as pyo
import pytest
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array

from donornet.exceptions import SolverError
from donornet.formulation.matrix import Matrix, assemble
from donornet.solver.clock import Clock
from donornet.solver.few import few_decisions, search_few
from donornet.solver.interrupt import Interrupt
from donornet.solver.merge import Merged
from donornet.solver.minorant import Minorants
from donornet.solver.outcome import Ending
from donornet.solver.search import Search
from donornet.solver.settings import Settings
from donornet.solver.sift import Sifting
from tests.unit.solver.models import location

SEEDS = range(25)
GAP = 1e-4


def drawn(seed: int) -> Matrix:
    """Return a program of all kinds of rows and bounds that a user may write, three to five decisions and some flow."""
    dice = np.random.default_rng(seed)
    sites, demands, ways = int(dice.integers(3, 6)), int(dice.integers(2, 5)), int(dice.integers(1, 4))
    flows = sites * demands * ways
    site, demand = np.divmod(np.arange(flows) // ways, demands)
    width = sites + flows + 2
    cost = np.concatenate([dice.uniform(1, 30, sites), dice.uniform(1, 20, flows), dice.uniform(-5, 60, 2)])
    lower, upper = np.zeros(width), np.concatenate([np.ones(sites), np.full(flows + 2, np.inf)])
    rows, low, high = [], [], []

    def add(columns, values, least=-np.inf, most=np.inf):
        row = np.zeros(width)
        row[columns] = values
        rows.append(row)
        low.append(least)
        high.append(most)

    for d in range(demands):
        mine, asked = np.flatnonzero(demand == d) + sites, float(dice.uniform(1, 4))
        kind = dice.integers(3)
        weight = np.append(dice.choice([1.0, 2.0], len(mine)), 1.0)
        add(np.append(mine, width - 1), weight, asked, (np.inf, asked, asked + 1.0)[kind])
        for s in range(sites):
            gated = mine[site[mine - sites] == s]
            most = dice.uniform(1, 5)
            for part in np.array_split(gated, dice.integers(1, 1 + len(gated))):
                add(np.append(part, s), np.append(np.ones(len(part)), -most), most=0.0)
    for s in range(sites):
        mine = np.flatnonzero(site == s) + sites
        if dice.random() < 0.5:
            add(np.append(mine, s), np.append(dice.uniform(0.5, 2, len(mine)), -dice.uniform(2, 9)), most=0.0)
        else:
            add(mine, np.ones(len(mine)), -np.inf if dice.random() < 0.5 else -1.0, dice.uniform(2, 9))
    add([width - 2, sites], [1.0, -1.0], 0.0, dice.uniform(0, 2))  # the one flow that no decision gates
    add([width - 2, 0], [1.0, 1.0], most=dice.uniform(1, 3))
    if dice.random() < 0.5:
        add([0, 1], [1.0, -1.0], most=0.0)
    if dice.random() < 0.5:
        add([2], [2.0], most=1.0)  # implies that 2 is closed, by a bound that is not whole
    if dice.random() < 0.4:
        lower[1] = dice.choice([0.3, 1.0])
    lower[sites + dice.integers(flows)] = dice.choice([0.0, 0.2])
    if dice.random() < 0.4:
        lower[width - 2] = -1.0
    kept = dice.random(flows) < 0.5
    upper[sites : sites + flows][kept] = dice.uniform(1, 5, int(kept.sum()))
    if dice.random() < 0.6:
        upper[width - 1] = 1.0
    integer = np.arange(width) < sites
    entries = csr_array(np.array(rows))
    return Matrix([], cost, float(dice.normal(0, 20)), lower, upper, integer, entries, np.array(low), np.array(high))


def flows(matrix: Matrix, lower: np.ndarray, upper: np.ndarray) -> float:
    """Return the least cost within bounds that leave no decision, infinite where nothing is feasible."""
    rows = LinearConstraint(matrix.rows, matrix.row_lower, matrix.row_upper)
    found = milp(matrix.cost, bounds=Bounds(lower, upper), constraints=rows)
    assert found.status in (0, 2)
    return float(found.fun) + matrix.offset if found.status == 0 else np.inf


def costs(matrix: Matrix, decisions: np.ndarray) -> dict[tuple[float, ...], float]:
    """Return the cost of every design."""
    found = {}
    for taken in product((0.0, 1.0), repeat=len(decisions)):
        lower, upper = matrix.lower.copy(), matrix.upper.copy()
        inside = (lower[decisions] <= taken) & (taken <= upper[decisions])
        lower[decisions] = upper[decisions] = taken
        found[taken] = flows(matrix, lower, upper) if inside.all() else np.inf
    return found


def whole(matrix: Matrix) -> Merged:
    """Return the program as the search takes it."""
    merged = few_decisions(matrix, asked=True)
    assert merged is not None
    return merged


@pytest.mark.parametrize("seed", SEEDS)
def test_a_minorant_of_any_duals_is_below_the_cost_of_every_design(seed):
    matrix, dice = whole(drawn(seed)).matrix, np.random.default_rng(seed)
    asked = Settings(), Interrupt(), Clock()
    sifting = Sifting(matrix, *asked)
    minorants = Minorants(sifting, *asked)
    designs = costs(matrix, minorants.decisions)
    functions = []
    for scale in (0.0, 1.0, 10.0, 1000.0):
        duals = dice.normal(0, scale, len(sifting.sums))
        closed = sifting.closed(np.where(dice.random(len(matrix.cost)) < 0.5, 0.0, matrix.upper))
        functions.append(minorants.of(duals, closed))
    impossible = [taken for taken, cost in designs.items() if np.isinf(cost)]
    proofs = []
    for taken in impossible[:2]:
        lower, upper = matrix.lower.copy(), matrix.upper.copy()
        lower[minorants.decisions] = upper[minorants.decisions] = taken
        proofs.append(minorants.of_infeasibility(lower, upper))
    for taken, cost in designs.items():
        if np.isfinite(cost):
            assert all(function.at(np.array(taken)) <= cost + 1e-7 * (1 + abs(cost)) for function in functions)
            assert all(proof.at(np.array(taken)) <= 1e-7 for proof in proofs)


@pytest.mark.parametrize("seed", SEEDS)
def test_bounds_and_minorants_of_designs_hold_as_columns_and_rows_join(seed):
    matrix = whole(drawn(seed)).matrix
    asked = Settings(), Interrupt(), Clock()
    sifting = Sifting(matrix, *asked)
    minorants = Minorants(sifting, *asked)
    designs = costs(matrix, minorants.decisions)
    for own, cost in designs.items():
        lower, upper = matrix.lower.copy(), matrix.upper.copy()
        lower[minorants.decisions] = upper[minorants.decisions] = own
        relaxed = sifting.solve(lower, upper)
        assert relaxed.bound <= cost + 1e-7 * (1 + abs(cost))
        if np.isfinite(cost) and relaxed.duals is not None:
            function = minorants.of(relaxed.duals, sifting.closed(upper))
            values = [(function.at(np.array(taken)), other) for taken, other in designs.items()]
            assert all(value <= other + 1e-7 * (1 + abs(other)) for value, other in values)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_search_ends_at_the_cheapest_of_all_designs(seed):
    matrix = drawn(seed)
    best = min(costs(matrix, np.flatnonzero(matrix.integer)).values())
    found = search_few(whole(matrix), Settings(gap=GAP), Interrupt(), Clock(), lambda *_: None, None)
    slack = GAP * abs(best) + 1e-5
    if np.isinf(best):
        assert found.values is None
        return
    assert found.bound <= best + 1e-6 * (1 + abs(best))
    if np.isfinite(found.bound):
        assert found.bound >= best - slack
        assert found.values is not None
        assert float(matrix.cost @ found.values + matrix.offset) == pytest.approx(best, abs=2 * slack)


@pytest.mark.parametrize("seed", range(3))
def test_what_is_maximised_ends_like_branch_and_bound(seed):
    model = location(5, 8, seed)
    model.cost.deactivate()
    model.earned = pyo.Objective(expr=1e4 - model.cost.expr, sense=pyo.maximize)
    matrix = assemble(model)
    few, plain = (
        Search(model, matrix, Settings(gap=GAP, method=method), Interrupt(), Clock()).run()
        for method in ("few", "plain")
    )
    assert few.ending is plain.ending is Ending.OPTIMAL
    assert few.objective == pytest.approx(plain.objective, rel=2 * GAP)
    assert few.bound <= plain.objective + 1e-6 * abs(plain.objective)


def test_a_program_without_end_says_so():
    m = location(3, 4)
    m.free = pyo.Var(bounds=(0, None))
    m.cost.set_value(m.cost.expr - m.free)
    search = Search(m, assemble(m), Settings(method="few"), Interrupt(), Clock())
    with pytest.raises(SolverError, match="unbounded"):
        search.run()


def test_rows_that_wait_join_where_nothing_else_ends_the_program():
    m = location(4, 6)
    m.sold = pyo.Var(range(2), bounds=(0, None))
    m.market = pyo.Constraint(expr=m.sold[0] + m.sold[1] <= 3)
    m.cost.set_value(m.cost.expr - 2 * m.sold[0] - m.sold[1])
    matrix = assemble(m)
    found = search_few(whole(matrix), Settings(gap=GAP), Interrupt(), Clock(), lambda *_: None, None)
    best = min(costs(matrix, np.flatnonzero(matrix.integer)).values())
    assert best * (1 - GAP) <= found.bound <= best * (1 + 1e-9)
