"""Linear expressions in columns, for the few constraints that are written one by one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.sparse import coo_array

from donornet.formulation.rows import Rows
from donornet.formulation.sets import Frame


@dataclass(frozen=True, eq=False)
class Linear:
    """``values @ columns + constant``."""

    columns: np.ndarray
    values: np.ndarray
    constant: float = 0.0

    @staticmethod
    def of(rows: Frame, value: str | float = 1.0, constant: float = 0.0) -> Linear:
        """Return the sum of ``value · column`` over a table of variables."""
        columns = rows["column"].to_numpy(dtype=int) if len(rows) else np.empty(0, dtype=int)
        if isinstance(value, str):
            return Linear(columns, rows[value].to_numpy(dtype=float) if len(rows) else np.empty(0), constant)
        return Linear(columns, np.full(len(columns), float(value)), constant)

    def __add__(self, other: Linear) -> Linear:
        return Linear(
            np.concatenate([self.columns, other.columns]),
            np.concatenate([self.values, other.values]),
            self.constant + other.constant,
        )

    def __mul__(self, factor: float) -> Linear:
        return Linear(self.columns, self.values * factor, self.constant * factor)

    def __sub__(self, other: Linear) -> Linear:
        return self + other * -1.0

    def at(self, point: np.ndarray) -> float:
        """Return the value where the columns are at `point`."""
        return float(self.values @ point[self.columns] + self.constant)


NOTHING = Linear(np.empty(0, dtype=int), np.empty(0))


def total(parts: Iterable[Linear]) -> Linear:
    """Return the sum of the parts."""
    every = [NOTHING, *parts]
    columns = np.concatenate([part.columns for part in every])
    values = np.concatenate([part.values for part in every])
    return Linear(columns, values, sum(part.constant for part in every))


def rows_of(items: Sequence[tuple[Any, Linear, float, float]], doc: str = "") -> Rows | None:
    """Return constraints ``lower <= expression <= upper`` from (index, expression, lower, upper)."""
    if not items:
        return None
    row = np.repeat(np.arange(len(items), dtype=np.int32), [len(linear.columns) for _, linear, _, _ in items])
    column = np.concatenate([linear.columns for _, linear, _, _ in items]).astype(np.int32)
    value = np.concatenate([linear.values for _, linear, _, _ in items])
    width = int(column.max()) + 1 if len(column) else 1
    matrix = coo_array((value, (row, column)), shape=(len(items), width)).tocsr()
    matrix.sum_duplicates()
    matrix.eliminate_zeros()
    constants = np.array([linear.constant for _, linear, _, _ in items])
    lower = np.array([low for _, _, low, _ in items]) - constants
    upper = np.array([high for _, _, _, high in items]) - constants
    return Rows([key for key, _, _, _ in items], matrix, lower, upper, doc)
