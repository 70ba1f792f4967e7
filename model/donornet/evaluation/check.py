"""Check a result: evaluate its design and compare every figure that it states with the one recomputed."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from donornet.evaluation.evaluation import Evaluation, evaluate
from donornet.evaluation.violation import TOLERANCE, Violation, differs, exceeds, place, records
from donornet.instance.instance import Instance
from donornet.instance.plain_text import plain_text
from donornet.instance.schema import MATERIAL_STAGES
from donornet.solution import Result, Status

COMPARED: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "costs": (("term", "period", "therapy"), ("cost", "undiscounted")),
    "capacity": (("site", "stage", "period"), ("use", "capacity", "slack")),
    "diversity": (("requirement", "therapy", "market", "period", "member"), ("level", "required", "shortfall")),
    "limits": (("limit", "stage", "site", "therapy", "market", "period"), ("activity", "value", "slack", "violation")),
    "facilities": (("site", "stage", "period"), ("open", "steps", "opened", "closed", "use", "capacity")),
    "licences": (("site", "stage", "market", "period"), ("held", "opened")),
    "chains": (
        ("therapy", "market", "pool", "centre", *MATERIAL_STAGES, "lab", "panel", "modes", "period"),
        ("doses", "cost", "days", "handoffs", "crossings", "km"),
    ),
    "kpis": (("kpi", "member"), ("value",)),
}
"""Key columns and figures of the stated tables that are compared; a missing row stands for zeros."""


@plain_text
def check(instance: Instance, result: Result) -> list[Violation]:
    """Return everything that is wrong with a result; nothing: the result is proven right.

    Parameters
    ----------
    instance
        The instance that was solved, scenario applied.
    result
        The result as it was read.
    """
    violations = list(_belongs(instance, result))
    if result.solution is None:
        return violations + list(_without_design(result))
    evaluation = evaluate(instance, result.solution)
    violations += evaluation.violations
    violations += _bounds(result, evaluation.objective)
    violations += _tables(result, evaluation)
    return violations


def _belongs(instance: Instance, result: Result) -> Iterator[Violation]:
    if result.instance_sha256 != instance.sha256:
        told = result.instance_sha256[:12] or "(none)"
        yield Violation("instance", f"the result is of instance {told}, this one is {instance.sha256[:12]}", 1.0)


def _without_design(result: Result) -> Iterator[Violation]:
    if result.status in (Status.OPTIMAL, Status.LIMIT):
        yield Violation("status", f"status is {result.status.value}, and there is no design", 1.0)
    if result.objective is not None:
        yield Violation(
            "objective", f"objective is stated as {result.objective:g} without a design", abs(result.objective)
        )


def _bounds(result: Result, objective: float) -> Iterator[Violation]:
    """Objective, bound and gap must agree with each other and with the design."""
    if result.status in (Status.INFEASIBLE, Status.NO_SOLUTION):
        yield Violation("status", f"status is {result.status.value}, and there is a design", 1.0)
    stated = result.objective
    if stated is None or differs(np.float64(stated), np.float64(objective)):
        told = "not stated" if stated is None else f"stated as {stated:.10g}"
        yield Violation(
            "objective", f"objective is {told} and comes to {objective:.10g}", abs((stated or 0.0) - objective)
        )
    if result.bound is None:
        if result.gap is not None and "solver_bound" not in result.info:  # else the gap is that of another objective
            yield Violation("gap", f"gap is stated as {result.gap:g} without a bound", abs(result.gap))
        return
    if exceeds(np.float64(result.bound), np.float64(objective)):
        message = f"bound {result.bound:.10g} lies above the design's cost {objective:.10g}"
        yield Violation("bound", message, result.bound - objective)
    gap = (objective - result.bound) / max(abs(objective), 1e-10)
    if result.gap is None or not abs(result.gap - gap) <= TOLERANCE * max(1.0, abs(gap)):
        told = "not stated" if result.gap is None else f"stated as {result.gap:g}"
        yield Violation("gap", f"gap is {told} and comes to {gap:g}", abs((result.gap or 0.0) - gap))


def _tables(result: Result, evaluation: Evaluation) -> Iterator[Violation]:
    for name, (keys, figures) in COMPARED.items():
        if name not in result.tables:
            yield Violation("table", f"table {name} is missing from the result", 1.0)
            continue
        stated = result.tables[name]
        missing = [column for column in (*keys, *figures) if column not in stated.columns]
        if missing:
            yield Violation("table", f"{name}: column {', '.join(missing)} is missing", float(len(missing)))
            continue
        yield from _compare(name, stated, evaluation.tables[name], keys, figures)


def _keyed(table: pd.DataFrame, keys: tuple[str, ...], figures: tuple[str, ...]) -> pd.DataFrame:
    """Return keys as text and figures as numbers, one row per key."""
    names = table[list(keys)].astype(object)
    text = names.where(names.notna(), "").astype(str).replace(r"^(-?\d+)\.0$", r"\1", regex=True)
    numbers = table[list(figures)].apply(pd.to_numeric, errors="coerce").astype(float)
    rows = pd.concat([text, numbers], axis=1)
    return rows.assign(_twin=rows.groupby(list(keys), sort=False).cumcount())


def _compare(
    name: str, stated: pd.DataFrame, true: pd.DataFrame, keys: tuple[str, ...], figures: tuple[str, ...]
) -> Iterator[Violation]:
    """Yield every figure of a table that is not what it comes to."""
    both = _keyed(true, keys, figures).merge(
        _keyed(stated, keys, figures), on=[*keys, "_twin"], how="outer", suffixes=("", "_stated"), indicator=True
    )
    for figure in figures:
        comes = both[figure].where(both["_merge"] != "right_only", 0.0).to_numpy(dtype=float)
        told = both[f"{figure}_stated"].where(both["_merge"] != "left_only", 0.0).to_numpy(dtype=float)
        blank = np.isnan(comes) & (both["_merge"] == "left_only").to_numpy()
        wrong = differs(told, comes) & ~blank
        for row, said, is_so in zip(records(both[wrong]), told[wrong], comes[wrong], strict=True):
            message = f"{name}: {place(row, *keys)}: {figure} is stated as {said:g} and comes to {is_so:g}"
            yield Violation(f"stated-{name}", message, float(abs(np.nan_to_num(said) - np.nan_to_num(is_so))))
