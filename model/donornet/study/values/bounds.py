"""What two solves prove about the difference of their optima."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from donornet.solution import Result, Status
from donornet.study.values.items import Effect

NOISE = 1e-6
"""Relative accuracy of a solver's costs: smaller differences are nothing."""
SAVES, COSTS, NOTHING = "saves", "costs", "worth nothing"
INDISPENSABLE, RULES_OUT, NEITHER = "indispensable", "rules out every design", "no design either way"
UNKNOWN = "not distinguishable from zero at this gap"
NOT_TRIED = "not tried"
FINDINGS = frozenset({SAVES, COSTS, INDISPENSABLE, RULES_OUT})
"""Verdicts that say that the thing makes a difference."""


@dataclass(frozen=True)
class Reach:
    """Where an optimum lies: from `low` to `high`; both infinite: there is no design, `high` alone: none is known."""

    low: float
    high: float

    @staticmethod
    def of(result: Result) -> Reach:
        """Return what a result proves about its optimum."""
        if result.status is Status.INFEASIBLE:
            return Reach(math.inf, math.inf)
        low = -math.inf if result.bound is None else result.bound
        high = math.inf if result.objective is None or result.info.get("violations") else result.objective
        return Reach(min(low, high), high)

    @property
    def is_empty(self) -> bool:
        """Whether it is proven that there is no design."""
        return self.low == math.inf


@dataclass(frozen=True)
class Worth:
    """Cost without a thing less cost with it.

    Parameters
    ----------
    amount
        Difference of the best designs known, within the interval [currency]; NaN where it is no finding.
    low, high
        What is proven about the difference of the optima [currency].
    verdict
        The finding in words.
    """

    amount: float
    low: float
    high: float
    verdict: str


def sharpened(base: Reach, others: Sequence[tuple[Reach, Effect]]) -> tuple[Reach, list[Reach]]:
    """Return what base and counterfactuals say about each other's optima.

    A design of a stricter instance is one of the base, and the base's bound is one of the stricter instance; the
    other way round for laxer ones.
    """
    for other, effect in others:
        if effect == "stricter":
            base = replace(base, high=min(base.high, other.high))
        elif effect == "laxer":
            base = replace(base, low=max(base.low, other.low))
    base = _ordered(base)
    return base, [_after(base, other, effect) for other, effect in others]


def worth(base: Reach, other: Reach, effect: Effect, *, absent: bool) -> Worth:
    """Return the worth of a thing from the reaches of base and counterfactual.

    Parameters
    ----------
    absent
        Whether the counterfactual is the case without the thing.
    """
    if base.is_empty and other.is_empty:
        return Worth(math.nan, math.nan, math.nan, NEITHER)
    low, high = _less(other.low, base.high, -math.inf), _less(other.high, base.low, math.inf)
    amount = other.high - base.high if math.isfinite(other.high) and math.isfinite(base.high) else math.nan
    low = max(low, 0.0) if effect == "stricter" else low
    high = min(high, 0.0) if effect == "laxer" else high
    if not absent:
        low, high, amount = -high, -low, -amount
    noise = NOISE * max(1e-9, *(abs(end) for end in (base.high, other.high) if math.isfinite(end)), 0.0)
    verdict = _verdict(low, high, noise)
    if verdict == NOTHING:
        return Worth(0.0, low + 0.0, high + 0.0, verdict)
    if verdict in (SAVES, COSTS):
        return Worth(min(max(amount, low), high), low, high, verdict)
    certain = low if verdict in (INDISPENSABLE, RULES_OUT) else math.nan
    return Worth(certain, low + 0.0, high + 0.0, verdict)


def _verdict(low: float, high: float, noise: float) -> str:
    if low == math.inf:
        return INDISPENSABLE
    if high == -math.inf:
        return RULES_OUT
    if low > noise:
        return SAVES
    if high < -noise:
        return COSTS
    return NOTHING if max(abs(low), abs(high)) <= noise else UNKNOWN


def _less(one: float, other: float, unknown: float) -> float:
    """Return a difference; `unknown` where both are infinite."""
    difference = one - other
    return unknown if math.isnan(difference) else difference


def _after(base: Reach, other: Reach, effect: Effect) -> Reach:
    if effect == "stricter":
        return _ordered(replace(other, low=max(other.low, base.low)))
    if effect == "laxer":
        return _ordered(replace(other, high=min(other.high, base.high)))
    return other


def _ordered(reach: Reach) -> Reach:
    """Return the reach with a bound that rounding has put above the best design put back to it."""
    return reach if reach.high == math.inf else replace(reach, low=min(reach.low, reach.high))
