"""What can be said about a solve while it runs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

Phase = Literal["relaxation", "search", "polish"]
"""relaxation: the linear program without integrality; search: branch and bound; polish: flows of a design found."""


@dataclass(frozen=True)
class Snapshot:
    """The state of a running solve.

    Parameters
    ----------
    phase
        What the solver is doing.
    seconds
        Wall time since solving began [s].
    incumbent
        Objective of the best design so far; None: none yet.
    bound
        Proven bound of the objective; None: none yet.
    nodes
        Nodes of the search tree that are done with.
    """

    phase: Phase
    seconds: float
    incumbent: float | None = None
    bound: float | None = None
    nodes: int = 0

    @property
    def gap(self) -> float | None:
        """Relative gap between incumbent and bound; None: one of them is missing."""
        if self.incumbent is None or self.bound is None:
            return None
        return relative_gap(self.incumbent, self.bound)


Listener = Callable[[Snapshot], None]
"""Receives snapshots, in the thread of the solver, at most about one a second besides those of new incumbents."""


def relative_gap(objective: float, bound: float) -> float:
    """Return ``|objective - bound| / max(|objective|, 1e-10)``."""
    return abs(objective - bound) / max(abs(objective), 1e-10)
