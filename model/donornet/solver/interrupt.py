"""Ctrl-C while a solver runs: the first asks it to stop and keep what it has, the second gives up."""

from __future__ import annotations

import signal
import threading
from types import FrameType, TracebackType
from typing import Any, Self


class Interrupt:
    """Catches SIGINT for as long as it is entered; elsewhere than in the main thread it only carries the request.

    A second SIGINT raises KeyboardInterrupt.

    Parameters
    ----------
    parent
        An interrupt whose request counts here, too.
    """

    def __init__(self, parent: Interrupt | None = None) -> None:
        self._event, self._parent = threading.Event(), parent
        self._previous: Any = None
        self._installed = False

    @property
    def requested(self) -> bool:
        """Whether somebody asked to stop."""
        return self._event.is_set() or (self._parent is not None and self._parent.requested)

    def request(self) -> None:
        """Ask the solve to stop and keep its incumbent."""
        self._event.set()

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            self._previous = signal.signal(signal.SIGINT, self._handle)
            self._installed = True
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._installed:
            signal.signal(signal.SIGINT, signal.SIG_DFL if self._previous is None else self._previous)
            self._installed = False

    def _handle(self, signum: int, frame: FrameType | None) -> None:  # noqa: ARG002
        if self.requested:
            raise KeyboardInterrupt
        self.request()
