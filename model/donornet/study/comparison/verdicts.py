"""What a difference to the baseline means: in words, and whether the gaps leave anything to be said."""

from __future__ import annotations

import math
from dataclasses import dataclass

from donornet.solution import Result
from donornet.study.comparison.measures import Sense
from donornet.study.text import short

WITHIN_GAPS = "within the gaps: not a finding"
NO_BOUND = "no bound is known: not a finding"
NO_DESIGN = "no design"
DOUBTFUL = ", but the total costs differ by no more than the gaps"
TOLERANCE = 1e-6
"""Relative difference of figures that are the same but for the tolerances of solvers."""
_TINY = 1e-7


@dataclass(frozen=True)
class CostRange:
    """What is known about the least cost of an instance [currency]: it lies from `low` to `high`."""

    low: float
    high: float

    def surely_differs(self, other: CostRange) -> bool:
        """Whether the two least costs cannot be the same."""
        slack = 1e-9 * max(1.0, abs(self.high), abs(other.high))
        return self.low > other.high + slack or other.low > self.high + slack


def cost_range(result: Result) -> CostRange | None:
    """Return the range of a result's least cost; None where no bound of it, or no design, is known."""
    if result.objective is None or result.bound is None:
        return None
    return CostRange(min(result.bound, result.objective), result.objective)


def verdict_on_cost(result: Result, baseline: Result, unit: str) -> str:
    """Return what the difference of the total costs means, the gaps of both solves taken into account."""
    if result.objective is None or baseline.objective is None:
        return f"{NO_DESIGN} ({(result if result.objective is None else baseline).status.value})"
    difference = result.objective - baseline.objective
    told = _signed(difference, unit)
    here, there = cost_range(result), cost_range(baseline)
    if here is None or there is None:
        return f"{told}: {NO_BOUND}"
    if not here.surely_differs(there):
        close = abs(difference) <= TOLERANCE * max(1.0, abs(result.objective), abs(baseline.objective))
        return "the same" if close else f"{told}: {WITHIN_GAPS}"
    return f"{told}: {'dearer' if difference > 0 else 'cheaper'}"


def is_finding(told: str) -> bool:
    """Whether a verdict on the total cost says that the costs surely differ."""
    return told.endswith(("dearer", "cheaper"))


def verdict(value: float, baseline: float, better: Sense, unit: str, *, is_money: bool = False) -> str:
    """Return what the difference of two figures of designs means.

    Parameters
    ----------
    value, baseline
        The figures; NaN: there is none (infinite: of nobody, so that there is nothing to compare).
    better
        Which direction is better.
    unit
        Unit of both.
    is_money
        Whether to call the difference dearer or cheaper.
    """
    if not (math.isfinite(value) and math.isfinite(baseline)):
        return "" if math.isnan(value) and math.isnan(baseline) else "not in both"
    difference = value - baseline
    if abs(difference) <= max(_TINY, TOLERANCE * max(abs(value), abs(baseline))):
        return "the same"
    told = _signed(difference, unit)
    if is_money:
        return f"{told}: {'dearer' if difference > 0 else 'cheaper'}"
    if not better:
        return f"{told}: {'more' if difference > 0 else 'less'} (no better or worse)"
    is_better = (difference < 0) == (better == "lower")
    return f"{told}: {'better' if is_better else 'worse'} ({better} is better)"


def _signed(difference: float, unit: str) -> str:
    if unit == "share":
        return f"{short(100 * difference)} percentage points"
    return f"{short(difference)} {unit}".rstrip()
