"""What a solver says after one run."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum

import numpy as np


class Ending(Enum):
    """How one run of a solver ended."""

    OPTIMAL = "optimal"
    INFEASIBLE = "infeasible"
    LIMIT = "limit"


@dataclass(frozen=True, eq=False)
class Outcome:
    """The end of one run, or of a whole solve, for a model that is minimised.

    Parameters
    ----------
    ending
        How it ended; OPTIMAL: to the gap that was asked for.
    values
        Values of the variables in the order of the matrix's columns; None: no feasible point.
    objective
        Objective of `values`, infinite without them.
    bound
        Proven lower bound of the objective, minus infinity where none is known.
    nodes
        Nodes of the search tree.
    stopped_by
        What kept it from the gap: time, interrupt, nodes, iterations, solutions, memory, rounds, tolerance; empty where
        nothing did.
    """

    ending: Ending
    values: np.ndarray | None = None
    objective: float = math.inf
    bound: float = -math.inf
    nodes: int = 0
    stopped_by: str = ""
