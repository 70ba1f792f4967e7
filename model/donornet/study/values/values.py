"""What `value` returns: the worth of each thing, ranked."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from donornet.instance import Instance
from donornet.io.files import write_text
from donornet.io.result_writer import plain
from donornet.solution import Result
from donornet.study.values.bounds import (
    COSTS,
    FINDINGS,
    INDISPENSABLE,
    NEITHER,
    NOT_TRIED,
    NOTHING,
    RULES_OUT,
    SAVES,
    UNKNOWN,
    Reach,
    Worth,
    sharpened,
    worth,
)
from donornet.study.values.items import Item

TABLE = ("kind", "item", "counterfactual", "worth", "low", "high", "verdict", "status", "remark", "use", "edits")
"""Columns of the table: worth and its interval in currency, use in doses, edits as ``--set`` takes them."""
ORDER = (INDISPENSABLE, RULES_OUT, SAVES, COSTS, NEITHER, UNKNOWN, NOTHING, NOT_TRIED)
"""Verdicts in the order of the ranking; within one the largest amount comes first."""


@dataclass(frozen=True)
class Outcome:
    """The end of one counterfactual.

    Parameters
    ----------
    reach
        Where its optimum lies; None: nothing is known.
    status
        How it was solved, or why not.
    remark
        What is to be said about it.
    """

    reach: Reach | None
    status: str
    remark: str = ""


@dataclass(frozen=True, eq=False)
class Values:
    """The worth of things in one instance.

    Parameters
    ----------
    instance
        Name of the instance.
    scenario
        What was applied to it.
    currency
        Currency of all money.
    gap
        Gap that was asked of each solve [share].
    base
        Result of the base case.
    low, high
        Where the optimum of the base case lies, from all solves together [currency].
    table
        One row per counterfactual, ranked, with the columns of `TABLE`: findings first. `worth` is NaN where the
        interval from `low` to `high` holds zero without being zero; infinite where there is no design without
        the thing.
    """

    instance: str
    scenario: str
    currency: str
    gap: float
    base: Result
    low: float
    high: float
    table: pd.DataFrame

    @staticmethod
    def of(instance: Instance, base: Result, outcomes: Sequence[tuple[Item, Outcome]], gap: float) -> Values:
        """Return the ranking of items with their outcomes."""
        solved = [(item, outcome.reach) for item, outcome in outcomes if outcome.reach is not None]
        reach, others = sharpened(Reach.of(base), [(found, item.effect) for item, found in solved])
        worths = {
            item: worth(reach, other, item.effect, absent=item.absent)
            for (item, _), other in zip(solved, others, strict=True)
        }
        rows = [_row(item, outcome, worths.get(item)) for item, outcome in outcomes]
        rows.sort(key=_rank)
        table = pd.DataFrame(rows, columns=list(TABLE))
        table = table.astype(dict.fromkeys(("worth", "low", "high", "use"), float))
        head = instance.head
        return Values(head.name, instance.scenario, head.currency, gap, base, reach.low, reach.high, table)

    @property
    def findings(self) -> pd.DataFrame:
        """The rows that say that a thing makes a difference."""
        return self.table[self.table["verdict"].isin(FINDINGS)]

    def as_plain(self) -> dict[str, Any]:
        """Return everything for JSON; what is infinite or no number is None, the verdict says which."""
        return {
            "instance": self.instance,
            "scenario": self.scenario,
            "currency": self.currency,
            "asked_gap": self.gap,
            "base": {
                "status": self.base.status.value,
                "objective": self.base.objective,
                "bound": self.base.bound,
                "gap": self.base.gap,
                "low": plain(self.low),
                "high": plain(self.high),
            },
            "values": plain(self.table.to_dict("records")),
        }

    def to_json(self) -> str:
        """Return everything as JSON."""
        return json.dumps(self.as_plain(), indent=2, ensure_ascii=False, allow_nan=False)

    def write(self, folder: str | os.PathLike[str]) -> None:
        """Write values.csv (several edits separated by ``|``) and values.json into a folder."""
        place = Path(folder)
        place.mkdir(parents=True, exist_ok=True)
        table = self.table.assign(edits=[" | ".join(edits) for edits in self.table["edits"]])
        write_text(place / "values.csv", table.to_csv(index=False))
        write_text(place / "values.json", self.to_json() + "\n")

    def __str__(self) -> str:
        """Return the ranking for a terminal."""
        base = self.base
        head = f"{self.instance} ({self.scenario}): {base.status.value}, total cost {_money(base.objective)}"
        means = f"worth = cost without it less cost with it [{self.currency}]"
        between = f"the optimum of the base case lies between {_money(self.low)} and {_money(self.high)}"
        lines = [f"{head} {self.currency}, bound {_money(base.bound)}", f"{means}; {between}"]
        for verdict in ORDER:
            rows = self.table[self.table["verdict"] == verdict]
            if len(rows):
                lines += ["", f"{verdict} ({len(rows)})", *_lines(rows, verdict)]
        return "\n".join(lines)


def _row(item: Item, outcome: Outcome, found: Worth | None) -> dict[str, Any]:
    found = found or Worth(math.nan, math.nan, math.nan, NOT_TRIED)
    cells = (
        item.kind, item.name, item.counterfactual, found.amount, found.low, found.high, found.verdict, outcome.status,
        outcome.remark, item.use, list(item.edits),
    )  # fmt: skip
    return dict(zip(TABLE, cells, strict=True))


def _rank(row: dict[str, Any]) -> tuple[int, float]:
    """Return the place in the ranking: by verdict, then by the largest amount or, without one, the widest interval."""
    ends = [abs(row[end]) for end in ("low", "high") if not math.isnan(row[end])]
    amount = max(ends, default=0.0) if math.isnan(row["worth"]) else abs(row["worth"])
    return ORDER.index(row["verdict"]), -amount


def _lines(rows: pd.DataFrame, verdict: str) -> list[str]:
    said = []
    for row in rows.to_dict("records"):
        amount = _money(row["worth"]) if verdict in (SAVES, COSTS) else ""
        told = verdict in (SAVES, COSTS, UNKNOWN)
        interval = f"[{_money(row['low'])}, {_money(row['high'])}]" if told else ""
        what = f"{row['kind']}: {row['item']}, {row['counterfactual']}"
        said.append((what, amount, interval, row["remark"]))
    widths = [max(len(cells[column]) for cells in said) for column in range(3)]
    return [
        f"  {what:<{widths[0]}}  {amount:>{widths[1]}}  {interval:<{widths[2]}}  {remark}".rstrip()
        for what, amount, interval, remark in said
    ]


def _money(amount: float | None) -> str:
    """Return an amount of money for people; small ones with digits behind the point."""
    if amount is None or math.isnan(amount):
        return "unknown"
    if math.isinf(amount):
        return "unlimited" if amount > 0 else "-unlimited"
    return f"{amount:,.0f}".replace(",", " ") if amount == 0 or abs(amount) >= 1000 else f"{amount:.4g}"
