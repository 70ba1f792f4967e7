"""The line that tells how a solve is going."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TextIO

from donornet.cli.text import number, seconds, share

if TYPE_CHECKING:
    from donornet.solver import Snapshot

PAUSE = 5.0
"""Time between lines where they cannot be rewritten [s]."""
REWRITE = 0.2
"""Time between versions of a line that is rewritten [s]."""


class LiveLine:
    """Shows snapshots of a solve: one line rewritten on a terminal, a line now and then elsewhere.

    Parameters
    ----------
    stream
        Where to write; a terminal or not.
    words
        Returns the line for a snapshot. None: that of a solve.
    """

    def __init__(self, stream: TextIO, words: Callable[[Any], str] | None = None) -> None:
        self._stream = stream
        self._words = words or describe
        self._rewrites = stream.isatty()
        self._last = 0.0 if self._rewrites else time.monotonic()
        self._shown = False
        self._lock = threading.Lock()

    def __call__(self, snapshot: Any) -> None:
        """Show a snapshot unless another was shown just now."""
        now = time.monotonic()
        with self._lock:
            if now - self._last < (REWRITE if self._rewrites else PAUSE):
                return
            self._last = now
            text = self._words(snapshot)
            if self._rewrites:
                width = shutil.get_terminal_size().columns - 1
                self._stream.write(f"\r{text[:width]:<{width}}")
                self._shown = True
            else:
                self._stream.write(f"{text}\n")
            self._stream.flush()

    def close(self) -> None:
        """Leave the line as it stands and begin a new one."""
        if self._shown:
            self._stream.write("\n")
            self._stream.flush()
            self._shown = False


def describe(snapshot: Snapshot) -> str:
    """Return one line that says how far a solve is."""
    elapsed = f"{seconds(snapshot.seconds):>8}"
    if snapshot.phase == "relaxation":
        return f"{elapsed}  solving the relaxation"
    return (
        f"{elapsed}  incumbent {number(snapshot.incumbent):>13}  bound {number(snapshot.bound):>13}"
        f"  gap {share(snapshot.gap):>7}  nodes {snapshot.nodes}"
    )
