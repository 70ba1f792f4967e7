"""What `alternatives` returns: what near-optimal designs have in common, and some of them."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from donornet.instance import Instance
from donornet.io import write_result
from donornet.io.files import write_text
from donornet.io.result_writer import plain
from donornet.solution import Result
from donornet.study.near_optimal.model import Decision, Design, design_of

EVERY, SOME, NONE, UNDECIDED = "every", "some", "none", "not decided"
VERDICTS = (EVERY, SOME, NONE, UNDECIDED)
"""In how many of the designs within the budget something is."""
TABLE = (
    "kind", "site", "stage", "market", "verdict", "how", "in_best", "cheapest_with", "cheapest_without", "most_used",
)  # fmt: skip
"""Columns of the table. how: status (of the row in the instance), proven, shown by designs, or what is open; the
costs are those of the cheapest designs found, not proven to be the cheapest [currency]; most_used: the most that
passes the facility, for the licence's market, in a design found, over the horizon [doses]."""


@dataclass(frozen=True)
class Found:
    """What a search has found.

    Parameters
    ----------
    decisions
        All decisions, in the order of the instance.
    settled
        Those that the instance itself has taken or ruled out.
    designs
        Designs within the budget, in the order in which they were found, each with its cheapest result.
    proven
        (decision, taken) that no design within the budget has.
    solves
        Number of solves.
    """

    decisions: Sequence[Decision]
    settled: Mapping[Decision, bool]
    designs: Mapping[Design, Result]
    proven: Collection[tuple[Decision, bool]]
    solves: int


@dataclass(frozen=True, eq=False)
class Alternatives:
    """What near-optimal designs of an instance have in common.

    Parameters
    ----------
    instance
        Name of the instance.
    scenario
        What was applied to it.
    currency
        Currency of all money.
    within
        Additional cost that was allowed [share].
    best
        Result of the first solve.
    budget
        Most that a design may cost [currency]; NaN without a best design.
    table
        One row per facility and obtainable licence, with the columns of `TABLE`.
    designs
        Designs within the budget that differ as much as possible among those found; the first is the cheapest one.
    found
        Number of different designs found.
    solves
        Number of solves.
    complete
        Whether it is proven that there are no other designs, told apart by facilities and licences in the last period.
    interrupted
        Whether Ctrl-C ended the search early.
    """

    instance: str
    scenario: str
    currency: str
    within: float
    best: Result
    budget: float
    table: pd.DataFrame
    designs: Sequence[Result]
    found: int
    solves: int
    complete: bool = False
    interrupted: bool = False

    @staticmethod
    def of(
        instance: Instance,
        within: float,
        best: Result,
        found: Found,
        designs: int,
        *,
        complete: bool,
        interrupted: bool,
    ) -> Alternatives:
        """Return the result of a search."""
        budget = math.nan if best.objective is None else best.objective + within * abs(best.objective)
        rows = [_row(instance, decision, best, found) for decision in found.decisions]
        numbers = ("cheapest_with", "cheapest_without", "most_used")
        table = pd.DataFrame(rows, columns=list(TABLE)).astype(dict.fromkeys(numbers, float))
        chosen = [
            replace(result, scenario=f"design-{number}")
            for number, result in enumerate(_most_different(found.designs, designs), 1)
        ]
        head = instance.head
        return Alternatives(
            head.name, instance.scenario, head.currency, within, best, budget, table, chosen, len(found.designs),
            found.solves, complete, interrupted,
        )  # fmt: skip

    @property
    def most_above(self) -> float | None:
        """By how much a design within the budget can exceed the true optimum at most [share]; None: unknown."""
        bound = self.best.bound
        return None if bound is None or not bound > 0 or math.isnan(self.budget) else self.budget / bound - 1.0

    def names(self, verdict: str) -> list[str]:
        """Return the facilities and licences with a verdict, in words."""
        rows = self.table[self.table["verdict"] == verdict]
        return [_words(row) for row in rows.to_dict("records")]

    def as_plain(self) -> dict[str, Any]:
        """Return everything but the designs' tables for JSON; what is unknown is None."""
        return {
            "instance": self.instance,
            "scenario": self.scenario,
            "currency": self.currency,
            "within": self.within,
            "status": self.best.status.value,
            "objective": self.best.objective,
            "bound": self.best.bound,
            "budget": plain(self.budget),
            "most_above_optimum": self.most_above,
            "found": self.found,
            "solves": self.solves,
            "complete": self.complete,
            "interrupted": self.interrupted,
            "decisions": plain(self.table.to_dict("records")),
            "designs": [{"design": result.scenario, "objective": result.objective} for result in self.designs],
        }

    def to_json(self) -> str:
        """Return `as_plain` as JSON."""
        return json.dumps(self.as_plain(), indent=2, ensure_ascii=False, allow_nan=False)

    def write(self, folder: str | os.PathLike[str]) -> None:
        """Write alternatives.csv, alternatives.json, and a results folder for each of the designs."""
        place = Path(folder)
        place.mkdir(parents=True, exist_ok=True)
        write_text(place / "alternatives.csv", self.table.to_csv(index=False))
        write_text(place / "alternatives.json", self.to_json() + "\n")
        for result in self.designs:
            write_result(result, place / result.scenario)

    def __str__(self) -> str:
        """Return what the designs have in common, for a terminal."""
        if self.best.solution is None:
            return f"{self.instance} ({self.scenario}): {self.best.status.value}, there is no design to compare with"
        lines = [self._budget_in_words(), self._effort_in_words()]
        for verdict in VERDICTS:
            rows = self.table[self.table["verdict"] == verdict]
            for kind in ("facilities", "licences"):
                part = rows[rows["kind"] == kind]
                if len(part):
                    heading = verdict if verdict == UNDECIDED else f"in {verdict} of the designs"
                    lines += ["", f"{kind}: {heading} ({len(part)})", *_lines(part)]
        return "\n".join(lines)

    def _budget_in_words(self) -> str:
        above = "" if self.most_above is None else f", at most {100 * self.most_above:.3g} % above the optimum"
        return (
            f"{self.instance} ({self.scenario}): designs of at most {_money(self.budget)} {self.currency}, "
            f"{100 * self.within:.4g} % more than the best known {_money(self.best.objective)}{above}"
        )

    def _effort_in_words(self) -> str:
        noun = "design" if self.found == 1 else "designs"
        end = ", proven to be all" if self.complete else ""
        stopped = "; stopped by Ctrl-C" if self.interrupted else ""
        return f"{self.found} {noun} found in {self.solves} solves{end}; every and none are proven{stopped}"


def _row(instance: Instance, decision: Decision, best: Result, found: Found) -> dict[str, Any]:
    free = decision not in found.settled
    having = [result for design, result in found.designs.items() if free and decision in design]
    lacking = [result for design, result in found.designs.items() if free and decision not in design]
    if not free:
        verdict, how = (EVERY if found.settled[decision] else NONE), "status"
        having, lacking = (list(found.designs.values()), []) if found.settled[decision] else ([], [])
    elif having and lacking:
        verdict, how = SOME, "shown by designs"
    elif (decision, False) in found.proven:
        verdict, how = EVERY, "proven"
    elif (decision, True) in found.proven:
        verdict, how = NONE, "proven"
    else:
        missing = "with it" if lacking else "without it" if having else "at all"
        verdict, how = UNDECIDED, f"no design {missing} found, and no proof that there is none"
    if best.solution is None:
        in_best: bool | None = None
    else:
        in_best = bool(found.settled.get(decision)) or decision in design_of(instance, best, [decision])
    cells = (
        decision.kind, decision.site, decision.stage, decision.market, verdict, how, in_best, _cheapest(having),
        _cheapest(lacking), _most_used(decision, having),
    )  # fmt: skip
    return dict(zip(TABLE, cells, strict=True))


def _cheapest(results: Sequence[Result]) -> float:
    return min((result.objective for result in results if result.objective is not None), default=math.nan)


def _most_used(decision: Decision, results: Sequence[Result]) -> float:
    """Return the most doses that pass the facility (for the licence's market) in designs that have it."""
    column = "lab" if decision.stage == "testing" else decision.stage
    uses = []
    for result in results:
        rows = result.chains[result.chains[column] == decision.site]
        rows = rows[rows["market"] == decision.market] if decision.market else rows
        uses.append(float(rows["doses"].sum()))
    return max(uses, default=math.nan)


def _most_different(designs: Mapping[Design, Result], count: int) -> list[Result]:
    """Return the cheapest design, then always the one that differs most from the nearest chosen before."""
    left = sorted(designs, key=lambda design: designs[design].objective or 0.0)
    chosen: list[Design] = []
    while left and len(chosen) < count:
        best = max(left, key=lambda design: min((len(design ^ other) for other in chosen), default=0))
        chosen.append(best)
        left.remove(best)
    return [designs[design] for design in chosen]


def _words(row: Mapping[Any, Any]) -> str:
    return str(Decision(row["kind"], row["site"], row["stage"], row["market"]))


def _lines(rows: pd.DataFrame) -> list[str]:
    said = []
    for row in rows.to_dict("records"):
        note = "" if row["verdict"] != UNDECIDED else row["how"]
        if row["verdict"] == SOME:
            extra = "cheapest_without" if row["in_best"] else "cheapest_with"
            note = f"{'without' if row['in_best'] else 'with'} it {_money(row[extra])}"
            note += ", idle in every design found" if row["most_used"] == 0 else ""
        elif row["how"] == "status":
            note = "by its status"
        said.append((_words(row), note))
    width = max(len(words) for words, _ in said)
    return [f"  {words:<{width}}  {note}".rstrip() for words, note in said]


def _money(amount: float | None) -> str:
    """Return an amount of money for people."""
    if amount is None or math.isnan(amount):
        return "unknown"
    return f"{amount:,.0f}".replace(",", " ") if amount == 0 or abs(amount) >= 1000 else f"{amount:.4g}"
