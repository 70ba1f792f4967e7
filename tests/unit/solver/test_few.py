"""Searching over few decisions: sifted relaxations, cuts from their duals, and the master."""

from dataclasses import replace

import numpy as np
import pyomo.environ as pyo
import pytest

import donornet as dn
from donornet.exceptions import SolverError
from donornet.formulation.matrix import assemble
from donornet.formulation.model import Choices, build_model
from donornet.solver import few
from donornet.solver.clock import Clock
from donornet.solver.few import few_decisions, search_few
from donornet.solver.highs import Program
from donornet.solver.interrupt import Interrupt
from donornet.solver.master import Master
from donornet.solver.minorant import Minorant, Minorants
from donornet.solver.outcome import Ending
from donornet.solver.roles import Roles, summed, without_fixed
from donornet.solver.round_up import closed_under, implications
from donornet.solver.search import Search
from donornet.solver.settings import Settings
from donornet.solver.sift import Sifting
from tests.unit.solver.models import disc_cut, location, round_disc


@pytest.fixture(scope="module")
def daily():
    """Arrays of a small autologous therapy day by day."""
    instance = dn.generate("tiny", family="car-t", seed=1)
    return assemble(build_model(instance, Choices(decide_once=True)))


def merged(matrix):
    """Return the program with its tied decisions merged."""
    found = few_decisions(matrix, asked=True)
    assert found is not None
    return found.matrix


def solved(matrix, **settings):
    return Program(matrix, Settings(**settings), Interrupt(), Clock()).solve()


def searched(matrix, gap=1e-4, start=None):
    told = []
    program = few_decisions(matrix, asked=True)
    assert program is not None
    settings = Settings(gap=gap, method="few")
    found = search_few(program, settings, Interrupt(), Clock(), lambda *now: told.append(now), start)
    return found, told


def test_the_sifted_relaxation_is_the_relaxation_but_for_what_summing_gives_up(daily):
    matrix = merged(daily)
    relaxed = Sifting(matrix, Settings(), Interrupt(), Clock()).solve(matrix.lower, matrix.upper)
    exact = solved(matrix.relaxed()).objective
    assert 0.95 * exact <= relaxed.bound <= exact * (1 + 1e-9)
    assert relaxed.bound <= relaxed.objective


def test_a_sifted_relaxation_of_a_design_is_its_flows(daily):
    matrix = merged(daily)
    sifting = Sifting(matrix, Settings(), Interrupt(), Clock())
    free = matrix.integer & (matrix.lower < matrix.upper)
    for value in (0.0, 1.0):
        lower, upper = np.where(free, value, matrix.lower), np.where(free, value, matrix.upper)
        relaxed = sifting.solve(lower, upper)
        exact = solved(type(matrix)(**{**vars(matrix), "lower": lower, "upper": upper}).relaxed()).objective
        assert relaxed.is_exact
        assert relaxed.objective == pytest.approx(exact, rel=1e-4)
        assert relaxed.bound <= exact * (1 + 1e-9)


def test_a_relaxation_without_a_point_is_infinitely_dear():
    m = location(4, 6)
    m.none = pyo.Constraint(expr=sum(m.open[i] for i in m.open) <= 0)
    matrix = merged(assemble(m))
    assert Sifting(matrix, Settings(), Interrupt(), Clock()).solve(matrix.lower, matrix.upper).bound == np.inf


def test_the_search_proves_the_optimum_of_a_daily_therapy(daily):
    found, told = searched(daily)
    exact = solved(daily, gap=1e-9).objective
    assert found.values is not None
    assert found.bound <= exact * (1 + 1e-9)
    assert found.bound >= exact * (1 - 2e-4)
    assert float(daily.cost @ found.values + daily.offset) == pytest.approx(exact, rel=3e-4)
    bounds = [bound for _, bound in told]
    assert bounds == sorted(bounds)


@pytest.mark.parametrize("seed", range(4))
def test_the_search_proves_the_optimum_of_location_problems(seed):
    matrix = assemble(location(6, 12, seed))
    found, _ = searched(matrix)
    exact = solved(matrix, gap=1e-9).objective
    assert exact * (1 - 2e-4) <= found.bound <= exact * (1 + 1e-9)
    decisions = found.values[matrix.integer]
    assert np.allclose(decisions, np.round(decisions))


def test_a_start_that_is_best_is_what_the_search_returns():
    matrix = assemble(location(6, 12))
    best = solved(matrix, gap=1e-9)
    found, _ = searched(matrix, gap=0.05, start=best.values)
    assert float(matrix.cost @ found.values) <= best.objective * (1 + 1e-3)


def test_the_search_ends_at_the_gap_with_the_exact_design_and_says_how():
    matrix = assemble(location(6, 12))
    search = Search(location(6, 12), matrix, Settings(gap=1e-3, method="few"), Interrupt(), Clock())
    outcome = search.run()
    exact = solved(matrix, gap=1e-9).objective
    assert (search.method, outcome.ending) == ("few", Ending.OPTIMAL)
    assert outcome.bound <= exact * (1 + 1e-9)
    assert exact * (1 - 1e-9) <= outcome.objective <= exact * (1 + 1e-3)


def test_a_gap_of_zero_is_proven_by_branch_and_bound_after_it():
    matrix = assemble(location(5, 9, 2))
    search = Search(location(5, 9, 2), matrix, Settings(gap=0.0, method="few"), Interrupt(), Clock())
    outcome = search.run()
    assert outcome.ending is Ending.OPTIMAL
    assert outcome.objective == pytest.approx(solved(matrix, gap=0.0).objective, rel=1e-7)


def test_a_model_with_cuts_is_left_to_branch_and_bound():
    model = round_disc(whole=True)
    search = Search(model, assemble(model), Settings(gap=0.0, method="few"), Interrupt(), Clock(), refine=disc_cut)
    assert search.run().objective == pytest.approx(-2 - 2 * 21**0.5)
    assert search.method == "plain"


def test_only_tied_decisions_of_large_models_are_searched_without_being_asked(daily, monkeypatch):
    assert few_decisions(daily) is None
    monkeypatch.setattr(few, "LARGE", 10)
    assert few_decisions(daily) is not None
    assert few_decisions(assemble(location(6, 12))) is None


def designs(count, size, seed=0):
    return (np.random.default_rng(seed).random((count, size)) < 0.5).astype(float)


def test_a_minorant_never_exceeds_the_cost_of_a_design_and_meets_that_of_its_own(daily):
    matrix = merged(daily)
    asked = Settings(), Interrupt(), Clock()
    sifting = Sifting(matrix, *asked)
    minorants = Minorants(sifting, *asked)
    columns, pairs = minorants.decisions, implications(matrix)
    costs, functions, taken = [], [], []
    for some in designs(6, len(columns)):
        wanted = np.zeros(len(matrix.cost), dtype=bool)
        wanted[columns] = some > 0
        chosen = closed_under(pairs, wanted)[columns].astype(float)
        lower, upper = matrix.lower.copy(), matrix.upper.copy()
        lower[columns] = upper[columns] = chosen
        relaxed = sifting.solve(lower, upper)
        assert relaxed.duals is not None
        costs.append(solved(replace(matrix, lower=lower, upper=upper).relaxed()).objective)
        functions.append(minorants.of(relaxed.duals, sifting.closed(upper)))
        taken.append(chosen)
    for function, own in zip(functions, costs, strict=True):
        values = [function.at(chosen) for chosen in taken]
        assert all(value <= cost * (1 + 1e-9) for value, cost in zip(values, costs, strict=True))
        assert function.at(taken[costs.index(own)]) >= own * (1 - 1e-3)


def test_a_minorant_of_infeasibility_rules_out_what_is_impossible_and_nothing_else():
    matrix = merged(assemble(location(6, 12)))
    asked = Settings(), Interrupt(), Clock()
    sifting = Sifting(matrix, *asked)
    minorants = Minorants(sifting, *asked)
    columns = minorants.decisions
    none = np.zeros(len(columns))
    lower, upper = matrix.lower.copy(), matrix.upper.copy()
    upper[columns] = 0.0
    assert sifting.solve(lower, upper).bound == np.inf
    function = minorants.of_infeasibility(lower, upper)
    assert function.at(none) > 1.0
    best = solved(matrix, gap=1e-6).values[columns]
    assert function.at(np.round(best)) <= 1e-6


def test_the_master_takes_what_is_left_and_costs_least():
    matrix = merged(assemble(location(3, 5)))
    columns = np.flatnonzero(matrix.integer)
    master = Master(matrix, columns, -10.0, Settings(gap=0.0), Interrupt(), Clock())
    master.raise_to(Minorant(3.0, np.array([-1.0, -2.0, 4.0])))
    assert master.solve().bound == pytest.approx(0.0)
    master.forbid(np.array([1.0, 1.0, 0.0]))
    assert str(master.solve().values) == "[0. 1. 0.]"
    assert str(master.near(np.array([0.0, 0.0, 1.0]), 3.0)) == "[0. 0. 0.]"
    master.keep_feasible(Minorant(1.0, np.array([0.0, 0.0, -1.0])))
    assert str(master.solve().values) == "[1. 1. 1.]"


def test_a_master_that_highs_gives_up_on_is_tried_once_more(monkeypatch):
    matrix = merged(assemble(location(3, 5)))
    master = Master(matrix, np.flatnonzero(matrix.integer), -10.0, Settings(gap=0.0), Interrupt(), Clock())
    master.raise_to(Minorant(3.0, np.array([-1.0, -2.0, 4.0])))
    solve, failures = Program.solve, [SolverError("status"), None, SolverError("status"), SolverError("status")]

    def fail_at_times(program):
        failure = failures.pop(0)
        if failure is not None:
            raise failure
        return solve(program)

    monkeypatch.setattr(Program, "solve", fail_at_times)
    assert master.solve().bound == pytest.approx(0.0)
    given_up = master.solve()
    assert (given_up.ending, given_up.values) == (Ending.LIMIT, None)


def test_sums_of_gates_hold_wherever_the_gates_hold(daily):
    matrix = without_fixed(merged(daily))
    roles = Roles.of(matrix)
    grown, active = summed(matrix, roles)
    sums = grown.rows.shape[0] - matrix.rows.shape[0]
    assert 0 < sums < len(roles.gates)
    assert not active[roles.packs].any()
    point = solved(matrix).values
    assert (grown.rows @ point <= grown.row_upper + 1e-6).all()
