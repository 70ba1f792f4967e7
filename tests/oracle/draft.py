"""An instance in the making: dice, rows, and the facts that later tables need."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

Row = dict[str, Any]
T = TypeVar("T")

TERMS = {  # (periods, days): days that operations may take
    (1, 365): (1, 2, 3, 5, 7, 10),
    (2, 365): (1, 2, 3, 5, 7, 10),
    (3, 365): (1, 2, 3, 5, 7, 10),
    (4, 30): (1, 2, 5, 7, 10, 15),
    (4, 7): (0, 1, 2, 3, 4),
    (6, 1): (0, 0.25, 0.5, 1),
    (5, 2): (0, 0.5, 1, 2),
}
"""Period structures."""


@dataclass
class Draft:
    """Rows by table, and what has been decided so far.

    Parameters
    ----------
    seed
        Seed of the dice.
    roomy
        Scale of the number of places: 0 as few as possible, 1 the usual.
    """

    seed: int
    roomy: float = 1.0
    hard: bool = False
    """Whether all demand must be met."""
    head: Row = field(default_factory=dict)
    tables: dict[str, list[Row]] = field(default_factory=dict)
    jurisdictions: list[str] = field(default_factory=list)
    at: dict[str, list[str]] = field(default_factory=dict)
    """Sites by stage."""
    routes: dict[str, list[str]] = field(default_factory=dict)
    gain: dict[tuple[str, str], float] = field(default_factory=dict)
    """(stage, therapy): usual units out per unit in."""
    work: dict[tuple[str, str], float] = field(default_factory=dict)
    """(stage, therapy): usual days of the operation."""
    whole: set[str] = field(default_factory=set)
    """Indivisible therapies."""
    peak: dict[str, float] = field(default_factory=dict)
    """Therapy: most doses wanted in a period."""

    def __post_init__(self) -> None:
        self.dice = random.Random(self.seed)

    # ----------------------------------------------------------------------------------------------------------- dice

    def chance(self, probability: float) -> bool:
        """Return True with the given probability."""
        return self.dice.random() < probability

    def rarely(self, probability: float) -> bool:
        """Return True with the given probability, less often where demand must be met: for what forbids."""
        return self.dice.random() < probability * (0.4 if self.hard else 1.0)

    def pick(self, options: Sequence[T]) -> T:
        """Return one of the options."""
        return self.dice.choice(options)

    def some(self, options: Sequence[T], least: int, most: int) -> list[T]:
        """Return `least` to `most` of the options, in their order."""
        count = min(len(options), self.dice.randint(least, most))
        chosen = set(self.dice.sample(range(len(options)), count))
        return [option for position, option in enumerate(options) if position in chosen]

    def money(self, low: float, high: float) -> float:
        """Return a positive amount with few digits; rarely the same twice, so that optima are unique."""
        return round(self.dice.uniform(low, high), 2)

    def factor(self, low: float, high: float) -> float:
        """Return a factor between two bounds."""
        return self.dice.uniform(low, high)

    # ----------------------------------------------------------------------------------------------------------- rows

    def add(self, table: str, row: Row) -> Row:
        """Append a row; cells that are None are left out."""
        row = {column: cell for column, cell in row.items() if cell is not None}
        self.tables.setdefault(table, []).append(row)
        return row

    def rows(self, table: str) -> list[Row]:
        """Return the rows of a table so far."""
        return self.tables.get(table, [])

    # ---------------------------------------------------------------------------------------------------------- facts

    @property
    def count(self) -> int:
        """Number of periods."""
        return int(self.head["periods"]["count"])

    @property
    def days(self) -> float:
        """Days of a period."""
        return float(self.head["periods"]["days"])

    @property
    def years(self) -> float:
        """Years of a period."""
        return self.days / float(self.head["days_per_year"])

    @property
    def numbers(self) -> list[int]:
        """Numbers of the periods."""
        first = int(self.head["periods"]["first"])
        return list(range(first, first + self.count))

    @property
    def allogeneic(self) -> list[str]:
        """Therapies made from donors."""
        return [row["therapy"] for row in self.rows("therapies") if row["modality"] == "allogeneic"]

    @property
    def autologous(self) -> list[str]:
        """Therapies made from patients."""
        return [row["therapy"] for row in self.rows("therapies") if row["modality"] == "autologous"]

    @property
    def markets(self) -> list[str]:
        """Jurisdictions of the centres."""
        return list(dict.fromkeys(row["jurisdiction"] for row in self.rows("centres")))

    def is_tested(self, therapy: str) -> bool:
        """Whether donations of the therapy are tested."""
        row = next(row for row in self.rows("therapies") if row["therapy"] == therapy)
        return bool(row.get("tested", "yes" if self.routes[therapy][0] == "collection" else "no") == "yes")

    def jurisdiction(self, place: str) -> str:
        """Return the jurisdiction of a site, pool or centre."""
        for table, key in (("sites", "site"), ("donor_pools", "pool"), ("centres", "centre")):
            for row in self.rows(table):
                if row[key] == place:
                    return str(row["jurisdiction"])
        raise KeyError(place)

    def inflow(self, therapy: str, stage: str) -> float:
        """Return the units of a therapy that usually enter a stage in the period of most demand."""
        gain = 0.8 if self.is_tested(therapy) else 1.0
        if stage == "testing":
            return self.inflow(therapy, self.routes[therapy][0]) if self.is_tested(therapy) else 0.0
        if stage not in self.routes[therapy]:
            return 0.0
        position = self.routes[therapy].index(stage)
        for later in self.routes[therapy][position:]:
            gain *= self.gain[later, therapy]
        return self.peak[therapy] / (gain if position == 0 else gain / (0.8 if self.is_tested(therapy) else 1.0))
