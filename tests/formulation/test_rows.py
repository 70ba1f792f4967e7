"""Rows kept as a matrix behave like constraints written out: nobody who uses Pyomo can tell the two apart."""

from __future__ import annotations

import io
import pickle
import re

import numpy as np
import pandas as pd
import pyomo.environ as pyo
import pytest
from pyomo.core.base.enums import SortComponents
from pyomo.repn import generate_standard_repn
from pyomo.repn.plugins.lp_writer import LPWriter
from scipy.sparse import csr_array

from donornet.formulation.columns import Columns
from donornet.formulation.rows import Family, Rows

SITES = ["a", "b", "c"]
PERIODS = [1, 2]
CAPACITY = {"a": 5.0, "b": 7.0, "c": 4.0}
COST = {"a": 2.0, "b": 1.0, "c": 3.0}
DEMAND = {1: 6.0, 2: 9.0}


def _cost(m):
    return sum(COST[f] * m.Ship[f, t] + 3.0 * m.Open[f, t] for f in SITES for t in PERIODS)


def lazy(cost=_cost) -> pyo.ConcreteModel:
    """A two-period location problem whose rows are kept as a matrix."""
    m = pyo.ConcreteModel()
    frame = pd.MultiIndex.from_product([SITES, PERIODS], names=["site", "period"]).to_frame(index=False)
    m.Open = Columns(frame, ["site", "period"], upper=1.0, domain=pyo.Binary)
    m.Ship = Columns(frame.assign(capacity=frame["site"].map(CAPACITY)), ["site", "period"], upper=10.0)
    m.Open.start, m.Ship.start = 0, len(frame)
    demand = pd.DataFrame({"period": PERIODS, "doses": list(DEMAND.values())})
    m.capacity = Family(m.Ship.frame, ["site", "period"]).plus(m.Ship.at()).minus(m.Open.at(), "capacity").at_most(0.0)
    m.demand = Family(demand, ["period"]).plus(m.Ship.at()).equal("doses")
    m.least_open = Family(demand, ["period"]).plus(m.Open.at()).at_least(1.0)
    m.objective = pyo.Objective(expr=cost(m))
    return m


def written() -> pyo.ConcreteModel:
    """The same problem, every row an expression."""
    m = pyo.ConcreteModel()
    index = [(site, period) for site in SITES for period in PERIODS]
    m.Open = pyo.Var(index, domain=pyo.Binary)
    m.Ship = pyo.Var(index, domain=pyo.NonNegativeReals, bounds=(0.0, 10.0))
    m.capacity = pyo.Constraint(index, rule=lambda m, f, t: m.Ship[f, t] - CAPACITY[f] * m.Open[f, t] <= 0)
    m.demand = pyo.Constraint(PERIODS, rule=lambda m, t: sum(m.Ship[f, t] for f in SITES) == DEMAND[t])
    m.least_open = pyo.Constraint(PERIODS, rule=lambda m, t: sum(m.Open[f, t] for f in SITES) >= 1)
    m.objective = pyo.Objective(expr=_cost(m))
    return m


def form(constraint):
    """What a constraint says, independent of how it is written."""
    repn = generate_standard_repn(constraint.body)
    terms = {v.name: float(c) for v, c in zip(repn.linear_vars, repn.linear_coefs, strict=True)}
    constant = float(repn.constant)
    lower = None if constraint.lb is None else constraint.lb - constant
    upper = None if constraint.ub is None else constraint.ub - constant
    return terms, lower, upper


def forms(model):
    return {c.name: form(c) for c in model.component_data_objects(pyo.Constraint, active=True)}


def lp(model) -> str:
    """The LP file, whole numbers written without a point."""
    text = io.StringIO()
    rows = sorted(model.component_data_objects(pyo.Constraint, active=True), key=lambda c: c.name)
    LPWriter().write(model, text, symbolic_solver_labels=True, row_order=rows)
    return re.sub(r"(\d)\.0\b", r"\1", text.getvalue())


def optimum(model, solver: str = "appsi_highs") -> float:
    pyo.SolverFactory(solver).solve(model)
    return float(pyo.value(model.objective))


CHANGES = {
    "nothing": lambda m: None,
    "a row deactivated": lambda m: m.capacity["a", 1].deactivate(),
    "a family deactivated": lambda m: m.least_open.deactivate(),
    "a family deactivated and one row of it activated": lambda m: (
        m.capacity.deactivate(),
        m.capacity["b", 2].activate(),
    ),
    "a family deactivated and activated": lambda m: (m.capacity.deactivate(), m.capacity.activate()),
    "a row deleted": lambda m: m.capacity.__delitem__(("b", 1)),
    "a row deleted after a look": lambda m: (m.capacity["b", 1].body, m.capacity.__delitem__(("b", 1))),
    "a family deleted": lambda m: m.del_component(m.least_open),
    "a family cleared": lambda m: m.least_open.clear(),
    "a row replaced": lambda m: m.demand.__setitem__(2, m.Ship["a", 2] + m.Ship["b", 2] == 8),
    "a row given another body": lambda m: m.demand[2].set_value(m.Ship["a", 2] + m.Ship["b", 2] >= 3),
    "a row deleted and put back": lambda m: (
        m.demand.__delitem__(1),
        m.demand.__setitem__(1, m.Ship["a", 1] + m.Ship["b", 1] >= 2),
    ),
    "a variable fixed": lambda m: m.Open["b", 1].fix(0),
    "a variable bounded": lambda m: m.Ship["b", 2].setub(2.5),
    "a family of variables fixed": lambda m: m.Open.fix(1),
    "a constraint added": lambda m: setattr(m, "mine", pyo.Constraint(expr=m.Open["a", 1] + m.Open["c", 1] >= 1)),
}


@pytest.fixture(params=CHANGES)
def change(request):
    return CHANGES[request.param]


def test_a_change_leaves_the_same_rows_as_in_the_written_model(change):
    models = lazy(), written()
    for model in models:
        change(model)
    assert forms(models[0]) == forms(models[1])


def test_a_change_leaves_the_same_lp_file_as_in_the_written_model(change):
    models = lazy(), written()
    for model in models:
        change(model)
    assert lp(models[0]) == lp(models[1])


def test_a_change_leaves_the_same_optimum_as_in_the_written_model(change):
    models = lazy(), written()
    for model in models:
        change(model)
    assert optimum(models[0]) == pytest.approx(optimum(models[1]))


def pickled(model):
    return pickle.loads(pickle.dumps(model))  # noqa: S301 - our own


@pytest.mark.parametrize("copy", [pyo.ConcreteModel.clone, pickled], ids=["clone", "pickle"])
@pytest.mark.parametrize("looked_at", [False, True])
def test_a_copy_has_its_own_variables_and_rows(copy, looked_at, change):
    model, plain = lazy(), written()
    if looked_at:
        forms(model)
    other = copy(model)
    change(other)
    change(plain)
    assert forms(other) == forms(plain)
    assert forms(model) == forms(written())
    mine = {id(v) for v in other.component_data_objects(pyo.Var)}
    used = [v for c in other.component_data_objects(pyo.Constraint) for v in generate_standard_repn(c.body).linear_vars]
    assert all(id(v) in mine for v in used)


@pytest.mark.parametrize("sort", [False, SortComponents.SORTED_INDICES, SortComponents.ORDERED_INDICES])
@pytest.mark.parametrize("delete", [False, True])
def test_indices_come_in_the_order_of_the_written_model(sort, delete):
    models = lazy(), written()
    for model in models:
        if delete:
            del model.capacity["b", 1]
    assert list(models[0].capacity.keys(sort)) == list(models[1].capacity.keys(sort))
    assert [c.name for c in models[0].capacity.values(sort)] == [c.name for c in models[1].capacity.values(sort)]
    assert [k for k, _ in models[0].capacity.items(sort)] == [k for k, _ in models[1].capacity.items(sort)]
    assert len(models[0].capacity) == len(models[1].capacity)
    assert list(models[0].capacity) == list(models[1].capacity)


def test_an_index_that_was_deleted_or_never_there_is_a_key_error():
    m = lazy()
    del m.capacity["b", 1]
    assert ("b", 1) not in m.capacity
    assert ("b", 2) in m.capacity
    for index in (("b", 1), ("z", 1), 3):
        with pytest.raises(KeyError):
            m.capacity[index]


@pytest.mark.parametrize(
    "show", [lambda c, out: c.pprint(ostream=out), lambda c, out: c.display(ostream=out)], ids=["pprint", "display"]
)
def test_rows_print_like_written_ones(show):
    texts = []
    for model in (lazy(), written()):
        for variable in model.component_data_objects(pyo.Var):
            variable.set_value(1.0)
        for name in ("capacity", "demand", "least_open"):
            text = io.StringIO()
            show(model.component(name), text)
            texts.append([line for line in text.getvalue().splitlines() if ":" in line and "Size=" not in line])
    ours, theirs = texts[:3], texts[3:]
    assert [[line.split(":")[0] for line in block] for block in ours] == [
        [line.split(":")[0] for line in block] for block in theirs
    ]


def test_rows_evaluate_at_the_variables_values():
    m, w = lazy(), written()
    for model in (m, w):
        for number, variable in enumerate(model.component_data_objects(pyo.Var)):
            variable.set_value(number % 2)
    for name in ("capacity", "demand", "least_open"):
        for index in w.component(name):
            assert m.component(name)[index].body() == pytest.approx(w.component(name)[index].body())
            assert m.component(name)[index].slack() == pytest.approx(w.component(name)[index].slack())


def test_a_row_is_written_down_only_when_somebody_looks():
    m = lazy()
    assert not m.capacity._data
    assert m.capacity["a", 1].active
    assert list(m.capacity._data) == [("a", 1)]
    assert len(m.capacity.untouched()) == len(m.capacity) - 1


def test_variables_that_share_an_index_are_refused():
    frame = pd.DataFrame({"site": ["a", "a"], "period": [1, 1]})
    with pytest.raises(ValueError, match="share an index"):
        Columns(frame, ["site", "period"])


def test_rows_that_share_an_index_are_refused():
    with pytest.raises(ValueError, match="share an index"):
        Rows(["a", "a"], csr_array(np.ones((2, 1))), np.zeros(2), np.ones(2))


def test_a_family_without_a_row_is_none():
    m = lazy()
    nobody = pd.DataFrame({"site": pd.Series(dtype=object), "period": pd.Series(dtype=int)})
    assert Family(nobody, ["site", "period"]).plus(m.Ship.at()).at_most(1.0) is None


def test_rows_that_always_hold_are_left_out_and_rows_that_never_do_are_kept():
    m = lazy()
    strangers = pd.DataFrame({"site": ["z", "a"], "period": [1, 1]})
    kept = Family(strangers, ["site", "period"]).plus(m.Ship.at()).at_most(1.0)
    assert kept is not None
    assert list(kept) == [("a", 1)]
    impossible = Family(strangers, ["site", "period"]).plus(m.Ship.at()).at_least(1.0)
    assert impossible is not None
    assert list(impossible) == [("z", 1), ("a", 1)]


def test_terms_join_on_fewer_columns_and_take_coefficients_from_either_side():
    m = lazy()
    rows = pd.DataFrame({"site": ["a", "b"], "weight": [2.0, 3.0]})
    m.total = Family(rows, ["site"]).plus(m.Ship.at(), "weight").minus(m.Open.at(bonus=0.5), "bonus").at_most("weight")
    assert form(m.total["a"]) == (
        {"Ship[a,1]": 2.0, "Ship[a,2]": 2.0, "Open[a,1]": -0.5, "Open[a,2]": -0.5}, None, 2.0,
    )  # fmt: skip
    m.all = Family(pd.DataFrame({"row": ["only"]}), ["row"]).plus(m.Open.at(), on=[]).at_most(4.0)
    assert len(form(m.all["only"])[0]) == 6


def test_terms_on_the_same_variable_add_up():
    m = lazy()
    rows = pd.DataFrame({"site": ["a"], "period": [1]})
    m.twice = Family(rows, ["site", "period"]).plus(m.Ship.at()).plus(m.Ship.at(), 2.0).at_most(1.0)
    assert form(m.twice["a", 1])[0] == {"Ship[a,1]": 3.0}
