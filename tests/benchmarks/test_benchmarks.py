"""What the benchmarks compare is comparable: the same optimum from other rows, gaps and ratios computed right."""

from __future__ import annotations

import numpy as np
import pytest

import donornet as dn
from donornet.formulation import Matrix, assemble, build_model
from donornet.solver.clock import Clock
from donornet.solver.highs import Program
from donornet.solver.interrupt import Interrupt
from donornet.solver.settings import Settings
from tests.benchmarks.cases import CASES
from tests.benchmarks.gaps import Trace, gaps_of, summary
from tests.benchmarks.handover import with_ratios
from tests.benchmarks.tables import markdown
from tests.benchmarks.weak import aggregated
from tests.oracle.random_instances import random_instance


def optimum(matrix: Matrix, *, relaxed: bool = False) -> float:
    """Return the optimum of a program, or of its relaxation."""
    program = Program(matrix, Settings(gap=1e-9), Interrupt(), Clock())
    return (program.relax() if relaxed else program.solve()).objective


@pytest.mark.parametrize("seed", [9, 18])
def test_the_aggregated_rows_have_the_same_optimum_and_a_weaker_relaxation(seed: int):
    model = build_model(random_instance(seed))
    strong = assemble(model)
    weak = aggregated(model, strong)
    assert weak.rows.shape[0] < strong.rows.shape[0]
    assert optimum(weak) == pytest.approx(optimum(strong), rel=1e-6)
    assert optimum(weak, relaxed=True) <= optimum(strong, relaxed=True) + 1e-6


def test_the_relaxation_of_a_generated_network_is_weaker_by_far_without_the_strong_rows():
    model = build_model(dn.generate("tiny", 3))
    strong = assemble(model)
    assert optimum(aggregated(model, strong), relaxed=True) < 0.999 * optimum(strong, relaxed=True)


def test_a_gap_is_that_of_the_best_design_against_the_best_bound_so_far():
    trace: Trace = [(0.1, 0.1, None, 50.0), (1.0, 0.5, 200.0, 80.0), (2.0, 1.5, 100.0, 90.0), (3.0, 2.0, 120.0, 99.5)]
    assert [round(gap, 3) for *_, gap in gaps_of(trace)] == [0.6, 0.1, 0.005]
    row = summary(trace)
    assert row["first_design_cpu_s"] == 0.5
    assert row["cpu_s_to_2%"] == row["cpu_s_to_1%"] == 2.0
    assert row["final_gap"] == pytest.approx(0.005)


def test_a_trace_without_a_design_has_no_gap():
    assert summary([(0.1, 0.1, None, 50.0)]) == {"final_gap": None}


def test_ratios_are_to_ours_and_leave_out_the_compilation():
    ours = {"contender": "donornet", "nonzeros": 10**6, "cpu_s": 9.0, "write_s": 2.0, "pass_s": 1.0, "peak_mb": 50.0}
    other = {"contender": "linopy", "nonzeros": 10**6, "cpu_s": 6.0, "write_s": 2.0, "pass_s": 4.0, "peak_mb": 100.0}
    _, rated = with_ratios([ours, other])
    assert rated["us_per_nonzero"] == pytest.approx(6.0)
    assert (rated["pass_ratio"], rated["write_and_pass_ratio"], rated["memory_ratio"]) == (4.0, 2.0, 2.0)


def test_a_table_aligns_numbers_and_keeps_bars_in_their_cell():
    text = markdown(["case", "cpu_s"], [{"case": "a|b", "cpu_s": 1234.5}, {"case": "c", "cpu_s": np.nan}])
    assert text.splitlines() == ["| case | cpu s |", "| --- | ---: |", "| a\\|b | 1,234 |", "| c |  |"]


def test_every_case_is_an_instance_that_can_be_generated():
    for name, words in CASES.items():
        assert dn.generate(**{**words, "size": "tiny"}).routes, name
