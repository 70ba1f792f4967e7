"""Handing out calls to workers that may die, so that one call's death harms no other."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, CancelledError, Future, wait
from dataclasses import dataclass
from typing import Any

from donornet.study.sweeps.crew import Crew

DEATHS = 2
"""Deaths of its worker after which a call is not tried again."""
REFUSALS = 3
"""Fresh executors in a row that take no call, after which none is made any more."""
PATIENCE = 60.0
"""Time for the calls of a broken executor to learn about it [s]."""


class WorkerDiedError(Exception):
    """The process that ran a call died, in company and then alone, or twice alone."""


class ExecutorLostError(Exception):
    """The executor is broken and cannot be replaced."""


@dataclass(frozen=True)
class Ended:
    """The end of a call: its value, or the exception that came instead."""

    key: str
    value: Any = None
    error: BaseException | None = None


class Dispatch:
    """Calls in the order of their keys, each after its parent, on an executor that a dead worker may break.

    A dead worker breaks most executors, and which call killed it is not to be known. So all calls that were running
    are suspects: they are run again one at a time, on a fresh executor. The innocent end; whoever loses a worker again
    is given up.

    Parameters
    ----------
    crew
        The executor.
    call
        What workers run.
    arguments
        Returns the arguments of `call` from a key and the number of attempts before; asked when the call is handed
        out, so after its parent has ended.
    parents
        Of each key the key to wait for, or None. Parents stand before their children.
    """

    def __init__(
        self,
        crew: Crew,
        call: Callable[..., Any],
        arguments: Callable[[str, int], tuple[Any, ...]],
        parents: Mapping[str, str | None],
    ) -> None:
        self._crew, self._call, self._arguments, self._parents = crew, call, arguments, parents
        self._waiting = list(parents)
        self._suspects: deque[str] = deque()
        self._running: dict[Future[Any], str] = {}
        self._ended: set[str] = set()
        self._deaths: Counter[str] = Counter()
        self._broken = False
        self._refusals = 0

    @property
    def running(self) -> tuple[str, ...]:
        """Keys of the calls that are handed out."""
        return tuple(self._running.values())

    def run(self, pause: float = 1.0) -> Iterator[Ended | None]:
        """Yield the end of every call; None where `pause` went by without one [s]."""
        while self._waiting or self._suspects or self._running:
            if self._broken and (self._refusals > REFUSALS or not self._crew.renew()):
                yield from self._give_up()
                return
            self._broken = False
            self._hand_out()
            ends = list(self._collect(pause))
            self._ended |= {end.key for end in ends}
            yield from ends
            if not ends:
                yield None

    def cancel(self) -> None:
        """Take back what is handed out, as far as the executor can."""
        for future in self._running:
            future.cancel()

    def _hand_out(self) -> None:
        if self._suspects:
            if not self._running:
                self._submit(self._suspects.popleft())
            return
        slots = self._crew.slots
        for key in list(self._waiting):
            if len(self._running) >= slots or self._broken:
                return
            parent = self._parents[key]
            if parent is None or parent in self._ended:
                self._waiting.remove(key)
                self._submit(key)

    def _submit(self, key: str) -> None:
        arguments = self._arguments(key, self._deaths[key])
        try:
            future = self._crew.submit(self._call, *arguments)
        except (BrokenExecutor, RuntimeError):  # broken meanwhile, or shut down by its owner
            if self._deaths[key]:
                self._suspects.appendleft(key)
            else:
                self._waiting.insert(0, key)
            self._broken = True
            self._refusals += 1
        else:
            self._running[future] = key
            self._refusals = 0

    def _collect(self, pause: float) -> Iterator[Ended]:
        """Yield the calls that have ended within the pause; those that lost their worker become suspects."""
        done, _ = wait(self._running, timeout=0.0 if self._broken else pause, return_when=FIRST_COMPLETED)
        if self._broken or any(isinstance(_error(future), BrokenExecutor) for future in done):
            self._broken = True
            done, hung = wait(self._running, timeout=PATIENCE)
            done |= hung
        for future in [future for future in self._running if future in done]:
            key = self._running.pop(future)
            error = _error(future)
            if error is None:
                yield Ended(key, future.result())
            elif not is_death(error):
                yield Ended(key, error=error)
            else:
                self._deaths[key] += 1
                if self._deaths[key] < DEATHS:
                    self._suspects.append(key)
                else:
                    yield Ended(key, error=WorkerDiedError(f"the worker died {DEATHS} times: {error}"))

    def _give_up(self) -> Iterator[Ended]:
        """Yield the end of everything that has not ended: the executor is lost."""
        for key in (*self._suspects, *self._waiting):
            yield Ended(key, error=ExecutorLostError("a worker died and broke the executor"))
        self._suspects.clear()
        self._waiting.clear()


def is_death(error: BaseException) -> bool:
    """Whether an exception says that the worker is gone rather than that the call has failed."""
    return isinstance(error, (BrokenExecutor, CancelledError)) or type(error).__name__ == "KilledWorker"


def _error(future: Future[Any]) -> BaseException | None:
    """Return why a future has no value; None: it has one."""
    if future.cancelled():
        return CancelledError("the call was cancelled")
    return future.exception() if future.done() else BrokenExecutor("the call never learned that its executor broke")
