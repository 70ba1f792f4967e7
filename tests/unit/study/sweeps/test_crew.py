"""Executors of a sweep: which are taken, which refused, and how many items they get at once."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from donornet.study.sweeps.crew import Crew, Serial, processors
from donornet.study.sweeps.work import ThreadsError, home, solve_item


def test_an_executor_of_threads_is_refused_with_the_remedy():
    with ThreadPoolExecutor(1) as threads, pytest.raises(ThreadsError, match="use processes: executor=None"):
        Crew(threads)


def test_an_item_that_arrives_in_the_process_of_the_sweep_is_refused():
    with pytest.raises(ThreadsError, match="runs in threads"):
        solve_item(None, "base", {}, None, home(), 0)  # type: ignore[arg-type]


def test_serial_may_solve_where_it_stands():
    assert Crew(Serial()).away_from is None
    assert Crew(Serial()).slots == 1


def test_serial_hands_over_what_was_raised():
    failed: Future[int] = Serial().submit(int, "x")
    assert isinstance(failed.exception(), ValueError)


def test_local_processes_are_as_many_as_there_are_processors_unless_told():
    assert Crew(None).slots == processors()
    assert Crew(None, 3).slots == 3


@pytest.mark.parametrize("wrong", [3, "local"])
def test_what_is_no_executor_is_refused(wrong):
    with pytest.raises(TypeError, match=r"must be a concurrent\.futures\.Executor, not"):
        Crew(wrong)


def test_a_function_that_makes_no_executor_is_refused():
    with pytest.raises(TypeError, match="must return"):
        Crew(lambda: 3)  # type: ignore[arg-type,return-value]


def test_no_workers_at_all_are_refused():
    with pytest.raises(ValueError, match="at least 1 or None, not 0"):
        Crew(None, 0)


def test_what_was_given_stays_open_and_what_was_made_is_closed():
    class Noted(Serial):
        closed = False

        def shutdown(self, wait=True, *, cancel_futures=False):
            self.closed = True

    given, made = Noted(), Noted()
    with Crew(given):
        pass
    with Crew(lambda: made):
        pass
    assert (given.closed, made.closed) == (False, True)
