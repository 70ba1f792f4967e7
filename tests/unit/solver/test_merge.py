"""Columns that rows tie become one, and come back."""

import numpy as np
import pyomo.environ as pyo
import pytest

import donornet as dn
from donornet.formulation.matrix import assemble
from donornet.formulation.model import Choices, build_model
from donornet.solver.clock import Clock
from donornet.solver.highs import Program
from donornet.solver.interrupt import Interrupt
from donornet.solver.merge import merge_tied
from donornet.solver.settings import Settings


def optimum(matrix):
    return Program(matrix, Settings(gap=0.0), Interrupt(), Clock()).solve()


def chained() -> pyo.ConcreteModel:
    """Three periods of one decision, tied, the last one bounded; and a pair of rows that merging makes equal."""
    m = pyo.ConcreteModel()
    m.x = pyo.Var(range(3), domain=pyo.Binary)
    m.y = pyo.Var(range(3), bounds=(0, 4))
    m.tie = pyo.Constraint([1, 2], rule=lambda m, t: m.x[t - 1] - m.x[t] == 0)
    m.order = pyo.Constraint(range(3), rule=lambda m, t: m.y[0] - 4 * m.x[t] <= 0)
    m.ask = pyo.Constraint(expr=sum(m.y[t] for t in range(3)) >= 9)
    m.cost = pyo.Objective(expr=sum(5 * m.x[t] + (t + 1) * m.y[t] for t in range(3)))
    return m


def test_tied_columns_become_one_and_rows_that_are_equal_then_too():
    matrix = assemble(chained())
    merged = merge_tied(matrix)
    assert matrix.rows.shape == (6, 6)
    assert merged.matrix.rows.shape == (2, 4)
    assert merged.matrix.cost[merged.column[0]] == 15.0
    assert list(merged.whole(np.array([7.0, 1.0, 2.0, 3.0]))) == [7.0, 7.0, 7.0, 1.0, 2.0, 3.0]


def test_the_merged_program_has_the_same_optimum_and_its_point_is_feasible_in_the_whole():
    matrix = assemble(chained())
    merged = merge_tied(matrix)
    whole, part = optimum(matrix), optimum(merged.matrix)
    assert part.objective == pytest.approx(whole.objective)
    values = merged.whole(part.values)
    activity = matrix.rows @ values
    assert (activity <= matrix.row_upper + 1e-7).all()
    assert (activity >= matrix.row_lower - 1e-7).all()
    assert float(matrix.cost @ values) == pytest.approx(whole.objective)


def test_a_start_goes_to_the_merged_program_and_back_unchanged():
    merged = merge_tied(assemble(chained()))
    start = np.array([1.0, 1.0, 1.0, 4.0, 4.0, 1.0])
    assert np.array_equal(merged.whole(merged.part(start)), start)


def test_bounds_of_tied_columns_are_met_by_all_of_them():
    m = chained()
    m.x[2].setlb(1)
    matrix = merge_tied(assemble(m)).matrix
    assert matrix.lower[0] == matrix.upper[0] == 1.0


def test_rows_of_two_columns_that_differ_are_all_kept():
    m = chained()
    m.other = pyo.Constraint(expr=m.y[0] - 3 * m.x[0] <= 0)
    m.lighter = pyo.Constraint(expr=m.y[0] - 4 * m.x[0] <= 1)
    assert merge_tied(assemble(m)).matrix.rows.shape == (4, 4)


def test_a_therapy_day_by_day_keeps_its_optimum():
    instance = dn.generate("tiny", family="car-t", seed=3)
    matrix = assemble(build_model(instance, Choices(decide_once=True)))
    merged = merge_tied(matrix)
    assert merged.matrix.integer.sum() < matrix.integer.sum() / 2
    assert optimum(merged.matrix).objective == pytest.approx(optimum(matrix).objective, rel=1e-6)
