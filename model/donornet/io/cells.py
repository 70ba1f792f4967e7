"""Cells of one column: from text to typed values, with a fault for each cell that the specification refuses.

Texts are looked at once per distinct value, so that a million rows cost no more than their few distinct cells.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from donornet.instance.columns import Column
from donornet.instance.findings import nearest
from donornet.instance.head import ID_PATTERN
from donornet.io.collector import quoted

LARGEST_NUMBER = 1e15
"""Numbers beyond are slips of the pen: an unlimited amount is a blank cell."""
_NUMBER = r"^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$"
_CONTROL = r"[\x00-\x08\x0B-\x1F\x7F\x{FFFE}\x{FFFF}]"
_ID = f"^{ID_PATTERN}$"
_PATTERN = f"^!?{ID_PATTERN}$"
_LIST = f"^{ID_PATTERN}(;{ID_PATTERN})*$"


@dataclass(frozen=True)
class Fault:
    """What is wrong with some of the distinct values of a column.

    Parameters
    ----------
    code
        Code of the finding.
    where
        Which distinct values are at fault, shape (values,).
    describe
        Makes the message from the value.
    """

    code: str
    where: np.ndarray
    describe: Callable[[str], str]


@dataclass
class Cells:
    """One column as written: cell i holds ``values[codes[i]]``, stripped of surrounding white space."""

    codes: np.ndarray
    values: pa.StringArray
    faults: list[Fault] = field(default_factory=list)

    @classmethod
    def of(cls, column: pa.Array | pa.ChunkedArray) -> Cells:
        """Return the cells of a column of strings."""
        if isinstance(column, pa.ChunkedArray):
            column = column.combine_chunks()
        encoded = pc.dictionary_encode(column)
        values = encoded.dictionary.cast(pa.large_string())
        if pc.any(pc.match_substring(values, "\r")).as_py():
            values = pc.replace_substring(pc.replace_substring(values, "\r\n", "\n"), "\r", "\n")
        return cls(encoded.indices.to_numpy(zero_copy_only=False), pc.utf8_trim_whitespace(values))

    @property
    def blank_values(self) -> np.ndarray:
        """Which distinct values are blank."""
        return _mask(pc.equal(self.values, ""))

    @property
    def blank(self) -> np.ndarray:
        """Which cells are blank."""
        return np.asarray(self.blank_values[self.codes])

    def keep(self, rows: np.ndarray) -> Cells:
        """Return the cells of some of the rows, given as a mask; faults only of values that still occur."""
        return Cells(self.codes[rows], self.values)

    def refuse(self, code: str, where: np.ndarray, describe: Callable[[str], str]) -> None:
        """Note a fault, if there is any."""
        if where.any():
            self.faults.append(Fault(code, where, describe))

    def typed(self, column: Column) -> np.ndarray:
        """Return the cells as the column wants them, shape (rows,): text as objects, numbers as floats; note faults."""
        values = _numbers(self, column) if not column.is_text else _texts(self, column)
        if column.required and column.default is None:
            self.refuse("blank-cell", self.blank_values, lambda _: f"the cell is blank, {column.name} is required")
        return np.asarray(values[self.codes])


def _mask(array: pa.Array) -> np.ndarray:
    return np.asarray(array.to_numpy(zero_copy_only=False), dtype=bool)


def _matches(values: pa.StringArray, pattern: str) -> np.ndarray:
    return _mask(pc.match_substring_regex(values, pattern))


def _numbers(cells: Cells, column: Column) -> np.ndarray:
    """Return the distinct values as floats, NaN where blank or refused."""
    blank, written = cells.blank_values, _matches(cells.values, _NUMBER)
    cells.refuse(
        "not-a-number", ~blank & ~written, lambda text: f"{quoted(text)} is not a number{_number_remedy(text)}"
    )
    texts = pc.if_else(pa.array(written), cells.values, pa.scalar(None, pa.large_string()))
    try:
        floats = pc.cast(texts, pa.float64())
    except pa.ArrowInvalid:  # a plus sign, a number without a leading or trailing digit, a number beyond the floats
        floats = pa.array([None if text is None else float(text) for text in texts.to_pylist()], pa.float64())
    numbers = np.array(pc.fill_null(floats, float("nan")).to_numpy(zero_copy_only=False), dtype=float)
    large = written & ~(np.abs(numbers) <= LARGEST_NUMBER)
    cells.refuse(
        "too-large",
        large,
        lambda text: f"{quoted(text)} is beyond {LARGEST_NUMBER:g}; leave the cell blank where nothing limits",
    )
    fine = written & ~large
    if column.kind == "integer":
        fractional = fine & (numbers != np.floor(numbers))
        cells.refuse("not-whole", fractional, lambda text: f"{quoted(text)} is not a whole number")
        fine &= ~fractional
    outside = fine & _outside(numbers, column)
    cells.refuse(
        "out-of-range", outside, lambda text: f"{quoted(text)} is out of range, allowed is {range_text(column)}"
    )
    return np.where(fine & ~outside, numbers + 0.0, np.nan)


def _outside(numbers: np.ndarray, column: Column) -> np.ndarray:
    outside = np.zeros(len(numbers), dtype=bool)
    if column.minimum is not None:
        outside |= numbers < column.minimum
    if column.maximum is not None:
        outside |= numbers > column.maximum
    if column.above is not None:
        outside |= numbers <= column.above
    return outside


def range_text(column: Column) -> str:
    """Return the range of a number in words, empty where it has none."""
    parts = []
    if column.above is not None:
        parts.append(f"more than {column.above:g}")
    if column.minimum is not None and column.maximum is not None:
        parts.append(f"{column.minimum:g} to {column.maximum:g}")
    elif column.minimum is not None:
        parts.append(f"{column.minimum:g} or more")
    elif column.maximum is not None:
        parts.append(f"{column.maximum:g} or less")
    return ", ".join(parts)


def _number_remedy(text: str) -> str:
    plain = re.sub(r"[\s\u00a0\u202f'’_]", "", text)
    if re.fullmatch(r"[+-]?\d*,\d+", plain) and not re.fullmatch(r"[+-]?[1-9]\d{0,2},\d{3}", plain):
        return f": write a decimal point, {plain.replace(',', '.')}"
    if re.fullmatch(r"[+-]?\d{1,3}([.,]?\d{3})+([.,]\d+)?", plain):
        return ": write no separators of thousands, and a decimal point"
    if text.lower().lstrip("+-") in {"inf", "infinity", "nan", "na", "n/a", "none", "null", "unlimited", "-"}:
        return ": leave the cell blank where there is none"
    if re.fullmatch(r"[+-]?[\d.,]+\s*\D+|\D+\s*[\d.,]+", text):
        return ": write the bare number, the unit is that of the column"
    return ""


def _texts(cells: Cells, column: Column) -> np.ndarray:
    """Return the distinct values as text, blank where they are refused."""
    control = _matches(cells.values, _CONTROL)
    cells.refuse(
        "control-character", control, lambda text: f"{quoted(text)} holds a control character; retype the cell"
    )
    open_to_check = ~cells.blank_values & ~control
    texts = np.array(cells.values.to_pylist(), dtype=object)
    star = _mask(pc.equal(cells.values, "*"))
    if column.kind != "text" and not column.wildcard:
        where = star & open_to_check
        cells.refuse("wildcard", where, lambda _: f"'*' cannot stand here, name one {column.name}")
        texts[where] = ""
    return _CHECKS[column.kind](cells, column, texts, open_to_check & ~star)


def _check_text(_cells: Cells, _column: Column, texts: np.ndarray, _check: np.ndarray) -> np.ndarray:
    return texts


def _check_id(cells: Cells, _column: Column, texts: np.ndarray, check: np.ndarray) -> np.ndarray:
    cells.refuse(
        "bad-id",
        check & ~_matches(cells.values, _ID),
        lambda text: (
            f"{quoted(text)} is no id: ids start with a letter or digit and hold letters, digits, '.', '_' and '-'"
        ),
    )
    return texts


def _check_pattern(cells: Cells, _column: Column, texts: np.ndarray, check: np.ndarray) -> np.ndarray:
    cells.refuse(
        "bad-id",
        check & ~_matches(cells.values, _PATTERN),
        lambda text: f"{quoted(text)} is no id, nor '!' and an id",
    )
    return texts


def _check_choice(cells: Cells, column: Column, texts: np.ndarray, check: np.ndarray) -> np.ndarray:
    wrong = check & ~_mask(pc.is_in(cells.values, value_set=pa.array(column.choices, cells.values.type)))
    cells.refuse("unknown-choice", wrong, lambda text: _choice_message(text, column.choices, wildcard=column.wildcard))
    texts[wrong] = ""
    return texts


def _choice_message(text: str, choices: tuple[str, ...], *, wildcard: bool) -> str:
    allowed = ", ".join((*choices, "*") if wildcard else choices)
    return f"{quoted(text)} is not among the allowed values {allowed}{nearest(text, choices)}"


def _check_flag(cells: Cells, _column: Column, texts: np.ndarray, check: np.ndarray) -> np.ndarray:
    wrong = check & ~_mask(pc.is_in(cells.values, value_set=pa.array(["yes", "no"], cells.values.type)))
    cells.refuse("unknown-choice", wrong, lambda text: _choice_message(text, ("yes", "no"), wildcard=False))
    texts[wrong] = ""
    return texts


def _check_list(cells: Cells, _column: Column, texts: np.ndarray, check: np.ndarray) -> np.ndarray:
    tidy = [";".join(part.strip() for part in text.split(";")) for text in texts]
    cells.refuse(
        "bad-list",
        check & ~_matches(pa.array(tidy, pa.large_string()), _LIST),
        lambda text: f"{quoted(text)} is no list of ids separated by ';'",
    )
    return np.array(tidy, dtype=object)


def _check_period(cells: Cells, column: Column, texts: np.ndarray, check: np.ndarray) -> np.ndarray:
    whole = _matches(cells.values, r"^[0-9]{1,15}(\.0*)?$")
    named = _matches(cells.values, _ID) if column.groups else np.zeros(len(texts), dtype=bool)
    wrong = check & ~whole & ~named
    star = " or '*'" if column.wildcard else ""
    cells.refuse("bad-period", wrong, lambda text: f"{quoted(text)} is no period: write its number{star}")
    texts[check & whole] = [str(int(text.partition(".")[0])) for text in texts[check & whole]]
    texts[wrong] = ""
    return texts


_CHECKS: dict[str, Callable[[Cells, Column, np.ndarray, np.ndarray], np.ndarray]] = {
    "text": _check_text,
    "id": _check_id,
    "pattern": _check_pattern,
    "choice": _check_choice,
    "flag": _check_flag,
    "list": _check_list,
    "period": _check_period,
}
