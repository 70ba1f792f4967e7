"""A period that stands for all, and the designs that it leads to."""

from dataclasses import replace

import numpy as np
import pyomo.environ as pyo
import pytest
from scipy.sparse import csr_array

import donornet as dn
from donornet.formulation import Choices, assemble, build_model
from donornet.solver import search as searching
from donornet.solver.clock import Clock
from donornet.solver.head_start import HeadStart
from donornet.solver.highs import Program
from donornet.solver.interrupt import Interrupt
from donornet.solver.restrict import Restriction
from donornet.solver.search import Search
from donornet.solver.settings import Settings
from donornet.solver.steady import Steady


def network(periods):
    return build_model(dn.generate("tiny", 3, periods=periods), Choices(decide_once=True))


@pytest.fixture(scope="module")
def model():
    return network(4)


@pytest.fixture(scope="module")
def matrix(model):
    return assemble(model)


@pytest.fixture(scope="module")
def steady(model, matrix):
    return Steady.of(model, matrix)


def solved(program, **settings):
    return Program(program, Settings(**settings), Interrupt(), Clock(60.0)).solve()


def test_few_periods_need_no_stand_in():
    model = network(2)
    assert Steady.of(model, assemble(model)) is None


def test_a_steady_design_costs_the_same_in_every_period_spread_out(matrix, steady):
    values = solved(steady.matrix, gap=0.0)
    everywhere = steady.everywhere(values.values)
    assert matrix.cost @ everywhere + matrix.offset == pytest.approx(values.objective)


def test_what_is_steady_keeps_the_rules_of_the_last_period(model, matrix, steady):
    everywhere = steady.everywhere(solved(steady.matrix, gap=0.0).values)
    last = np.zeros(len(matrix.cost))
    for variable in model.component_objects(pyo.Var):
        rows = variable.at()
        last[rows.loc[rows["period"].astype(str) == "2030", "column"]] = 1.0
    pattern = csr_array((np.ones(matrix.rows.nnz), matrix.rows.indices, matrix.rows.indptr), shape=matrix.rows.shape)
    bears = pattern @ last > 0
    filled = np.diff((matrix.rows @ steady.spread).tocsr().indptr) > 0
    activity = matrix.rows @ everywhere
    slack = 1e-6 * (1.0 + np.abs(activity))
    checked = bears & filled
    assert checked.sum() > 100
    assert (activity[checked] >= (matrix.row_lower - slack)[checked]).all()
    assert (activity[checked] <= (matrix.row_upper + slack)[checked]).all()


def test_facilities_are_the_same_in_every_period(model, steady):
    everywhere = steady.everywhere(solved(steady.matrix, gap=0.0).values)
    opened = model.Open.at()
    values = opened.assign(value=everywhere[opened["column"]]).groupby(["site", "stage"])["value"]
    assert (values.max() - values.min()).max() == pytest.approx(0.0)


@pytest.mark.parametrize("threads", [None, 1])
def test_a_search_that_settles_first_finds_the_optimum(threads, monkeypatch):
    model = network(4)
    expected = solved(assemble(model), gap=0.0).objective
    monkeypatch.setattr(searching, "HUGE", 1)
    found = []
    settle = HeadStart.settle

    def settling(head_start, steady):
        settle(head_start, steady)
        found.append(head_start._search.incumbent.objective)

    monkeypatch.setattr(HeadStart, "settle", settling)
    settings = Settings(gap=0.0, threads=threads, method="dive")
    outcome = Search(model, assemble(model), settings, Interrupt(), Clock()).run()
    assert outcome.objective == pytest.approx(expected)
    assert len(found) == 1
    assert expected * (1 - 1e-6) <= found[0] < np.inf


def test_columns_behind_closed_facilities_can_be_left_out(model, matrix):
    opened = model.Open.at()
    for site in opened.loc[opened["stage"] == "manufacturing", "site"].unique():
        closed = opened.loc[(opened["site"] == site) & (opened["initial"] != "existing"), "column"]
        upper = matrix.upper.copy()
        upper[closed] = 0.0
        whole = replace(matrix, upper=upper).relaxed()
        part = Restriction.open(whole)
        assert solved(part.matrix).objective == pytest.approx(solved(whole).objective)
        assert not len(closed) or len(part.kept) < part.width
