"""The arrays that HiGHS gets say the same as the Pyomo model that a user sees."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyomo.environ as pyo
import pytest
from pyomo.repn import generate_standard_repn

from donornet.exceptions import SolverError
from donornet.formulation.matrix import assemble, row_names
from tests.formulation.test_rows import CHANGES, lazy, written


def rows_of(model) -> list[tuple[Any, ...]]:
    """Every row of the matrix: coefficients by variable name, lower and upper bound; fixed variables in the bounds."""
    matrix = assemble(model)
    rows = []
    for row in range(matrix.rows.shape[0]):
        span = slice(*matrix.rows.indptr[row : row + 2])
        entries = [
            (matrix.variables[c], v)
            for c, v in zip(matrix.rows.indices[span], matrix.rows.data[span].tolist(), strict=True)
        ]
        terms = tuple(sorted((variable.name, value) for variable, value in entries if not variable.fixed))
        fixed = sum(value * variable.value for variable, value in entries if variable.fixed)
        rows.append((terms, float(matrix.row_lower[row]) - fixed, float(matrix.row_upper[row]) - fixed))
    return sorted(rows)


def columns_of(model) -> dict[str, tuple[Any, ...]]:
    m = assemble(model)
    numbers = zip(m.cost.tolist(), m.lower.tolist(), m.upper.tolist(), m.integer.tolist(), strict=True)
    return dict(zip((v.name for v in m.variables), numbers, strict=True))


def same_by_pyomo(model) -> list[tuple[Any, ...]]:
    """The rows as Pyomo's own linear forms."""
    rows = []
    for constraint in model.component_data_objects(pyo.Constraint, active=True):
        repn = generate_standard_repn(constraint.body, compute_values=True)
        terms = tuple(sorted((v.name, float(c)) for v, c in zip(repn.linear_vars, repn.linear_coefs, strict=True)))
        lower = -np.inf if constraint.lb is None else float(constraint.lb - repn.constant)
        upper = np.inf if constraint.ub is None else float(constraint.ub - repn.constant)
        rows.append((terms, lower, upper))
    return sorted(rows)


@pytest.mark.parametrize("name", CHANGES)
def test_rows_and_columns_are_those_of_the_written_model_after_a_change(name):
    models = lazy(), written()
    for model in models:
        CHANGES[name](model)
    assert rows_of(models[0]) == rows_of(models[1]) == same_by_pyomo(models[1])
    assert columns_of(models[0]) == columns_of(models[1])


def extended(base) -> pyo.ConcreteModel:
    """A model with about everything that a user may add."""
    m = base()
    m.price = pyo.Param(initialize=4.0, mutable=True)
    m.extra = pyo.Var([1, 2], domain=pyo.NonPositiveReals, bounds=(-5, 3))
    m.count = pyo.Var(domain=pyo.Integers, bounds=(m.price, 9))
    m.shipped = pyo.Expression([1, 2], rule=lambda m, t: sum(m.Ship[f, t] for f in "abc"))
    m.ranged = pyo.Constraint(expr=(1, m.shipped[1] + m.extra[1] + 2.5, m.price * 5))
    m.repeated = pyo.Constraint(expr=m.shipped[1] + m.shipped[1] - m.Ship["a", 1] <= 40)
    m.listed = pyo.ConstraintList()
    m.listed.add(m.Open["a", 1] >= m.Open["b", 2])
    m.listed.add(m.price * m.count + m.extra[2] >= m.price + m.shipped[2])
    m.study = pyo.Block()
    m.study.y = pyo.Var(bounds=(0, None))
    m.study.link = pyo.Constraint(expr=m.study.y >= m.Open["a", 1] - m.Open["a", 2])
    m.idle = pyo.Block()
    m.idle.link = pyo.Constraint(expr=m.study.y >= 100)
    m.idle.deactivate()
    m.again = pyo.Reference(m.Ship["a", :])
    m.objective.deactivate()
    m.profit = pyo.Objective(
        expr=3 - m.shipped[1] - m.price * m.count - m.study.y + 0.5 * m.Open["b", 1], sense=pyo.maximize
    )
    return m


def test_what_a_user_adds_is_in_the_matrix():
    assert rows_of(extended(lazy)) == rows_of(extended(written)) == same_by_pyomo(extended(written))
    assert columns_of(extended(lazy)) == columns_of(extended(written))


def test_the_columns_of_user_variables_have_bounds_from_domain_and_declaration():
    columns = columns_of(extended(lazy))
    assert columns["extra[1]"][1:] == (-5.0, 0.0, False)
    assert columns["count"][1:] == (4.0, 9.0, True)
    assert columns["study.y"][1:] == (0.0, np.inf, False)


def test_bounds_of_whole_variables_are_whole():
    model = pyo.ConcreteModel()
    model.x = pyo.Var(domain=pyo.Binary, bounds=(0.3, 1.0))
    model.y = pyo.Var(domain=pyo.Integers, bounds=(-1.5, 2.0 + 1e-12))
    model.z = pyo.Var(bounds=(0.3, 0.7))
    model.cost = pyo.Objective(expr=model.x + model.y + model.z)
    matrix = assemble(model)
    assert matrix.lower.tolist() == [1.0, -1.0, 0.3]
    assert matrix.upper.tolist() == [1.0, 2.0, 0.7]


def test_a_model_that_maximises_is_negated():
    matrix = assemble(extended(lazy))
    cost = {variable.name: value for variable, value in zip(matrix.variables, matrix.cost.tolist(), strict=True)}
    assert matrix.sense == -1
    assert matrix.offset == -3.0
    assert cost["count"] == 4.0
    assert cost["Open[b,1]"] == -0.5


def test_the_own_columns_come_first_and_each_variable_once():
    matrix = assemble(extended(lazy))
    assert [v.name for v in matrix.variables[:2]] == ["Open[a,1]", "Open[a,2]"]
    assert len({id(variable) for variable in matrix.variables}) == len(matrix.variables)


def test_the_least_objective_follows_from_the_bounds():
    m = lazy()
    assert assemble(m).least_objective() == 0.0
    m.Open["a", 1].fix(1)
    assert assemble(m).least_objective() == 3.0
    m.objective.deactivate()
    m.free = pyo.Var()
    m.other = pyo.Objective(expr=m.free)
    assert assemble(m).least_objective() == -np.inf


def test_a_fixed_variable_keeps_its_column_and_its_value_as_both_bounds():
    m = lazy()
    m.Ship["a", 1].fix(2.5)
    assert columns_of(m)["Ship[a,1]"][1:3] == (2.5, 2.5)
    m.Ship["a", 1].unfix()
    assert columns_of(m)["Ship[a,1]"][1:3] == (0.0, 10.0)


def add_sos(m):
    m.sos = pyo.SOSConstraint(var=m.Ship, sos=1)


def add_stranger(m):
    stranger = pyo.Var(name="stranger")
    stranger.construct()
    m.mine = pyo.Constraint(expr=m.Open["a", 1] >= stranger)


def add_odd_domain(m):
    m.odd = pyo.Var(domain=pyo.Set(initialize=[1, 4, 9]))


def add_every_second(m):
    m.odd = pyo.Var(domain=pyo.RangeSet(0, 10, 2))


def fix_without_value(m):
    m.Open["a", 1].fixed = True


REFUSED = {
    "a product of variables": (
        lambda m: setattr(m, "mine", pyo.Constraint(expr=m.Open["a", 1] * m.Ship["a", 1] <= 3)), "mine is not linear",
    ),
    "a function of a variable": (
        lambda m: setattr(m, "mine", pyo.Constraint(expr=pyo.exp(m.Ship["a", 1]) <= 3)), "mine is not linear",
    ),
    "a second objective": (
        lambda m: setattr(m, "second", pyo.Objective(expr=m.Open["a", 1])), "it has: objective, second",
    ),
    "no objective": (lambda m: m.objective.deactivate(), "it has: none"),
    "an SOS constraint": (add_sos, "sos: a component of type SOSConstraint"),
    "a variable of elsewhere": (add_stranger, "not on the model"),
    "a domain with gaps": (add_odd_domain, "neither a range nor whole numbers"),
    "a domain of even numbers": (add_every_second, "neither a range nor whole numbers"),
    "a variable fixed without a value": (fix_without_value, r"Open\[a,1\] is fixed without a value"),
    "variables deleted in front": (lambda m: m.del_component(m.Open), "fix them to zero instead"),
    "variables deleted at the end": (lambda m: m.del_component(m.Ship), "fix them to zero instead"),
    "a variable deleted": (lambda m: m.Ship.__delitem__(("a", 1)), "fix them to zero instead"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_highs_cannot_solve_is_refused_by_name(name):
    spoil, message = REFUSED[name]
    m = lazy()
    spoil(m)
    with pytest.raises(SolverError, match=message):
        assemble(m)


def test_a_nonlinear_constraint_that_is_not_active_is_no_hindrance():
    m = lazy()
    m.mine = pyo.Constraint(expr=m.Open["a", 1] * m.Ship["a", 1] <= 3)
    m.mine.deactivate()
    assert rows_of(m) == rows_of(lazy())


def test_a_product_with_a_fixed_variable_is_linear():
    m = lazy()
    m.Open["a", 1].fix(1)
    m.mine = pyo.Constraint(expr=m.Open["a", 1] * m.Ship["a", 1] <= 3)
    assert ((("Ship[a,1]", 1.0),), -np.inf, 3.0) in rows_of(m)


def test_a_model_without_a_row_has_an_empty_matrix():
    m = pyo.ConcreteModel()
    m.x = pyo.Var(bounds=(0, 1))
    m.objective = pyo.Objective(expr=m.x)
    matrix = assemble(m)
    assert matrix.rows.shape == (0, 1)
    assert matrix.row_lower.shape == (0,)


@pytest.mark.parametrize("name", CHANGES)
def test_each_row_has_the_name_of_its_constraint(name):
    model, plain = lazy(), written()
    for each in (model, plain):
        CHANGES[name](each)
    matrix, names = assemble(model), row_names(model)
    assert sorted(names) == sorted(c.name for c in plain.component_data_objects(pyo.Constraint, active=True))
    for row, label in enumerate(names):
        constraint = plain.find_component(label)
        variables = {v.name for v in generate_standard_repn(constraint.body).linear_vars}
        span = slice(*matrix.rows.indptr[row : row + 2])
        assert variables == {
            matrix.variables[c].name for c in matrix.rows.indices[span] if not matrix.variables[c].fixed
        }


def test_naming_the_rows_writes_none_of_them_down():
    model = lazy()
    assert len(row_names(model)) == assemble(model).rows.shape[0]
    assert not model.capacity._data
