"""`frontier`: what more of one measure costs in another, by the augmented ε-constraint method.

The first measure that is no quotient is minimised (maximised), the others are bounded by the values of a grid between
their best value and their worst in the payoff table (lexicographic optima of each). The slack of each bound earns a
little in the objective, so that no design is returned that another beats in a bounded measure for nothing (AUGMECON);
a combination of bounds that a design found under looser bounds respects anyway, or that is tighter than one without
any design, is not solved (the bypass of AUGMECON2, for every measure).

References
----------
Mavrotas, G., and Florios, K. (2013). An improved version of the augmented ε-constraint method (AUGMECON2) for finding
the exact Pareto set in multi-objective integer programming problems. Applied Mathematics and Computation 219(18).
"""

from __future__ import annotations

import hashlib
import itertools
import json
import math
import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from donornet.formulation.measures import Measure, known
from donornet.instance import Instance
from donornet.solution import Result, Status
from donornet.study.fronts.front import Front, Point, front_of
from donornet.study.fronts.model import FrontModel, Limits, Solved
from donornet.study.sweeps.request import Request
from donornet.study.sweeps.store import Store

Listener = Callable[[str], None]
"""Is told in words what has been found."""
ROUNDING = 1e-6
"""Relative difference up to which two values of a measure are the same."""


def frontier(  # noqa: PLR0913 - every argument but the first two has a name and a default
    instance: Instance,
    measures: Sequence[str] = ("total_cost", "unmet"),
    *,
    points: int = 10,
    gap: float = 1e-3,
    time_limit: float | None = None,
    total_time: float | None = None,
    threads: int | None = None,
    seed: int = 0,
    solver: str = "highs",
    options: Mapping[str, Any] | None = None,
    start: Result | None = None,
    out: str | os.PathLike[str] | None = None,
    progress: Listener | None = None,
) -> Front:
    """Return the Pareto front of two or three measures: designs better in one only by being worse in another.

    A front over unmet demand should be drawn against ``spending``: ``total_cost`` counts the penalties of unmet demand.
    In measures per delivered dose a design that serves nobody is best; where the instance allows that, bound unmet
    demand by a limit, or make it the third measure. A share of no donors counts as 0: draw shares against
    ``total_cost``, as ``spending`` is least where nobody is served.

    Parameters
    ----------
    instance
        A valid instance, scenarios applied.
    measures
        Names of two or three measures of `donornet.formulation.MEASURES`.
    points
        Values to which each measure but the first is bounded, its best and worst among them; at least 2.
    gap
        Relative gap of each solve [share].
    time_limit
        Wall time for each point [s]. None: no limit.
    total_time
        Wall time for all [s]; a point that has begun is finished. None: no limit.
    threads, seed, solver, options
        As for `solve`.
    start
        An earlier design to start from.
    out
        Folder in which every solve is kept as soon as it ends, so that a later call goes on where this one stopped.
    progress
        Is told in words what has been found.

    Raises
    ------
    ValueError
        A measure is unknown, twice there or means nothing here; not two or three; `points` is below 2; or a setting is
        out of its range.
    """
    chosen = known(measures)
    if isinstance(measures, str) or len(chosen) not in (2, 3):
        raise ValueError(f"a front needs two or three measures, not {len(chosen)}: {', '.join(m.name for m in chosen)}")
    if points < 2:
        raise ValueError(f"points must be at least 2 (the best and the worst value of a measure), not {points!r}")
    request = FrontRequest(gap, time_limit, threads, seed, solver, options or {})
    search = FrontSearch(instance, chosen, request, total_time, None if out is None else Store(out), progress)
    return search.run(points, start)


@dataclass(frozen=True)
class FrontRequest(Request):
    """What every solve of a front is asked for; the gap is part of its key."""

    def met_by(self, result: Result) -> bool:
        """Whether an earlier solve with the same key will do: it came to its end, or had as much time as this one."""
        return result.status in (Status.OPTIMAL, Status.INFEASIBLE) or super().met_by(result)


class FrontSearch:
    """The search for one front.

    Parameters
    ----------
    instance, measures, request
        What is asked for.
    total_time
        Time for all solves [s].
    store
        Where solves are kept; None: nowhere.
    listener
        Is told what has been found.
    """

    def __init__(
        self,
        instance: Instance,
        measures: Sequence[Measure],
        request: FrontRequest,
        total_time: float | None = None,
        store: Store | None = None,
        listener: Listener | None = None,
    ) -> None:
        self._measures, self._request = list(measures), request
        self.primary = next((m for m in measures if m.per is None), measures[0])
        self._others = [measure for measure in measures if measure is not self.primary]
        self._store, self._listener = store, listener or (lambda _: None)
        self._began, self._total_time = time.monotonic(), total_time
        self._instance, self._model = instance, FrontModel(instance, measures, self.primary, request)
        self._points: list[Point] = []
        self._closed: list[Limits] = []
        self._solves, self._stopped_by = 0, ""

    def run(self, points: int, start: Result | None = None) -> Front:
        """Solve the payoff table and the grid, and return the front."""
        with self._model:
            self._payoffs(start)
            if not self._stopped_by and self._points:
                self._grid(points)
        info = {
            "solves": self._solves,
            "stopped_by": self._stopped_by,
            "seconds": round(time.monotonic() - self._began, 3),
            "gap": self._request.gap,
            "points_asked": points,
            "infeasible": bool(self._closed) and not self._points,
        }
        return front_of(self._instance, self._measures, self.primary, self._points, info)

    def _payoffs(self, start: Result | None) -> None:
        """Find the lexicographic optimum of each measure."""
        for measure in [self.primary, *self._others]:
            rest = [other for other in [self.primary, *self._others] if other is not measure]
            names = [measure.name, *(other.name for other in rest)]
            point = self._take({"payoff": names}, partial(self._model.one_by_one, names, start))
            if point is None or self._stopped_by:
                return
            start = point.result

    def _grid(self, points: int) -> None:
        """Solve every combination of bounds that is not settled by what is known, loosest first."""
        scales = {m.name: self._scale(m) for m in [self.primary, *self._others]}
        grid = [self._levels(measure, points) for measure in self._others]
        for values in itertools.product(*reversed(grid)):
            limits = dict(zip([m.name for m in self._others], reversed(values), strict=True))
            if self._is_settled(limits):
                continue
            if self._is_over():
                self._stopped_by = "time"
            if self._stopped_by:
                return
            near = self._nearest(limits)
            self._take({"limits": limits}, partial(self._model.bounded, limits, scales, near))

    def _levels(self, measure: Measure, points: int) -> list[float]:
        """Return the values to which a measure is bounded, from its worst in the payoff table to its best."""
        values = self._finite(measure) or [0.0]
        worst, best = (min(values), max(values)) if measure.larger else (max(values), min(values))
        if abs(worst - best) <= ROUNDING * max(abs(worst), abs(best)):
            return [best]
        return [float(level) for level in np.linspace(worst, best, points)]

    def _finite(self, measure: Measure) -> list[float]:
        """Return the values of a measure; per dose it is infinite where nobody is served though something moves."""
        values = [point.values[measure.name] for point in self._points]
        return [value for value in values if math.isfinite(value)]

    def _scale(self, measure: Measure) -> float:
        values = self._finite(measure) or [0.0]
        return (max(values) - min(values)) or max(abs(value) for value in values) or 1.0

    def _is_settled(self, limits: Limits) -> bool:
        """Whether a design found under looser bounds respects these, or a combination no tighter has no design."""
        if any(self._is_looser(closed, limits) for closed in self._closed):
            return True
        return any(
            self._is_looser(point.limits, limits)
            and all(self._holds(name, point.values[name], value) for name, value in limits.items())
            for point in self._points
        )

    def _is_looser(self, first: Limits, second: Limits) -> bool:
        """Whether every bound of the first is at least as loose as that of the second."""
        return all(name not in first or self._holds(name, value, first[name]) for name, value in second.items())

    def _holds(self, name: str, value: float, bound: float) -> bool:
        if math.isinf(value):
            return value == bound
        sign = -1.0 if known(name)[0].larger else 1.0
        return sign * (value - bound) <= ROUNDING * max(abs(bound), abs(value))

    def _nearest(self, limits: Limits) -> Result | None:
        """Return a design to start from: the best that respects the bounds, or the one found last."""
        sign = -1.0 if self.primary.larger else 1.0
        fitting = [p for p in self._points if all(self._holds(n, p.values[n], v) for n, v in limits.items())]
        best = min(fitting, key=lambda point: sign * point.values[self.primary.name], default=None)
        return best.result if best else self._points[-1].result

    def _take(self, what: dict[str, Any], solve: Callable[[], Solved]) -> Point | None:
        """Return the point of one solve, found again or solved and kept; None where there is no design."""
        key = self._key(what)
        earlier = None if self._store is None else self._store.find(key, self._request)
        if earlier is not None and "front" in earlier[1].info:
            result = earlier[1]
        else:
            result, limits, bound = solve()
            self._solves += 1
            label = ", ".join(f"{name} {value:.6g}" for name, value in limits.items()) or f"best {self.primary.name}"
            result = replace(
                result, scenario=label, info={**result.info, "key": key, "front": {"limits": limits, "bound": bound}}
            )
            if self._store is not None and result.info.get("stopped_by") != "interrupt":
                self._store.keep(key, result)
        return self._noted(result, what)

    def _noted(self, result: Result, what: dict[str, Any]) -> Point | None:
        if result.info.get("stopped_by") == "interrupt":
            self._stopped_by = "interrupt"
        said = result.info["front"]
        if result.solution is None:
            if result.status is Status.INFEASIBLE:
                self._closed.append(what.get("limits", {}))
            self._listener(f"{result.scenario}: {result.status.value}")
            return None
        values = {measure.name: measure.figure(result.kpis) for measure in self._measures}
        bound = said["bound"]
        point = Point(values, dict(said["limits"]), math.nan if bound is None else float(bound), result)
        self._points.append(point)
        self._listener(", ".join(f"{name} {value:.6g}" for name, value in values.items()))
        return point

    def _is_over(self) -> bool:
        return self._total_time is not None and time.monotonic() - self._began > self._total_time

    def _key(self, what: dict[str, Any]) -> str:
        request = [self._request.key(self._instance), self._request.gap]
        facts = {"request": request, "primary": self.primary.name, **what}
        names = sorted(measure.name for measure in self._measures)
        return hashlib.sha256(json.dumps({**facts, "measures": names}, sort_keys=True).encode()).hexdigest()
