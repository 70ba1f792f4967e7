"""Calls on executors whose workers die."""

from __future__ import annotations

import multiprocessing
import signal
import threading
from concurrent.futures import BrokenExecutor, Executor, Future, ProcessPoolExecutor
from functools import partial
from typing import Any

import pytest
from loky import ProcessPoolExecutor as LokyPool

from donornet.study.sweeps.crew import Crew, Serial
from donornet.study.sweeps.dispatch import Dispatch, ExecutorLostError, WorkerDiedError


def ends(crew, call, parents, arguments=lambda key, attempt: (key, attempt)):
    """Return value or type of the error of every call."""
    answers = [end for end in Dispatch(crew, call, arguments, parents).run() if end is not None]
    return {end.key: end.value if end.error is None else type(end.error) for end in answers}


def independent(keys):
    return dict.fromkeys(keys)


class Frail(Executor):
    """Breaks like a pool of processes, without processes: a killer takes along whatever was handed out with it."""

    made = 0

    def __init__(self, killers, slots=2):
        type(self).made += 1
        self._killers, self._max_workers, self._pending, self._broken = killers, slots, [], False
        self._lock = threading.Lock()

    def submit(self, fn, /, *args, **kwargs):
        with self._lock:
            if self._broken:
                raise BrokenExecutor("broken before")
            future: Future[Any] = Future()
            self._pending.append((future, fn, args))
            if len(self._pending) == 1:
                threading.Timer(0.05, self._run).start()
            return future

    def _run(self):
        with self._lock:
            pending, self._pending = self._pending, []
            self._broken = any(
                key in self._killers and not self._killers[key](attempt) for _, _, (key, attempt) in pending
            )
            for future, fn, args in pending:
                if self._broken:
                    future.set_exception(BrokenExecutor("a worker died"))
                else:
                    future.set_result(fn(*args))

    def shutdown(self, wait=True, *, cancel_futures=False):
        self._broken = True


def never(attempt):
    return False


def the_second_time(attempt):
    return attempt > 0


def test_calls_wait_for_their_parents():
    order: list[str] = []
    parents = {"a": None, "c": "b", "b": "a", "d": None}

    def call(key, attempt):
        order.append(key)
        return key

    assert ends(Crew(Serial()), call, parents) == {key: key for key in "abcd"}
    assert order.index("a") < order.index("b") < order.index("c")


def test_a_call_that_raises_harms_no_other():
    def call(key, attempt):
        if key == "b":
            raise ZeroDivisionError
        return key

    assert ends(Crew(Serial()), call, independent("abc")) == {"a": "a", "b": ZeroDivisionError, "c": "c"}


def test_a_call_that_kills_its_worker_twice_is_given_up_and_its_company_ends():
    Frail.made = 0
    crew = Crew(lambda: Frail({"b": never}))
    answers = ends(crew, lambda key, _: key, {**independent("abcd"), "e": "b"}, lambda key, attempt: (key, attempt))
    assert answers == {"a": "a", "b": WorkerDiedError, "c": "c", "d": "d", "e": "e"}
    assert Frail.made == 3  # at first, after the death in company, after the death alone


def test_a_call_whose_worker_died_by_chance_ends():
    crew = Crew(lambda: Frail({"b": the_second_time}))
    assert ends(crew, lambda key, attempt: attempt, independent("ab")) == {"a": 1, "b": 1}


def test_an_executor_of_somebody_else_that_breaks_ends_the_run_with_a_report():
    answers = ends(Crew(Frail({"b": never})), lambda key, _: key, independent("abcd"))
    assert set(answers) == set("abcd")
    assert set(answers.values()) == {ExecutorLostError}


def test_executors_that_take_no_call_at_all_end_the_run():
    class Dead(Frail):
        def submit(self, fn, /, *args, **kwargs):
            raise BrokenExecutor("dead on arrival")

    assert ends(Crew(lambda: Dead({})), lambda key, _: key, independent("ab")) == dict.fromkeys("ab", ExecutorLostError)


@pytest.mark.parametrize("pool", [LokyPool, ProcessPoolExecutor])
def test_a_killed_process_harms_only_the_call_that_it_ran(pool):
    signals = {"a": signal.SIGCONT, "b": signal.SIGKILL, "c": signal.SIGCONT}
    if pool is ProcessPoolExecutor:
        pool = partial(pool, mp_context=multiprocessing.get_context("spawn"))
    with Crew(lambda: pool(max_workers=2)) as crew:
        answers = ends(crew, signal.raise_signal, independent(signals), lambda key, attempt: (signals[key],))
    assert answers == {"a": None, "b": WorkerDiedError, "c": None}
