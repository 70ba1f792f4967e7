"""Who solves the items: any executor of processes, and a fresh one when a killed worker has broken it."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from types import TracebackType
from typing import Any, Self, cast

from donornet.study.sweeps.work import Home, ThreadsError, home, ignore_interrupts

IDLE = 60.0
"""Time after which local processes without work end [s]; until then the next sweep finds them warm."""


class Serial(Executor):
    """Runs every call at once in this process: one after the other, nothing pickled, simple to debug."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Return a future that is done already."""
        future: Future[Any] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:  # noqa: BLE001 - it belongs to whoever asks for the result
            future.set_exception(error)
        return future


class Crew:
    """An executor for the time of a sweep.

    Parameters
    ----------
    executor
        An executor, which is left open; a function that returns a new one, which is closed in the end and replaced
        where a dead worker breaks it; or None for local processes (loky).
    workers
        Number of items to hand out at once. None: what the executor has, on this machine one per processor.

    Raises
    ------
    TypeError
        It is none of these.
    ThreadsError
        It is known to run in threads.
    ValueError
        `workers` is less than 1.
    """

    def __init__(self, executor: Executor | Callable[[], Executor] | None, workers: int | None = None) -> None:
        if workers is not None and workers < 1:
            raise ValueError(f"workers must be at least 1 or None, not {workers!r}")
        self._workers = workers or (processors() if executor is None else None)
        self._make = self._maker(executor)
        self._executor: Any = executor if self._make is None else self._make()
        _refuse_threads(self._executor)

    @property
    def slots(self) -> int:
        """Number of items to hand out at once; a cluster may grow and shrink."""
        if self._workers is not None:
            return self._workers
        if isinstance(self._executor, Serial):
            return 1
        client = _dask_client(self._executor)
        if client is not None:
            return max(1, len(client.nthreads()))
        found: int | None = getattr(self._executor, "_max_workers", None) or getattr(
            self._executor, "num_workers", None
        )
        return found or processors()

    @property
    def away_from(self) -> Home:
        """Process in which no item may be solved."""
        return None if isinstance(self._executor, Serial) else home()

    def submit(self, call: Callable[..., Any], *arguments: Any) -> Future[Any]:
        """Hand out a call."""
        future: Future[Any] = self._executor.submit(call, *arguments)
        return future

    def renew(self) -> bool:
        """Replace a broken executor; False: it is somebody else's and stays broken."""
        if self._make is None:
            return False
        self.close(kill=True)
        self._executor = self._make()
        return True

    def close(self, *, kill: bool = False) -> None:
        """End the executor where it is the crew's own; warm local processes stay unless they are to be killed."""
        if self._make is None:
            return
        if self._make != self._local:
            self._executor.shutdown(wait=not kill)
        elif kill:
            self._executor.shutdown(wait=True, kill_workers=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close(kill=kind is not None)

    def _maker(self, executor: Any) -> Callable[[], Executor] | None:
        """Return what makes executors; None: this one is somebody else's."""
        if executor is None:
            return self._local
        if isinstance(executor, Executor):
            return None
        if callable(executor):
            return cast("Callable[[], Executor]", executor)
        remedy = "; take its .get_executor(pure=False)" if hasattr(executor, "get_executor") else ""
        raise TypeError(f"executor must be a concurrent.futures.Executor, not {type(executor).__name__}{remedy}")

    def _local(self) -> Executor:
        from loky import get_reusable_executor  # noqa: PLC0415 - only where local processes are wanted

        executor: Executor = get_reusable_executor(
            max_workers=self._workers, timeout=IDLE, initializer=ignore_interrupts
        )
        return executor


def processors() -> int:
    """Return the number of processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _dask_client(executor: Executor) -> Any:
    """Return the client behind an executor of Dask; None: it is another one."""
    return getattr(executor, "_client", None) if type(executor).__module__.startswith("distributed") else None


def _refuse_threads(executor: Any) -> None:
    if not isinstance(executor, Executor):
        raise TypeError(f"the function must return a concurrent.futures.Executor, not {executor!r}")
    if isinstance(executor, ThreadPoolExecutor):
        raise ThreadsError
    client = _dask_client(executor)
    if client is not None and any(threads > 1 for threads in client.nthreads().values()):
        raise ThreadsError
