"""A Pareto front: its points, which of them another one beats, and their table."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from donornet.formulation.measures import Measure
from donornet.instance import Instance
from donornet.io import write_result
from donornet.io.files import write_text
from donornet.io.result_writer import plain
from donornet.solution import Result
from donornet.study.text import aligned, number

SAME = 1e-6
"""Relative difference up to which two values of a measure are the same."""


@dataclass(frozen=True, eq=False)
class Point:
    """A design of a front.

    Parameters
    ----------
    values
        Every measure by name.
    limits
        The bounds on measures under which the design was found.
    bound
        Proven bound of the first measure under these bounds; NaN where none is known.
    result
        The design.
    """

    values: Mapping[str, float]
    limits: Mapping[str, float]
    bound: float
    result: Result


@dataclass(frozen=True, eq=False)
class Front:
    """A Pareto front.

    Parameters
    ----------
    name
        Name of the instance, and what was applied to it.
    measures
        The measures, in the order asked for.
    primary
        Name of the measure that was minimised (maximised) under bounds on the others; the one that `bound` is of.
    units
        Unit of each measure.
    points
        Every design found, one row each: point, the measures, ``<measure>_limit`` (bound under which it was found;
        NaN: none) of all but the primary, bound, gap, status, served_share, and dominated: blank for points of the
        front, else which point beats it.
    every
        The results of `points`, in the same order.
    info
        solves, seconds, gap, points_asked, stopped_by (blank: complete), infeasible.
    """

    name: str
    measures: tuple[Measure, ...]
    primary: str
    units: Mapping[str, str]
    points: pd.DataFrame
    every: tuple[Result, ...]
    info: Mapping[str, Any]

    @cached_property
    def table(self) -> pd.DataFrame:
        """The front: the points that no other beats, in the order of the primary measure, best first."""
        return self.points[self.points["dominated"] == ""].reset_index(drop=True)

    @cached_property
    def results(self) -> tuple[Result, ...]:
        """The results of `table`, in the same order."""
        beaten = self.points["dominated"] != ""
        return tuple(result for result, out in zip(self.every, beaten, strict=True) if not out)

    def __str__(self) -> str:
        names = [measure.name for measure in self.measures]
        if self.points.empty:
            return f"{self.name}: no design, so no front of {' and '.join(names)}{self._ending()}"
        head = ("point", *(f"{name} [{self.units[name]}]" for name in names), "gap", "served")
        rows = [
            (str(row["point"]), *(number(row[n]) for n in names), _percent(row["gap"]), _percent(row["served_share"]))
            for row in self.table.to_dict("records")
        ]  # fmt: skip
        beaten = len(self.points) - len(self.table)
        told = [f"{len(rows)} points from {self.info['solves']} solves"]
        told += [f"{beaten} more that others beat are left out"] if beaten else []
        title = f"{self.name}: front of {' and '.join(names)}"
        note = f"gap: of {self.primary}, under the bounds on the other measures"
        return "\n".join([title, *aligned([head, *rows]), "; ".join(told) + self._ending(), note])

    def _ending(self) -> str:
        if self.info["infeasible"]:
            return " (the instance is infeasible)"
        return {"": "", "time": " (stopped by the time limit)", "interrupt": " (stopped by Ctrl-C)"}.get(
            str(self.info["stopped_by"]), ""
        )

    def as_plain(self) -> dict[str, Any]:
        """Return the front for JSON; numbers that are not finite become None."""
        rows: list[dict[str, Any]] = plain(self.points.to_dict("records"))
        measures = [
            {"name": m.name, "unit": self.units[m.name], "better": "larger" if m.larger else "smaller"}
            for m in self.measures
        ]
        return {"name": self.name, "measures": measures, "primary": self.primary, "points": rows, **plain(self.info)}

    def write(self, folder: str | os.PathLike[str]) -> None:
        """Write ``front.csv``, ``front.json`` and the results of the points of `table`; an earlier front gives way."""
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        for stale in folder.glob("point-*/result.json"):
            shutil.rmtree(stale.parent)
        for number_, result in zip(self.table["point"], self.results, strict=True):
            write_result(result, folder / f"point-{number_:03d}")
        write_text(folder / "front.csv", self.points.to_csv(index=False, lineterminator="\n"))
        write_text(folder / "front.json", json.dumps(self.as_plain(), indent=2, ensure_ascii=False) + "\n")


def _percent(value: float) -> str:
    return "-" if np.isnan(value) else f"{100 * value:.3g} %"


def front_of(
    instance: Instance, measures: Sequence[Measure], primary: Measure, found: Sequence[Point], info: Mapping[str, Any]
) -> Front:
    """Return the front of the designs found: ordered, numbered, the beaten ones named."""
    sign = {measure.name: -1.0 if measure.larger else 1.0 for measure in measures}
    names = [primary.name, *(m.name for m in measures if m is not primary)]
    ordered = sorted(found, key=lambda point: tuple(sign[name] * point.values[name] for name in names))
    values = np.array([[sign[name] * point.values[name] for name in names] for point in ordered]).reshape(
        -1, len(names)
    )
    gaps = np.array([_gap(point, primary.name) for point in ordered])
    beaten = dominated(values, np.nan_to_num(gaps))
    rows = []
    for number_, (point, gap, by) in enumerate(zip(ordered, gaps, beaten, strict=True), start=1):
        limits = {f"{name}_limit": point.limits.get(name, float("nan")) for name in names[1:]}
        served = point.result.kpis.query("kpi == 'served_share' and member == ''")["value"].astype(float).min()
        rows.append({
            "point": number_, **{m.name: point.values[m.name] for m in measures}, **limits, "bound": point.bound,
            "gap": gap, "status": point.result.status.value, "served_share": served, "dominated": by,
        })  # fmt: skip
    columns = ["point", *(m.name for m in measures), *(f"{name}_limit" for name in names[1:]), "bound", "gap", "status",
               "served_share", "dominated"]  # fmt: skip
    results = tuple(replace(p.result, scenario=f"point {i}") for i, p in enumerate(ordered, start=1))
    currency = instance.head.currency
    units = {m.name: currency if m.unit == "currency" else m.unit for m in measures}
    label = instance.head.name if instance.scenario == "base" else f"{instance.head.name} ({instance.scenario})"
    return Front(label, tuple(measures), primary.name, units, pd.DataFrame(rows, columns=columns), results, dict(info))


def _gap(point: Point, name: str) -> float:
    """Return how far a point's first measure may be from the best under its bounds [share]."""
    value = point.values[name]
    if value == point.bound:  # infinite ones, too
        return 0.0
    return max(abs(value - point.bound), 0.0) / max(abs(value), 1e-10)


def dominated(values: np.ndarray, gaps: np.ndarray) -> list[str]:
    """Return which points another one beats, and which one.

    A point is beaten by one that is no worse in any measure and better in one; of equal ones the first stays. It is
    beaten *within the gap* by one that stays, is no worse in the other measures, better in one of them, and worse in
    the first by no more than the gap of either: what it has ahead may be the solver's doing.

    Parameters
    ----------
    values
        Measures of the points, less being better, the first one first, shape (points, measures).
    gaps
        Relative gap of the first measure, shape (points,).

    Returns
    -------
    beaten
        Blank, ``by point 3`` or ``by point 3, within the gap`` (points counted from 1).
    """
    beaten = [""] * len(values)
    if not len(values):
        return beaten
    finite = np.where(np.isfinite(values), values, 0.0)
    values = np.where(np.isposinf(values), 2.0 * np.abs(finite).max(axis=0) + 1.0, values)  # worst, but no stranger
    same = SAME * np.maximum(np.abs(values).max(axis=0), 1e-12)
    for row, point in enumerate(values):
        no_worse = (values <= point + same).all(axis=1)
        better = (values < point - same).any(axis=1)
        equal_before = ~better & (np.arange(len(values)) < row)
        by = np.flatnonzero(no_worse & (better | equal_before))
        if len(by):
            beaten[row] = f"by point {by[0] + 1}"
    kept: list[int] = []
    for row in reversed(range(len(values))):
        if beaten[row]:
            continue
        rivals = [rival for rival in kept if _matches(values[row], values[rival], max(gaps[row], gaps[rival]), same)]
        if rivals:
            beaten[row] = f"by point {rivals[0] + 1}, within the gap"
        else:
            kept.append(row)
    return beaten


def _matches(point: np.ndarray, rival: np.ndarray, gap: float, same: np.ndarray) -> bool:
    """Whether a rival is better in one of the other measures, worse in none, and in the first by the gap at most."""
    close = rival[0] <= point[0] + gap * abs(point[0])
    rest = rival[1:] - point[1:]
    return bool(close and (rest <= same[1:]).all() and (rest < -same[1:]).any())
