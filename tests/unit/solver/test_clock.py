"""The time left, and the times taken."""

from __future__ import annotations

import math
import time
from contextlib import suppress

import pytest

from donornet.solver.clock import Clock, Stopwatch


@pytest.fixture
def now(monkeypatch):
    """A time that stands still until it is moved."""
    moment = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: moment[0])
    return moment


def test_time_runs_out_and_not_below_zero(now):
    limited = Clock(10.0)
    now[0] += 4.0
    assert (limited.elapsed, limited.remaining, limited.is_over) == (4.0, 6.0, False)
    now[0] += 7.0
    assert (limited.elapsed, limited.remaining, limited.is_over) == (11.0, 0.0, True)


def test_without_a_limit_time_never_runs_out(now):
    endless = Clock()
    now[0] += 1e9
    assert endless.remaining == math.inf
    assert not endless.is_over


def test_an_extended_clock_leaves_at_least_the_time_asked_for(now):
    limited = Clock(10.0)
    assert limited.extended(5.0).remaining == 10.0
    now[0] += 9.0
    assert limited.extended(5.0).remaining == 5.0
    assert limited.remaining == 1.0


def test_a_stopwatch_adds_up_the_times_of_a_step_even_one_that_fails(now):
    watch = Stopwatch()
    with watch("solve"):
        now[0] += 2.0
    with suppress(ZeroDivisionError), watch("solve"):
        now[0] += 3.0
        _ = 1 / 0
    assert watch.seconds == {"solve": 5.0}
