"""Constraints on what stands where: life cycles of facilities, capacity ladders, licences."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from donornet.evaluation.ledger import Ledger
from donornet.evaluation.violation import INTEGRALITY, Violation, place, records


def design_violations(ledger: Ledger) -> Iterator[Violation]:
    """Yield what is wrong with openings, closings, steps and licences."""
    yield from _life_cycle(ledger.design.facilities)
    yield from _ladders(ledger.design.facilities)
    yield from _licences(ledger.design.licences)


def _where(row: dict[str, object], *more: str) -> str:
    return place(row, "site", "stage", *more, "period")


def _fractional(rows: pd.DataFrame, column: str, *more: str, most: float = np.inf) -> Iterator[Violation]:
    apart = (rows[column] - rows[column].round()).abs()
    for row in records(rows, (apart > INTEGRALITY) | (rows[column] > most + INTEGRALITY)):
        allowed = "0 or 1" if most == 1 else "a whole number"
        message = f"{_where(row, *more)}: {column} is {row[column]:g}, not {allowed}"
        yield Violation("integrality", message, abs(row[column] - round(row[column])))


def _life_cycle(rows: pd.DataFrame) -> Iterator[Violation]:
    yield from _fractional(rows.assign(open=rows["stated"]), "open", most=1)
    candidate, existing = rows["status"] == "candidate", rows["initial"] == "existing"
    told = (
        (
            ~rows["may"] & (rows["status"] == "closed") & (rows["open"] > 0),
            "status",
            "is open, though its status is closed",
        ),
        (~rows["may"] & (rows["status"] != "closed") & (rows["open"] > 0), "opens-from", "is open before opens_from"),
        (
            (rows["status"] == "open") & rows["may"] & (rows["open"] == 0),
            "status",
            "is not open, though its status is open",
        ),
        (
            rows["may"] & candidate & existing & (rows["open"] > rows["before"]),
            "reopened",
            "is open again after it was closed",
        ),
        (
            rows["may"] & candidate & ~existing & (rows["open"] < rows["before"]),
            "stay",
            "is given up after it was opened",
        ),
    )
    for wrong, code, words in told:
        for row in records(rows, wrong):
            yield Violation(code, f"facility {_where(row)}: {words}", 1.0)


def _ladders(rows: pd.DataFrame) -> Iterator[Violation]:
    yield from _fractional(rows.assign(steps=rows["steps_stated"]), "steps")
    told = (
        (rows["steps"] > rows["ladder"], "ladder", "holds {steps:g} steps, its ladder has {ladder:g}"),
        ((rows["steps"] > 0) & (rows["open"] == 0), "open-before-steps", "holds {steps:g} steps and is not open"),
        (rows["steps"] < rows["steps_before"], "stay", "gives capacity steps up: {steps:g} after {steps_before:g}"),
    )
    for wrong, code, words in told:
        for row in records(rows, wrong):
            yield Violation(code, f"facility {_where(row)}: " + words.format(**row), 1.0)


def _licences(rows: pd.DataFrame) -> Iterator[Violation]:
    rows = rows[rows["status"] == "obtainable"]
    if rows.empty:
        return
    yield from _fractional(rows.assign(held=rows["stated"]), "held", "market", most=1)
    told = (
        (~rows["may"] & (rows["held"] > 0), "available-from", "is held before it is available"),
        (rows["held"] > rows["open"], "licence-needs-open", "is held while the facility is not open"),
        (rows["held"] < rows["before"], "stay", "is given up after it was obtained"),
    )
    for wrong, code, words in told:
        for row in records(rows, wrong):
            yield Violation(code, f"licence {_where(row, 'market')}: {words}", 1.0)
