"""How much of the time limit is left, and what took how long."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager


class Clock:
    """The time since a solve began, against its limit.

    Parameters
    ----------
    limit
        Wall time allowed [s]; None: no limit.
    """

    def __init__(self, limit: float | None = None) -> None:
        self.limit = math.inf if limit is None else float(limit)
        self._start = time.monotonic()

    @property
    def elapsed(self) -> float:
        """Wall time since the clock was made [s]."""
        return time.monotonic() - self._start

    @property
    def remaining(self) -> float:
        """Wall time left, never negative, infinite without a limit [s]."""
        return max(self.limit - self.elapsed, 0.0)

    @property
    def is_over(self) -> bool:
        """Whether the limit is reached."""
        return self.remaining <= 0.0

    def extended(self, seconds: float) -> Clock:
        """Return a clock that leaves at least `seconds`, for work that a limit must not cut off [s]."""
        return Clock(max(self.remaining, seconds))

    def at_most(self, seconds: float) -> Clock:
        """Return a clock for a part of the work that may take `seconds` of what is left [s]."""
        return Clock(min(self.remaining, seconds))


class Stopwatch:
    """Wall times of the steps of a solve, by name [s]."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def __call__(self, step: str) -> Iterator[None]:
        """Add the time spent inside to `step`."""
        start = time.monotonic()
        try:
            yield
        finally:
            self.seconds[step] = self.seconds.get(step, 0.0) + time.monotonic() - start
