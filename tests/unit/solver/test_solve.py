"""`solve`: from an instance or a model to a result."""

from __future__ import annotations

import pickle
import pickletools
from dataclasses import replace

import pyomo.environ as pyo
import pytest

import donornet as dn
from donornet.exceptions import SolverError
from donornet.instance.build import typed
from donornet.solution import Status
from donornet.solver.outcome import Ending, Outcome
from donornet.solver.progress import Snapshot
from donornet.solver.search import Search

TOY_OPTIMUM = 4187.75
"""Derived by hand in the instance's README."""


@pytest.fixture(scope="module")
def toy(instances):
    return dn.read(instances / "toy")


@pytest.fixture(scope="module")
def solved(toy):
    return dn.solve(toy, gap=0.0)


def test_an_instance_is_solved_to_its_optimum(solved):
    assert solved.status is Status.OPTIMAL
    assert solved.objective == pytest.approx(TOY_OPTIMUM)
    assert solved.bound == pytest.approx(TOY_OPTIMUM)
    assert solved.gap == pytest.approx(0.0, abs=1e-9)
    assert solved.info["violations"] == []
    assert solved.info["solver_objective"] == pytest.approx(TOY_OPTIMUM)


def test_a_result_says_how_it_was_made(solved, toy):
    info = solved.info
    assert set(info["times"]) == {"build", "assemble", "solve", "evaluate"}
    columns = list(dn.build_model(toy).component_data_objects(pyo.Var))
    assert info["sizes"]["columns"] == len(columns)
    assert info["sizes"]["integers"] == sum(variable.is_binary() for variable in columns) > 0
    asked: dict[str, object] = {
        "gap": 0.0,
        "time_limit": None,
        "threads": None,
        "seed": 0,
        "method": "auto",
        "options": {},
    }
    assert info["asked"] == asked
    assert set(info["versions"]) == {"donornet", "highspy", "pyomo", "python"}
    assert (info["method"], info["solver"]) == ("plain", "highs")
    assert solved.instance_sha256 == toy.sha256
    assert solved.scenario == "base"


def test_a_result_holds_nothing_of_pyomo_or_highs(solved):
    text = pickle.dumps(solved, protocol=0)
    modules = {module.split(".")[0] for module, _ in globals_of(text)}
    assert modules.isdisjoint({"pyomo", "highspy"})
    assert "donornet" in modules


def globals_of(text):
    """Modules and names that a pickle refers to."""
    return [tuple(str(arg).split(" ")) for op, arg, _ in pickletools.genops(text) if op.name == "GLOBAL"]


def test_the_variables_of_a_model_hold_the_design_afterwards(toy):
    model = dn.build_model(toy)
    result = dn.solve(model, gap=0.0)
    assert pyo.value(model.total_cost) == pytest.approx(result.objective)
    assert model.Open["plant-e", "manufacturing", 1].value == 1.0
    assert all(row.slack() >= -1e-6 for row in model.component_data_objects(pyo.Constraint, active=True))


def test_a_constraint_that_a_user_adds_reaches_the_solver(toy, solved):
    model = dn.build_model(toy)
    model.no_eastern_plant = pyo.Constraint(expr=model.Open["plant-e", "manufacturing", 1] == 0)
    result = dn.solve(model, gap=0.0)
    closed = dn.solve(closing(toy, "plant-e"), gap=0.0)
    assert result.objective > solved.objective + 1
    assert result.objective == pytest.approx(closed.objective)
    assert result.info["violations"] == []


def closing(instance, site):
    facilities = instance.tables["facilities"].copy()
    facilities.loc[facilities["site"] == site, "status"] = "closed"
    return dn.Instance(instance.head, {**instance.tables, "facilities": facilities})


def test_a_variable_that_a_user_fixes_reaches_the_solver(toy, solved):
    model = dn.build_model(toy)
    model.Open["plant-e", "manufacturing", 1].fix(0)
    assert dn.solve(model, gap=0.0).objective > solved.objective + 1


def test_a_variable_and_a_priced_constraint_that_a_user_adds_reach_the_solver(toy):
    model = dn.build_model(toy)
    model.missing = pyo.Var(bounds=(0, None))
    model.wish = pyo.Constraint(expr=sum(model.Deliver.values()) + model.missing >= 200)
    model.total_cost.deactivate()
    model.with_wish = pyo.Objective(expr=model.total_cost.expr + 1e-3 * model.missing)
    result = dn.solve(model, gap=0.0)
    assert model.missing.value > 0
    assert result.info["solver_objective"] == pytest.approx(result.objective + 1e-3 * model.missing.value)


def test_another_objective_leaves_the_cost_recomputed_and_the_bound_to_the_solver(toy):
    model = dn.build_model(toy)
    model.total_cost.deactivate()
    model.plants = pyo.Objective(expr=10 + sum(model.Open.values()))
    result = dn.solve(model, gap=0.0)
    assert result.status is Status.OPTIMAL
    assert result.info["solver_objective"] == pytest.approx(13.0)
    assert result.info["solver_bound"] == pytest.approx(13.0)
    assert (result.objective or 0.0) > TOY_OPTIMUM
    assert result.bound is None
    assert result.gap == pytest.approx(0.0, abs=1e-9)
    assert result.info["violations"] == []
    assert dn.check(toy, result) == []


def test_an_objective_to_be_maximised_is(toy):
    model = dn.build_model(toy)
    model.total_cost.deactivate()
    model.served = pyo.Objective(expr=-sum(model.Unmet.values()), sense=pyo.maximize)
    seen: list[Snapshot] = []
    result = dn.solve(model, gap=0.0, progress=seen.append)
    assert result.info["solver_objective"] == pytest.approx(0.0, abs=1e-6)
    assert all(snapshot.incumbent is None or snapshot.incumbent <= 1e-6 for snapshot in seen)


def test_an_infeasible_model_is_a_status(toy):
    model = dn.build_model(toy)
    model.impossible = pyo.Constraint(expr=sum(model.Open.values()) >= 5)
    result = dn.solve(model)
    assert result.status is Status.INFEASIBLE
    assert (result.objective, result.bound, result.gap, result.solution) == (None, None, None, None)
    assert not result.tables
    assert "violations" not in result.info


@pytest.mark.parametrize("design", [True, False])
def test_a_limit_is_a_status_with_and_without_a_design(toy, monkeypatch, design):
    run = Search.run

    def stopped(self, start=None):
        outcome = run(self, start)
        if design:
            return replace(outcome, ending=Ending.LIMIT, bound=4000.0, stopped_by="time")
        return Outcome(Ending.LIMIT, bound=4000.0, stopped_by="time")

    monkeypatch.setattr(Search, "run", stopped)
    result = dn.solve(toy)
    assert result.status is (Status.LIMIT if design else Status.NO_SOLUTION)
    assert result.bound == 4000.0
    assert result.info["stopped_by"] == "time"
    if design:
        assert result.gap == pytest.approx((TOY_OPTIMUM - 4000.0) / TOY_OPTIMUM)
    else:
        assert (result.objective, result.gap, result.solution) == (None, None, None)


def test_costs_are_never_bounded_from_below_by_less_than_nothing(toy, monkeypatch):
    monkeypatch.setattr(Search, "run", lambda self, start=None: Outcome(Ending.LIMIT, stopped_by="time"))
    assert dn.solve(toy).bound == pytest.approx(370.0)  # what stands open whatever is decided


def test_an_earlier_design_is_a_start(toy, solved):
    again = dn.solve(toy, gap=0.0, start=solved)
    assert again.info["start_accepted"] is True
    assert again.objective == pytest.approx(TOY_OPTIMUM)
    assert dn.solve(toy, gap=0.0, start=solved.solution).info["start_accepted"] is True


def test_a_start_that_the_instance_does_not_allow_is_turned_down(toy, solved):
    result = dn.solve(closing(toy, "plant-w"), gap=0.0, start=solved)
    assert result.status in (Status.OPTIMAL, Status.INFEASIBLE)
    assert result.info["start_accepted"] in (None, False)


def test_a_start_without_a_design_is_no_start(toy, solved):
    nothing = replace(solved, status=Status.NO_SOLUTION, solution=None)
    assert dn.solve(toy, start=nothing).info["start_accepted"] is None


def test_a_start_serves_a_model_to_which_variables_were_added(toy, solved):
    model = dn.build_model(toy)
    model.mine = pyo.Var(bounds=(0, 1))
    assert dn.solve(model, gap=0.0, start=solved).info["start_accepted"] is True


def test_another_solver_finds_the_same(toy):
    result = dn.solve(toy, gap=0.0, solver="appsi_highs")
    assert result.status is Status.OPTIMAL
    assert result.objective == pytest.approx(TOY_OPTIMUM)
    assert result.info["method"] == "appsi_highs"
    assert result.info["violations"] == []


def test_a_design_is_checked_unless_that_is_not_wanted(toy):
    assert "violations" not in dn.solve(toy, check=False).info


def test_a_cost_that_the_model_gets_wrong_is_a_violation(toy):
    model = dn.build_model(toy)
    model.fixed_cost.expr = model.fixed_cost.expr * 2
    violations = dn.solve(model, gap=0.0).info["violations"]
    assert [violation.split(":")[0] for violation in violations] == ["objective"]


def test_a_rule_that_a_user_takes_out_of_the_model_is_missed_by_the_check(toy):
    model = dn.build_model(toy)
    model.min_share.deactivate()
    model.min_count.deactivate()
    result = dn.solve(model, gap=0.0)
    assert any("mix-share" in violation for violation in result.info["violations"])


def test_an_effective_number_of_groups_is_reached_by_cuts(toy):
    row = {
        "requirement": "mix",
        "therapy": "bank",
        "measure": "min_effective_groups",
        "value": 1.9,
        "level": "eligible",
    }
    instance = dn.Instance(toy.head, {**toy.tables, "diversity": typed("diversity", [row])})
    result = dn.solve(instance, gap=0.0)
    level = result.table("diversity")["level"].iloc[0]
    assert result.status is Status.OPTIMAL
    assert result.info["violations"] == []
    assert level >= 1.9 - 1e-5
    without = {name: table for name, table in toy.tables.items() if name != "diversity"}
    cheapest = dn.solve(dn.Instance(toy.head, without), gap=0.0)
    assert cheapest.objective is not None
    assert (result.objective or 0.0) > cheapest.objective


@pytest.mark.parametrize("wrong", ["instances/toy", None, 3])
def test_what_is_neither_instance_nor_model_is_a_type_error_with_a_remedy(wrong):
    with pytest.raises(TypeError, match=r"dn\.read"):
        dn.solve(wrong)


def test_a_model_of_elsewhere_is_refused_with_a_remedy():
    model = pyo.ConcreteModel()
    model.x = pyo.Var()
    with pytest.raises(SolverError, match=r"dn\.build_model"):
        dn.solve(model)


def test_an_argument_out_of_range_is_refused_before_anything_is_built():
    with pytest.raises(ValueError, match="gap"):
        dn.solve("whatever", gap=-1)


def test_instance_and_result_survive_the_way_to_another_process(toy, solved):
    there = pickle.loads(pickle.dumps(toy))  # noqa: S301 - our own
    assert there.sha256 == toy.sha256
    back = pickle.loads(pickle.dumps(solved))  # noqa: S301 - our own
    assert back.objective == solved.objective
    assert dn.evaluate(there, back.solution).violations == []
