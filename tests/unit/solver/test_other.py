"""The solve with a solver of Pyomo's: here HiGHS by way of Pyomo, the only other way that is always there."""

from __future__ import annotations

import pyomo.environ as pyo
import pytest

from donornet.exceptions import SolverError
from donornet.formulation.matrix import assemble
from donornet.solver.clock import Clock
from donornet.solver.other import OtherSearch
from donornet.solver.outcome import Ending
from donornet.solver.settings import Settings
from tests.formulation.test_rows import lazy
from tests.unit.solver.models import disc_cut, knapsack, location, round_disc
from tests.unit.solver.test_search import values_of


def other(model, name="appsi_highs", refine=None, **settings) -> OtherSearch:
    asked = Settings(**settings)
    return OtherSearch(name, model, assemble(model), asked, Clock(asked.time_limit), refine)


@pytest.mark.parametrize("name", ["appsi_highs", "highs_of_pyomo"])
def test_the_optimum_and_its_bound_are_those_of_the_model(name):
    outcome = other(knapsack(), "appsi_highs" if name == "appsi_highs" else "highs", gap=0.0).run()
    assert outcome.ending is Ending.OPTIMAL
    assert outcome.objective == pytest.approx(4.55)
    assert outcome.bound == pytest.approx(4.55)
    assert values_of(outcome).tolist() == pytest.approx([1, 0, 1, 0, 0.5])


def test_rows_kept_as_a_matrix_reach_another_solver():
    model = lazy()
    outcome = other(model, gap=0.0).run()
    reference = lazy()
    pyo.SolverFactory("appsi_highs").solve(reference)
    assert outcome.objective == pytest.approx(pyo.value(reference.objective))


def test_an_infeasible_model_is_an_ending():
    model = knapsack()
    model.too_much = pyo.Constraint(expr=sum(model.x.values()) >= 4.5)
    assert other(model).run().ending is Ending.INFEASIBLE


def test_an_unbounded_model_is_an_error():
    model = knapsack()
    model.profit = pyo.Var()
    model.cost.expr -= model.profit
    with pytest.raises(SolverError, match=r"(?i)unbounded"):
        other(model).run()


def test_the_time_limit_is_handed_on():
    outcome = other(location(60, 120), gap=0.0, time_limit=2.0).run()
    assert outcome.ending is Ending.LIMIT
    assert outcome.stopped_by == "time"
    assert outcome.values is not None
    assert outcome.bound < outcome.objective


def test_the_gap_is_handed_on():
    outcome = other(location(40, 80), gap=0.05).run()
    assert outcome.ending is Ending.OPTIMAL
    assert outcome.objective - outcome.bound <= 0.05 * outcome.objective + 1e-9


def test_a_model_that_maximises_has_its_sign_turned():
    model = knapsack()
    model.cost.deactivate()
    model.profit = pyo.Objective(expr=3 * model.x[0] + model.y, sense=pyo.maximize)
    outcome = other(model).run()
    assert outcome.objective == pytest.approx(-13.0)
    assert outcome.bound == pytest.approx(-13.0)


def test_a_variable_that_stands_nowhere_gets_its_bound_nearest_to_zero():
    model = knapsack()
    model.idle = pyo.Var(bounds=(2, 3))
    outcome = other(model).run()
    assert values_of(outcome)[-1] == 2.0


@pytest.mark.parametrize("whole", [True, False])
def test_cuts_are_added_in_rounds(whole):
    model = round_disc(whole)
    cutting = other(model, refine=disc_cut, gap=1e-7)
    outcome = cutting.run()
    assert outcome.objective == pytest.approx(-2 - 2 * 21**0.5 if whole else -5 * 5**0.5, abs=1e-5)
    assert cutting.cuts == len(model.cuts) > 3


@pytest.mark.parametrize("name", ["no-such-solver", "cplex_direct"])
def test_a_solver_that_is_not_there_is_an_error_with_a_remedy(name, caplog):
    with pytest.raises(SolverError, match=f"{name}.*not available.*leave `solver` out"):
        other(knapsack(), name).run()
    assert not caplog.records


def test_a_limit_that_cannot_be_told_to_the_solver_is_refused(monkeypatch):
    monkeypatch.setattr("donornet.solver.other._factory", lambda name: pyo.SolverFactory("appsi_highs"))
    with pytest.raises(SolverError, match="leave time_limit out"):
        other(knapsack(), "unheard-of", time_limit=3.0).run()
    assert other(knapsack(), "unheard-of", options={"time_limit": 3.0}).run().ending is Ending.OPTIMAL
