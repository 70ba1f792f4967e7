"""Futures: partial chains that can be continued in the same ways are one state (Myhill-Nerode classes)."""

from __future__ import annotations

from collections.abc import Hashable, Iterable

import numpy as np

from donornet.admissible.relation import Relation


def same_future(tails: np.ndarray, heads: np.ndarray) -> np.ndarray:
    """Return for every tail 0, 1, ..., n - 1 the number of the set of heads it leads to; equal sets have equal numbers.

    Parameters
    ----------
    tails, heads
        Ends of the continuations, as whole numbers; every tail from 0 to the largest occurs. Shape (continuations,).
    """
    if not len(tails):
        return np.zeros(0, dtype=np.int64)
    pairs = Relation({"tail": tails, "head": heads}).distinct("tail", "head")
    order = np.lexsort([pairs["head"], pairs["tail"]])
    starts = np.flatnonzero(np.diff(pairs["tail"][order])) + 1
    sets = [ends.tobytes() for ends in np.split(pairs["head"][order], starts)]
    return numbered_within([0] * len(sets), sets)


def numbered_within(sites: Iterable[Hashable], kinds: Iterable[Hashable]) -> np.ndarray:
    """Return for every pair the number of its kind at its site: 0, 1, ... in the order of appearance."""
    numbers: dict[tuple[Hashable, Hashable], int] = {}
    counts: dict[Hashable, int] = {}
    found = []
    for pair in zip(sites, kinds, strict=True):
        if pair not in numbers:
            numbers[pair] = counts.get(pair[0], 0)
            counts[pair[0]] = numbers[pair] + 1
        found.append(numbers[pair])
    return np.array(found, dtype=np.int64)
