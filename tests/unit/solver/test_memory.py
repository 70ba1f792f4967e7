"""What one search leaves to the next changes how soon it ends, never what it finds."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.sparse import csr_array, vstack

from donornet.formulation.matrix import Matrix, assemble
from donornet.solver.clock import Clock
from donornet.solver.highs import Program
from donornet.solver.interrupt import Interrupt
from donornet.solver.memory import Memory
from donornet.solver.outcome import Ending
from donornet.solver.search import Search
from donornet.solver.settings import Settings
from tests.unit.solver.models import location


def relaxation(matrix: Matrix) -> Program:
    program = Program(matrix.relaxed(), Settings(), Interrupt(), Clock())
    program.choose({"presolve": "off"})
    return program


@pytest.fixture(scope="module")
def matrix() -> Matrix:
    return assemble(location(6, 12))


@pytest.fixture(scope="module")
def memory(matrix) -> Memory:
    program, memory = relaxation(matrix), Memory()
    memory.recall(program)  # there is nothing to recall yet
    program.solve()
    memory.keep(program)
    return memory


def with_row(matrix: Matrix) -> Matrix:
    """The program with a row at the end that cuts nothing off."""
    rows = csr_array(vstack([matrix.rows, csr_array(np.ones((1, len(matrix.cost))))]))
    return replace(
        matrix, rows=rows, row_lower=np.append(matrix.row_lower, 0.0), row_upper=np.append(matrix.row_upper, np.inf)
    )


@pytest.mark.parametrize("change", [lambda matrix: matrix, with_row])
def test_a_relaxation_that_ended_takes_no_step_again(matrix, memory, change):
    program = relaxation(change(matrix))
    memory.recall(program)
    program.choose({"simplex_iteration_limit": 0})
    assert program.solve().ending is Ending.OPTIMAL
    anew = relaxation(change(matrix))
    anew.choose({"simplex_iteration_limit": 0})
    assert anew.solve().ending is Ending.LIMIT


def test_other_costs_have_their_own_optimum(matrix, memory):
    changed = replace(matrix, cost=matrix.cost[::-1].copy())
    warm, cold = relaxation(changed), relaxation(changed)
    memory.recall(warm)
    assert warm.solve().objective == pytest.approx(cold.solve().objective)


def test_a_model_with_other_columns_begins_anew(memory):
    other = relaxation(assemble(location(3, 5)))
    memory.recall(other)
    assert other.solve().ending is Ending.OPTIMAL


def test_a_start_that_is_far_from_the_optimum_hides_no_better_design():
    model = location(6, 12)
    matrix = assemble(model)
    everything = np.where(matrix.integer, 1.0, 0.0)
    search = Search(model, matrix, Settings(gap=0.0), Interrupt(), Clock())
    found = search.run(everything)
    assert search.start_accepted
    assert found.objective == pytest.approx(
        Search(model, matrix, Settings(gap=0.0), Interrupt(), Clock()).run().objective
    )
