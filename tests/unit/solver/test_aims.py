"""Measures improved in turn: the same as solving twice by hand."""

from __future__ import annotations

import pyomo.environ as pyo
import pytest

import donornet as dn
from donornet.solver.aims import Aims
from donornet.solver.optimum import Ran
from tests.oracle.tiny import Tiny


def two_ways() -> Tiny:
    """Return the line whose plant is 30 to reach by van, or 50 by a way of which less is lost in time."""
    tiny = Tiny().change("demand", unmet_penalty=12)
    return tiny.change("facilities", 2, opening_cost=100)


def test_two_objectives_are_two_solves_by_hand():
    instance = two_ways().build()
    model = dn.build_model(instance)
    model.total_cost.deactivate()
    model.first = pyo.Objective(expr=dn.measure(model, "unmet"))
    least = dn.solve(model, gap=1e-9).info["solver_objective"]
    model.first.deactivate()
    model.total_cost.activate()
    model.kept = pyo.Constraint(expr=dn.measure(model, "unmet") <= least)
    by_hand = dn.solve(model, gap=1e-9)
    together = dn.solve(instance, objective="unmet", gap=1e-9)
    assert dn.solve(instance).objective == pytest.approx(120)  # cheaper to serve nobody
    assert together.info["objectives"][0]["value"] == pytest.approx(least, abs=1e-6)
    assert together.objective == pytest.approx(by_hand.objective) == pytest.approx(195)


def test_the_order_of_objectives_matters():
    instance = two_ways().build()
    cost_first = dn.solve(instance, objective=["total_cost", "unmet"], gap=1e-9)
    assert cost_first.objective == pytest.approx(120)
    assert [aim["measure"] for aim in cost_first.info["objectives"]] == ["total_cost", "unmet"]


def test_the_models_own_objective_comes_back():
    model = dn.build_model(two_ways().build())
    dn.solve(model, objective="unmet")
    assert model.total_cost.active
    assert model.component("study") is None
    assert dn.solve(model).objective == pytest.approx(120)


def test_an_objective_is_put_back_even_if_the_work_fails():
    model = dn.build_model(two_ways().build())

    def fails(_start: object, _gap: object) -> Ran:
        raise RuntimeError

    with pytest.raises(RuntimeError), Aims(model, fails, 0.0) as aims:
        aims.solve(0.0)
    assert model.total_cost.active


def test_an_infeasible_instance_is_a_status_whatever_is_aimed_at():
    tiny = Tiny().add("limits", {"limit": "none", "measure": "total_cost", "sense": "max", "value": 1})
    for name in ("unmet", "crossings"):
        result = dn.solve(tiny.build(), objective=name)
        assert result.status.value == "infeasible"
        assert result.solution is None
