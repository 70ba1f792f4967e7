"""An instance: a head and typed tables."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from donornet.instance.columns import Table
from donornet.instance.head import Head
from donornet.instance.matching import Groups
from donornet.instance.schema import TABLES

if TYPE_CHECKING:
    from donornet.instance.difference import Difference
    from donornet.instance.edits import Edit

SMALL = 5000
"""Up to this many rows plain loops are faster than pandas."""
BASE = "base"
"""Name of what is solved where nothing was applied."""


@dataclass(frozen=True, eq=False)
class Instance:
    """Everything the model needs to know.

    Parameters
    ----------
    head
        Name, money and time.
    tables
        Tables by name as they were written: text columns with ``""`` and number columns with NaN for a
        blank cell, every
        column of the specification present, rows indexed as in the file (the header is row 1). Absent
        tables are absent.
    source
        Where the instance was read from; empty: made in memory.
    applied
        What `apply` has made of it, in order: names of scenarios, and edits in one line.
    base_sha256
        Hash of the instance that it was made from; empty: nothing was applied.
    """

    head: Head
    tables: Mapping[str, pd.DataFrame]
    source: str = ""
    applied: tuple[str, ...] = ()
    base_sha256: str = ""
    _effective: dict[str, pd.DataFrame] = field(default_factory=dict, init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "tables", MappingProxyType(dict(self.tables)))

    def __reduce__(self) -> tuple[type[Instance], tuple[object, ...]]:
        return Instance, (self.head, dict(self.tables), self.source, self.applied, self.base_sha256)

    def table(self, name: str) -> pd.DataFrame:
        """Return the rows of a table that count (``include`` is not no), with every default filled in.

        Numbers without a default stay NaN ("unlimited", "none"); the index holds the rows' numbers in the file.
        """
        if name not in self._effective:
            self._effective[name] = effective(TABLES[name], self.tables.get(name))
        return self._effective[name]

    def has(self, name: str) -> bool:
        """Whether the table is there and any of its rows counts."""
        return name in self.tables and not self.table(name).empty

    @cached_property
    def periods(self) -> tuple[int, ...]:
        """Numbers of the periods."""
        first = self.head.periods.first
        return tuple(range(first, first + self.head.periods.count))

    @property
    def days(self) -> float:
        """Length of a period [days]."""
        return self.head.periods.days

    @property
    def years(self) -> float:
        """Length of a period [years]: what a ``_per_year`` figure is multiplied with."""
        return self.head.periods.days / self.head.days_per_year

    @cached_property
    def discount(self) -> np.ndarray:
        """Discount factor of each period, shape (periods,)."""
        starts = np.arange(len(self.periods)) * self.years
        return np.asarray((1.0 + self.head.discount_rate) ** (-starts))

    @cached_property
    def groups(self) -> Groups:
        """The named sets of ids."""
        return Groups(self.table("groups"))

    @cached_property
    def routes(self) -> dict[str, tuple[str, ...]]:
        """Material stages of each therapy, in order."""
        therapies = self.table("therapies")
        return {
            therapy: tuple(stage.strip() for stage in route.split(">"))
            for therapy, route in zip(therapies["therapy"], therapies["route"], strict=True)
        }

    @cached_property
    def jurisdictions(self) -> tuple[str, ...]:
        """Every jurisdiction that a place has or that the table names, the unnamed one as ``""``."""
        named = [self.table(name)["jurisdiction"] for name in ("jurisdictions", "sites", "donor_pools", "centres")]
        return tuple(dict.fromkeys(pd.concat(named)))

    @cached_property
    def markets(self) -> tuple[str, ...]:
        """Jurisdictions of the centres."""
        return tuple(dict.fromkeys(self.table("centres")["jurisdiction"]))

    @cached_property
    def sha256(self) -> str:
        """SHA-256 of the canonical instance: head and tables, rows sorted by key, without sources and notes."""
        head = self.head.model_dump(exclude={"source", "note", "title"})
        digest = hashlib.sha256(json.dumps(head, sort_keys=True).encode())
        for name, table in TABLES.items():
            if not self.has(name):
                continue
            columns = [column.name for column in table.own_columns if column.name != "title"]
            digest.update(f"\n[{name}]\n{_sorted_csv(self.table(name)[columns])}".encode())
        return digest.hexdigest()

    @property
    def scenario(self) -> str:
        """Label of what was applied: the names of scenarios joined by ``+``, with edits by `` + ``; else ``base``."""
        between = " + " if any("=" in change or " " in change for change in self.applied) else "+"
        return between.join(self.applied) or BASE

    def apply(self, *changes: str | Edit) -> Instance:
        """Return the instance with changes made to its tables, one after the other.

        Parameters
        ----------
        changes
            Each the name of a scenario of the table ``scenarios``; an edit in one line such as
            ``demand.doses*=1.2 where therapy=allo-*``, ``recognition remove where stage=testing;market=JP`` or
            ``recognition add where stage=testing;from=EU;market=JP;verdict=recognised``; or an `Edit`.

        Raises
        ------
        InvalidInstanceError
            A scenario is unknown, an edit cannot be read, or an edit matches no row; with every such finding. Whether
            the changed tables contradict each other is another question: see `donornet.validate`.
        """
        from donornet.instance.scenarios import apply_changes  # noqa: PLC0415 - it returns instances

        return apply_changes(self, changes)

    def diff(self, other: Instance) -> Difference:
        """Return what is different in `other`, row by row: it is empty iff both have the same `sha256`."""
        from donornet.instance.difference import difference  # noqa: PLC0415 - it takes instances

        return difference(self, other)

    def __str__(self) -> str:
        counts = ", ".join(f"{len(self.table(name))} {name}" for name in TABLES if self.has(name))
        return f"{self.head.name}: {len(self.periods)} periods of {self.days:g} days; {counts}"


def _sorted_csv(rows: pd.DataFrame) -> str:
    """Return the rows in order as CSV, numbers to the last bit; a few rows do without pandas."""
    if len(rows) > SMALL:
        return str(rows.sort_values(list(rows.columns)).to_csv(index=False, float_format="%.17g"))
    keys, cells = [], []
    for name in rows:
        values = rows[name].tolist()
        if rows[name].dtype.kind != "f":
            keys.append(values)
            cells.append(values)
        else:  # blanks come last
            keys.append([math.inf if math.isnan(value) else value for value in values])
            cells.append(["" if math.isnan(value) else f"{value:.17g}" for value in values])
    order = sorted(range(len(rows)), key=list(zip(*keys, strict=True)).__getitem__)
    text, lines = io.StringIO(), list(zip(*cells, strict=True))
    csv.writer(text, lineterminator="\n").writerows([rows.columns, *(lines[at] for at in order)])
    return text.getvalue()


def blank_table(table: Table) -> pd.DataFrame:
    """Return the table without a row, every column present and typed."""
    return pd.DataFrame({column.name: np.empty(0, dtype=object if column.is_text else float) for column in table})


def effective(table: Table, raw: pd.DataFrame | None) -> pd.DataFrame:
    """Return the rows of `raw` that count, with the defaults of the specification filled in."""
    if raw is None:
        return blank_table(table)
    counts = raw["include"].to_numpy() != "no"
    rows = raw.copy() if counts.all() else raw[counts].copy()
    for column in table:
        if column.default is None:
            continue
        cells = rows[column.name]
        blank = cells.to_numpy() == "" if column.is_text else cells.isna().to_numpy()
        if blank.any():
            rows[column.name] = cells.mask(blank, column.default)
    if table.name == "operations":
        rows["occupancy_days"] = rows["occupancy_days"].fillna(rows["days"])
    if table.name == "therapies":
        collected = rows["route"].str.strip().str.startswith("collection")
        rows["tested"] = rows["tested"].where(rows["tested"] != "", collected.map({True: "yes", False: "no"}))
    return rows
