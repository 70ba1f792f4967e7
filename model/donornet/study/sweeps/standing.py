"""What can be said about a sweep while it runs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Standing:
    """How far a sweep is.

    Parameters
    ----------
    seconds
        Wall time since the sweep began [s].
    items
        Number of items.
    solved
        Items with a result, those found in the folder included.
    found
        Items whose result was in the folder or is that of another item with the same instance.
    failed
        Items without a result for which there will be none.
    running
        Names of the items that are being solved.
    ended
        Name of the item that ended just now; empty: none did.
    """

    seconds: float
    items: int
    solved: int
    found: int
    failed: int
    running: tuple[str, ...] = ()
    ended: str = ""


SweepListener = Callable[[Standing], None]
"""Receives how far a sweep is, at the end of every item and about once a second."""
