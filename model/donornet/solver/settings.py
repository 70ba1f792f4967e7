"""What a solve is asked for."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

METHODS = ("auto", "plain", "dive", "few")
"""How to search: ``plain`` is branch and bound from the start; ``dive`` first looks for designs near the relaxation,
which certifies small gaps sooner on large instances; ``few`` is Benders' decomposition, a master over the decisions and
flows on the columns and rows that matter, for much flow behind few decisions; ``auto`` takes either where that pays."""


@dataclass(frozen=True)
class Settings:
    """How to solve, checked when made.

    Parameters
    ----------
    gap
        Relative gap between incumbent and bound at which to stop, 0 for a proof of optimality.
    time_limit
        Wall time for solving [s]; building the model and checking the design come on top. None: no limit.
    threads
        Threads of the solver. None: one, which makes runs repeatable, and a second one for the relaxation of very large
        models of several periods while designs are looked for.
    seed
        Seed of the solver's random choices.
    options
        Options of the solver by their own names; they win over the above.
    method
        One of `METHODS`.

    Raises
    ------
    ValueError
        A value out of its range.
    """

    gap: float = 1e-4
    time_limit: float | None = None
    threads: int | None = None
    seed: int = 0
    options: Mapping[str, Any] = field(default_factory=dict)
    method: str = "auto"

    def __post_init__(self) -> None:
        if not (math.isfinite(self.gap) and self.gap >= 0):
            raise ValueError(f"gap must be a finite number of at least 0 (0.01 is one per cent), not {self.gap!r}")
        if self.time_limit is not None and not self.time_limit > 0:
            raise ValueError(f"time_limit must be a positive number of seconds or None, not {self.time_limit!r}")
        if self.threads is not None and self.threads < 1:
            raise ValueError(f"threads must be at least 1 or None, not {self.threads!r}")
        if not 0 <= self.seed < 2**31:
            raise ValueError(f"seed must lie between 0 and 2147483647, not {self.seed!r}")
        if self.method not in METHODS:
            raise ValueError(f"method must be one of {', '.join(METHODS)}, not {self.method!r}")
        object.__setattr__(self, "options", MappingProxyType(dict(self.options)))
