"""When an earlier result answers a request."""

from __future__ import annotations

from dataclasses import replace

import pytest

from donornet.solution import Result, Status
from donornet.study.sweeps.request import Request
from tests.oracle.tiny import Tiny


def result(status=Status.OPTIMAL, gap=0.0, stopped_by="", time_limit=None):
    info = {"stopped_by": stopped_by, "asked": {"gap": 0.0, "time_limit": time_limit}}
    return Result(status, None if gap is None else 1.0, None, gap, None, info=info)


def test_the_key_is_that_of_the_canonical_instance():
    instance, key = Tiny().build(), Request().key
    backwards = replace(instance, tables={name: rows[::-1] for name, rows in instance.tables.items()})
    assert key(backwards) == key(instance)
    assert key(instance.apply("demand.doses*=1")) == key(instance)
    assert key(instance.apply("demand.doses*=1.1")) != key(instance)


def test_the_key_does_not_depend_on_scenarios_that_are_not_applied():
    more = Tiny().add("scenarios", {"scenario": "s", "order": 1, "table": "demand", "where": "", "set": "doses*=2"})
    assert Request().key(more.build()) == Request().key(Tiny().build())
    assert more.build().sha256 != Tiny().build().sha256


@pytest.mark.parametrize(
    "other", [{"seed": 1}, {"solver": "cbc"}, {"objective": "unmet"}, {"options": {"mip_max_nodes": 5}}]
)
def test_seed_solver_and_options_are_part_of_the_key(other):
    assert Request(**other).key(Tiny().build()) != Request().key(Tiny().build())


@pytest.mark.parametrize("other", [{"gap": 0.1}, {"time_limit": 5}, {"threads": 2}])
def test_gap_time_limit_and_threads_are_not(other):
    assert Request(**other).key(Tiny().build()) == Request().key(Tiny().build())


def test_a_tighter_gap_answers_a_looser_request_and_not_the_other_way_round():
    assert Request(gap=0.01).met_by(result(gap=0.001))
    assert not Request(gap=0.001).met_by(result(gap=0.01))


def test_a_gap_that_is_small_enough_answers_whatever_stopped_the_solve():
    assert Request(gap=0.1).met_by(result(Status.LIMIT, 0.05, "interrupt"))


def test_infeasible_is_infeasible():
    assert Request(gap=0).met_by(result(Status.INFEASIBLE, None))


@pytest.mark.parametrize("status", [Status.LIMIT, Status.NO_SOLUTION])
def test_what_the_time_limit_stopped_answers_requests_that_allow_no_more_time(status):
    stopped = result(status, 0.5 if status is Status.LIMIT else None, "time", 10.0)
    assert Request(time_limit=10).met_by(stopped)
    assert Request(time_limit=5).met_by(stopped)
    assert not Request(time_limit=20).met_by(stopped)
    assert not Request().met_by(stopped)


def test_what_was_interrupted_is_solved_again():
    assert not Request(time_limit=5).met_by(result(Status.LIMIT, 0.5, "interrupt", 5.0))


def test_what_a_limit_among_the_options_stopped_is_not_solved_again():
    assert Request(options={"mip_max_nodes": 1}).met_by(result(Status.LIMIT, 0.5, "nodes"))


def test_values_out_of_range_are_refused_at_once():
    with pytest.raises(ValueError, match="gap"):
        Request(gap=-1)
