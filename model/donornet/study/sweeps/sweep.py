"""`sweep`: scenarios × a grid of edits, in parallel, resumable."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import replace
from pathlib import Path
from typing import Any

from donornet.instance import Instance
from donornet.solution import Result, Solution
from donornet.solver.finish import origin
from donornet.study.sweeps.crew import Crew
from donornet.study.sweeps.dispatch import Dispatch, Ended, ExecutorLostError, WorkerDiedError
from donornet.study.sweeps.failure import Failure, Kind
from donornet.study.sweeps.items import Grid, Item, Scenarios, items_of
from donornet.study.sweeps.jobs import Jobs
from donornet.study.sweeps.request import Request
from donornet.study.sweeps.standing import Standing, SweepListener
from donornet.study.sweeps.store import Store
from donornet.study.sweeps.study import SUMMARY, Study
from donornet.study.sweeps.work import solve_item

INDEX_PAUSE = 2.0
"""Time between versions of the index while the sweep runs [s]."""


def sweep(  # noqa: PLR0913 - every argument but the first has a name and a default
    instance: Instance,
    scenarios: Scenarios = "all",
    grid: Grid | None = None,
    *,
    base: bool = True,
    executor: Executor | Callable[[], Executor] | None = None,
    workers: int | None = None,
    folder: str | os.PathLike[str] | None = None,
    warm: bool = True,
    gap: float = 1e-4,
    time_limit: float | None = None,
    threads: int | None = None,
    seed: int = 0,
    solver: str = "highs",
    options: Mapping[str, Any] | None = None,
    objective: str | Sequence[str] | None = None,
    progress: SweepListener | None = None,
) -> Study:
    """Solve an instance in many scenarios, each with every combination of edits, and return all results.

    An item that is infeasible, fails or kills its worker is reported and harms no other. With a folder, each result is
    written as soon as it is there, and a sweep that was stopped by whatever means goes on where it was when it is
    called again: an item whose instance, objective, solver, seed and options are those of a result in the folder, with
    a gap at least as small as the one asked for, is not solved again. Items with the same instance are solved once.

    Ctrl-C ends the sweep: what is finished is kept, the rest is among the failures.

    Parameters
    ----------
    instance
        The instance.
    scenarios
        ``all`` scenarios of the instance, or some by name (stacked ones as ``a+b``), or None.
    grid
        Edits to combine with every scenario: lists of edits by label, of which every combination is taken, or one
        list. In the place of an edit may stand several, or None for no edit; in the place of a list a mapping with
        labels of one's own. ``{"demand": ["demand.doses*=1", "demand.doses*=1.2"]}`` makes ``demand*=1`` and
        ``demand*=1.2``.
    base
        Whether the instance as it stands is swept too, as ``base`` and on the grid.
    executor
        Any executor of processes; or a function that returns a new one, called again when a dead worker breaks it.
        None: local processes.
    workers
        Number of items to solve at once. None: as many as the executor has workers, here one per processor.
    folder
        Where to write results and to look for earlier ones. None: nowhere.
    warm
        Whether each item starts from the design of its parent (see `items_of`): the items before it that are nearest,
        at the price of waiting for it. The tree is fixed, so that a sweep gives the same results whatever ends first.
    gap, time_limit, threads, seed, solver, options, objective
        As for `solve`, for each item; `time_limit` is per item [s].
    progress
        Called with a `Standing` at the end of every item and about every second.

    Raises
    ------
    InvalidInstanceError
        A scenario or an edit can be applied in no item: it is misspelt.
    ThreadsError
        The executor runs in threads.
    TypeError, ValueError
        An argument of the wrong kind, or out of its range.
    """
    request = Request(gap, time_limit, threads, seed, solver, options or {}, objective)
    items = items_of(instance, scenarios, grid, base=base)
    jobs = Jobs(instance, items, request, warm=warm)
    store = None if folder is None else Store(folder)
    return Run(instance, jobs, request, store, progress).run(executor, workers)


class Run:
    """One sweep while it runs.

    Parameters
    ----------
    instance
        The instance without edits.
    jobs
        What is to be solved.
    request
        What is asked of each item.
    store
        Where results are kept; None: nowhere.
    listener
        Is told about the progress.
    """

    def __init__(
        self,
        instance: Instance,
        jobs: Jobs,
        request: Request,
        store: Store | None,
        listener: SweepListener | None,
    ) -> None:
        self._instance, self._jobs, self._request, self._store = instance, jobs, request, store
        self._listener = listener
        self._outcomes: dict[str, Result | Failure] = {}
        self._folders: dict[str, Path] = {}
        self._solves = 0
        self._began = self._indexed = time.monotonic()

    def run(self, executor: Executor | Callable[[], Executor] | None, workers: int | None) -> Study:
        """Solve what is not solved and return the study."""
        self._look_up()
        interrupted = False
        if any(key not in self._outcomes for key in self._jobs.parents):
            with Crew(executor, workers) as crew:
                try:
                    self._solve(crew)
                except KeyboardInterrupt:
                    interrupted = True
                    crew.close(kill=True)
        study = self._study(interrupted=interrupted)
        self._write_index(study)
        return study

    def _look_up(self) -> None:
        """Take what is in the folder; a result that was made under other scenarios of the table is signed anew."""
        if self._store is None:
            return
        for key, item in self._jobs.first.items():
            found = self._store.find(key, self._request)
            if found is None:
                continue
            path, result = found
            changed = self._instance.apply(*item.applied)
            if result.instance_sha256 != changed.sha256:
                info = {**result.info, **origin(changed)}
                result = replace(result, info=info, scenario=item.name, instance_sha256=changed.sha256)
                path = self._store.keep(key, result)
            self._outcomes[key], self._folders[key] = result, path

    def _solve(self, crew: Crew) -> None:
        """Solve every job that has no outcome."""
        open_jobs = {key: parent for key, parent in self._jobs.parents.items() if key not in self._outcomes}
        waits = {key: parent if parent in open_jobs else None for key, parent in open_jobs.items()}
        away_from = crew.away_from

        def arguments(key: str, attempt: int) -> tuple[Any, ...]:
            item = self._jobs.first[key]
            changed = self._instance.apply(*item.applied)
            return changed, item.name, self._request.arguments(), self._start(key), away_from, attempt

        dispatch = Dispatch(crew, solve_item, arguments, waits)
        try:
            for end in dispatch.run():
                if end is not None:
                    self._take(end)
                self._tell(dispatch.running, "" if end is None else self._jobs.first[end.key].name)
        finally:
            dispatch.cancel()

    def _start(self, key: str) -> Solution | None:
        """Return the design of the nearest ancestor that has one."""
        parent = self._jobs.parents[key]
        while parent is not None:
            outcome = self._outcomes.get(parent)
            if isinstance(outcome, Result) and outcome.solution is not None:
                return outcome.solution
            parent = self._jobs.parents[parent]
        return None

    def _take(self, end: Ended) -> None:
        """Note the end of a job, and keep its result."""
        outcome = _outcome(end)
        if isinstance(outcome, Result):
            if outcome.info.get("stopped_by") == "interrupt":  # Ctrl-C reached the solver itself
                raise KeyboardInterrupt
            outcome = replace(outcome, info={**outcome.info, "key": end.key})
            self._solves += 1
            if self._store is not None:
                self._folders[end.key] = self._store.keep(end.key, outcome)
        self._outcomes[end.key] = outcome
        if time.monotonic() - self._indexed > INDEX_PAUSE:
            self._write_index(self._study(interrupted=False))

    def _tell(self, running: tuple[str, ...], ended: str) -> None:
        if self._listener is None:
            return
        solved = failed = 0
        for _, outcome in self._by_item():
            solved += isinstance(outcome, Result)
            failed += isinstance(outcome, Failure)
        names = tuple(self._jobs.first[key].name for key in running)
        seconds = time.monotonic() - self._began
        items = len(self._jobs.items)
        self._listener(Standing(seconds, items, solved, max(0, solved - self._solves), failed, names, ended))

    def _by_item(self) -> Iterator[tuple[Item, Result | Failure | None]]:
        """Yield every item with its outcome so far; one that shares another's result gets it under its own name."""
        for item in self._jobs.items:
            failure = self._jobs.failures.get(item.name)
            if failure is not None:
                yield item, failure
                continue
            outcome = self._outcomes.get(self._jobs.keys[item.name])
            yield item, replace(outcome, scenario=item.name) if isinstance(outcome, Result) else outcome

    def _study(self, *, interrupted: bool) -> Study:
        items, results, failures, folders = {}, {}, {}, {}
        left = Failure(Kind.NOT_RUN, "the sweep ended before its turn; run it again with the same folder to go on")
        for item, outcome in self._by_item():
            items[item.name] = item
            if isinstance(outcome, Result):
                results[item.name] = outcome
                key = self._jobs.keys[item.name]
                if key in self._folders:
                    folders[item.name] = self._folders[key]
            else:
                failures[item.name] = outcome or left
        return Study(items, results, failures, folders, self._solves, interrupted)

    def _write_index(self, study: Study) -> None:
        """Write which result lies where; items without one stand there with the reason."""
        if self._store is None:
            return
        rows = [
            row | {"folder": self._store.relative(study.folders[row["scenario"]])}
            if row["scenario"] in study.folders
            else row
            for row in study.rows()
        ]
        self._store.write_index([*SUMMARY, "folder"], rows)
        self._indexed = time.monotonic()


def _outcome(end: Ended) -> Result | Failure:
    """Return what the end of a job means for its items."""
    if end.error is None:
        outcome: Result | Failure = end.value
        return outcome
    if isinstance(end.error, WorkerDiedError):
        remedy = "often it ran out of memory: solve it alone, on a larger machine, or with a time limit"
        return Failure(Kind.WORKER_DIED, f"{end.error}; {remedy}")
    if isinstance(end.error, ExecutorLostError):
        remedy = "give a function that makes executors, or run the sweep again with the same folder to go on"
        return Failure(Kind.NOT_RUN, f"{end.error}; {remedy}")
    raise end.error
