"""Diving in a relaxation, and improving what a dive finds."""

import numpy as np
import pytest

from donornet.formulation.matrix import assemble
from donornet.solver.clock import Clock
from donornet.solver.dive import NO_CUTOFF, Dive
from donornet.solver.highs import Program
from donornet.solver.improve import improve
from donornet.solver.interrupt import Interrupt
from donornet.solver.restrict import Restriction
from donornet.solver.search import Search
from donornet.solver.settings import Settings
from tests.unit.solver.models import location


def relaxed(matrix):
    program = Program(matrix.relaxed(), Settings(), Interrupt(), Clock())
    return program, program.solve()


@pytest.mark.parametrize("size", [(8, 16), (15, 30)])
def test_a_dive_ends_in_a_design_between_bound_and_anything(size):
    matrix = assemble(location(*size))
    program, bound = relaxed(matrix)
    design = Dive(matrix, program).run(matrix.lower, matrix.upper, 0.1)
    assert design.values is not None
    assert set(np.unique(design.values[matrix.integer])) <= {0.0, 1.0}
    activity = matrix.rows @ design.values
    assert (activity <= matrix.row_upper + 1e-6).all()
    assert (activity >= matrix.row_lower - 1e-6).all()
    assert bound.objective - 1e-6 <= design.objective < np.inf
    assert design.objective == pytest.approx(float(matrix.cost @ design.values + matrix.offset))


def test_a_dive_that_cannot_beat_its_cutoff_gives_no_design():
    matrix = assemble(location(8, 16))
    program, bound = relaxed(matrix)
    dive = Dive(matrix, program)
    assert dive.run(matrix.lower, matrix.upper, 0.1, 0.9 * bound.objective).values is None
    assert dive.run(matrix.lower, matrix.upper, 0.1, NO_CUTOFF).values is not None


def test_improving_passes_on_ever_better_designs_and_never_ends_below_the_bound():
    matrix = assemble(location(20, 40))
    program, bound = relaxed(matrix)
    dive = Dive(matrix, program)
    upper = np.where(matrix.integer, 1.0, matrix.upper)
    everything = dive.run(np.where(matrix.integer, 1.0, matrix.lower), upper, 0.1)
    seen = [everything.objective]

    def found(design):
        seen.append(design.objective)
        return False

    improve(dive, everything, bound.values, 0, found, lambda: False)
    assert len(seen) > 1
    assert seen == sorted(seen, reverse=True)
    assert seen[-1] >= bound.objective - 1e-6


def test_what_is_left_of_a_program_keeps_its_optimum_if_all_columns_that_pay_are_kept(monkeypatch):
    monkeypatch.setattr("donornet.solver.restrict.FEWEST", 10)
    matrix = assemble(location(15, 30))
    program, whole = relaxed(matrix)
    part = Restriction.by_price(matrix, program.duals())
    assert len(part.kept) < len(matrix.cost)
    _, rest = relaxed(part.matrix)
    assert rest.objective == pytest.approx(whole.objective)
    assert float(matrix.cost @ part.whole(rest.values) + matrix.offset) == pytest.approx(whole.objective)


@pytest.mark.parametrize("huge", [False, True])
def test_both_ways_to_the_relaxation_certify_the_optimum(huge, monkeypatch):
    monkeypatch.setattr("donornet.solver.search.HUGE", 0 if huge else 10**9)
    model = location(12, 24)
    plain = Search(model, assemble(model), Settings(gap=0.0, method="plain"), Interrupt(), Clock()).run()
    search = Search(model, assemble(model), Settings(gap=0.0, method="dive"), Interrupt(), Clock())
    outcome = search.run()
    assert search.method == "dive"
    assert outcome.objective == pytest.approx(plain.objective)
    assert outcome.bound <= outcome.objective + 1e-6
