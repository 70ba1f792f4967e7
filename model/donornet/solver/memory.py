"""What a search leaves for the next search of the same model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from donornet.solver.highs import Program


@dataclass
class Memory:
    """The basis at which the last relaxation ended, from where the next one takes few steps.

    Other costs, bounds and coefficients do it no harm, nor do cuts that have been added since. A model with other
    columns, or fewer rows, begins anew.
    """

    _basis: Any | None = None

    def recall(self, program: Program) -> None:
        """Let a relaxation start from the basis that was kept, if it can."""
        if self._basis is not None:
            program.begin_at(self._basis)

    def keep(self, program: Program) -> None:
        """Keep the basis at which a relaxation has ended."""
        self._basis = program.basis()
