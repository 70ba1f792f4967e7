"""Numbers and tables as people read them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence


def number(value: float | None, digits: int = 4) -> str:
    """Return a number with thousands set apart: whole from 1000 on, else with `digits` significant digits."""
    if value is None or math.isnan(value):
        return "-"
    if math.isinf(value):
        return "infinite" if value > 0 else "-infinite"
    if value == 0 or abs(value) >= 1000:
        return f"{value:,.0f}".replace(",", " ")
    return f"{value:.{digits}g}"


def share(value: float | None) -> str:
    """Return a share as a percentage."""
    if value is None or not math.isfinite(value):
        return "-"
    return f"{100 * value:.3g} %"


def seconds(value: float) -> str:
    """Return a duration [s] in seconds, or in minutes from 100 s on."""
    return f"{value:.1f} s" if value < 100 else f"{value / 60:.1f} min"


def count(amount: int, noun: str) -> str:
    """Return ``1 error`` or ``3 errors``."""
    return f"{number(amount)} {noun}" if amount == 1 else f"{number(amount)} {noun}s"


def columns(rows: Iterable[Sequence[str]], indent: str = "  ") -> list[str]:
    """Return rows as aligned lines: the first column to the left, the others to the right."""
    table = [list(row) for row in rows]
    if not table:
        return []
    widths = [max(len(row[column]) for row in table) for column in range(len(table[0]))]
    lines = []
    for row in table:
        cells = [row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))]
        lines.append((indent + "  ".join(cells)).rstrip())
    return lines
