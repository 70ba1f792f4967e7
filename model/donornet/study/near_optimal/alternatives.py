"""`alternatives`: designs that cost hardly more than the best one, and what all, some or none of them have."""

from __future__ import annotations

from collections.abc import Sequence

from donornet.instance import Instance
from donornet.solution import Result
from donornet.study.near_optimal.result import Alternatives
from donornet.study.near_optimal.search import Backbone, Listener

KINDS = ("facilities", "licences")
"""What designs are told apart by."""


def alternatives(  # noqa: PLR0913 - every argument but the first has a name and a default
    instance: Instance,
    within: float = 0.02,
    *,
    what: str | Sequence[str] = KINDS,
    designs: int = 5,
    gap: float = 1e-4,
    time_limit: float | None = None,
    total_time: float | None = None,
    threads: int | None = None,
    seed: int = 0,
    start: Result | None = None,
    progress: Listener | None = None,
) -> Alternatives:
    """Return which facilities and licences are in every, in some and in no design that costs at most `within` more.

    The budget is (1 + within) times the cost of the best design found by a first solve. Of each facility that is
    neither open nor closed by its status (and each obtainable licence) it is asked whether a design within the budget
    has it in the last period, and whether one lacks it. Designs answer for many at once; what no design has shown is
    asked for by a solve that ends with a design or with the proof that there is none. So ``every`` and ``none`` are
    proven and ``some`` is shown by designs; what a limit left open is ``not decided``.

    All this holds of every design within the budget. As the optimum is at most the cost of the best design found, it
    holds of every design within `within` of the optimum too, except that the designs behind ``some`` may lie a little
    further from it: by up to `Alternatives.most_above`, which counts the gap. A facility that stands idle counts as
    open; a design may afford it within the budget. An existing facility that a design closes before the end counts as
    closed.

    Parameters
    ----------
    instance
        A valid instance, scenarios applied.
    within
        Additional cost that is allowed [share of the best design's cost].
    what
        facilities, licences or both; a list or a text with commas.
    designs
        Number of designs to return that differ as much as possible among those found, the best one first.
    gap
        Gap of the first solve [share].
    time_limit
        Time for each solve [s]. None: no limit.
    total_time
        Time for all solves together [s]; a solve that has begun may end. None: no limit.
    threads, seed
        As for `solve`.
    start
        An earlier design to start the first solve from.
    progress
        Is told in words what has been found.

    Raises
    ------
    ValueError
        `within` or `designs` is negative, or `what` names something else.
    """
    kinds = _kinds(what)
    if not 0 <= within < float("inf"):
        raise ValueError(f"within must be a share of at least 0 (0.02 is two per cent), not {within!r}")
    if designs < 0:
        raise ValueError(f"designs must be at least 0, not {designs!r}")
    settings = {"time_limit": time_limit, "threads": threads, "seed": seed}
    search = Backbone(instance, kinds, settings, total_time, progress or _nobody)
    return search.run(within, designs, gap, start)


def _kinds(what: str | Sequence[str]) -> list[str]:
    asked = [kind.strip() for kind in what.split(",")] if isinstance(what, str) else list(what)
    unknown = [kind for kind in asked if kind not in KINDS]
    if unknown or not asked:
        raise ValueError(f"what must be some of {', '.join(KINDS)}, not {', '.join(map(repr, unknown)) or 'nothing'}")
    return list(dict.fromkeys(asked))


def _nobody(_: str) -> None:
    """Listen to nothing."""
