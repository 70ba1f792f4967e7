"""What one run of the solver, and the search for the best of one measure, came to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from donornet.formulation.matrix import Matrix
from donornet.formulation.measures import Form
from donornet.solver.finish import load_values
from donornet.solver.outcome import Ending, Outcome


@dataclass(frozen=True, eq=False)
class Ran:
    """One run of the solver: how it ended, on what, and what is to be said about it."""

    outcome: Outcome
    matrix: Matrix
    said: dict[str, Any]


Run = Callable[[np.ndarray | None, float | None], Ran]
"""Solves the model as it stands, from the values of an earlier run, to a gap (None: the one asked for)."""


@dataclass(frozen=True, eq=False)
class Optimum:
    """The best that was found of a measure.

    Parameters
    ----------
    form
        The measure on the model.
    ran
        The run that found it; without values where there is no design.
    ending
        OPTIMAL: within the gap of `bound`.
    value, bound
        Of the measure, in its unit; None where there is none, infinite where no design serves anybody.
    """

    form: Form
    ran: Ran
    ending: Ending
    value: float | None = None
    bound: float | None = None

    @property
    def gap(self) -> float | None:
        """Relative gap between value and bound."""
        if self.value is None or self.bound is None:
            return None
        if self.value == self.bound:
            return 0.0
        return abs(self.value - self.bound) / max(abs(self.value), 1e-10)

    def show(self) -> None:
        """Give the values of the design to the model's variables."""
        assert self.ran.outcome.values is not None  # noqa: S101 - only designs are shown
        load_values(self.ran.matrix, self.ran.outcome.values)

    def facts(self) -> dict[str, Any]:
        """Return what a result says about it."""
        measure = self.form.measure
        return {"measure": measure.name, "value": self.value, "bound": self.bound, "gap": self.gap}
