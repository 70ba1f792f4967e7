"""Reproducible dice: one stream of random numbers per subject, so that one count does not disturb another subject."""

from __future__ import annotations

import zlib
from collections.abc import Sequence

import numpy as np


class Dice:
    """A stream of uniform random numbers; everything else is derived from them in the open.

    Parameters
    ----------
    seed
        Seed of the instance.
    subject
        What the stream is for.

    Notes
    -----
    Only ``random()`` of PCG64 is used: its doubles are the same on every platform and in every version of numpy.
    """

    def __init__(self, seed: int, subject: str) -> None:
        entropy = np.random.SeedSequence([seed, zlib.crc32(subject.encode())])
        self._generator = np.random.Generator(np.random.PCG64(entropy))

    def uniform(self, low: float, high: float, shape: int | tuple[int, ...] = ()) -> np.ndarray:
        """Return numbers between two bounds, of the given shape."""
        return np.asarray(low + (high - low) * self._generator.random(shape))

    def number(self, low: float, high: float) -> float:
        """Return one number between two bounds."""
        return low + (high - low) * float(self._generator.random())

    def chance(self, probability: float) -> bool:
        """Return True with the given probability."""
        return float(self._generator.random()) < probability

    def pick(self, weights: np.ndarray | Sequence[float], count: int) -> np.ndarray:
        """Return `count` positions drawn with replacement, by weight."""
        edges = np.cumsum(np.asarray(weights, dtype=float))
        drawn = np.searchsorted(edges, self._generator.random(count) * edges[-1], side="right")
        return np.asarray(np.minimum(drawn, len(edges) - 1))

    def one(self, options: Sequence[str], weights: Sequence[float] | None = None) -> str:
        """Return one of the options."""
        return options[int(self.pick(weights if weights is not None else np.ones(len(options)), 1)[0])]

    def some(self, count: int, size: int) -> np.ndarray:
        """Return `count` of the positions 0 … size − 1, without replacement, in order."""
        return np.sort(np.argsort(self._generator.random(size), kind="stable")[:count])


def shares(total: int, weights: np.ndarray | Sequence[float]) -> np.ndarray:
    """Return whole numbers that add up to `total`, by weight; at least one each while there are enough.

    Where there are fewer than members, the first ones get one each.
    """
    weights = np.asarray(weights, dtype=float)
    if total <= len(weights):
        return np.asarray(np.arange(len(weights)) < total, dtype=int)
    ideal = (total - len(weights)) * weights / weights.sum()
    counts = np.floor(ideal + 1e-9).astype(int)
    left = total - len(weights) - int(counts.sum())
    counts[np.argsort(counts - np.round(ideal, 9), kind="stable")[:left]] += 1
    return np.asarray(counts + 1)


def whole(amount: float) -> int:
    """Return the nearest whole number, halves up."""
    return int(np.floor(amount + 0.5))


def figure(amount: float, digits: int = 2) -> float:
    """Return the amount with so many significant digits: people price in round figures."""
    return float(f"{amount:.{digits}g}")
