"""The first look at a design: rows that name nothing known or hold no amounts are reported and set aside."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from donornet.evaluation.rules import RuleEngine
from donornet.evaluation.violation import TOLERANCE, Violation, place, records
from donornet.solution import SOLUTION_COLUMNS, Solution
from donornet.solution.solution import empty

AMOUNTS = {
    "facilities": ("open", "steps"), "licences": ("held",), "donors": ("recruits", "registry"),
    "donations": ("donations",),
    "tests": ("tests",), "flows": ("units",), "stock": ("doses",), "deliveries": ("doses",), "loops": ("patients",),
    "unmet": ("unmet",),
}  # fmt: skip
"""Columns that hold amounts; a negative or non-finite one is a violation."""

Words = Callable[..., str]
"""Says what is wrong with the ids of a row, or nothing."""


@dataclass(frozen=True)
class Screened:
    """Decision tables that speak about the instance only, and what was wrong with the rows left out."""

    tables: Mapping[str, pd.DataFrame]
    violations: list[Violation]


def screen(rules: RuleEngine, solution: Solution) -> Screened:
    """Return the rows of `solution` that can be evaluated, amounts not below zero."""
    vocabulary = _Vocabulary(rules)
    tables, violations = {}, []
    for name, columns in SOLUTION_COLUMNS.items():
        missing = [column for column in columns if column not in solution[name].columns]
        if missing:
            violations.append(Violation("malformed", f"{name}: column {', '.join(missing)} is missing", len(missing)))
            tables[name] = pd.DataFrame({column: pd.Series(dtype=object) for column in columns})
            continue
        if solution[name].empty:
            tables[name] = empty(name)
            continue
        table = solution[name][list(columns)].reset_index(drop=True)
        table, found = _amounts(name, table)
        violations += found
        tables[name], found = _ids(name, table, vocabulary)
        violations += found
    for name in ("facilities", "licences", "donors"):
        keys = [column for column in SOLUTION_COLUMNS[name] if column not in AMOUNTS[name]]
        twice = tables[name].duplicated(keys)
        for row in records(tables[name], twice):
            violations.append(Violation("duplicate", f"{name}: {place(row, *keys)} stands there twice", 1.0))
        tables[name] = tables[name][~twice].reset_index(drop=True) if twice.any() else tables[name]
    return Screened(tables, violations)


def _amounts(name: str, table: pd.DataFrame) -> tuple[pd.DataFrame, list[Violation]]:
    """Set rows without finite amounts aside, lift negative amounts to zero, and say so."""
    violations = []
    amounts = AMOUNTS[name]
    numbers = {
        column: pd.to_numeric(table[column], errors="coerce").to_numpy(dtype=float, na_value=np.nan)
        for column in (*amounts, "period")
    }
    good = np.logical_and.reduce([np.isfinite(values) for values in numbers.values()])
    for row in records(table, ~good):
        told = ", ".join(f"{column} {row[column]!r}" for column in numbers)
        violations.append(Violation("not-a-number", f"{name}: {_ids_of(name, row)}: {told}", 1.0))
    for column in amounts:
        below = good & (numbers[column] < -TOLERANCE)
        for row, amount in zip(records(table, below), numbers[column][below].tolist(), strict=True):
            message = f"{name}: {_ids_of(name, row)}: {column} is {amount:g}, below zero"
            violations.append(Violation("negative", message, -amount))
    if name not in ("facilities", "licences", "donors", "unmet"):
        good &= np.logical_or.reduce([numbers[column] > 0 for column in amounts])
    cells = {column: _cells(table[column], good, numbers.get(column)) for column in table}
    return pd.DataFrame(cells, index=table.index[good]), violations


def _cells(told: pd.Series, good: np.ndarray, numbers: np.ndarray | None) -> pd.Series:
    """Return the cells of the good rows: amounts not below zero, periods whole, ids as text."""
    if numbers is None:
        ids = told.to_numpy(dtype=object)[good]
        ids[pd.isna(ids)] = ""
        return pd.Series(ids, index=told.index[good], dtype=object)
    kept = numbers[good]
    kept = kept.astype(np.int64) if told.name == "period" else np.maximum(kept, 0.0)
    return pd.Series(kept, index=told.index[good])


def _ids(name: str, table: pd.DataFrame, vocabulary: _Vocabulary) -> tuple[pd.DataFrame, list[Violation]]:
    """Set rows aside whose ids say nothing, say what is wrong with them, and bring the others into one order."""
    words: Words = getattr(vocabulary, name)
    keys = [column for column in SOLUTION_COLUMNS[name] if column not in AMOUNTS[name]]
    if table.empty:
        return empty(name), []
    ids = list(zip(*(table[key].tolist() for key in keys), strict=True))
    told = np.array([words(*cells) for cells in ids], dtype=object)
    bad = told != ""
    violations = [
        Violation("unknown", f"{name}: {_ids_of(name, row)}: {said}", 1.0)
        for row, said in zip(records(table, bad), told[bad], strict=True)
    ]
    order = [at for at in sorted(range(len(ids)), key=ids.__getitem__) if not bad[at]]
    return table.iloc[order].reset_index(drop=True), violations


def _ids_of(name: str, row: dict[str, Any]) -> str:
    return place(row, *[column for column in SOLUTION_COLUMNS[name] if column not in AMOUNTS[name]])


class _Vocabulary:
    """What the ids of each decision table must name: methods are called like the tables, taking their key columns."""

    def __init__(self, rules: RuleEngine) -> None:
        instance = rules.instance
        self._rules = rules
        self._periods = set(instance.periods)
        self._centres = set(instance.table("centres")["centre"])
        self._markets = set(instance.markets)
        licences = instance.table("licences")
        licences = licences[licences["status"] == "obtainable"]
        self._licences = set(zip(licences["site"], licences["stage"], licences["market"], strict=True))
        self._wanted = set(zip(instance.table("demand")["centre"], instance.table("demand")["therapy"], strict=True))

    def _first(self, *words: str) -> str:
        """Return the first thing that is wrong."""
        return next(filter(None, words), "")

    def _period(self, period: int) -> str:
        return "" if period in self._periods else f"period {period} is not in the horizon"

    def _facility(self, site: str, stage: str) -> str:
        return "" if (site, stage) in self._rules.facilities else f"site {site!r} has no facility for {stage}"

    def _market(self, market: str) -> str:
        return "" if market in self._markets else f"no centre has market {market!r}"

    def _therapy(self, therapy: str, modality: str = "") -> str:
        if therapy not in self._rules.therapies:
            return f"therapy {therapy!r} is unknown"
        told = self._rules.therapies[therapy]["modality"]
        return f"therapy {therapy!r} is {told}" if modality and told != modality else ""

    def _stage(self, therapy: str, at: int) -> str:
        return self._rules.routes[therapy][at]

    def facilities(self, site: str, stage: str, period: int) -> str:
        return self._first(self._facility(site, stage), self._period(period))

    def licences(self, site: str, stage: str, market: str, period: int) -> str:
        known = (site, stage, market) in self._licences
        return self._first("" if known else "there is no such obtainable licence", self._period(period))

    def donors(self, pool: str, period: int) -> str:
        return self._first("" if pool in self._rules.pools else f"pool {pool!r} is unknown", self._period(period))

    def donations(
        self, therapy: str, pool: str, site: str, _mode: str, market: str, _class: str, _state: str, period: int
    ) -> str:
        return (
            self._therapy(therapy, "allogeneic")
            or self._first("" if pool in self._rules.pools else f"pool {pool!r} is unknown", self._market(market))
            or self._first(self._facility(site, self._stage(therapy, 0)), self._period(period))
        )

    def tests(
        self,
        therapy: str,
        market: str,
        site: str,
        _class: str,
        lab: str,
        panel: str,
        _mode: str,
        _state: str,
        period: int,
    ) -> str:
        words = (
            self._therapy(therapy) or self._facility(site, self._stage(therapy, 0)) or self._facility(lab, "testing")
        )
        if not words and not self._rules.tested(therapy):
            words = f"therapy {therapy!r} is not tested"
        unknown = panel not in self._rules.panels and (bool(self._rules.panels) or panel != "")
        return self._first(
            words, f"panel {panel!r} is unknown" if unknown else "", self._market(market), self._period(period)
        )

    def flows(
        self, therapy: str, market: str, origin: str, origin_stage: str, _from_state: str, target: str,
        target_stage: str,
        _to_state: str, _mode: str, period: int,
    ) -> str:  # fmt: skip
        words = self._therapy(therapy, "allogeneic")
        if words:
            return words
        route = self._rules.routes[therapy]
        if (origin_stage, target_stage) not in itertools.pairwise(route):
            return f"{target_stage} does not follow {origin_stage} on the route {'>'.join(route)}"
        return self._first(
            self._facility(origin, origin_stage), self._facility(target, target_stage), self._market(market),
            self._period(period),
        )  # fmt: skip

    def stock(self, therapy: str, market: str, site: str, period: int) -> str:
        words = self._therapy(therapy, "allogeneic") or self._facility(site, self._stage(therapy, -1))
        if not words and self._rules.stock_periods(therapy) < 1:
            words = f"finished doses of {therapy} cannot be carried over between periods"
        return self._first(words, self._market(market), self._period(period))

    def deliveries(
        self, therapy: str, market: str, origin: str, _state: str, _mode: str, centre: str, period: int
    ) -> str:
        words = self._therapy(therapy, "allogeneic") or self._facility(origin, self._stage(therapy, -1))
        return self._first(words, self._centre(centre, market), self._period(period))

    def loops(self, therapy: str, market: str, centre: str, sites: str, modes: str, _class: str, period: int) -> str:
        words = self._therapy(therapy, "autologous") or self._centre(centre, market)
        if words:
            return words
        route, visited = self._rules.routes[therapy], sites.split(">")
        if len(visited) != len(route) or len(modes.split(">")) != len(route) + 1:
            return f"sites and modes do not fit the route {'>'.join(route)}"
        return self._first(*map(self._facility, visited, route), self._period(period))

    def unmet(self, therapy: str, centre: str, period: int) -> str:
        known = (centre, therapy) in self._wanted
        return self._first("" if known else f"centre {centre!r} wants no {therapy}", self._period(period))

    def _centre(self, centre: str, market: str) -> str:
        if centre not in self._centres:
            return f"centre {centre!r} is unknown"
        own = self._rules.jurisdiction[centre]
        return "" if own == market else f"the market of centre {centre!r} is {own!r}, not {market!r}"
