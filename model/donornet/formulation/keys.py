"""The indices of a family of variables or rows, written down when somebody asks for one of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd


class Keys:
    """The indices of a family, in order: tuples, or the bare values of a single index column.

    Parameters
    ----------
    source
        A table with one row per member; or the indices themselves.
    names
        The index columns of the table; default: all.

    Raises
    ------
    ValueError
        Two members share an index.
    """

    def __init__(self, source: pd.DataFrame | list[Any], names: Sequence[str] | None = None) -> None:
        self._columns: dict[str, pd.Series] | None = None
        self._rows: dict[Any, int] | None = None
        self._order: list[Any] | None = None
        self._size = len(source)
        if isinstance(source, pd.DataFrame):
            names = list(source) if names is None else list(names)
            self._columns = {name: source[name] for name in names}
            shared = int(source.duplicated(names).sum())
        else:
            self._order = list(source)
            shared = self._size - len(self.rows)
        if shared:
            raise ValueError(f"{shared} of {self._size} members of a family share an index with another")

    @property
    def rows(self) -> dict[Any, int]:
        """Row of each index."""
        if self._rows is None:
            self._rows = {key: row for row, key in enumerate(self.order)}
        return self._rows

    @property
    def order(self) -> list[Any]:
        """Index of each row."""
        if self._order is None:
            lists = [column.tolist() for column in (self._columns or {}).values()]
            self._order = lists[0] if len(lists) == 1 else list(zip(*lists, strict=True))
        return self._order

    def become(self, other: Keys) -> None:
        """Hold the indices of another family from now on, for everybody who refers to this one."""
        self.__dict__.update(other.__dict__)

    def same(self, table: pd.DataFrame, names: Sequence[str]) -> bool:
        """Whether these are the indices that columns of `table` name, in its order."""
        if len(table) != self._size or not {*names} <= {*table}:
            return False
        if self._columns is None:
            return keys_of(table, names) == self.order
        return list(names) == list(self._columns) and all(
            np.array_equal(table[name].to_numpy(), column.to_numpy()) for name, column in self._columns.items()
        )

    def __len__(self) -> int:
        return self._size

    def __iter__(self) -> Iterator[Any]:
        yield from self.order

    def __reversed__(self) -> Iterator[Any]:
        yield from reversed(self.order)

    def __contains__(self, key: Any) -> bool:
        return key in self.rows

    def __repr__(self) -> str:
        return repr(self.order)


def keys_of(frame: pd.DataFrame, names: Sequence[str]) -> list[Any]:
    """Return the index of each row of `frame`: a tuple, or the bare value of a single index column."""
    lists = [frame[name].tolist() for name in names]
    return lists[0] if len(names) == 1 else list(zip(*lists, strict=True))
