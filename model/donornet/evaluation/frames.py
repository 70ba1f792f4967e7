"""Small tools for tables of flows: look up once per distinct key, and share amounts out first in, first out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from donornet.evaluation.violation import TOLERANCE

Codes = npt.NDArray[np.intp]


SMALL = 5000
"""Below this many rows a plain loop is faster than a grouping."""


def codes(frame: pd.DataFrame, keys: Sequence[str]) -> Codes:
    """Return a number for each distinct combination of `keys`, counted in order of appearance."""
    if len(frame) < SMALL:
        seen: dict[tuple[Any, ...], int] = {}
        cells = [frame[key].tolist() for key in keys]
        return np.array([seen.setdefault(key, len(seen)) for key in zip(*cells, strict=True)], dtype=np.intp)
    return np.asarray(frame.groupby(list(keys), sort=False, dropna=False).ngroup().to_numpy(), dtype=np.intp)


def attach(
    frame: pd.DataFrame, keys: Sequence[str], answer: Callable[..., tuple[Any, ...]], columns: Sequence[str]
) -> pd.DataFrame:
    """Return `frame` with `columns` that hold ``answer(*keys)``, asked once for each distinct combination of `keys`."""
    if frame.empty:
        return frame.assign(**dict.fromkeys(columns, np.empty(0)))
    groups = codes(frame, keys)
    first = np.unique(groups, return_index=True)[1]
    distinct = zip(*(frame[key].iloc[first].tolist() for key in keys), strict=True)
    answers = [answer(*key) for key in distinct]
    new = {}
    for i, column in enumerate(columns):
        values = [row[i] for row in answers]
        kind = object if isinstance(values[0], str) else None
        cells = np.array(values, dtype=kind)[groups]
        new[column] = cells if kind is None else pd.Series(cells, index=frame.index, dtype=kind)
    return frame.assign(**new)


def sums(frame: pd.DataFrame, keys: Sequence[str], column: str) -> pd.DataFrame:
    """Return the sum of `column` for each combination of `keys`, one row each."""
    if frame.empty:
        return frame[list(keys)].assign(**{column: np.empty(0)})
    groups = codes(frame, keys)
    first = np.unique(groups, return_index=True)[1]
    answer = frame[list(keys)].take(first).reset_index(drop=True)
    answer[column] = np.bincount(groups, weights=frame[column].to_numpy(dtype=float), minlength=len(first))
    return answer


def side_by_side(frames: Sequence[tuple[pd.DataFrame, str]], keys: Sequence[str]) -> pd.DataFrame:
    """Return the sums of one column of several frames by `keys`, side by side; 0 where a frame has no such key.

    Parameters
    ----------
    frames
        Each with the column to be summed; that name becomes the name in the answer.
    keys
        The key columns.
    """
    parts = [sums(frame, keys, column) for frame, column in frames]
    keyed = pd.concat([part[list(keys)] for part in parts], ignore_index=True)
    groups = codes(keyed, keys)
    first = np.unique(groups, return_index=True)[1]
    answer = keyed.iloc[first].reset_index(drop=True)
    start = 0
    for part, (_, column) in zip(parts, frames, strict=True):
        amounts = np.zeros(len(answer))
        amounts[groups[start : start + len(part)]] = part[column].to_numpy(dtype=float)
        answer[column] = amounts
        start += len(part)
    return answer


def pair(
    left: pd.DataFrame, right: pd.DataFrame, keys: Sequence[str], amounts: tuple[str, str]
) -> tuple[Codes, Codes, npt.NDArray[np.float64]]:
    """Share what `left` offers out to what `right` takes within each combination of `keys`, first in, first out.

    Parameters
    ----------
    left, right
        Offers and takers, in the order in which they are served; amounts must not be negative.
    keys
        Columns that both must agree in.
    amounts
        Amount column of `left` and of `right`.

    Returns
    -------
    i, j, amount
        Positions in `left` and in `right` (-1: taken by nobody) and the amount shared, one entry per piece; pieces that
        are negligible beside the total of their combination are left out.
    """
    both = codes(pd.concat([left[list(keys)], right[list(keys)]], ignore_index=True), keys)
    if not len(both):
        return np.empty(0, np.intp), np.empty(0, np.intp), np.empty(0)
    offer = left[amounts[0]].to_numpy(dtype=float)
    take = right[amounts[1]].to_numpy(dtype=float)
    groups = both[: len(left)], both[len(left) :]
    count = int(both.max()) + 1
    room = np.maximum(*(np.bincount(g, weights=a, minlength=count) for g, a in zip(groups, (offer, take), strict=True)))
    base = np.concatenate([[0.0], np.cumsum(room + 1.0)])
    order_l, low_l, high_l = _stretches(groups[0], offer, base)
    order_r, low_r, high_r = _stretches(groups[1], take, base)
    ends = np.unique(np.concatenate([low_l, high_l, low_r, high_r]))
    middle = (ends[1:] + ends[:-1]) / 2
    size = np.diff(ends)
    i = _covering(middle, low_l, high_l, order_l)
    j = _covering(middle, low_r, high_r, order_r)
    group_of_i = np.where(i >= 0, groups[0][i], 0) if len(left) else np.zeros(len(i), np.intp)
    keep = (i >= 0) & (size > TOLERANCE * np.maximum(1e-3, room[group_of_i]))
    return i[keep], j[keep], size[keep]


def _stretches(
    groups: Codes, amount: npt.NDArray[np.float64], base: npt.NDArray[np.float64]
) -> tuple[Codes, npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Lay the amounts of each group end to end from the group's base: order, lower and upper ends."""
    order = np.argsort(groups, kind="stable").astype(np.intp)
    total = np.cumsum(amount[order])
    before = np.concatenate([[0.0], total])[:-1]
    first = np.searchsorted(groups[order], groups[order], side="left")
    start = before[first] if len(order) else before
    low = base[groups[order]] + before - start
    return order, low, low + amount[order]


def _covering(
    middle: npt.NDArray[np.float64], low: npt.NDArray[np.float64], high: npt.NDArray[np.float64], order: Codes
) -> Codes:
    """Return whose stretch covers each middle; -1 where nobody's does."""
    if not len(order):
        return np.full(len(middle), -1, dtype=np.intp)
    at = np.searchsorted(high, middle, side="left")
    inside = np.minimum(at, len(order) - 1)
    return np.where((at < len(order)) & (low[inside] <= middle), order[inside], -1).astype(np.intp)
