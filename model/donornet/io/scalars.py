"""Single cells of the typed forms (JSON, workbook): to text and back without loss."""

from __future__ import annotations

import datetime as dt
import math
from typing import Any


class UnfitCellError(ValueError):
    """A cell that holds something a table cannot hold."""


def text_of(cell: Any, kind: str) -> str:
    """Return a cell of a typed form as text.

    Parameters
    ----------
    cell
        None, text, number, truth value or date.
    kind
        Kind of the column that it stands in.

    Raises
    ------
    UnfitCellError
        A list, an object, a date in a column of ids or numbers, or text that no file can hold.
    """
    if cell is None:
        return ""
    if isinstance(cell, str):
        if not cell.isascii():
            _check_unicode(cell)
        return cell
    if isinstance(cell, bool):
        return ("yes" if cell else "no") if kind == "flag" else str(cell).upper()
    if isinstance(cell, int):
        return str(cell) if abs(cell) < 10**300 else "1e999"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    if isinstance(cell, (dt.date, dt.time, dt.timedelta)):
        if kind == "text":
            return str(cell)
        raise UnfitCellError(f"the cell holds a date or time ({cell}); format the cell as text and retype it")
    raise UnfitCellError(
        f"a cell must be text, a number, true, false or null, not {type(cell).__name__.strip('_').lower()}"
    )


def _check_unicode(text: str) -> None:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        raise UnfitCellError(f"{text!a} holds half a character (a lone surrogate)") from None


def number_as_written(number: float) -> float | int | None:
    """Return a number as people write it: 5 rather than 5.0, None for a blank."""
    if math.isnan(number):
        return None
    return int(number) if number.is_integer() and abs(number) < 1e15 else number
