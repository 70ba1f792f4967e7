"""An instance in the making: what was asked for, the rows so far, and where everything stands."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from donornet.generation.cities import kilometres
from donornet.generation.dice import Dice
from donornet.generation.sizes import Counts

Row = dict[str, Any]


@dataclass(frozen=True)
class Places:
    """Places of one kind.

    Parameters
    ----------
    ids
        Their ids.
    jurisdictions
        Position of each one's jurisdiction.
    latitude, longitude
        Coordinates [degrees].
    weight
        People around each.
    """

    ids: tuple[str, ...]
    jurisdictions: np.ndarray
    latitude: np.ndarray
    longitude: np.ndarray
    weight: np.ndarray

    def __len__(self) -> int:
        return len(self.ids)

    def distance(self, others: Places) -> np.ndarray:
        """Return great-circle distances to other places [km], shape (places, others)."""
        return kilometres(self.latitude, self.longitude, others.latitude, others.longitude)


@dataclass
class Draft:
    """Rows by table, and what has been decided so far.

    Parameters
    ----------
    seed
        Seed of the dice.
    counts
        How many of everything.
    every
        Whether every table is filled.
    """

    seed: int
    counts: Counts
    every: bool = True
    head: Row = field(default_factory=dict)
    tables: dict[str, list[Row]] = field(default_factory=dict)
    jurisdictions: tuple[str, ...] = ()
    at: dict[str, Places] = field(default_factory=dict)
    """Facilities by stage; ``donor`` the pools, ``centre`` the centres."""

    def dice(self, subject: str) -> Dice:
        """Return the stream of random numbers of a subject."""
        return Dice(self.seed, subject)

    def add(self, table: str, rows: Iterable[Row]) -> None:
        """Append rows to a table; cells that are None are left out."""
        kept = [{column: cell for column, cell in row.items() if cell is not None} for row in rows]
        if kept:
            self.tables.setdefault(table, []).extend(kept)

    @property
    def periods(self) -> list[int]:
        """Numbers of the periods."""
        first = int(self.head["periods"]["first"])
        return list(range(first, first + int(self.head["periods"]["count"])))

    @property
    def years(self) -> float:
        """Length of a period [years]."""
        return float(self.head["periods"]["days"]) / float(self.head["days_per_year"])
