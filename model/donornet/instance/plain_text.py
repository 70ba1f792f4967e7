"""Text in plain arrays while donornet works on tables.

pandas keeps text, and with it the names of columns, in Arrow arrays where pyarrow is installed. Making one takes
longer than most of what is done with it on a table of a few rows, and on long tables it saves nothing here. So what
donornet does with tables runs with pandas' own arrays of text; values, and the caller's setting, stay what they were,
and the tables of results are handed out as the caller's own would be.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from threading import Lock
from typing import ParamSpec, TypeVar

import pandas as pd

OPTION = "mode.string_storage"

P = ParamSpec("P")
R = TypeVar("R")


class _PlainText:
    """The setting, held from the first call that needs it to the last that returns, in whatever thread."""

    def __init__(self) -> None:
        self._lock, self._calls, self._before = Lock(), 0, ""

    def __enter__(self) -> None:
        with self._lock:
            if self._calls == 0:
                self._before = pd.get_option(OPTION)
                pd.set_option(OPTION, "python")
            self._calls += 1

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._calls -= 1
            if self._calls == 0:
                pd.set_option(OPTION, self._before)

    def of_caller(self) -> str:
        """Return the setting outside of all calls."""
        with self._lock:
            return self._before if self._calls else str(pd.get_option(OPTION))


_setting = _PlainText()


def handed_out(tables: Mapping[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """Return tables with their text as the caller of donornet keeps it, names of columns included."""
    with pd.option_context(OPTION, _setting.of_caller()):
        return {name: _converted(table) for name, table in tables.items()}


def _converted(table: pd.DataFrame) -> pd.DataFrame:
    texts = [name for name, kind in table.dtypes.items() if isinstance(kind, pd.StringDtype)]
    table = table.astype(dict.fromkeys(texts, "str")) if texts else table
    return table.set_axis(pd.Index(list(table.columns)), axis=1)


def plain_text(function: Callable[P, R]) -> Callable[P, R]:
    """Return the function with text in plain arrays while it runs: for whatever works on many small tables."""

    @functools.wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        with _setting:
            return function(*args, **kwargs)

    return run
