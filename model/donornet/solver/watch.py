"""HiGHS' callbacks: pass the progress on, and stop when somebody asks for it."""

from __future__ import annotations

import math
import time
from typing import Any

from donornet.solver.clock import Clock
from donornet.solver.interrupt import Interrupt
from donornet.solver.progress import Listener, Phase, Snapshot


class Watch:
    """The callbacks of one HiGHS object.

    Parameters
    ----------
    interrupt
        Where a request to stop arrives.
    clock
        Tells the time since solving began.
    listener
        Receives the snapshots; None: nobody does.
    """

    def __init__(self, interrupt: Interrupt, clock: Clock, listener: Listener | None) -> None:
        self.phase: Phase = "search"
        self._interrupt, self._clock, self._listener = interrupt, clock, listener
        self._last = 0.0
        self._failure: BaseException | None = None

    def attach(self, highs: Any) -> None:
        """Subscribe to the events of a `highspy.Highs`."""
        for interruptible in (highs.cbMipInterrupt, highs.cbSimplexInterrupt, highs.cbIpmInterrupt):
            interruptible.subscribe(self._on_pause)
        if self._listener is not None:
            highs.cbMipLogging.subscribe(self._on_log)

    def raise_failure(self) -> None:
        """Raise what the listener raised while HiGHS ran: an exception must not pass through HiGHS itself."""
        if self._failure is not None:
            failure, self._failure = self._failure, None
            raise failure

    def _on_pause(self, event: Any) -> None:
        if self._interrupt.requested or self._failure is not None:
            event.interrupt()
        if self._listener is not None and self.phase != "search" and time.monotonic() - self._last > 1.0:
            self._tell(Snapshot(self.phase, self._clock.elapsed))

    def _on_log(self, event: Any) -> None:
        if self.phase != "search":
            return
        out = event.data_out
        incumbent, bound = float(out.mip_primal_bound), float(out.mip_dual_bound)
        self._tell(
            Snapshot(
                self.phase,
                self._clock.elapsed,
                incumbent if math.isfinite(incumbent) else None,
                bound if math.isfinite(bound) else None,
                max(int(out.mip_node_count), 0),
            )
        )

    def _tell(self, snapshot: Snapshot) -> None:
        self._last = time.monotonic()
        if self._listener is None:
            return
        try:
            self._listener(snapshot)
        except BaseException as failure:  # noqa: BLE001 - raised again by raise_failure, outside of HiGHS
            self._failure = failure
