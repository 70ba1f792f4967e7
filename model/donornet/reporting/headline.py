"""A result in a sentence: what it serves, what it costs, and how sure that is."""

from __future__ import annotations

import math

from donornet.figures.text import compact, counted, money, share
from donornet.reporting.subject import Subject
from donornet.solution import Result, Status

CHEAPEST = 2e-4
"""Gap up to which a design is called the cheapest [share]."""
STOPPED = {
    "time": "the time limit",
    "interrupt": "the user",
    "nodes": "the limit of nodes",
    "iterations": "the limit of iterations",
    "memory": "the limit of memory",
}
"""What stops a solve, in words."""


def figures_of(result: Result) -> dict[str, float]:
    """Return the key figures that are of no member."""
    table = result.tables.get("kpis")
    if table is None:
        return {}
    return {
        str(kpi): float(value)
        for kpi, member, value in zip(table["kpi"], table["member"], table["value"], strict=True)
        if not member
    }


def headline(subject: Subject) -> str:
    """Return the sentence that a reader remembers."""
    result = subject.result
    if result.status is Status.INFEASIBLE:
        return "No design satisfies every hard requirement: that is proven."
    if result.status is Status.NO_SOLUTION:
        bound = "" if result.bound is None else f" None can cost less than {money(result.bound, subject.currency)}."
        return f"No design was found before {_stopper(result)} was reached.{bound}"
    figures = figures_of(result)
    doses, cost = figures.get("doses"), figures.get("total_cost", result.objective)
    served = "" if doses is None else f"{counted(doses, 'dose')} served at "
    return f"{served}{money(cost, subject.currency)}; {proof(result)}."


def proof(result: Result) -> str:
    """Return in words how much cheaper another design could be."""
    if result.gap is None:
        return "how much cheaper another design could be is not known"
    if result.gap <= 0:
        return "no design is cheaper"
    if result.gap <= CHEAPEST:
        return f"the cheapest design there is, to within {at_most(result.gap)}"
    return f"no design is more than {at_most(result.gap)} cheaper"


def at_most(gap: float) -> str:
    """Return a gap with two digits, rounded up: a claim about all designs must not be rounded in its own favour."""
    scale = 10.0 ** (math.floor(math.log10(gap)) - 1)
    return share(math.ceil(gap / scale - 1e-9) * scale, 2)


def status_text(result: Result) -> str:
    """Return how the solve ended and what is proven, in a sentence or two."""
    if result.solution is None:
        return ""
    asked = result.info.get("asked")
    gap = asked.get("gap") if isinstance(asked, dict) else None
    wanted = f" ({share(gap)})" if isinstance(gap, int | float) else ""
    ended = (
        f"Solved to the gap that was asked for{wanted}."
        if result.status is Status.OPTIMAL
        else f"Stopped by {_stopper(result)} before the gap that was asked for{wanted} was reached."
    )
    if result.bound is None or result.gap is None:
        return f"{ended} No bound of the cost is known."
    return f"{ended} Proven: no design costs less than {compact(result.bound, 4)}; the gap is {share(result.gap, 3)}."


def _stopper(result: Result) -> str:
    return STOPPED.get(str(result.info.get("stopped_by")), "a limit")
