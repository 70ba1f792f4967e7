"""Models of few decisions and much flow: when to search them by `Benders`, and what that finds."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace

import numpy as np

from donornet.exceptions import SolverError
from donornet.formulation.matrix import Matrix
from donornet.solver.benders import Benders
from donornet.solver.clock import Clock
from donornet.solver.interrupt import Interrupt
from donornet.solver.merge import Merged, merge_tied
from donornet.solver.round_up import WHOLE, is_decided_by_rounding
from donornet.solver.settings import Settings
from donornet.solver.sift import Sifting

FEW, LARGE = 100, 10_000
"""Decisions up to which, and columns from which on, a model counts as one of few decisions and much flow."""
TIED = 0.5
"""Share of the free decisions that has to be tied to others."""


@dataclass(frozen=True, eq=False)
class Found:
    """What a search found.

    Parameters
    ----------
    bound
        Proven lower bound.
    nodes
        Designs whose flows were solved.
    values
        Values of a design, exact but for tolerances, shape (columns,); None: there is none.
    """

    bound: float
    nodes: int
    values: np.ndarray | None


def few_decisions(matrix: Matrix, *, asked: bool = False) -> Merged | None:
    """Return the program with its tied decisions merged; None where that does not leave few, or little flow.

    Parameters
    ----------
    asked
        Whether a program counts whose decisions are neither few nor tied, as long as they are 0 or 1.
    """
    if not is_decided_by_rounding(matrix) or (len(matrix.cost) < LARGE and not asked):
        return None
    merged = merge_tied(matrix)
    merged = replace(merged, matrix=_with_whole_bounds(merged.matrix))
    left = merged.matrix
    whole, free = (int((part.integer & (part.lower < part.upper)).sum()) for part in (matrix, left))
    tied = whole - free >= TIED * whole
    suits = asked or (tied and free <= FEW)
    return merged if suits and free and (left.lower <= left.upper).all() else None


def _with_whole_bounds(matrix: Matrix) -> Matrix:
    """Return the program with bounds of its decisions at 0 or 1, which a user may have set in between."""
    whole = matrix.integer
    lower = np.where(whole, np.ceil(matrix.lower - WHOLE), matrix.lower)
    upper = np.where(whole, np.floor(matrix.upper + WHOLE), matrix.upper)
    return replace(matrix, lower=lower, upper=upper)


def search_few(
    merged: Merged,
    settings: Settings,
    interrupt: Interrupt,
    clock: Clock,
    tell: Callable[[float, float], None],
    start: np.ndarray | None,
) -> Found:
    """Search over the decisions of a program.

    Parameters
    ----------
    merged
        The program.
    settings, interrupt, clock
        As in `Program`.
    tell
        Receives objective and bound as they improve.
    start
        Values of a design, shape (columns,); None: none is known.
    """
    sifting = Sifting(merged.matrix, settings, interrupt, clock)
    search = Benders(merged.matrix, sifting, settings, interrupt, clock, tell)
    with suppress(SolverError):  # numbers that HiGHS cannot work with: what is known by then holds
        search.run(None if start is None else merged.part(start))
    return Found(search.bound, search.designs, None if search.values is None else merged.whole(search.values))
