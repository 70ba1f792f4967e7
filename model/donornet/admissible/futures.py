"""Futures: partial chains that can be continued in the same ways are one state (Myhill-Nerode classes)."""

from __future__ import annotations

from collections.abc import Hashable, Iterable

import numpy as np
import pandas as pd


def same_future(tails: np.ndarray, heads: np.ndarray) -> np.ndarray:
    """Return for every tail 0, 1, ..., n - 1 the number of the set of heads it leads to; equal sets have equal numbers.

    Parameters
    ----------
    tails, heads
        Ends of the continuations, as whole numbers; every tail from 0 to the largest occurs. Shape (continuations,).
    """
    pairs = np.unique(np.column_stack([tails, heads]), axis=0)
    if not len(pairs):
        return np.zeros(0, dtype=np.int64)
    starts = np.flatnonzero(pairs[1:, 0] != pairs[:-1, 0]) + 1
    sets = np.empty(len(starts) + 1, dtype=object)
    sets[:] = [ends.tobytes() for ends in np.split(np.ascontiguousarray(pairs[:, 1]), starts)]
    return np.asarray(pd.factorize(sets)[0])


def numbered_within(sites: Iterable[Hashable], kinds: Iterable[Hashable]) -> np.ndarray:
    """Return for every pair the number of its kind at its site, "0", "1", ... in the order of appearance."""
    numbers: dict[tuple[Hashable, Hashable], str] = {}
    counts: dict[Hashable, int] = {}
    found = []
    for pair in zip(sites, kinds, strict=True):
        if pair not in numbers:
            numbers[pair] = str(counts.get(pair[0], 0))
            counts[pair[0]] = counts.get(pair[0], 0) + 1
        found.append(numbers[pair])
    return np.array(found, dtype=object)


def codes(frame: pd.DataFrame, columns: list[str], *, sort: bool = True) -> np.ndarray:
    """Return the number of each row's combination of `columns`, in sorted order or in the order of appearance."""
    return np.asarray(frame.groupby(columns, sort=sort).ngroup(), dtype=np.int64)
