"""Variables kept as tables, which become Pyomo variables one by one when somebody asks for them.

`Columns` is an ordinary indexed Pyomo variable to its users: ``m.Ship[index].fix(3)``, ``.value``, ``.setub(5)``,
slices, writers and other solvers work. Until a variable is looked at it exists only as a row of a table, so that a
large model is built, handed over and given its values without a Python object per variable.
``tests/formulation/test_columns.py`` holds it to the behaviour of plainly written variables.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import accumulate, chain
from typing import Any, Self, overload

import numpy as np
import pandas as pd
import pyomo.environ as pyo
from pyomo.core.base.var import IndexedVar, VarData
from pyomo.core.staleflag import StaleFlagManager

from donornet.formulation.keys import Keys
from donornet.formulation.on_demand import OnDemand


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


class Columns(OnDemand, IndexedVar):
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
        self.index_keys, self.removed = Keys(self.frame, self.index_names), set()
        super().__init__(pyo.SetOf(self.index_keys), dense=False, doc=doc)
        self._data: dict[Any, VarData]
        self.upper = np.broadcast_to(np.asarray(upper, dtype=float), len(self.frame))
        self.domains = domain
        self.start = -1
        self._numbered: tuple[int, pd.DataFrame] | None = None
        self._members: list[VarData | None] = []
        self._values: np.ndarray | None = None
        self._stale: Any = None

    def member(self, row: int) -> VarData:
        """Return the variable of a row of the table."""
        known = self._members[row] if self._members else None
        return known if known is not None else self._member(row, self.index_keys.order[row])

    def touched(self) -> Iterator[tuple[int, VarData]]:
        """Return the row and the variable of all that somebody has looked at."""
        return ((row, member) for row, member in enumerate(self._members) if member is not None)

    def load(self, values: np.ndarray) -> None:
        """Give the variables their values, shape (variables,)."""
        self._values, self._stale = values.copy(), StaleFlagManager.get_flag(0)
        for row, variable in self.touched():
            variable.set_value(float(values[row]), skip_validation=True)

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
        if not self.index_keys.same(frame, self.index_names):
            raise RestructuredError(self.name)
        self.frame, self._numbered, before = frame, None, self.upper
        self.upper = np.broadcast_to(np.asarray(upper, dtype=float), len(frame))
        for row, variable in self.touched():
            if variable._ub == _bound(before[row]):
                variable._ub = _bound(self.upper[row])

    def column(self, index: Any) -> int:
        """Return the column number of the variable of an index."""
        return self.start + self.index_keys.rows[index]

    def at(self, **changes: Any) -> pd.DataFrame:
        """Return the index table with the variables' column numbers in ``column``."""
        if self._numbered is None or self._numbered[0] != self.start:
            columns = np.arange(self.start, self.start + len(self.frame), dtype=np.int32)
            self._numbered = self.start, self.frame.assign(column=columns)
        return self._numbered[1].assign(**changes) if changes else self._numbered[1].copy(deep=False)

    def expand(self) -> None:
        """Write every variable down, in one go."""
        if len(self._data) == len(self):
            return
        for row, key in enumerate(self.index_keys.order):
            if not (self._members and self._members[row] is not None) and key not in self.removed:
                self._member(row, key)

    def values(self, *args: Any, **kwargs: Any) -> Any:
        """Return an iterator over the variables."""
        self.expand()
        return super().values(*args, **kwargs)

    def items(self, *args: Any, **kwargs: Any) -> Any:
        """Return an iterator over the indices and variables."""
        self.expand()
        return super().items(*args, **kwargs)

    def get_values(self, include_fixed_values: bool = True) -> dict[Any, Any]:
        """Return the values by index."""
        self.expand()
        found: dict[Any, Any] = super().get_values(include_fixed_values)
        return found

    extract_values = get_values

    def flag_as_stale(self) -> None:
        """Say that the values are not those of the last solve."""
        self.expand()
        super().flag_as_stale()

    def clear(self) -> None:
        """Remove every variable."""
        super().clear()
        self._members = []

    def __delitem__(self, index: Any) -> None:
        row = self.index_keys.rows[self[index].index()]
        super().__delitem__(index)
        self._members[row] = None

    def _getitem_when_not_present(self, index: Any) -> VarData:
        self.removed.discard(index)
        return self._member(self.index_keys.rows[index], index)

    def _member(self, row: int, key: Any) -> VarData:
        """Write a variable down."""
        if key in self.removed:
            raise KeyError(key)
        variable = VarData(component=self)
        variable._index, variable._lb, variable._ub = key, 0.0, _bound(self.upper[row])
        variable._domain = self.domains[row] if isinstance(self.domains, list) else self.domains
        if self._values is not None:
            variable._value, variable._stale = float(self._values[row]), self._stale
        if not self._members:
            self._members = [None] * len(self.frame)
        self._data[key] = self._members[row] = variable
        return variable


def _bound(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


class Variables(Sequence[VarData]):
    """Variables of a model in the order of their column numbers, each made when it is asked for.

    Parameters
    ----------
    blocks
        Variables of donornet's own.
    others
        Variables that follow them.
    """

    def __init__(self, blocks: Sequence[Columns] = (), others: Sequence[VarData] = ()) -> None:
        self.blocks, self.others = tuple(blocks), list(others)
        self.ends = list(accumulate(len(block.frame) for block in blocks))
        self._positions: dict[int, int] = {}

    @property
    def own(self) -> int:
        """How many are donornet's own."""
        return self.ends[-1] if self.ends else 0

    def __len__(self) -> int:
        return self.own + len(self.others)

    @overload
    def __getitem__(self, number: int) -> VarData: ...
    @overload
    def __getitem__(self, number: slice) -> list[VarData]: ...
    def __getitem__(self, number: int | slice) -> VarData | list[VarData]:
        if isinstance(number, slice):
            return [self[column] for column in range(*number.indices(len(self)))]
        if number < 0:
            number += len(self)
        position = bisect_right(self.ends, number)
        if position == len(self.ends):
            return self.others[number - self.own]
        block = self.blocks[position]
        return block.member(number - self.ends[position] + len(block.frame))

    def take(self, numbers: Iterable[int]) -> list[VarData]:
        """Return the variables of some column numbers; quick where neighbours are of one block."""
        found, start, end = [], 0, 0
        member: Callable[[int], VarData]
        for number in numbers:
            if not start <= number < end:
                position = bisect_right(self.ends, number)
                block, end = self.blocks[position], self.ends[position]
                start, member = end - len(block.frame), block.member
            found.append(member(number - start))
        return found

    def __iter__(self) -> Iterator[VarData]:
        return chain(*(block.values() for block in self.blocks), self.others)

    def written(self) -> dict[int, VarData]:
        """Return the variables that exist, by column number: no expression can hold another."""
        starts = [0, *self.ends]
        found = {
            start + row: variable
            for block, start in zip(self.blocks, starts[:-1], strict=True)
            for row, variable in block.touched()
        }
        return found | dict(enumerate(self.others, self.own))

    def position(self, variable: VarData) -> int:
        """Return the column number of a variable.

        Raises
        ------
        KeyError
            It is none of these.
        """
        if id(variable) not in self._positions:
            self._positions = {id(known): column for column, known in self.written().items()}
        return self._positions[id(variable)]

    def load(self, values: np.ndarray) -> None:
        """Give all variables their values, shape (variables,)."""
        parts = np.split(values, self.ends)
        for block, part in zip(self.blocks, parts[:-1], strict=True):
            block.load(part)
        for variable, value in zip(self.others, parts[-1].tolist(), strict=True):
            variable.set_value(value, skip_validation=True)


def columns_of(model: Any) -> Variables:
    """Return every variable of the model's `Columns` by column number."""
    return Variables([block for block in model.component_objects(pyo.Var) if isinstance(block, Columns)])
