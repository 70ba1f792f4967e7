"""Diversity requirements, row by row of the table, with the numbers of donors they speak about."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from donornet.formulation.linear import NOTHING, Linear, total
from donornet.formulation.sets import Frame
from donornet.formulation.variables import block, registered
from donornet.instance import Instance

Key = tuple[str, str, str, str, str]
Level = dict[str, Linear]
"""Number of donors or donations of each category."""

COVERAGE = ("match_coverage", "coverage_floor")
"""Measures that speak about patient groups."""
FLOOR = "(floor)"
"""Requirement that stands for the measure coverage_floor of a study: an id that no table can hold."""


@dataclass(frozen=True, eq=False)
class Requirement:
    """One diversity requirement for one scope.

    Attributes
    ----------
    key
        (requirement, therapy, market, period, member); blank where taken together.
    measure, value
        What is required.
    penalty
        Per unit of shortfall [currency]; None: hard.
    first
        Position of the first period covered.
    block
        Categories that the row is about (min_count, min_share, max_share), or the one patient group (coverage).
    level
        Number of donors or donations of each category.
    """

    key: Key
    measure: str
    value: float
    penalty: float | None
    first: int
    block: tuple[str, ...]
    level: Level

    @cached_property
    def counted(self) -> Linear:
        """Number in the categories that the row is about."""
        return total(self.level[category] for category in self.block if category in self.level)

    @cached_property
    def everyone(self) -> Linear:
        """Number in all categories."""
        return total(self.level.values())


def requirements(m: Any) -> list[Requirement]:
    """Return every requirement of the instance, ``*`` and blanks resolved."""
    reader = _Reader(m)
    return [requirement for row in m.instance.table("diversity").to_dict("records") for requirement in reader.read(row)]


def coverage_floors(m: Any) -> list[Requirement]:
    """Return complete coverage of every patient group as a requirement whose shortfall costs nothing.

    Its shortfall is what the coverage falls short of 1, so that the least coverage is 1 less the largest shortfall.
    """
    reader, groups = _Reader(m), m.instance.table("patient_groups")
    return [
        Requirement((FLOOR, "", market, "", group), "coverage_floor", 1.0, 0.0, 0, (group,), reader.eligible((market,)))
        for market, group in zip(groups["market"], groups["patient_group"], strict=True)
    ]


def donors_of_groups(m: Any, markets: Iterable[str]) -> Level:
    """Return the eligible donations of each donor group for some markets, of all therapies and periods together."""
    return _Reader(m).eligible(tuple(markets))


class _Reader:
    """Reads the rows of the table; what several rows count is counted once."""

    def __init__(self, m: Any) -> None:
        self.m = m
        self.instance: Instance = m.instance
        self.pools = self.instance.table("donor_pools").set_index("pool", drop=False)
        therapies = self.instance.table("therapies")
        self.allogeneic = therapies.loc[therapies["modality"] == "allogeneic", "therapy"].tolist()
        self._found: dict[tuple[str, str], list[_Donors]] = {}
        self._levels: dict[Any, Level] = {}

    def read(self, row: dict[str, Any]) -> list[Requirement]:
        """Return the requirements that one row of the table stands for."""
        penalty = None if np.isnan(row["shortfall_penalty"]) else float(row["shortfall_penalty"])
        found = []
        for therapy, therapies in self._each(row["therapy"], self.allogeneic):
            for market, markets in self._each(row["market"], list(self.instance.markets)):
                for period, span in self._spans(row):
                    level = self._level(row, tuple(therapies), tuple(markets), tuple(span))
                    for member, categories in self._members(row, markets):
                        key = (row["requirement"], therapy, market, period, member)
                        value = float(row["value"])
                        found.append(Requirement(key, row["measure"], value, penalty, span[0], categories, level))
        return found

    def eligible(self, markets: tuple[str, ...]) -> Level:
        """Return the eligible donations of each donor group, of all therapies and periods together."""
        row = {"measure": "coverage_floor", "level": "eligible"}
        return self._level(row, tuple(self.allogeneic), markets, tuple(range(len(self.instance.periods))))

    def _spans(self, row: dict[str, Any]) -> list[tuple[str, list[int]]]:
        """Return the periods that a row takes together, as they are called and by position."""
        every = list(range(len(self.instance.periods)))
        if row["period"] == "*" or (row["level"] == "registry" and not row["period"]):
            return [(str(self.instance.periods[t]), [t]) for t in every]
        if not row["period"]:
            return [("", every)]
        t = int(float(row["period"])) - self.instance.periods[0]
        return [(row["period"], [t])] if t in every else []

    def _each(self, cell: str, universe: list[str]) -> list[tuple[str, list[str]]]:
        if cell == "*":
            return [(name, [name]) for name in universe]
        return [(cell, self.instance.groups.select(cell, universe))]

    def _members(self, row: dict[str, Any], markets: list[str]) -> list[tuple[str, tuple[str, ...]]]:
        measure, cell = row["measure"], row["member"]
        if measure == "min_effective_groups":
            return [("", ())] if row["value"] > 0 and len(self.pools) else []
        if measure in COVERAGE:
            groups = self.instance.table("patient_groups")
            here = list(dict.fromkeys(groups.loc[groups["market"].isin(markets), "patient_group"]))
            return [(group, (group,)) for group in self.instance.groups.select(cell, here)]
        universe = list(dict.fromkeys(self.pools[row["of"]]))
        if cell == "*" or (not cell and measure != "min_count"):
            return [(name, (name,)) for name in universe]
        return [(cell, tuple(self.instance.groups.select(cell, universe)))]

    def _level(
        self, row: dict[str, Any], therapies: tuple[str, ...], markets: tuple[str, ...], span: tuple[int, ...]
    ) -> Level:
        """Return the numbers of each category for therapies, markets and periods together."""
        of = "donor_group" if row["measure"] in COVERAGE else row["of"]
        key = (row["level"], of, therapies, markets, span)
        if key not in self._levels:
            level = dict.fromkeys(self.pools[of], NOTHING)
            for donors in self._donors(row["level"], of):
                if donors.therapy in ("", *therapies) and donors.market in ("", *markets):
                    level[donors.category] += donors.within(span)
            self._levels[key] = level
        return self._levels[key]

    def _donors(self, level: str, of: str) -> list[_Donors]:
        """Return what counts as donors at a level, by category, therapy and market."""
        if (level, of) not in self._found:
            rows = self._counted(level)
            rows = rows.assign(category=rows["pool"].map(self.pools[of]))
            self._found[level, of] = [
                _Donors(*names, *(part[name].to_numpy() for name in ("t", "column", "weight")))
                for names, part in rows.groupby(["category", "therapy", "market"], sort=False)
            ]
        return self._found[level, of]

    def _counted(self, level: str) -> Frame:
        """Return pool, therapy, market (both blank where donors are of all), t, column (-1: a constant), weight."""
        columns = ["pool", "therapy", "market", "t", "column", "weight"]
        if level == "eligible":
            donations = block(self.m, "Donate")
            parts = [] if donations is None else [donations.assign(weight=donations["pass_rate"])]
        else:
            donors = block(self.m, "Recruit" if level == "recruited" else "Registry")
            parts = [] if donors is None else [donors.assign(therapy="", market="", weight=1.0)]
            if level == "registry":
                still = registered(self.instance)
                still = still if donors is None else still[~still["pool"].isin(donors["pool"])]
                parts.append(still.assign(therapy="", market="", column=-1, weight=still["registered"]))
        filled = [part[columns] for part in parts if len(part)]
        return pd.concat(filled, ignore_index=True) if filled else Frame(columns=columns)


@dataclass(frozen=True, eq=False)
class _Donors:
    """Donors of one category for one therapy and market; both blank: for all."""

    category: str
    therapy: str
    market: str
    t: np.ndarray
    column: np.ndarray
    weight: np.ndarray

    def within(self, span: tuple[int, ...]) -> Linear:
        """Return their number in some periods."""
        here = np.isin(self.t, span)
        column, weight = self.column[here], self.weight[here]
        varies = column >= 0
        return Linear(column[varies], weight[varies], float(weight[~varies].sum()))
