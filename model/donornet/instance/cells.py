"""Cells judged against their column: what the specification allows, and which cells break it."""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np
import pandas as pd

from donornet.instance.columns import Column
from donornet.instance.head import ID_PATTERN

LARGEST_NUMBER = 1e15
"""Numbers beyond are slips of the pen: an unlimited amount is a blank cell."""

_ID = re.compile(ID_PATTERN)
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")


def faults(column: Column, cells: pd.Series) -> dict[str, np.ndarray]:
    """Return the cells that the specification refuses, as a mask per code of finding.

    Parameters
    ----------
    column
        The column's specification.
    cells
        Its cells: texts, blank ``""``; or floats, blank NaN.
    """
    found = _text_faults(column, cells) if column.is_text else _number_faults(column, cells)
    return {code: mask for code, mask in found.items() if mask.any()}


def allowed(column: Column) -> str:
    """Return what the cells of a column may hold, in words."""
    if column.choices:
        words = ", ".join(column.choices)
    elif column.is_text:
        words = _TEXT_WORDS[column.kind]
    else:
        words = _range_words(column)
    return f"{words} or *" if column.wildcard else words


def parse_cell(column: Column, text: str) -> str | float:
    """Return a written cell as the column keeps it: text, or a float (NaN where blank).

    Raises
    ------
    ValueError
        The specification refuses the cell; the message says what is allowed.
    """
    value: str | float = text
    if not column.is_text:
        if text and not _NUMBER.fullmatch(text):
            raise ValueError(f"{text!r} is no number; allowed is {allowed(column)}")
        value = float(text) if text else float("nan")
    cells = pd.Series([value], dtype=object if column.is_text else float)
    if faults(column, cells):
        raise ValueError(f"{text!r} cannot stand in column {column.name}; allowed is {allowed(column)}")
    return value


def _number_faults(column: Column, cells: pd.Series) -> dict[str, np.ndarray]:
    numbers = cells.to_numpy(dtype=float)
    filled = ~np.isnan(numbers)
    infinite = np.isinf(numbers)
    finite = filled & ~infinite
    large = finite & (np.abs(numbers) > LARGEST_NUMBER)
    outside = np.zeros(len(numbers), dtype=bool)
    if column.minimum is not None:
        outside |= numbers < column.minimum
    if column.maximum is not None:
        outside |= numbers > column.maximum
    if column.above is not None:
        outside |= numbers <= column.above
    found = {"not-finite": infinite, "too-large": large, "out-of-range": finite & ~large & outside}
    if column.kind == "integer":
        found["not-whole"] = finite & ~large & (numbers != np.floor(numbers))
    if column.required and column.default is None:
        found["blank-cell"] = ~filled
    return found


def _text_faults(column: Column, cells: pd.Series) -> dict[str, np.ndarray]:
    codes, values = pd.factorize(cells)
    texts = [str(value) for value in values]
    accepts = _accepts(column)

    def cells_where(judge: Callable[[str], bool]) -> np.ndarray:
        return np.asarray(np.array([judge(text) for text in texts], dtype=bool)[codes])

    if not texts:
        return {}
    found = {
        _REFUSED.get(column.kind, "bad-text"): cells_where(lambda text: text not in ("", "*") and not accepts(text))
    }
    if column.kind != "text" and not column.wildcard:
        found["wildcard"] = cells_where(lambda text: text == "*")
    if column.required and column.default is None:
        found["blank-cell"] = cells_where(lambda text: not text)
    return found


def _accepts(column: Column) -> Callable[[str], bool]:
    """Return the test of a filled cell of a text column."""

    def is_period(text: str) -> bool:
        return (text.isascii() and text.isdigit() and len(text) <= 15) or (column.groups and is_id(text))

    def is_id(text: str) -> bool:
        return _ID.fullmatch(text) is not None

    def is_list(text: str) -> bool:
        return all(is_id(part.strip()) for part in text.split(";"))

    return {
        "text": lambda _: True,
        "choice": lambda text: text in column.choices,
        "flag": lambda text: text in {"yes", "no"},
        "id": is_id,
        "pattern": lambda text: is_id(text.removeprefix("!")),
        "list": is_list,
        "period": is_period,
    }[column.kind]


def _range_words(column: Column) -> str:
    noun = "a whole number" if column.kind == "integer" else "a number"
    low, high = column.minimum, column.maximum
    if column.above is not None:
        return f"{noun} above {column.above:g}"
    if low is not None and high is not None:
        return f"{noun} from {low:g} to {high:g}"
    if low is not None:
        return f"{noun}, {low:g} or more"
    return noun if high is None else f"{noun}, {high:g} or less"


_REFUSED = {
    "choice": "unknown-choice", "flag": "unknown-choice", "id": "bad-id", "pattern": "bad-id", "list": "bad-list",
    "period": "bad-period",
}  # fmt: skip
_TEXT_WORDS = {
    "text": "any text",
    "flag": "yes, no",
    "id": "an id (letters, digits, '.', '_', '-')",
    "pattern": "an id, or '!' and an id",
    "list": "ids separated by ';'",
    "period": "the number of a period",
}
