"""Constraints kept as rows of a sparse matrix, which become Pyomo expressions when somebody looks at them.

`Rows` is an ordinary indexed Pyomo constraint to its users: ``m.capacity[f, t].body`` prints the row,
``.deactivate()``, ``del``, writers and other solvers work. Until a row is looked at it exists only as coefficients,
so that a large model is built and handed over without a Python object per term. Everything that knows about this
trick is in this module; ``tests/formulation/test_rows.py`` holds it to the behaviour of plainly written constraints.
"""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import Any, Self

import numpy as np
import pandas as pd
import pyomo.environ as pyo
from pyomo.core.base.constraint import ConstraintData, IndexedConstraint
from pyomo.core.base.enums import SortComponents
from pyomo.core.base.var import IndexedVar, VarData
from pyomo.core.expr.numeric_expr import LinearExpression
from scipy.sparse import coo_array, csr_array


class RestructuredError(Exception):
    """What changed gives a model other variables or other constraint families: it must be built anew.

    Parameters
    ----------
    cause
        What changed.
    network
        The admissible network to build it from; None: compile that anew, too.
    """

    def __init__(self, cause: Any, network: Any = None) -> None:
        super().__init__(cause)
        self.cause, self.network = cause, network


class Columns(IndexedVar):
    """A block of variables whose indices are the rows of a table.

    Parameters
    ----------
    frame
        One row per variable; the columns of the index, in order.
    index
        Names of the index columns.
    upper
        Upper bounds, shape (variables,); NaN or infinite: none. The lower bound is zero.
    domain
        A Pyomo domain, or one per variable.
    """

    def __new__(cls, *_args: Any, **_kwargs: Any) -> Self:
        """Make an instance of this class: Pyomo's own would choose one by the index."""
        return object.__new__(cls)

    def __init__(
        self,
        frame: pd.DataFrame,
        index: Sequence[str],
        *,
        upper: np.ndarray | float = np.inf,
        domain: Any = pyo.NonNegativeReals,
        doc: str = "",
    ) -> None:
        self.frame = frame.reset_index(drop=True)
        self.index_names = tuple(index)
        keys = keys_of(self.frame, self.index_names)
        super().__init__(pyo.SetOf(dict.fromkeys(keys)), dense=False, doc=doc)
        self.upper = np.broadcast_to(np.asarray(upper, dtype=float), len(keys))
        domains = domain if isinstance(domain, list) else [domain] * len(keys)
        self._fill = (keys, [_bound(u) for u in self.upper.tolist()], domains)
        self.start = -1
        self._numbered: tuple[int, pd.DataFrame] | None = None
        self._offsets: dict[Any, int] = {}
        if len(set(keys)) != len(keys):
            raise ValueError(f"{len(keys) - len(set(keys))} variables share an index of {self.index_names}")

    def construct(self, data: Any = None) -> None:
        """Create the variables in one go, when the block joins a model."""
        if self._constructed:
            return
        super().construct(data)
        keys, uppers, domains = self._fill
        del self._fill
        store = self._data
        for key, upper, domain in zip(keys, uppers, domains, strict=True):
            variable = VarData(component=self)
            variable._index = key
            variable._lb = 0.0
            variable._ub = upper
            variable._domain = domain
            store[key] = variable

    def revise(self, frame: pd.DataFrame, upper: np.ndarray | float = np.inf) -> None:
        """Take over other data about the same variables; an upper bound that a user has changed stays.

        Parameters
        ----------
        frame, upper
            As of a new block.

        Raises
        ------
        RestructuredError
            These are other variables.
        """
        frame = frame.reset_index(drop=True)
        if len(frame) != len(self.frame) or not all(
            name in frame and np.array_equal(frame[name].to_numpy(), self.frame[name].to_numpy())
            for name in self.index_names
        ):
            raise RestructuredError(self.name)
        self.frame, self._numbered, before = frame, None, self.upper
        self.upper = np.broadcast_to(np.asarray(upper, dtype=float), len(frame))
        changed = np.flatnonzero(~((before == self.upper) | (np.isnan(before) & np.isnan(self.upper))))
        if not len(changed):
            return
        variables = list(self._data.values())
        for row in changed:
            if variables[row]._ub == _bound(before[row]):
                variables[row]._ub = _bound(self.upper[row])

    def column(self, index: Any) -> int:
        """Return the column number of the variable of an index."""
        if not self._offsets:
            self._offsets = {key: offset for offset, key in enumerate(self._data)}
        return self.start + self._offsets[index]

    def at(self, **changes: Any) -> pd.DataFrame:
        """Return the index table with the variables' column numbers in ``column``."""
        if self._numbered is None or self._numbered[0] != self.start:
            columns = np.arange(self.start, self.start + len(self.frame))
            self._numbered = self.start, self.frame.assign(column=columns)
        return self._numbered[1].assign(**changes) if changes else self._numbered[1].copy(deep=False)


def _bound(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


class Rows(IndexedConstraint):
    """A family of linear constraints ``lower <= matrix @ columns <= upper``, expanded on demand.

    Parameters
    ----------
    keys
        Index of each row.
    matrix
        Coefficients, shape (rows, columns of the model's `Columns`).
    lower, upper
        Bounds, shape (rows,); infinite: none.
    """

    def __new__(cls, *_args: Any, **_kwargs: Any) -> Self:
        """Make an instance of this class: Pyomo's own would choose one by the index."""
        return object.__new__(cls)

    def __init__(self, keys: list[Any], matrix: csr_array, lower: np.ndarray, upper: np.ndarray, doc: str = "") -> None:
        self._position = {key: row for row, key in enumerate(keys)}
        if len(self._position) != len(keys):
            raise ValueError("two rows of a constraint family share an index")
        super().__init__(pyo.SetOf(self._position), doc=doc)
        self._data: dict[Any, ConstraintData]
        self.matrix, self.lower_bounds, self.upper_bounds = matrix, lower, upper
        self._removed: set[Any] = set()
        self._written: dict[Any, Any] = {}

    def revise(self, other: Rows) -> None:
        """Take over the rows of another family, which joins no model.

        What somebody has done to a row stays done: a removed or deactivated row stays so, and one that was given
        another expression keeps it.
        """
        kept = {key: data for key, data in self._data.items() if key in other._position}
        for key, data in self._data.items():
            if key not in kept:
                data._component = None
        self._position.clear()
        self._position.update(other._position)
        self.matrix, self.lower_bounds, self.upper_bounds = other.matrix, other.lower_bounds, other.upper_bounds
        self._removed &= self._position.keys()
        self._data = kept
        for key, data in kept.items():
            if data.expr is self._written.get(key):
                data.set_value(self._expression(self._position[key]))
                self._written[key] = data.expr

    def with_coefficients(self, keys: list[Any], columns: np.ndarray, values: np.ndarray) -> Rows | None:
        """Return the family with other values in one column of each row; None where it is not made of such rows.

        Parameters
        ----------
        keys
            Index of each row.
        columns, values
            Column number and coefficient of each row, shape (rows,).
        """
        matrix = self.matrix
        if len(keys) != len(self._position) or not all(map(operator.eq, keys, self._position)):
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
        if self._removed or not self.active:
            return True
        return any(not data.active or data.expr is not self._written.get(key) for key, data in self._data.items())

    def __len__(self) -> int:
        return len(self._position) - len(self._removed)

    def __contains__(self, index: Any) -> bool:
        return index in self._position and index not in self._removed

    def __delitem__(self, index: Any) -> None:
        key = self[index].index()
        super().__delitem__(key)
        self._removed.add(key)

    def keys(self, sort: Any = False, **kwargs: Any) -> Any:  # noqa: ARG002 - `ordered` is Pyomo's deprecated word for it
        """Return an iterator over the indices of the rows that are there."""
        wanted = SortComponents(sort)
        indices = self._index_set
        every = indices.sorted_iter() if SortComponents.SORTED_INDICES in wanted else iter(indices)
        return (key for key in every if key not in self._removed)

    def clear(self) -> None:
        """Remove every row."""
        self._removed.update(self._position)
        self._data = {}

    def display(self, *args: Any, **kwargs: Any) -> None:
        """Print the values of the rows, all of them."""
        self._expand()
        super().display(*args, **kwargs)

    def _pprint(self) -> Any:
        self._expand()
        return super()._pprint()

    def _expand(self) -> None:
        """Write every row down: asking for one does it."""
        for key in self.keys():
            self[key]

    def _setitem_when_not_present(self, index: Any, value: Any) -> Any:
        self._removed.discard(index)
        data = super()._setitem_when_not_present(index, value)
        if data is None:
            self._removed.add(index)
        return data

    def _getitem_when_not_present(self, index: Any) -> ConstraintData:
        if index in self._removed:
            raise KeyError(index)
        row = self._position[index]
        data = ConstraintData(component=self)
        data._index = index
        self._data[index] = data
        data.set_value(self._expression(row))
        self._written[index] = data.expr
        return data

    def _expression(self, row: int) -> Any:
        start, stop = self.matrix.indptr[row : row + 2]
        variables = columns_of(self.model())
        body = LinearExpression(
            constant=0,
            linear_coefs=self.matrix.data[start:stop].tolist(),
            linear_vars=[variables[column] for column in self.matrix.indices[start:stop]],
        )
        lower, upper = self.lower_bounds[row], self.upper_bounds[row]
        if lower == upper:
            return (body, float(upper))
        return (float(lower) if np.isfinite(lower) else None, body, float(upper) if np.isfinite(upper) else None)

    def untouched(self) -> np.ndarray:
        """Return the positions of the rows that nobody has looked at: their coefficients are the truth."""
        touched = [self._position[key] for key in self._data] + [self._position[key] for key in self._removed]
        mask = np.ones(len(self._position), dtype=bool)
        mask[touched] = False
        return np.flatnonzero(mask)


def columns_of(model: Any) -> list[VarData]:
    """Return every variable of the model's `Columns` in the order of their column numbers."""
    blocks = [block for block in model.component_objects(pyo.Var) if isinstance(block, Columns)]
    size = sum(len(block.frame) for block in blocks)
    cached: list[VarData] | None = getattr(model, "_columns", None)
    if cached is None or len(cached) != size:
        cached = [variable for block in blocks for variable in block._data.values()]
        model._columns = cached
    return cached


def keys_of(frame: pd.DataFrame, names: Sequence[str]) -> list[Any]:
    """Return the index of each row of `frame`: a tuple, or the bare value of a single index column."""
    lists = [frame[name].tolist() for name in names]
    return lists[0] if len(names) == 1 else list(zip(*lists, strict=True))


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
        on = list(self.index if on is None else on)
        wanted = [*on, "column"] + ([coefficient] if isinstance(coefficient, str) and coefficient in terms else [])
        rows = self.frame.assign(row=np.arange(len(self.frame)))
        keep = [*on, "row"]
        if isinstance(coefficient, str) and coefficient not in terms:
            keep.append(coefficient)
        how: dict[str, Any] = {"on": on} if on else {"how": "cross"}
        joined = terms[wanted].merge(rows[keep], **how)
        values = joined[coefficient] if isinstance(coefficient, str) else np.full(len(joined), float(coefficient))
        self._terms.append((joined["row"].to_numpy(), joined["column"].to_numpy(), np.asarray(values, dtype=float)))
        return self

    def minus(self, terms: pd.DataFrame, coefficient: str | float = 1.0, on: Sequence[str] | None = None) -> Family:
        """Subtract ``coefficient · variable``; see `plus`."""
        self.plus(terms, coefficient, on)
        row, column, value = self._terms.pop()
        self._terms.append((row, column, -value))
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
        nothing = (np.empty(0, dtype=int), np.empty(0, dtype=int), np.empty(0))
        row, column, value = (np.concatenate(parts) for parts in zip(nothing, *self._terms, strict=True))
        width = int(column.max()) + 1 if len(column) else 1
        matrix = coo_array((value, (row, column)), shape=(len(self.frame), width)).tocsr()
        matrix.sum_duplicates()
        matrix.eliminate_zeros()
        trivial = (np.diff(matrix.indptr) == 0) & (lower <= 1e-12) & (upper >= -1e-12)
        keep = np.flatnonzero(~trivial)
        if not len(keep):
            return None
        return Rows(keys_of(self.frame.iloc[keep], self.index), matrix[keep], lower[keep], upper[keep], doc)
