"""Autologous therapies day by day, grown to thousands of patients: to proven optimality."""

from __future__ import annotations

from typing import Any

import donornet as dn
from tests.benchmarks.cases import instance_of
from tests.benchmarks.measuring import Meter


def solve(case: str, gap: float, limit: float) -> dict[str, Any]:
    """Return the row of one case."""
    dn.solve(dn.generate("tiny"))  # imports, and what libraries do at their first call
    instance, meter = instance_of(case), Meter()
    with meter.whole():
        result = dn.solve(instance, gap=gap, time_limit=limit, threads=1)
    return {
        "case": case,
        "patients": int(instance.table("demand")["doses"].sum()),
        "days": len(instance.periods),
        **result.info["sizes"],
        **meter.answer(),
        **{f"{step}_wall_s": seconds for step, seconds in result.info["times"].items()},
        "status": result.status.value,
        "gap": result.gap,
    }
