"""Numbers and tables as people read them in a comparison."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

_SCALES = ((1e9, "bn"), (1e6, "M"), (1e3, "k"))


def number(value: float) -> str:
    """Return a number: whole with thousands set apart from 1000 on, else in four digits; ``-`` for NaN."""
    if math.isnan(value):
        return "-"
    if value == 0 or abs(value) >= 1000:
        return f"{value:,.0f}".replace(",", " ")
    return f"{value:.4g}"


def short(value: float) -> str:
    """Return a number in three digits with k, M or bn, signed: what a difference is told with."""
    for scale, word in _SCALES:
        if abs(value) >= 0.9995 * scale:
            return f"{value / scale:+.3g} {word}"
    return f"{value:+.3g}"


def aligned(rows: Iterable[Sequence[str]], indent: str = "  ") -> list[str]:
    """Return rows as lines of aligned columns, the first to the left, the others to the right."""
    table = [list(row) for row in rows]
    widths = [max(len(row[column]) for row in table) for column in range(len(table[0]))] if table else []
    lines = []
    for row in table:
        cells = [row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))]
        lines.append((indent + "  ".join(cells)).rstrip())
    return lines
