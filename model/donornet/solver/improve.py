"""Better designs from a design: free some facilities, keep the others as they are, and dive again.

Decisions that imply one another (a facility over the periods, its steps and licences) are freed together.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from donornet.solver.dive import Dive
from donornet.solver.outcome import Outcome
from donornet.solver.round_up import WHOLE

SHARES = (0.5, 0.2)
"""Shares of the facilities in play that are freed at a time, in turn."""
PATIENCE = 3
"""Trials without a better design after which fewer facilities are freed."""
BETTER = 1e-5
"""Relative improvement that counts."""
STEP = 0.2
"""Share of the fractional decisions that a step of these dives takes."""


def facilities(dive: Dive) -> np.ndarray:
    """Return a number for each column, the same for decisions that imply one another, shape (columns,)."""
    width = len(dive.matrix.cost)
    first, second = dive.pairs[:, 0], dive.pairs[:, 1]
    graph = coo_array((np.ones(len(first)), (first, second)), shape=(width, width))
    return np.asarray(connected_components(graph, directed=False)[1])


def improve(
    dive: Dive,
    design: Outcome,
    relaxed: np.ndarray,
    seed: int,
    found: Callable[[Outcome], bool],
    stop: Callable[[], bool],
) -> None:
    """Look for better designs and pass each on to `found`.

    Parameters
    ----------
    dive
        Where to dive.
    design
        The design to begin with.
    relaxed
        Values of the relaxation, which tell the decisions in play beside those of the design, shape (columns,).
    seed
        Seed of the choice of facilities.
    found
        Receives a better design and says whether it is good enough.
    stop
        Says whether to stop for another reason.
    """
    assert design.values is not None  # noqa: S101 - there is a design to improve
    matrix, chance, group = dive.matrix, np.random.default_rng(seed), facilities(dive)
    open_to_choice = matrix.integer & (matrix.lower < matrix.upper)
    best, values = design.objective, design.values
    for share in SHARES:
        failures = 0
        while failures < PATIENCE and not stop():
            in_play = np.unique(group[open_to_choice & ((relaxed > WHOLE) | (values > WHOLE))])
            if not len(in_play):
                return
            some = chance.choice(in_play, max(int(share * len(in_play)), 1), replace=False)
            free = open_to_choice & np.isin(group, some)
            kept = matrix.integer & ~free
            lower, upper = np.where(kept, values, matrix.lower), np.where(kept, values, matrix.upper)
            outcome = dive.run(lower, upper, STEP, best - BETTER * abs(best))
            if outcome.values is None or outcome.objective >= best:
                failures += 1
                continue
            best, values, failures = outcome.objective, outcome.values, 0
            if found(outcome):
                return
