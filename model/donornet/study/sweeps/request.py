"""What every item of a sweep is asked for, and whether an earlier result will do."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from donornet import __version__
from donornet.instance import Instance
from donornet.io.result_writer import plain
from donornet.solution import Result, Status
from donornet.solver.settings import Settings

NOT_SOLVED = frozenset({"scenarios", "uncertainty"})
"""Tables that say what else could be asked of an instance; they change nothing about its solution."""


@dataclass(frozen=True)
class Request:
    """The arguments of `solve` that all items share; their meaning is there.

    Raises
    ------
    ValueError
        A value out of its range.
    """

    gap: float = 1e-4
    time_limit: float | None = None
    threads: int | None = None
    seed: int = 0
    solver: str = "highs"
    options: Mapping[str, Any] = field(default_factory=dict)
    objective: str | Sequence[str] | None = None

    def __post_init__(self) -> None:
        Settings(self.gap, self.time_limit, self.threads, self.seed, self.options)

    def arguments(self) -> dict[str, Any]:
        """Return the arguments by name."""
        return {
            "gap": self.gap,
            "time_limit": self.time_limit,
            "threads": self.threads,
            "seed": self.seed,
            "solver": self.solver,
            "options": dict(self.options),
            "objective": self.objective,
        }

    def key(self, instance: Instance) -> str:
        """Return the SHA-256 of what decides about the result of an instance.

        That is the canonical instance without its scenarios, the objective, the solver, its seed and options, and the
        version of donornet. Gap and time limit are left to `met_by`, the number of threads is taken for the machine's
        affair.
        """
        tables = {name: rows for name, rows in instance.tables.items() if name not in NOT_SOLVED}
        facts = {
            "instance": replace(instance, tables=tables).sha256,
            "donornet": __version__,
            "solver": self.solver,
            "seed": self.seed,
            "options": plain(self.options),
            "objective": [self.objective] if isinstance(self.objective, str) else plain(self.objective),
        }
        return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()

    def met_by(self, result: Result) -> bool:
        """Whether an earlier result with the same key answers the request.

        A proof of infeasibility always does, and a gap at least as small as the one asked for. What was stopped by
        the time limit answers requests that allow no more time, at no larger gap than it was asked for. What was
        interrupted answers none; what another limit stopped (they are options, so part of the key) every one.
        """
        if result.status is Status.INFEASIBLE:
            return True
        if result.gap is not None and result.gap <= self.gap:
            return True
        stopped_by = result.info.get("stopped_by")
        if stopped_by == "time":
            allowed = result.info.get("asked", {}).get("time_limit")
            return self.time_limit is not None and allowed is not None and self.time_limit <= allowed
        return result.status in (Status.LIMIT, Status.NO_SOLUTION) and stopped_by not in {"interrupt", "", None}
