"""Finished doses in stock: first in, first out, within their shelf life."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

import numpy as np
import pandas as pd

from donornet.evaluation.frames import side_by_side
from donornet.evaluation.ledger import Ledger
from donornet.evaluation.violation import TOLERANCE, Violation

PLACE = ["therapy", "market", "site"]
"""Doses wait by therapy and market at the last stage's facility."""


def stocked(ledger: Ledger, therapies: pd.Series) -> pd.Series:
    """Return whether finished doses of the therapies may wait between periods."""
    able = {therapy for therapy in ledger.rules.therapies if ledger.rules.stock_periods(therapy) >= 1}
    return therapies.isin(able)


def stock_flows(ledger: Ledger) -> pd.DataFrame:
    """Return produced, delivered, stock and waste [doses] by `PLACE` and period, for therapies whose doses may wait.

    Waste is what balances the other three; below zero: more is delivered or stocked than there is.
    """
    if not any(ledger.rules.stock_periods(therapy) for therapy in ledger.rules.therapies):
        return pd.DataFrame(columns=[*PLACE, "period", "produced", "delivered", "stock", "waste"])
    frames = []
    for frame, column in ((ledger.supply, "supply"), (ledger.draws, "draw")):
        last = frame["therapy"].map(lambda therapy: ledger.rules.routes[therapy][-1])
        frames.append((frame[stocked(ledger, frame["therapy"]) & (frame["stage"] == last)], column))
    rows = side_by_side([*frames, (ledger.tables["stock"], "doses")], [*PLACE, "period"])
    rows = rows[ledger.within(rows["period"])]
    places = rows[PLACE].drop_duplicates()
    grid = places.merge(pd.DataFrame({"period": np.array(ledger.instance.periods, dtype=np.int64)}), how="cross")
    rows = grid.merge(rows, on=[*PLACE, "period"], how="left") if len(rows) else rows
    rows = rows.rename(columns={"supply": "produced", "draw": "delivered", "doses": "stock"})
    rows[["produced", "delivered", "stock"]] = rows[["produced", "delivered", "stock"]].astype(float).fillna(0.0)
    before = rows.groupby(PLACE, sort=False)["stock"].shift(fill_value=0.0) if len(rows) else rows["stock"]
    return rows.assign(waste=before + rows["produced"] - rows["delivered"] - rows["stock"])


def stock_violations(ledger: Ledger) -> Iterator[Violation]:
    """Yield deliveries and stocks that production cannot cover with doses within their shelf life."""
    rows = stock_flows(ledger)
    if rows.empty:
        return
    for key, part in rows.groupby(PLACE, sort=False):
        therapy, market, site = (str(name) for name in key)
        where = f"therapy {therapy}, market {market}, site {site}"
        life = ledger.rules.stock_periods(therapy)
        scale = max(1.0, float(part[["produced", "delivered", "stock"]].to_numpy(dtype=float).max()))
        amounts = part[["period", "produced", "delivered", "stock"]].to_numpy(dtype=float)
        yield from _first_in_first_out(where, amounts, life, TOLERANCE * scale)


def _first_in_first_out(where: str, amounts: np.ndarray, life: int, tolerance: float) -> Iterator[Violation]:
    """Follow the doses of one place by the period in which they were produced."""
    cohorts: deque[list[float]] = deque()
    for period, produced, delivered, stock in amounts:
        at = f"{where}, period {period:g}"
        cohorts.append([period, produced])
        short = _take(cohorts, delivered)
        if short > tolerance:
            message = f"{at}: {delivered:g} doses are delivered, {delivered - short:g} are there"
            yield Violation("stock", message, short)
        there = sum(cohort[1] for cohort in cohorts)
        if stock - there > tolerance:
            yield Violation("stock", f"{at}: stock is stated as {stock:g} doses, {there:g} are there", stock - there)
        _take(cohorts, max(0.0, there - stock))
        old = sum(cohort[1] for cohort in cohorts if period - cohort[0] >= life)
        if old > tolerance:
            message = f"{at}: {old:g} doses in stock are past their shelf life of {life} further periods"
            yield Violation("shelf-life", message, old)
        while cohorts and period - cohorts[0][0] >= life:
            cohorts.popleft()


def _take(cohorts: deque[list[float]], amount: float) -> float:
    """Take `amount` from the oldest doses; return what could not be taken."""
    while amount > 0 and cohorts:
        taken = min(amount, cohorts[0][1])
        cohorts[0][1] -= taken
        amount -= taken
        if cohorts[0][1] <= 0:
            cohorts.popleft()
    return amount
