"""Rounding the relaxation up to a design."""

import numpy as np
import pyomo.environ as pyo
import pytest

from donornet.formulation import assemble
from donornet.solver.outcome import Ending, Outcome
from donornet.solver.round_up import active, closed_under, implications, is_decided_by_rounding, round_up


@pytest.fixture
def ladder():
    """Three decisions, each needing the one before, and a flow that needs the last."""
    model = pyo.ConcreteModel()
    model.open = pyo.Var(range(3), domain=pyo.Binary)
    model.flow = pyo.Var(bounds=(0, 10))
    model.order = pyo.Constraint(range(1, 3), rule=lambda m, n: m.open[n] - m.open[n - 1] <= 0)
    model.gate = pyo.Constraint(expr=model.flow - 10 * model.open[2] <= 0)
    model.cost = pyo.Objective(expr=sum(model.open.values()) - model.flow)
    return assemble(model)


def test_implications_are_the_rows_between_two_decisions(ladder):
    pairs = {tuple(pair) for pair in implications(ladder).tolist()}
    names = [variable.name for variable in ladder.variables]
    first, second, third = (names.index(f"open[{n}]") for n in range(3))
    assert pairs == {(second, first), (third, second)}


def test_taking_a_decision_takes_everything_it_needs(ladder):
    names = [variable.name for variable in ladder.variables]
    taken = np.zeros(len(names), dtype=bool)
    taken[names.index("open[2]")] = True
    closed = closed_under(implications(ladder), taken)
    assert [name for name, yes in zip(names, closed, strict=True) if yes] == ["open[0]", "open[1]", "open[2]"]


def test_the_cheapest_threshold_wins(ladder):
    relaxed = np.array([0.6 if variable.name.startswith("open") else 5.0 for variable in ladder.variables])
    costs = {3: 1.0, 0: 2.0}

    def flows(values):
        opened = int(values[ladder.integer].sum())
        return Outcome(Ending.OPTIMAL, values, costs[opened])

    best = round_up(ladder, relaxed, flows)
    assert best is not None
    assert best.objective == 1.0


def test_designs_without_flows_are_no_designs(ladder):
    assert round_up(ladder, np.full(4, 0.5), lambda _: Outcome(Ending.INFEASIBLE)) is None


def test_decisions_in_play_are_those_of_relaxation_and_design(ladder):
    names = [variable.name for variable in ladder.variables]
    relaxed, design = np.zeros(4), np.zeros(4)
    relaxed[names.index("open[1]")] = 0.2
    kept = active(ladder, relaxed, design)
    assert {name for name, yes in zip(names, kept, strict=True) if yes} == {"open[0]", "open[1]"}


def test_whole_flows_are_not_decided_by_rounding(ladder):
    assert is_decided_by_rounding(ladder)
    model = pyo.ConcreteModel()
    model.patients = pyo.Var(bounds=(0, 5), domain=pyo.NonNegativeIntegers)
    model.cost = pyo.Objective(expr=model.patients)
    assert not is_decided_by_rounding(assemble(model))
