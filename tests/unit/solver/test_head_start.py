"""What comes before the whole search of a large model: stages in turn, and a bound raised by cuts."""

import numpy as np
import pyomo.environ as pyo
import pytest

import donornet as dn
from donornet.formulation.diversity import refine
from donornet.formulation.matrix import assemble
from donornet.formulation.model import Choices, build_model
from donornet.solver.blocks import stage_blocks
from donornet.solver.clock import Clock
from donornet.solver.head_start import NEAR, HeadStart
from donornet.solver.highs import Program
from donornet.solver.interrupt import Interrupt
from donornet.solver.outcome import Ending
from donornet.solver.restrict import Restriction
from donornet.solver.search import Search
from donornet.solver.settings import Settings
from tests.unit.solver.models import location


@pytest.fixture(scope="module")
def network():
    """A tiny generated network with several stages."""
    return build_model(dn.generate("tiny", 1), Choices(decide_once=True))


@pytest.fixture(scope="module")
def optimum(network):
    outcome = Search(network, assemble(network), Settings(gap=0.0), Interrupt(), Clock(), refine=refine).run()
    assert outcome.ending is Ending.OPTIMAL
    return outcome.objective


def started(model):
    """A search that knows the relaxation and the first design that HiGHS finds."""
    search = Search(model, assemble(model), Settings(gap=0.0), Interrupt(), Clock(), refine=refine)
    relaxed = Program(search.matrix.relaxed(), Settings(), Interrupt(), Clock()).solve()
    assert relaxed.values is not None
    search.raise_bound(relaxed.bound)
    first = Program(search.matrix, Settings(gap=0.9), Interrupt(), Clock()).solve()
    assert first.values is not None
    search.keep(search.polish(first.values))
    return search, HeadStart(search, dear=False), relaxed.values


def test_every_free_decision_belongs_to_one_stage_the_dearest_first(network):
    matrix = assemble(network)
    blocks = stage_blocks(network, matrix)
    free = matrix.integer & (matrix.lower < matrix.upper)
    assert len(blocks) > 1
    assert (np.add.reduce(blocks) == free).all()
    spent = [np.abs(matrix.cost[mask]).sum() for mask in blocks]
    assert spent == sorted(spent, reverse=True)
    rows = network.Open.at()
    assert all(rows.loc[mask[rows["column"]], "stage"].nunique() == 1 for mask in blocks)


def test_a_decision_of_the_user_belongs_to_every_stage():
    model = build_model(dn.generate("tiny", 1), Choices(decide_once=True))
    model.mine = pyo.Var(domain=pyo.Binary)
    model.tied = pyo.Constraint(expr=model.mine <= next(iter(model.Open.values())))
    blocks = stage_blocks(model, assemble(model))
    assert all(mask[-1] for mask in blocks)


def test_a_model_from_elsewhere_has_no_stages():
    model = location(3, 4)
    assert stage_blocks(model, assemble(model)) == []


def test_stages_in_turn_only_improve_the_design_and_never_below_the_optimum(network, optimum):
    search, head_start, _ = started(network)
    assert search.incumbent.values is not None
    before = search.incumbent.objective
    head_start._search_by_stage(stage_blocks(network, search.matrix))
    assert optimum - 1.0 <= search.incumbent.objective < before
    head_start._search_in_play()
    assert search.incumbent.objective == pytest.approx(optimum, rel=0.05)


def test_cuts_raise_the_bound_but_not_above_the_optimum(network, optimum):
    search, head_start, _ = started(network)
    before = search.bound
    head_start._raise_by_cuts()
    assert before < search.bound <= optimum * (1 + 1e-6)


def test_a_restricted_search_keeps_the_columns_of_the_design(network, optimum, monkeypatch):
    monkeypatch.setattr("donornet.solver.restrict.FEWEST", 10)
    search, head_start, _ = started(network)
    _, duals = Program(search.matrix.relaxed(), Settings(), Interrupt(), Clock()).point()
    head_start._part = Restriction.by_price(search.matrix, duals)
    part = head_start._worth_their_price(search.matrix.lower, search.matrix.upper)
    assert len(part.kept) < part.width
    assert set(np.flatnonzero(search.design())) <= set(part.kept)
    head_start._search_in_play()
    assert optimum * (1 - 1e-6) <= search.incumbent.objective


def test_a_request_to_a_parent_reaches_its_children_and_not_the_other_way():
    parent = Interrupt()
    child, sibling = Interrupt(parent), Interrupt(parent)
    child.request()
    assert (parent.requested, child.requested, sibling.requested) == (False, True, False)
    parent.request()
    assert sibling.requested


def test_a_design_that_is_there_is_improved_without_a_dive(network, optimum, monkeypatch):
    search, head_start, relaxed = started(network)
    monkeypatch.setattr(HeadStart, "_dive", lambda _: pytest.fail("there was a design"))
    near = Program(search.matrix, Settings(gap=0.05), Interrupt(), Clock()).solve()
    search.keep(search.polish(near.values))
    search.raise_bound(0.9 * optimum)
    before = search.incumbent.objective
    assert before - search.bound <= NEAR * before
    head_start.run(relaxed)
    assert search.bound <= optimum * (1 + 1e-6)
    assert optimum * (1 - 1e-6) <= search.incumbent.objective <= before
