"""Constraints kept as rows of a sparse matrix, which become Pyomo expressions when somebody looks at them.

`Rows` is an ordinary indexed Pyomo constraint to its users: ``m.capacity[f, t].body`` prints the row,
``.deactivate()``, ``del``, writers and other solvers work. Until a row is looked at it exists only as coefficients,
so that a large model is built and handed over without a Python object per term. `Columns` does the same for variables.
``tests/formulation/test_rows.py`` holds both to the behaviour of plainly written ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import Any, Self

import numpy as np
import pandas as pd
import pyomo.environ as pyo
from pyomo.core.base.constraint import ConstraintData, IndexedConstraint
from pyomo.core.expr.numeric_expr import LinearExpression
from scipy.sparse import coo_array, csr_array

from donornet.formulation.columns import columns_of
from donornet.formulation.keys import Keys
from donornet.formulation.on_demand import OnDemand


class Rows(OnDemand, IndexedConstraint):
    """A family of linear constraints ``lower <= matrix @ columns <= upper``, expanded on demand.

    Parameters
    ----------
    keys
        Index of each row, or the table of the index columns.
    matrix
        Coefficients, shape (rows, columns of the model's `Columns`).
    lower, upper
        Bounds, shape (rows,); infinite: none.
    """

    def __new__(cls, *_args: Any, **_kwargs: Any) -> Self:
        """Make an instance of this class: Pyomo's own would choose one by the index."""
        return object.__new__(cls)

    def __init__(
        self, keys: pd.DataFrame | list[Any], matrix: csr_array, lower: np.ndarray, upper: np.ndarray, doc: str = ""
    ) -> None:
        self.index_keys, self.removed = Keys(keys), set()
        super().__init__(pyo.SetOf(self.index_keys), doc=doc)
        self._data: dict[Any, ConstraintData]
        self.matrix, self.lower_bounds, self.upper_bounds = matrix, lower, upper
        self._written: dict[Any, Any] = {}

    def revise(self, other: Rows) -> None:
        """Take over the rows of another family, which joins no model.

        What somebody has done to a row stays done: a removed or deactivated row stays so, and one that was given
        another expression keeps it.
        """
        kept = {key: data for key, data in self._data.items() if key in other.index_keys}
        for key, data in self._data.items():
            if key not in kept:
                data._component = None
        self.removed = {key for key in self.removed if key in other.index_keys}
        self.index_keys.become(other.index_keys)
        self.matrix, self.lower_bounds, self.upper_bounds = other.matrix, other.lower_bounds, other.upper_bounds
        self._data = kept
        for key, data in kept.items():
            if data.expr is self._written.get(key):
                data.set_value(self._expression(self.index_keys.rows[key]))
                self._written[key] = data.expr

    def with_coefficients(self, keys: pd.DataFrame, columns: np.ndarray, values: np.ndarray) -> Rows | None:
        """Return the family with other values in one column of each row; None where it is not made of such rows.

        Parameters
        ----------
        keys
            The index columns, one row per row of the family.
        columns, values
            Column number and coefficient of each row, shape (rows,).
        """
        matrix = self.matrix
        if not self.index_keys.same(keys, list(keys)):
            return None
        hits = np.flatnonzero(matrix.indices == np.repeat(columns, np.diff(matrix.indptr)))
        if len(hits) != len(keys) or not values.all():
            return None
        data = matrix.data.copy()
        data[hits] = values
        changed = csr_array((data, matrix.indices, matrix.indptr), shape=matrix.shape)
        return Rows(keys, changed, self.lower_bounds, self.upper_bounds)

    @property
    def is_altered(self) -> bool:
        """Whether somebody has removed, deactivated or rewritten rows."""
        if self.removed or not self.active:
            return True
        return any(not data.active or data.expr is not self._written.get(key) for key, data in self._data.items())

    def _getitem_when_not_present(self, index: Any) -> ConstraintData:
        if index in self.removed:
            raise KeyError(index)
        row = self.index_keys.rows[index]
        data = ConstraintData(component=self)
        data._index = index
        self._data[index] = data
        data.set_value(self._expression(row))
        self._written[index] = data.expr
        return data

    def _expression(self, row: int) -> Any:
        start, stop = self.matrix.indptr[row : row + 2]
        columns = self.matrix.indices[start:stop].tolist()
        body = LinearExpression(
            constant=0,
            linear_coefs=self.matrix.data[start:stop].tolist(),
            linear_vars=columns_of(self.model()).take(columns),
        )
        lower, upper = self.lower_bounds[row], self.upper_bounds[row]
        if lower == upper:
            return (body, float(upper))
        return (float(lower) if np.isfinite(lower) else None, body, float(upper) if np.isfinite(upper) else None)

    def untouched(self) -> np.ndarray | slice:
        """Return the positions of the rows that nobody has looked at: their coefficients are the truth."""
        if not self._data and not self.removed:
            return slice(None)
        mask = np.ones(len(self.index_keys), dtype=bool)
        mask[[self.index_keys.rows[key] for key in chain(self._data, self.removed)]] = False
        return np.flatnonzero(mask)


SMALL = 5000
"""Up to this many rows a plain loop is faster than a join of tables."""


class Family:
    """One constraint family being written down: rows ("for all"), terms, bounds.

    Parameters
    ----------
    frame
        One row per constraint: the columns of the index ("for all") and anything the terms need.
    index
        Names of the index columns.
    """

    def __init__(self, frame: pd.DataFrame, index: Sequence[str]) -> None:
        self.frame = frame.reset_index(drop=True)
        self.index = tuple(index)
        self._terms: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []

    def plus(self, terms: pd.DataFrame, coefficient: str | float = 1.0, on: Sequence[str] | None = None) -> Family:
        """Add ``coefficient · variable`` to every row that the table of variables names.

        Parameters
        ----------
        terms
            Table with the variables' ``column`` and the columns `on`; several rows may name one constraint, and one
            row of `terms` may stand in several constraints. Variables that belong to no row are left out.
        coefficient
            A column of `terms` joined with `frame`, or a number.
        on
            Columns shared with the rows; default: the index.
        """
        if self.frame.empty or terms.empty:
            return self
        on = list(self.index if on is None else on)
        if on and len(terms) + len(self.frame) < SMALL:
            self._terms.append(self._joined(terms, coefficient, on))
            return self
        wanted = [*on, "column"] + ([coefficient] if isinstance(coefficient, str) and coefficient in terms else [])
        rows = self.frame.assign(row=np.arange(len(self.frame), dtype=np.int32))
        keep = [*on, "row"]
        if isinstance(coefficient, str) and coefficient not in terms:
            keep.append(coefficient)
        how: dict[str, Any] = {"on": on} if on else {"how": "cross"}
        joined = terms[wanted].merge(rows[keep], **how)
        values = joined[coefficient] if isinstance(coefficient, str) else np.full(len(joined), float(coefficient))
        numbers = (joined[name].to_numpy(dtype=np.int32) for name in ("row", "column"))
        self._terms.append((*numbers, np.asarray(values, dtype=float)))
        return self

    def _joined(
        self, terms: pd.DataFrame, coefficient: str | float, on: list[str]
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return row, column and value of each term of a few rows, without pandas' cost of setting up a join."""
        rows: dict[tuple[Any, ...], list[int]] = {}
        for number, key in enumerate(zip(*(self.frame[name].tolist() for name in on), strict=True)):
            rows.setdefault(key, []).append(number)
        keys = zip(*(terms[name].tolist() for name in on), strict=True)
        found = [(at, number) for at, key in enumerate(keys) for number in rows.get(key, ())]
        at, row = np.array(found, dtype=np.int32).reshape(-1, 2).T
        if not isinstance(coefficient, str):
            value = np.full(len(at), float(coefficient))
        elif coefficient in terms:
            value = terms[coefficient].to_numpy(dtype=float)[at]
        else:
            value = self.frame[coefficient].to_numpy(dtype=float)[row]
        return row, terms["column"].to_numpy(dtype=np.int32)[at], value

    def plus_own(self, columns: np.ndarray, values: np.ndarray) -> Family:
        """Add one term of its own to every row: column number and coefficient, shape (rows,)."""
        self._terms.append((np.arange(len(self.frame), dtype=np.int32), columns.astype(np.int32), values))
        return self

    def minus(self, terms: pd.DataFrame, coefficient: str | float = 1.0, on: Sequence[str] | None = None) -> Family:
        """Subtract ``coefficient · variable``; see `plus`."""
        before = len(self._terms)
        self.plus(terms, coefficient, on)
        self._terms[before:] = [(row, column, -value) for row, column, value in self._terms[before:]]
        return self

    def at_most(self, upper: str | float, doc: str = "") -> Rows | None:
        """Return the family as ``terms <= upper``."""
        return self._rows(np.full(len(self.frame), -np.inf), self._values(upper), doc)

    def at_least(self, lower: str | float, doc: str = "") -> Rows | None:
        """Return the family as ``terms >= lower``."""
        return self._rows(self._values(lower), np.full(len(self.frame), np.inf), doc)

    def between(self, lower: str | float, upper: str | float, doc: str = "") -> Rows | None:
        """Return the family as ``lower <= terms <= upper``."""
        return self._rows(self._values(lower), self._values(upper), doc)

    def equal(self, value: str | float, doc: str = "") -> Rows | None:
        """Return the family as ``terms == value``."""
        return self._rows(self._values(value), self._values(value), doc)

    def _values(self, value: str | float) -> np.ndarray:
        if isinstance(value, str):
            return np.asarray(self.frame[value], dtype=float)
        return np.full(len(self.frame), float(value))

    def _rows(self, lower: np.ndarray, upper: np.ndarray, doc: str) -> Rows | None:
        if self.frame.empty:
            return None
        nothing = (np.empty(0, dtype=np.int32), np.empty(0, dtype=np.int32), np.empty(0))
        row, column, value = (np.concatenate(parts) for parts in zip(nothing, *self._terms, strict=True))
        width = int(column.max()) + 1 if len(column) else 1
        matrix = coo_array((value, (row, column)), shape=(len(self.frame), width)).tocsr()
        matrix.sum_duplicates()
        matrix.eliminate_zeros()
        trivial = (np.diff(matrix.indptr) == 0) & (lower <= 1e-12) & (upper >= -1e-12)
        if trivial.all():
            return None
        keys = self.frame[list(self.index)]
        if not trivial.any():
            return Rows(keys, matrix, lower, upper, doc)
        keep = np.flatnonzero(~trivial)
        return Rows(keys.iloc[keep], matrix[keep], lower[keep], upper[keep], doc)
