"""What a solve returns: a status, bounds, and plain tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import pandas as pd

from donornet.solution.solution import Solution


class Status(StrEnum):
    """How a solve ended."""

    OPTIMAL = "optimal"
    """Solved to the gap that was asked for."""
    LIMIT = "limit"
    """A limit (time, nodes, the user's interrupt) was reached; the incumbent is in the result."""
    INFEASIBLE = "infeasible"
    """Proven: no design satisfies every hard requirement."""
    NO_SOLUTION = "no_solution"
    """A limit was reached before any design was found."""


@dataclass(frozen=True, eq=False)
class Result:
    """Outcome of one solve.

    Parameters
    ----------
    status
        How the solve ended.
    objective
        Total discounted cost of the design, recomputed from the instance [currency]; None without a design.
    bound
        Proven lower bound of the objective [currency]; None where none is known.
    gap
        (objective - bound) / max(abs(objective), 1e-10); None without a design or a bound.
    solution
        The decisions; None without a design.
    tables
        What follows from the decisions, recomputed from the instance alone: costs, capacity, diversity,
        limits, chains, kpis
        and the decision tables completed for people.
    info
        Times [s], sizes, seed, versions, options: the facts that `result.json` holds beside the above.
    scenario
        Name of the scenario that was solved; ``base`` for the instance as it stands.
    instance_sha256
        Hash of the canonical instance.
    """

    status: Status
    objective: float | None
    bound: float | None
    gap: float | None
    solution: Solution | None
    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    info: Mapping[str, Any] = field(default_factory=dict)
    scenario: str = "base"
    instance_sha256: str = ""

    def table(self, name: str) -> pd.DataFrame:
        """Return one of the result's tables: a recomputed one, or a decision table."""
        if name in self.tables:
            return self.tables[name]
        if self.solution is None:
            raise KeyError(f"a result with status {self.status.value} has no table {name!r}")
        return self.solution[name]

    @property
    def facilities(self) -> pd.DataFrame:
        """Facilities by period: open, opened, closed, steps."""
        return self.table("facilities")

    @property
    def flows(self) -> pd.DataFrame:
        """Material shipped between stages [units]."""
        return self.table("flows")

    @property
    def costs(self) -> pd.DataFrame:
        """Costs by term and period [currency]."""
        return self.table("costs")

    @property
    def kpis(self) -> pd.DataFrame:
        """Key figures: kpi, value, unit."""
        return self.table("kpis")

    @property
    def chains(self) -> pd.DataFrame:
        """Chains with their flow, cost, days and crossings."""
        return self.table("chains")
