"""Variables kept as tables behave like variables written out: nobody who uses Pyomo can tell the two apart."""

from __future__ import annotations

import io

import numpy as np
import pandas as pd
import pyomo.environ as pyo
import pytest
from pyomo.core.base.enums import SortComponents

from donornet.formulation.columns import Columns, RestructuredError, Variables, columns_of
from donornet.formulation.keys import Keys
from donornet.formulation.matrix import assemble
from tests.formulation.test_rows import SITES, lazy, lp, optimum, pickled, written

FRAME = pd.DataFrame({"site": ["a", "b", "a"], "period": [1, 1, 2]})


def facts(model) -> dict[str, tuple[object, ...]]:
    """What each variable says of itself."""
    return {
        v.name: (v.value, v.lb, v.ub, v.fixed, v.domain.name, v.is_binary(), v.index(), v.local_name)
        for v in model.component_data_objects(pyo.Var)
    }


def expanded(model) -> int:
    """How many variables of Ship exist as objects."""
    return len(model.Ship._data)


def sliced(m):
    for variable in m.Ship["a", :]:
        variable.setub(3)


def whole(m):
    m.Ship["c", 1].domain = pyo.NonNegativeIntegers


def referenced(m):
    m.ours = pyo.Reference(m.Ship["a", :])
    m.ours[2].fix(1)


CHANGES = {
    "nothing": lambda m: None,
    "one variable fixed": lambda m: m.Ship["b", 1].fix(3),
    "one variable fixed and freed": lambda m: (m.Ship["b", 1].fix(3), m.Ship["b", 1].unfix()),
    "one value": lambda m: m.Ship["b", 2].set_value(4.0),
    "one value by assignment": lambda m: m.Ship.__setitem__(("b", 2), 4.0),
    "values of some": lambda m: m.Ship.set_values({("a", 1): 1.0, ("c", 2): 2.0}),
    "all fixed": lambda m: (m.Ship.set_values({(f, t): 1.0 + t for f, t in m.Ship}), m.Ship.fix()),
    "all fixed and freed": lambda m: (m.Ship.fix(2), m.Ship.unfix()),
    "bounds of all": lambda m: (m.Ship.setlb(1), m.Ship.setub(6)),
    "bounds of one": lambda m: (m.Ship["c", 1].setlb(1), m.Ship["c", 1].setub(None)),
    "another domain": whole,
    "a slice": sliced,
    "a constraint on some": lambda m: setattr(m, "mine", pyo.Constraint(expr=m.Ship["a", 1] + m.Ship["c", 2] >= 1)),
    "a constraint on a slice": lambda m: setattr(m, "mine", pyo.Constraint(expr=sum(m.Ship[:, 1]) <= 6.5)),
    "a reference": referenced,
    "a product with parameters": lambda m: setattr(
        m, "mine", pyo.Constraint(expr=pyo.sum_product(dict.fromkeys(m.Ship, 2.0), m.Ship) <= 100)
    ),
}  # fmt: skip


@pytest.fixture(params=CHANGES)
def change(request):
    return CHANGES[request.param]


def test_a_change_leaves_the_variables_file_and_optimum_of_the_written_model(change):
    models = lazy(), written()
    for model in models:
        change(model)
    assert facts(models[0]) == facts(models[1])
    assert lp(models[0]) == lp(models[1])
    assert optimum(models[0]) == pytest.approx(optimum(models[1]))
    assert models[0].Ship.get_values() == pytest.approx(models[1].Ship.get_values())


@pytest.mark.parametrize("copy", [pyo.ConcreteModel.clone, pickled], ids=["clone", "pickle"])
def test_a_copy_has_its_own_variables(copy, change):
    model, plain = lazy(), written()
    model.Ship["a", 1].fix(5)
    other = copy(model)
    plain.Ship["a", 1].fix(5)
    change(other)
    change(plain)
    assert facts(other) == facts(plain)
    assert not {id(v) for v in other.component_data_objects(pyo.Var)} & {
        id(v) for v in model.component_data_objects(pyo.Var)
    }
    assert [v.name for v in columns_of(other)] == [v.name for v in columns_of(model)]
    assert all(v.model() is other for v in columns_of(other))


@pytest.mark.parametrize("sort", [False, SortComponents.SORTED_INDICES, SortComponents.ORDERED_INDICES])
def test_indices_and_variables_come_in_the_order_of_the_written_model(sort):
    m, w = lazy(), written()
    assert m.Ship["c", 1] is m.Ship["c", 1]
    assert list(m.Ship.keys(sort)) == list(w.Ship.keys(sort))
    assert [v.name for v in m.Ship.values(sort)] == [v.name for v in w.Ship.values(sort)]
    assert [(k, v.name) for k, v in m.Ship.items(sort)] == [(k, v.name) for k, v in w.Ship.items(sort)]
    assert list(m.Ship) == list(w.Ship) == list(m.Ship.index_set())
    assert len(m.Ship) == len(w.Ship)
    assert list(reversed(m.Ship.index_set())) == list(w.Ship)[::-1]


def test_an_index_that_is_not_there_is_a_key_error_as_in_the_written_model():
    for model in (lazy(), written()):
        assert ("a", 1) in model.Ship
        assert ("z", 1) not in model.Ship
        assert model.find_component("Ship[z,1]") is None
        assert model.find_component("Ship[b,2]") is model.Ship["b", 2]
        for index in (("z", 1), "a", 3):
            with pytest.raises(KeyError):
                model.Ship[index]


def test_a_deleted_variable_is_gone_and_comes_back_with_its_bounds_as_in_the_written_model():
    models = lazy(), written()
    for model in models:
        model.Ship["b", 1].fix(3)
        del model.Ship["b", 1]
        assert ("b", 1) not in model.Ship
        assert len(model.Ship) == len(SITES) * 2 - 1
        assert "Ship[b,1]" not in [v.name for v in model.Ship.values()]
        assert model.Ship["b", 1].ub == 10
        assert not model.Ship["b", 1].fixed
    assert sorted(facts(models[0])) == sorted(facts(models[1]))
    models[0].Ship.clear()
    models[1].Ship.clear()
    assert len(models[0].Ship) == len(models[1].Ship) == 0
    assert [*models[0].Ship.values()] == [*models[1].Ship.values()] == []


@pytest.mark.parametrize("show", ["pprint", "display"])
def test_variables_print_like_written_ones(show):
    texts = []
    for model in (lazy(), written()):
        model.Ship["b", 2].set_value(1.5)
        text = io.StringIO()
        getattr(model.Ship, show)(ostream=text)
        texts.append([line.split() for line in text.getvalue().splitlines() if "Size=" not in line])
    assert texts[0] == texts[1]


def test_handing_over_and_giving_values_writes_no_variable_down():
    m = lazy(cost=lambda m: m.Open["a", 1])
    matrix = assemble(m)
    assert isinstance(matrix.variables, Variables)
    matrix.variables.load(np.arange(len(matrix.variables), dtype=float))
    assert not expanded(m)
    assert m.Ship["b", 1].value == columns_of(m).position(m.Ship["b", 1])
    assert not m.Ship["b", 1].stale
    assert expanded(m) == 1
    assert [v.value for v in matrix.variables] == list(range(len(matrix.variables)))


def test_values_reach_variables_that_exist_and_variables_of_users():
    m = lazy()
    m.extra = pyo.Var()
    m.Ship["b", 1].set_value(9.0)
    variables = assemble(m).variables
    assert isinstance(variables, Variables)
    variables.load(np.full(len(variables), 2.5))
    assert m.Ship["b", 1].value == m.extra.value == 2.5
    Variables(others=[m.extra]).load(np.array([4.0]))
    assert m.extra.value == 4.0


def test_variables_are_a_sequence_by_column_number():
    m = lazy()
    variables = columns_of(m)
    every = list(variables)
    assert len(variables) == len(every) == 12
    assert variables[-1] is every[-1]
    assert variables[4:8] == every[4:8] == variables.take([4, 5, 6, 7])
    assert variables.take([11, 0, 6]) == [every[11], every[0], every[6]]
    with pytest.raises(IndexError):
        variables[12]
    with pytest.raises(KeyError):
        variables.position(written().Ship["a", 1])


def test_new_data_leave_what_a_user_changed_and_need_the_same_variables():
    m = pyo.ConcreteModel()
    m.x = Columns(FRAME, ["site", "period"], upper=np.array([1.0, 2.0, np.nan]))
    m.x["b", 1].setub(7.0)
    m.x["a", 1].set_value(0.5)
    m.x.revise(FRAME.assign(cost=1.0), np.array([4.0, 5.0, 6.0]))
    assert [v.ub for v in m.x.values()] == [4.0, 7.0, 6.0]
    assert m.x["a", 1].value == 0.5
    assert list(m.x.frame["cost"]) == [1.0] * 3
    for other in (FRAME.iloc[::-1], FRAME.head(2), FRAME.rename(columns={"site": "place"})):
        with pytest.raises(RestructuredError):
            m.x.revise(other)


def test_indices_are_those_of_the_table_or_the_list():
    keys = Keys(FRAME.assign(other=0), ["site", "period"])
    assert list(keys) == list(Keys([("a", 1), ("b", 1), ("a", 2)])) == [("a", 1), ("b", 1), ("a", 2)]
    assert list(Keys(FRAME.head(2), ["site"])) == ["a", "b"]
    assert repr(Keys(["a"])) == "['a']"
    for known in (keys, Keys(list(keys))):
        assert known.same(FRAME, ["site", "period"])
        assert not known.same(FRAME.iloc[::-1], ["site", "period"])
        assert not known.same(FRAME, ["site"])
        assert not known.same(FRAME.head(2), ["site", "period"])
