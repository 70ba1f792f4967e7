"""Violations: which requirement a design breaks, where, and by how much."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

TOLERANCE = 1e-6
"""Amounts differ when they are further apart than this, absolutely and relative to the larger of the two."""
INTEGRALITY = 1e-5
"""Distance from the nearest whole number at which a value is no longer whole."""
DAYS_TOLERANCE = 1e-9
"""Slack of comparisons of days, against the rounding of sums [days]."""

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Violation:
    """One requirement that a design breaks, or one statement of a result that is not so.

    Parameters
    ----------
    code
        Stable, short name of the requirement, for example ``flow-balance``.
    message
        Which requirement, where, and the numbers on both sides.
    amount
        By how much, in the requirement's own unit.
    """

    code: str
    message: str
    amount: float = 0.0

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"


def exceeds(left: Any, right: Any, scale: Any = 1.0) -> Any:
    """Return, element by element, whether `left` is greater than `right` beyond tolerance.

    Parameters
    ----------
    left, right
        The two sides; NaN on the right never binds.
    scale
        Size of the row's terms where the sides alone do not show it.
    """
    left, right = np.asarray(left, dtype=float), np.asarray(right, dtype=float)
    size = np.maximum(np.maximum(np.abs(left), np.abs(right)), np.asarray(scale, dtype=float))
    finite = np.where(np.isfinite(size), size, np.abs(left))
    return left - right > TOLERANCE * np.maximum(finite, 1.0)


def differs(left: Any, right: Any, scale: Any = 1.0) -> Any:
    """Return, element by element, whether the two sides differ beyond tolerance; NaN equals NaN."""
    left, right = np.asarray(left, dtype=float), np.asarray(right, dtype=float)
    apart = exceeds(left, right, scale) | exceeds(right, left, scale)
    return apart | (np.isnan(left) != np.isnan(right))


def records(frame: pd.DataFrame, where: Any = None) -> Iterator[dict[str, Any]]:
    """Iterate over the rows of `frame`, all or those for which the mask `where` holds, as dictionaries."""
    if where is not None:
        holds = np.asarray(where, dtype=bool)
        frame = frame[holds] if holds.any() else frame.iloc[:0]
    names = list(frame.columns)
    return (dict(zip(names, row, strict=True)) for row in zip(*(frame[name].tolist() for name in names), strict=True))


def place(row: dict[str, Any], *columns: str) -> str:
    """Return ``column value`` pairs of the filled cells of `row`: where a violation stands."""
    return ", ".join(f"{column} {row[column]}" for column in columns if row[column] != "")
