"""What a worker does with one item. Light to import: the solver is loaded where the work is done."""

from __future__ import annotations

import os
import platform
import signal
import threading
import traceback
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from donornet.exceptions import DonornetError, InvalidInstanceError
from donornet.study.sweeps.failure import Failure, Kind

if TYPE_CHECKING:
    from donornet.instance import Instance
    from donornet.solution import Result, Solution

Home = tuple[str, int] | None
"""Machine and process that the sweep runs in, where no item may be solved; None: that is where they shall be solved."""

_turn = threading.Lock()
"""Held while this process solves: Pyomo cannot build models in several threads."""


class ThreadsError(DonornetError):
    """The executor runs its tasks in threads of the calling process."""

    def __init__(self) -> None:
        super().__init__(
            "this executor runs in threads of the calling process, and Pyomo cannot work in several threads; use "
            "processes: executor=None, concurrent.futures.ProcessPoolExecutor(), or a Dask client whose workers are "
            "processes with one thread each"
        )


def home() -> Home:
    """Return the machine and process that this is."""
    return platform.node(), os.getpid()


def ignore_interrupts() -> None:
    """Leave Ctrl-C to the process that runs the sweep."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def solve_item(
    instance: Instance, name: str, arguments: dict[str, Any], start: Solution | None, away_from: Home, attempt: int
) -> Result | Failure:
    """Return the result of an item, or why there is none: exceptions stay here, as not all of them can be pickled.

    Parameters
    ----------
    instance
        The instance with its edits applied; it is validated first.
    name
        The item's name, which the result carries.
    arguments
        Arguments of `solve`.
    start
        Design to start from.
    away_from
        Process in which no item may be solved.
    attempt
        How often the item was handed out before; it tells one attempt from another where an executor remembers calls.

    Raises
    ------
    ThreadsError
        This is the process to stay away from.
    """
    if away_from is not None and away_from == home():
        raise ThreadsError
    with _turn:
        try:
            return _solved(instance, name, arguments, start, attempt)
        except InvalidInstanceError as error:
            return Failure(Kind.INVALID, str(error))
        except Exception as error:  # noqa: BLE001 - one item's failure must not take the others along
            told = str(error) if isinstance(error, DonornetError) else f"{type(error).__name__}: {error}"
            return Failure(Kind.ERROR, told, traceback.format_exc())


def _solved(instance: Instance, name: str, arguments: dict[str, Any], start: Solution | None, attempt: int) -> Result:
    from donornet.solver import solve  # noqa: PLC0415 - the caller need not load the solver
    from donornet.validation import validated  # noqa: PLC0415

    result: Result = solve(validated(instance), start=start, scenario=name, **arguments)
    return replace(result, info={**result.info, "attempts": attempt + 1})
