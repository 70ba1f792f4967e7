"""Constraints on material and doses: balances, demand, whole units."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from donornet.evaluation.frames import side_by_side
from donornet.evaluation.ledger import Ledger
from donornet.evaluation.movements import NODE
from donornet.evaluation.stock import stock_violations, stocked
from donornet.evaluation.violation import INTEGRALITY, Violation, exceeds, place, records

WANTED = ["centre", "therapy", "period"]


def material_violations(ledger: Ledger) -> Iterator[Violation]:
    """Yield what is wrong with balances, stock, demand and indivisible therapies."""
    yield from _balance(ledger)
    yield from stock_violations(ledger)
    yield from _demand(ledger)
    yield from _loops_without_demand(ledger)
    yield from _unmet(ledger)
    yield from _indivisible(ledger)


def _balance(ledger: Ledger) -> Iterator[Violation]:
    """Nothing leaves a place in a state beyond what was released to it or came in; stock has its own balance."""
    rows = side_by_side([(ledger.supply, "supply"), (ledger.draws, "draw")], NODE)
    route = rows["therapy"].map(ledger.rules.routes)
    last = rows["stage"] == route.map(lambda stages: stages[-1])
    rows = rows.assign(first=rows["stage"] == route.map(lambda stages: stages[0]))
    rows = rows[~(last & stocked(ledger, rows["therapy"]))]
    for row in records(rows, exceeds(rows["draw"], rows["supply"])):
        came = "released" if row["first"] else "came in"
        message = f"{place(row, *NODE)}: {row['draw']:g} units leave, {row['supply']:g} {came}"
        yield Violation("release" if row["first"] else "flow-balance", message, row["draw"] - row["supply"])


def _demand(ledger: Ledger) -> Iterator[Violation]:
    """Arrivals and unmet doses make up the demand; loops may bring more than is wanted."""
    rules, sent, loops = ledger.rules, ledger.deliveries, ledger.loops.rows
    at_entry = loops["therapy"].map(lambda therapy: rules.therapies[therapy]["demand_at"] == "entry").astype(bool)
    brought = loops["patients"].where(at_entry, loops["patients"] * loops["gain"])
    parts = [
        sent.assign(period=sent["arrival"], came=sent["doses"]),
        loops.assign(period=loops["period"].where(at_entry, loops["arrival"]), came=brought),
    ]
    came = pd.concat([part[[*WANTED, "came"]] for part in parts], ignore_index=True)
    came = came[ledger.within(came["period"])]
    rows = side_by_side([(ledger.demand, "doses"), (came, "came"), (ledger.tables["unmet"], "unmet")], WANTED)
    may_exceed = (
        rows["therapy"]
        .map(lambda t: rules.autologous(t) and rules.therapies[t]["demand_at"] == "delivery")
        .astype(bool)
    )
    met = rows["came"] + rows["unmet"]
    wrong = exceeds(rows["doses"], met) | (~may_exceed & exceeds(met, rows["doses"]))
    for row in records(rows, wrong):
        message = f"{place(row, *WANTED)}: demand {row['doses']:g}, served {row['came']:g}, unmet {row['unmet']:g}"
        yield Violation("meet-demand", message, abs(row["doses"] - row["came"] - row["unmet"]))


def _loops_without_demand(ledger: Ledger) -> Iterator[Violation]:
    """Yield loops of patients who enter (at delivery: arrive) where and when there is no demand."""
    loops = ledger.loops.rows
    if loops.empty:
        return
    at_entry = (
        loops["therapy"].map(lambda therapy: ledger.rules.therapies[therapy]["demand_at"] == "entry").astype(bool)
    )
    counted = loops.assign(period=loops["period"].where(at_entry, loops["arrival"]))
    rows = side_by_side([(ledger.demand, "doses"), (counted, "patients")], WANTED)
    for row in records(rows, (rows["doses"] <= 0) & exceeds(rows["patients"], 0.0)):
        message = f"{place(row, *WANTED)}: {row['patients']:g} patients are treated for demand that is not there"
        yield Violation("loop-without-demand", message, row["patients"])


def _unmet(ledger: Ledger) -> Iterator[Violation]:
    """Demand without a penalty is served in full, and any demand by its minimum service."""
    rows = ledger.demand
    most = (1.0 - rows["min_service"]) * rows["doses"]
    rows = rows.assign(most=most.where(rows["unmet_penalty"].notna(), 0.0))
    for row in records(rows, exceeds(rows["unmet"], rows["most"])):
        where = place(row, *WANTED)
        message = f"{where}: {row['unmet']:g} of {row['doses']:g} doses are unmet, at most {row['most']:g} may be"
        yield Violation("min-service" if row["most"] > 0 else "hard-demand", message, row["unmet"] - row["most"])


def _indivisible(ledger: Ledger) -> Iterator[Violation]:
    """Flows of indivisible therapies are whole numbers; stock and unmet doses need not be."""
    whole = {therapy for therapy, row in ledger.rules.therapies.items() if row["indivisible"] == "yes"}
    amounts = {"donations": "donations", "tests": "tests", "flows": "units", "deliveries": "doses", "loops": "patients"}
    for name, column in amounts.items():
        rows = ledger.tables[name]
        if rows.empty or not whole:
            continue
        rows = rows[rows["therapy"].isin(whole)]
        for row in records(rows, (rows[column] - rows[column].round()).abs() > INTEGRALITY):
            where = place(row, *[key for key in rows.columns if key != column])
            message = f"{name}: {where}: {row[column]:g} of an indivisible therapy is not a whole number"
            yield Violation("indivisible", message, abs(row[column] - round(row[column])))
