"""The solve with HiGHS, from arrays to an outcome."""

from __future__ import annotations

import numpy as np
import pyomo.environ as pyo
import pytest

from donornet.exceptions import SolverError
from donornet.formulation.matrix import assemble
from donornet.solver.clock import Clock
from donornet.solver.interrupt import Interrupt
from donornet.solver.outcome import Ending
from donornet.solver.progress import Snapshot
from donornet.solver.search import Search
from donornet.solver.settings import Settings
from tests.unit.solver.models import disc_cut, knapsack, location, round_disc

WHOLE = -2 - 2 * 21**0.5
"""Optimum of `round_disc` where x is whole: x = 2."""


def search(model, refine=None, listener=None, interrupt=None, **settings) -> Search:
    asked = Settings(**settings)
    return Search(
        model, assemble(model), asked, interrupt or Interrupt(), Clock(asked.time_limit), listener, refine
    )  # fmt: skip


def values_of(outcome) -> np.ndarray:
    assert outcome.values is not None
    return np.asarray(outcome.values)


def named(model, outcome) -> dict[str, float]:
    return dict(zip((v.name for v in assemble(model).variables), values_of(outcome).tolist(), strict=True))


def test_a_mixed_integer_program_is_solved_to_its_optimum():
    model = knapsack()
    outcome = search(model, gap=0.0).run()
    assert outcome.ending is Ending.OPTIMAL
    assert outcome.objective == pytest.approx(4.55)
    assert outcome.bound == pytest.approx(4.55)
    assert named(model, outcome) == pytest.approx({"x[0]": 1, "x[1]": 0, "x[2]": 1, "x[3]": 0, "y": 0.5})


def test_whole_numbers_come_out_exactly_whole():
    model = location(10, 20)
    outcome = search(model).run()
    matrix = assemble(model)
    assert np.array_equal(values_of(outcome)[matrix.integer], np.round(values_of(outcome)[matrix.integer]))
    activity = matrix.rows @ values_of(outcome)
    assert (activity <= matrix.row_upper + 1e-8).all()
    assert (activity >= matrix.row_lower - 1e-8).all()
    assert outcome.objective == pytest.approx(float(matrix.cost @ values_of(outcome) + matrix.offset))


def test_a_linear_program_needs_no_branching_and_its_bound_is_its_objective():
    model = knapsack()
    for variable in model.x.values():
        variable.domain = pyo.UnitInterval
    outcome = search(model).run()
    assert outcome.ending is Ending.OPTIMAL
    assert outcome.bound == outcome.objective < 4.55
    assert outcome.nodes == 0


@pytest.mark.parametrize("whole", [True, False])
def test_an_infeasible_model_is_an_ending(whole):
    model = knapsack()
    if not whole:
        for variable in model.x.values():
            variable.domain = pyo.UnitInterval
    model.too_much = pyo.Constraint(expr=sum(model.x.values()) >= 4.5)
    outcome = search(model).run()
    assert outcome.ending is Ending.INFEASIBLE
    assert outcome.values is None


def test_bounds_that_contradict_each_other_are_infeasible():
    model = knapsack()
    model.y.setlb(11)
    assert search(model).run().ending is Ending.INFEASIBLE


@pytest.mark.parametrize("domain", [pyo.Integers, pyo.Reals])
def test_an_unbounded_model_is_an_error_that_says_what_to_look_for(domain):
    model = knapsack()
    model.profit = pyo.Var(domain=domain)
    model.cost.expr -= model.profit
    with pytest.raises(SolverError, match=r"unbounded.*negative cost"):
        search(model).run()


@pytest.mark.parametrize("domain", [pyo.Integers, pyo.Reals])
def test_a_model_that_would_be_unbounded_were_it_feasible_is_infeasible(domain):
    model = knapsack()
    model.profit = pyo.Var([1, 2], domain=domain, bounds=(0, None))
    model.level = pyo.Constraint(expr=model.profit[1] - model.profit[2] >= 3)
    model.same = pyo.Constraint(expr=model.profit[1] - model.profit[2] <= 1)
    model.cost.expr -= model.profit[1]
    assert search(model).run().ending is Ending.INFEASIBLE


@pytest.mark.parametrize(("least", "ending"), [(0.0, Ending.OPTIMAL), (1.0, Ending.INFEASIBLE)])
def test_a_model_without_a_variable_is_solved_too(least, ending):
    model = pyo.ConcreteModel()
    model.half = pyo.Param(initialize=0.5, mutable=True)
    model.row = pyo.Constraint(expr=model.half >= least)
    model.cost = pyo.Objective(expr=3.0)
    outcome = search(model).run()
    assert outcome.ending is ending
    assert outcome.objective == (3.0 if ending is Ending.OPTIMAL else np.inf)


def test_a_model_that_maximises_is_minimised_with_its_sign_turned():
    model = knapsack()
    model.cost.deactivate()
    model.profit = pyo.Objective(expr=3 * model.x[0] + model.y, sense=pyo.maximize)
    outcome = search(model).run()
    assert outcome.objective == pytest.approx(-13.0)


def test_the_time_limit_is_kept_and_its_incumbent_too():
    outcome = search(location(60, 120), gap=0.0, time_limit=2.0).run()
    assert outcome.ending is Ending.LIMIT
    assert outcome.stopped_by == "time"
    assert outcome.values is not None
    assert -np.inf < outcome.bound < outcome.objective


def test_a_limit_before_any_design_leaves_no_values():
    outcome = search(location(60, 120), gap=0.0, time_limit=1e-3).run()
    assert outcome.ending is Ending.LIMIT
    assert outcome.values is None
    assert outcome.stopped_by == "time"


def test_a_limit_of_the_solvers_own_is_a_limit():
    outcome = search(location(40, 80), gap=0.0, options={"mip_max_nodes": 1, "mip_heuristic_effort": 0.0}).run()
    assert outcome.ending is Ending.LIMIT
    assert outcome.stopped_by == "nodes"


def test_the_gap_asked_for_stops_the_search():
    outcome = search(location(40, 80), gap=0.05).run()
    assert outcome.ending is Ending.OPTIMAL
    assert 0.0 <= (outcome.objective - outcome.bound) / outcome.objective <= 0.05


def test_a_request_to_stop_keeps_the_incumbent():
    interrupt = Interrupt()

    def stop_at_first_design(snapshot):
        if snapshot.incumbent is not None and snapshot.nodes > 0:
            interrupt.request()

    outcome = search(location(40, 80), listener=stop_at_first_design, interrupt=interrupt, gap=0.0).run()
    assert outcome.ending is Ending.LIMIT
    assert outcome.stopped_by == "interrupt"
    assert outcome.values is not None


def test_an_error_of_the_listener_stops_the_solve_and_comes_out():
    def fail(snapshot):
        raise RuntimeError("no more paper")

    with pytest.raises(RuntimeError, match="no more paper"):
        search(location(40, 80), listener=fail, gap=0.0).run()


def test_snapshots_tell_incumbent_bound_and_gap():
    seen: list[Snapshot] = []
    outcome = search(location(30, 60), listener=seen.append).run()
    told = [snapshot for snapshot in seen if snapshot.gap is not None]
    assert told
    assert all((snapshot.bound or 0.0) <= (snapshot.incumbent or 0.0) + 1e-6 for snapshot in told)
    assert told[-1].incumbent == pytest.approx(outcome.objective)
    assert [snapshot.seconds for snapshot in seen] == sorted(snapshot.seconds for snapshot in seen)


def test_a_start_is_an_incumbent_even_without_time_to_improve_it():
    model = location(60, 120)
    start = np.full(len(assemble(model).variables), np.nan)
    start[:60] = 1.0
    late = search(model, gap=0.0, time_limit=1e-3)
    outcome = late.run(start)
    assert late.start_accepted is True
    assert outcome.ending is Ending.LIMIT
    assert outcome.values is not None
    assert (values_of(outcome)[:60] == 1.0).all()


def test_the_best_design_is_never_worse_than_its_start():
    model = location(12, 24)
    best = search(model, gap=0.0).run()
    again = search(model, gap=0.0)
    outcome = again.run(values_of(best))
    assert again.start_accepted is True
    assert outcome.objective == pytest.approx(best.objective)


def test_a_start_that_is_no_design_is_turned_down_and_does_no_harm():
    model = location(12, 24)
    start = np.zeros(len(assemble(model).variables))
    turned = search(model, gap=0.0)
    outcome = turned.run(start)
    assert turned.start_accepted is False
    assert outcome.objective == pytest.approx(search(model, gap=0.0).run().objective)


def test_a_start_that_says_little_is_a_hint():
    model = location(12, 24)
    start = np.full(len(assemble(model).variables), np.nan)
    start[0] = 1.0
    hinted = search(model, gap=0.0)
    outcome = hinted.run(start)
    assert hinted.start_accepted is None
    assert outcome.objective == pytest.approx(search(model, gap=0.0).run().objective)


@pytest.mark.parametrize("option", [{"mip_rel_gapp": 0.1}, {"solver": "hipo"}, {"mip_max_nodes": "many"}])
def test_an_option_that_highs_does_not_accept_is_an_error_by_name(option):
    with pytest.raises(SolverError, match=f"does not accept the option {next(iter(option))}"):
        search(knapsack(), options=option).run()


def test_a_misspelt_option_is_answered_with_the_nearest_names():
    with pytest.raises(SolverError, match="mip_rel_gap"):
        search(knapsack(), options={"mip_rel_gapp": 0.1}).run()


@pytest.mark.parametrize("option", ["mip_rel_gap", "time_limit", "threads", "random_seed"])
def test_an_option_that_has_an_argument_of_its_own_is_refused_with_its_name(option):
    with pytest.raises(SolverError, match=f"instead of the option {option}"):
        search(knapsack(), options={option: 1}).run()


@pytest.mark.parametrize("threads", [1, 2])
def test_the_number_of_threads_does_not_change_the_optimum(threads):
    assert search(location(15, 30), gap=0.0, threads=threads).run().objective == pytest.approx(
        search(location(15, 30), gap=0.0).run().objective
    )


def test_the_same_seed_gives_the_same_design():
    first, second = (search(location(20, 40), seed=7).run() for _ in range(2))
    assert np.array_equal(values_of(first), values_of(second))
    assert first.bound == second.bound


@pytest.mark.parametrize(("where", "message"), [("cost", "cost of y is nan"), ("row", "coefficient of y is inf")])
def test_a_number_that_is_none_is_refused_by_the_name_of_its_variable(where, message):
    model = knapsack()
    model.bad = pyo.Param(initialize=float("nan") if where == "cost" else float("inf"), mutable=True, within=pyo.Any)
    if where == "cost":
        model.cost.expr += model.bad * model.y
    else:
        model.row = pyo.Constraint(expr=model.bad * model.y + model.x[0] >= 0)
    with pytest.raises(SolverError, match=message):
        search(model).run()


@pytest.mark.parametrize("whole", [True, False])
def test_cuts_are_added_until_none_is_violated(whole):
    model = round_disc(whole)
    cutting = search(model, disc_cut, gap=1e-7)
    outcome = cutting.run()
    assert outcome.ending is Ending.OPTIMAL
    assert outcome.objective == pytest.approx(WHOLE if whole else -5 * 5**0.5, abs=1e-5)
    assert disc_cut(model, values_of(outcome)) == 0
    assert cutting.cuts == len(model.cuts) > 3


def test_without_cuts_the_point_lies_outside():
    outcome = search(round_disc(whole=True)).run()
    assert outcome.objective == pytest.approx(-15.0)


def test_cuts_that_leave_nothing_are_infeasible():
    model = round_disc(whole=True)
    model.far = pyo.Constraint(expr=model.x + model.y >= 7.2)
    outcome = search(model, disc_cut).run()
    assert outcome.ending is Ending.INFEASIBLE


def test_cuts_that_come_to_no_end_leave_a_bound_and_no_design():
    model = round_disc(whole=True)

    def never_satisfied(m, values):
        m.cuts.add(m.x + m.y <= 100 + len(m.cuts))
        return 1

    outcome = search(model, never_satisfied).run()
    assert outcome.ending is Ending.LIMIT
    assert outcome.values is None
    assert outcome.bound == pytest.approx(-15.0)


def test_a_start_that_cuts_forbid_is_mended_or_turned_down_but_never_believed():
    model = round_disc(whole=True)
    cutting = search(model, disc_cut)
    outcome = cutting.run(np.array([5.0, 5.0]))
    assert cutting.start_accepted is True
    assert outcome.objective == pytest.approx(WHOLE)


def test_a_big_coefficient_does_not_let_a_closed_facility_leak():
    model = pyo.ConcreteModel()
    model.open = pyo.Var(domain=pyo.Binary)
    model.ship = pyo.Var(bounds=(0, None))
    model.unmet = pyo.Var(bounds=(0, 1))
    model.gate = pyo.Constraint(expr=model.ship <= 1e7 * model.open)
    model.meet = pyo.Constraint(expr=model.ship + model.unmet == 1)
    model.cost = pyo.Objective(expr=1000 * model.open + 1e-3 * model.ship + 10 * model.unmet)
    outcome = search(model, gap=0.0).run()
    assert outcome.objective == pytest.approx(10.0)
    assert values_of(outcome).tolist() == [0.0, 0.0, 1.0]
