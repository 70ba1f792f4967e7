"""`compare`: results side by side, and what their differences mean."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from donornet.io import write_sheets
from donornet.io.result_writer import plain
from donornet.solution import Result
from donornet.study.comparison.layout import text_of
from donornet.study.comparison.measures import KEYS, SECTIONS, SUMS, Sense, currency_of, measures_of
from donornet.study.comparison.notes import notes_on
from donornet.study.comparison.states import states_of
from donornet.study.comparison.verdicts import DOUBTFUL, NO_DESIGN, is_finding, verdict, verdict_on_cost
from donornet.study.naming import distinct

_Key = tuple[str, str, str, str, Sense]


@dataclass(frozen=True, eq=False)
class Comparison:
    """Results side by side.

    Parameters
    ----------
    baseline
        Name of the result that the others are compared with.
    results
        One row per result, also of those without a design: result (its name), scenario, status, objective, bound
        [currency], gap [share], currency, instance, sha256 and cost_verdict, what the difference of its total cost to
        the baseline means: a difference that the gaps could explain is no finding.
    table
        One row per measure and result: section, measure, member, unit, better (lower, higher; blank: neither), result,
        value (NaN: the result has none), difference to the baseline and verdict, what it means.
    facilities
        One row per facility that is open anywhere: stage, site, title and a column per result, what becomes of it
        there: open, opened and closed with the period; blank where it is never open, None without a design.
    notes
        What a reader must know beside the numbers.
    """

    baseline: str
    results: pd.DataFrame
    table: pd.DataFrame
    facilities: pd.DataFrame
    notes: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the results, in order."""
        return tuple(self.results["result"])

    @property
    def wide(self) -> pd.DataFrame:
        """One row per measure, one column per result that has its value (NaN: the result has none)."""
        keys = self.table[list(KEYS)].drop_duplicates()
        answer = keys.reset_index(drop=True)
        for name in self.names:
            mine = self.table[self.table["result"] == name]["value"].to_numpy(dtype=float)
            answer[name] = mine if len(mine) else float("nan")
        return answer

    def __str__(self) -> str:
        return text_of(self.baseline, self.results, self.table, self.facilities, self.notes)

    def as_plain(self) -> dict[str, Any]:
        """Return the comparison as JSON holds it."""
        frames = {"results": self.results, "table": self.table, "facilities": self.facilities}
        records: dict[str, Any] = {name: plain(frame.to_dict("records")) for name, frame in frames.items()}
        return {"baseline": self.baseline, **records, "notes": list(self.notes)}

    def to_xlsx(self, path: str | os.PathLike[str]) -> None:
        """Write a workbook: results, measures side by side, differences, facilities, notes."""
        differences = self.table[self.table["result"] != self.baseline]
        sheets = {
            "results": self.results,
            "measures": self.wide,
            "differences": differences,
            "facilities": self.facilities,
            "notes": pd.DataFrame({"note": list(self.notes)}),
        }
        write_sheets(sheets, path)


def compare(results: Mapping[str, Result] | Iterable[Result], baseline: str | None = None) -> Comparison:
    """Return the results side by side, with differences to a baseline.

    Parameters
    ----------
    results
        Results by name; or in order, named by their scenario, those of one scenario numbered.
    baseline
        Name of the result to compare the others with. None: the first.

    Raises
    ------
    ValueError
        There are no results, or none is called `baseline`.
    """
    named = dict(results) if isinstance(results, Mapping) else _named(list(results))
    if not named:
        raise ValueError("there is nothing to compare: give at least one result")
    first = next(iter(named)) if baseline is None else baseline
    if first not in named:
        raise ValueError(f"no result is called {first!r}; there are: {', '.join(named)}")
    return Comparison(
        first, _heads(named, first), _table(named, first), states_of(named), tuple(notes_on(named, first))
    )


def _named(results: list[Result]) -> dict[str, Result]:
    return dict(zip(distinct([result.scenario for result in results]), results, strict=True))


def _heads(named: Mapping[str, Result], baseline: str) -> pd.DataFrame:
    rows = []
    for name, result in named.items():
        unit = currency_of(result) or currency_of(named[baseline])
        rows.append({
            "result": name, "scenario": result.scenario, "status": result.status.value, "objective": result.objective,
            "bound": result.bound, "gap": result.gap, "currency": currency_of(result),
            "instance": str(result.info.get("instance", "")), "sha256": result.instance_sha256,
            "cost_verdict": "" if name == baseline else verdict_on_cost(result, named[baseline], unit),
        })  # fmt: skip
    return pd.DataFrame(rows).astype({"objective": float, "bound": float, "gap": float})


def _table(named: Mapping[str, Result], baseline: str) -> pd.DataFrame:
    """Return the measures of all results: every measure that any has, for every result."""
    values = {name: _values(result) for name, result in named.items()}
    rows = []
    for key in _keys(values.values()):
        there = _value(key, named[baseline], values[baseline])
        for name, result in named.items():
            here = _value(key, result, values[name])
            told = "" if name == baseline else _verdict(key, (here, there), result, named[baseline])
            rows.append((*key, name, here, here - there, told))
    return pd.DataFrame(rows, columns=[*KEYS, "result", "value", "difference", "verdict"])


def _values(result: Result) -> dict[_Key, float]:
    measured = measures_of(result)
    return dict(zip(measured[list(KEYS)].itertuples(index=False, name=None), measured["value"], strict=True))


def _keys(values: Iterable[dict[_Key, float]]) -> list[_Key]:
    """Return every measure once, section by section in order of appearance, without cost terms that are 0 in all."""
    found = {key: None for figures in values for key in figures}
    spent = {key for figures in values for key, value in figures.items() if value != 0.0}
    kept = [key for key in found if key[1] != "term" or key in spent]
    return sorted(kept, key=lambda key: SECTIONS.index(key[0]))


def _value(key: _Key, result: Result, values: Mapping[_Key, float]) -> float:
    nothing = 0.0 if key[1] in SUMS and result.solution is not None else float("nan")
    return float(values.get(key, nothing))


def _verdict(key: _Key, figures: tuple[float, float], result: Result, baseline: Result) -> str:
    """Return what the difference of a measure to the baseline means."""
    section, measure, _, unit, better = key
    on_cost = verdict_on_cost(result, baseline, unit)
    if measure == "total_cost" or on_cost.startswith(NO_DESIGN):
        return on_cost
    told = verdict(*figures, better, unit, is_money=section == "cost")
    return told + DOUBTFUL if is_finding(told) and not is_finding(on_cost) else told
