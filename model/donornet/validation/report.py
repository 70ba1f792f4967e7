"""Making findings: one per row, the many of a kind counted, ids with the nearest known name."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Any, Literal

import numpy as np
import pandas as pd

from donornet.instance.findings import Finding, nearest

Severity = Literal["error", "warning"]
Describe = Callable[[Mapping[str, Any]], str]

MOST_OF_A_KIND = 20
"""Findings of one kind that one check writes out; the others are counted."""
_MOST_COMPARED = 3000
"""Known names that a misspelt one is compared with."""


def each(
    rows: pd.DataFrame,
    mask: pd.Series | np.ndarray,
    place: tuple[str, str],
    code: str,
    describe: Describe,
    severity: Severity = "error",
    **context: Any,
) -> Iterator[Finding]:
    """Yield one finding per row that `mask` picks; beyond `MOST_OF_A_KIND` their number.

    Parameters
    ----------
    rows
        Rows of a table, indexed by their number in the file.
    mask
        Which of them, shape (rows,).
    place
        Table and column.
    code
        Code of the findings.
    describe
        Makes the message from the cells of a row.
    severity
        Severity of the findings.
    context
        What `describe` gets beside the cells, by name.
    """
    picked = np.asarray(mask, dtype=bool)
    if not picked.any():
        return
    chosen = rows[picked]
    table, column = place
    shown = chosen.iloc[:MOST_OF_A_KIND]
    for row, cells in zip(shown.index, shown.to_dict("records"), strict=True):
        message = describe({**{str(name): cell for name, cell in cells.items()}, **context})
        yield Finding(code, message, table, int(row), column, severity)
    if len(chosen) > MOST_OF_A_KIND:
        rest = f"{len(chosen) - MOST_OF_A_KIND:,}".replace(",", " ")
        yield Finding(code, f"... and {rest} more of the same ({code})", table, None, column, severity)


def warning(code: str, message: str, table: str, row: int | None = None, column: str = "") -> Finding:
    """Return a warning."""
    return Finding(code, message, table, row, column, "warning")


def listing(names: Iterable[str], most: int = 6) -> str:
    """Return names as a message shows them: quoted, the first few, and how many more."""
    every = [repr(name) for name in names]
    shown = ", ".join(every[:most])
    return f"{shown} and {len(every) - most} more" if len(every) > most else shown


def suggestion(name: str, known: Collection[str]) -> str:
    """Return ``(did you mean 'X'?)`` for the nearest of the known names, or nothing; quick however many are known."""
    if len(known) > _MOST_COMPARED:
        known = [other for other in known if other[:2] == name[:2] or other[-3:] == name[-3:]][:_MOST_COMPARED]
    return nearest(name, list(known))


def figure(number: float) -> str:
    """Return an amount as a message shows it."""
    return f"{number:.6g}"
