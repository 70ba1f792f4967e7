"""Solving again after a change: a prepared model against a fresh build, each change from the same start."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import Any

import donornet as dn
from donornet.formulation import Choices, build_model
from tests.benchmarks.cases import instance_of

CHANGES = {
    "demand": "demand.doses*=1.05",
    "costs": "operations.unit_cost*=1.1",
    "fixed costs": "facilities.fixed_cost_per_year*=1.1",
    "capacities": "facilities.capacity*=1.05",
}
"""Edits by what they change."""


def compare(case: str, gap: float, limit: float) -> list[dict[str, Any]]:
    """Return one row per change: time to a model that can be solved, and time to the gap, prepared and afresh."""

    dn.solve(dn.generate("tiny"))  # imports, and what libraries do at their first call
    instance = instance_of(case)
    settings: dict[str, Any] = {"gap": gap, "time_limit": limit, "threads": 1, "check": False}
    prepared, preparing = _timed(partial(dn.prepare, instance))
    first, solving = _timed(partial(prepared.solve, **settings))
    rows: list[dict[str, Any]] = [
        {"case": case, "change": "none: the first solve", "build_s": preparing, "solve_s": solving, "gap": first.gap}
    ]
    for change, edit in CHANGES.items():
        _, updating = _timed(partial(prepared.update, edit))
        changed = prepared.instance
        again, resolving = _timed(partial(prepared.solve, start=first, **settings))
        fresh, building = _timed(partial(build_model, changed, Choices(decide_once=True)))
        cold, afresh = _timed(partial(dn.solve, fresh, **settings))
        rows.append(
            {
                "case": case,
                "change": change,
                "update_s": updating,
                "build_s": building,
                "update_ratio": updating / building,
                "resolve_s": resolving,
                "solve_s": afresh,
                "resolve_ratio": resolving / afresh,
                "whole_ratio": (updating + resolving) / (building + afresh),
                "gap": again.gap,
                "fresh_gap": cold.gap,
            }
        )
        prepared.update()
    return rows


def _timed(work: Callable[[], Any]) -> tuple[Any, float]:
    """Return what the work returns, and its CPU time [s]."""
    begun = time.process_time()
    outcome = work()
    return outcome, time.process_time() - begun
