"""Limits: bounds on measures of the whole design, row by row."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from donornet.evaluation.ledger import Ledger
from donornet.evaluation.measures import Measure, doses_by_site, measures_of
from donornet.evaluation.violation import Violation, exceeds, place, records
from donornet.instance.matching import ANY
from donornet.instance.schema import STAGES

MEMBERS = ("stage", "site", "therapy", "market")
"""Filters of which scope each makes one row per member."""
COLUMNS = [
    "limit", "stage", "site", "therapy", "market", "period", "measure", "sense", "activity", "value", "slack",
    "violation",
    "penalty", "first", "scale",
]  # fmt: skip
CENTRED = ("unmet", "unmet_share")
"""Measures whose sites are the centres."""


def limits_of(ledger: Ledger, costs: pd.DataFrame) -> pd.DataFrame:
    """Return every limit, one row per combination that it speaks about; `costs` are those before penalties.

    Columns limit, the filters, measure, sense, activity, value, slack (both in the measure's unit), violation (in the
    row's unit: of a ratio, amount − value × what it is divided by), penalty (NaN: hard), first (period in which the
    penalty counts) and scale (size of the row's terms).
    """
    if not ledger.instance.has("limits"):
        return pd.DataFrame(columns=COLUMNS)
    measures = measures_of(ledger, costs)
    by_site = doses_by_site(ledger)
    found: list[tuple[Any, ...]] = []
    for row in records(ledger.instance.table("limits")):
        measure = measures[row["measure"]]
        if row["measure"] == "doses" and _by_place(row):
            measure = Measure(by_site, unit=measure.unit)
        found += [_row(ledger, row, measure, filters) for filters in _rows_of(ledger, row, measure)]
    return pd.DataFrame(found, columns=COLUMNS)


def limit_violations(rows: pd.DataFrame) -> Iterator[Violation]:
    """Yield the hard limits that are not kept."""
    hard = rows[rows["penalty"].isna() & exceeds(rows["violation"].astype(float), 0.0, rows["scale"].astype(float))]
    for row in records(hard):
        where = place(row, "limit", "stage", "site", "therapy", "market", "period")
        bound = "at most" if row["sense"] == "max" else "at least"
        message = f"{where}: {row['measure']} is {row['activity']:g}, {bound} {row['value']:g}"
        yield Violation("limit", message, row["violation"])


def _by_place(row: dict[str, Any]) -> bool:
    """Return whether a limit on doses asks where they were made."""
    site = row["site"] != "" and (row["site"] != ANY or row["scope"] == "each")
    return bool(site or row["jurisdiction"] not in ("", ANY))


def _rows_of(ledger: Ledger, row: dict[str, Any], measure: Measure) -> Iterator[dict[str, str]]:
    """Yield the filters of each row that a limit stands for."""
    choices: dict[str, list[str]] = {name: [row[name]] for name in ("jurisdiction", *MEMBERS)}
    if row["scope"] == "each":
        filled = [name for name in MEMBERS if row[name] != ""]
        if not filled:
            filled = [name for name in ("therapy", "stage") if name in measure.amounts][:1]
        for name in filled:
            choices[name] = _universe(ledger, row, name)
    periods = [row["period"]]
    if row["period"] == ANY or (row["period"] == "" and row["measure"] == "open_facilities"):
        periods = [str(period) for period in ledger.instance.periods]
    names = [*choices, "period"]
    for values in itertools.product(*choices.values(), periods):
        yield dict(zip(names, values, strict=True))


def _universe(ledger: Ledger, row: dict[str, Any], name: str) -> list[str]:
    """Return the members that a filter of scope each names."""
    table = ledger.instance.table
    universe = {
        "stage": list(STAGES),
        "site": list(table("centres")["centre"] if row["measure"] in CENTRED else table("sites")["site"]),
        "therapy": list(ledger.rules.therapies),
        "market": list(ledger.instance.markets),
    }
    return ledger.instance.groups.select(row[name], universe[name])


def _total(ledger: Ledger, amounts: pd.DataFrame, filters: dict[str, str]) -> float:
    """Return the sum of the amounts that the filters let through."""
    chosen = np.ones(len(amounts), dtype=bool)
    for name, cell in filters.items():
        if cell in ("", ANY) or name not in amounts:
            continue
        chosen &= amounts[name].astype(str).isin(ledger.instance.groups.members(cell)).to_numpy(dtype=bool)
    return float(amounts["amount"].to_numpy(dtype=float)[chosen].sum())


def _row(ledger: Ledger, row: dict[str, Any], measure: Measure, filters: dict[str, str]) -> tuple[Any, ...]:
    """Return one row of the answer."""
    amount, value = _total(ledger, measure.amounts, filters), float(row["value"])
    per = 1.0 if measure.per is None else _total(ledger, measure.per, filters)
    activity = amount / per if per else (0.0 if amount == 0 else float("nan"))
    sign = 1.0 if row["sense"] == "max" else -1.0
    first = int(filters["period"]) if filters["period"] else ledger.instance.periods[0]
    return (
        row["limit"], *(filters[name] for name in (*MEMBERS, "period")), row["measure"], row["sense"], activity, value,
        sign * (value - activity), max(0.0, sign * (amount - value * per)), row["penalty"], first,
        max(abs(amount), abs(value * per)),
    )  # fmt: skip
