"""Chains: all flows of a design taken apart, first in, first out, into the chains that they are made of."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from donornet.evaluation.frames import codes, pair
from donornet.evaluation.journey import Chain
from donornet.evaluation.ledger import Ledger
from donornet.evaluation.movements import CLASS, NODE
from donornet.evaluation.stock import PLACE, stock_flows, stocked
from donornet.evaluation.violation import TOLERANCE, Violation, records
from donornet.instance.schema import MATERIAL_STAGES

PACKET = [
    "therapy", "market", "pool", "centre", "sites", "modes", "lab", "panel", "sample_mode", "period", "amount", "cost",
    "days", "km", "handoffs", "crossings", "profile",
]  # fmt: skip
"""Columns of packets: the chain so far (sites and modes joined by ``>``), the period in which it began, units left,
discounted cost spent [currency], days so far, kilometres, hand-offs, crossings, and the profile of a loop (-1:
allogeneic)."""
TABLE = [
    "therapy", "market", "pool", "centre", *MATERIAL_STAGES, "lab", "panel", "modes", "period", "doses", "cost", "days",
    "jurisdictions", "handoffs", "crossings", "km",
]  # fmt: skip


def packets_of(ledger: Ledger) -> pd.DataFrame:
    """Return every packet: material that took one chain from one period on, delivered or (blank centre) discarded."""
    parts = [*_allogeneic(ledger), _loops(ledger)]
    parts = [part[PACKET] for part in parts if len(part)]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=PACKET)


def _take(frame: pd.DataFrame, at: np.ndarray) -> pd.DataFrame:
    return frame.iloc[at].reset_index(drop=True)


def _joined(left: pd.Series, right: pd.Series) -> pd.Series:
    return left.astype(str) + ">" + right.astype(str)


# ------------------------------------------------------------------------------------------------------- allogeneic


def _allogeneic(ledger: Ledger) -> Iterator[pd.DataFrame]:
    """Follow the packets stage by stage; what nobody takes is discarded there."""
    packets = _released(ledger)
    flows = ledger.flows.assign(price=ledger.flows["price"] * ledger.discount(ledger.flows["period"]))
    while len(packets):
        route = packets["therapy"].map(ledger.rules.routes)
        last = packets["stage"] == route.map(lambda stages: stages[-1])
        delivered, left = _delivered(ledger, packets[last].reset_index(drop=True))
        yield delivered
        yield left
        packets, left = _moved(packets[~last].reset_index(drop=True), flows)
        yield left


def _released(ledger: Ledger) -> pd.DataFrame:
    """Return the packets that leave the first stage: donations that have met their tests."""
    rows = ledger.donations.reset_index(drop=True)
    rows = rows.assign(
        sites=rows["site"], modes=rows["mode"], centre="", stage=rows["to_stage"], profile=-1, amount=rows["donations"],
        cost=rows["price"] * rows["donations"] * ledger.discount(rows["period"]),
        days=0.0, handoffs=0.0, crossings=rows["crossing"], at=rows["period"], lab="", panel="", sample_mode="",
    )  # fmt: skip
    tested = rows["tested"].astype(bool).to_numpy()
    given = {"lab": "lab", "panel": "panel", "sample_mode": "mode", "state": "state"}
    packets = pd.concat([rows[~tested], _met(ledger, rows[tested].reset_index(drop=True), given)], ignore_index=True)
    packets["amount"] = (
        packets["amount"] * packets["gain"] * np.where(packets["tested"].astype(bool), packets["pass_rate"], 1.0)
    )
    return packets


def _met(ledger: Ledger, waiting: pd.DataFrame, given: dict[str, str]) -> pd.DataFrame:
    """Return pieces of the packets that wait for a test, with its cost and what the test gives: blank where it lacks.

    `given` names the column of the tests for each column that is filled.
    """
    tests = ledger.tests.reset_index(drop=True)
    i, j, amount = pair(waiting, tests, CLASS, ("amount", "tests"))
    met, has = _split(waiting, i, amount), j >= 0
    test, cost = _take(tests, j[has]), met["cost"].to_numpy(dtype=float).copy()
    cost[has] += test["price"].to_numpy(dtype=float) * ledger.discount(test["period"]) * amount[has]
    cells = {column: np.full(len(met), "", dtype=object) for column in given}
    for column, source in given.items():
        cells[column][has] = test[source]
    return met.assign(cost=cost, **cells)


def _split(packets: pd.DataFrame, at: np.ndarray, amount: np.ndarray) -> pd.DataFrame:
    """Return pieces of the packets; cost is shared by amount."""
    pieces = _take(packets, at)
    whole = pieces["amount"].to_numpy(dtype=float)
    share = np.divide(amount, whole, out=np.zeros(len(pieces)), where=whole > 0)
    return pieces.assign(amount=amount, cost=pieces["cost"] * share)


def _moved(packets: pd.DataFrame, flows: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Move the packets to the next stage; return those that enter it, and what is left behind."""
    if packets.empty:
        return packets, packets
    leaving = flows.assign(site=flows["from"], stage=flows["from_stage"], state=flows["from_state"])
    at = packets.assign(began=packets["period"], period=packets["at"])
    i, j, amount = pair(at, leaving, NODE, ("amount", "units"))
    pieces = _split(packets, i, amount)
    moved, flow = pieces[j >= 0].reset_index(drop=True), _take(flows, j[j >= 0])
    entered = _step(moved, flow).assign(
        sites=_joined(moved["sites"], flow["to"]), site=flow["to"], stage=flow["to_stage"], state=flow["to_state"],
        at=flow["entry"], amount=moved["amount"] * flow["gain"], handoffs=moved["handoffs"] + flow["handoff"],
    )  # fmt: skip
    return entered, pieces[j < 0]


def _step(packets: pd.DataFrame, leg: pd.DataFrame) -> pd.DataFrame:
    """Add a leg to the packets: its mode, cost, days, kilometres and crossing."""
    return packets.assign(
        modes=_joined(packets["modes"], leg["mode"]), cost=packets["cost"] + packets["amount"] * leg["price"],
        days=packets["days"] + leg["tail_days"] + leg["transit"], km=packets["km"] + leg["km"],
        crossings=packets["crossings"] + leg["crossing"],
    )  # fmt: skip


def _delivered(ledger: Ledger, packets: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Deliver the packets at the last stage; return those delivered, and what is left behind.

    Where doses may wait, those produced first are delivered (or discarded) first, whatever their state.
    """
    deliveries = ledger.deliveries.reset_index(drop=True)
    deliveries = deliveries.assign(
        site=deliveries["from"], stage=deliveries["from_stage"], state=deliveries["from_state"],
        number=deliveries.index,
        price=deliveries["price"] * ledger.discount(deliveries["period"]),
    )  # fmt: skip
    may_wait = stocked(ledger, deliveries["therapy"])
    waits = stocked(ledger, packets["therapy"])
    fresh, sent = packets.assign(period=packets["at"])[~waits], deliveries[~may_wait]
    parts = [(packets[~waits], *pair(fresh, sent, NODE, ("amount", "doses")), sent)]
    if waits.any():
        taken = _taken(ledger, deliveries[may_wait])
        stored = packets[waits].sort_values("at", kind="stable")
        parts.append((stored, *pair(stored, taken, PLACE, ("amount", "doses")), taken))
    done, left = [], []
    for source, i, j, amount, takers in parts:
        pieces = _split(source, i, amount)
        number = np.where(j >= 0, takers["number"].to_numpy()[np.maximum(j, 0)] if len(takers) else -1, -1)
        leg = _take(deliveries, number[number >= 0])
        sent = _step(pieces[number >= 0].reset_index(drop=True), leg)
        done.append(sent.assign(centre=leg["centre"]))
        left.append(pieces[number < 0])
    return pd.concat(done, ignore_index=True), pd.concat(left, ignore_index=True)


def _taken(ledger: Ledger, deliveries: pd.DataFrame) -> pd.DataFrame:
    """Return deliveries and waste in the order in which they take doses from stock; waste has number -1."""
    waste = stock_flows(ledger)
    waste = waste.assign(number=-1, doses=waste["waste"].clip(lower=0.0))
    rows = pd.concat([deliveries, waste[waste["doses"] > TOLERANCE]], ignore_index=True)
    return rows.assign(_late=rows["number"] < 0).sort_values(["period", "_late"], kind="stable", ignore_index=True)


# ------------------------------------------------------------------------------------------------------------ loops


def _loops(ledger: Ledger) -> pd.DataFrame:
    """Return the loops, each with its tests: units are patients, amount is doses."""
    rows = ledger.loops.rows
    if rows.empty:
        return pd.DataFrame(columns=PACKET)
    rows = rows.assign(
        pool="", site=rows["first"], donor_class=rows["test_class"], amount=rows["patients"], lab="", panel="",
        sample_mode="",
        cost=rows["patients"] * rows["price"] * ledger.discount(rows["period"]),
    )  # fmt: skip
    legs = ledger.loops.legs
    counted = legs[legs["carries"] != "patient"].drop_duplicates(["profile", "from", "to", "carries"])
    material = (counted["carries"] == "material").astype(float)
    amounts = counted.assign(handoffs=counted["handoff"] * material, crossings=counted["crossing"])
    per_profile = amounts.groupby("profile")[["km", "handoffs", "crossings"]].sum()
    rows = rows.join(per_profile.astype(float), on="profile")
    tested = rows["therapy"].map(ledger.rules.tested).astype(bool)
    given = {"lab": "lab", "panel": "panel", "sample_mode": "mode"}
    packets = pd.concat([rows[~tested], _met(ledger, rows[tested].reset_index(drop=True), given)], ignore_index=True)
    return packets.assign(amount=packets["amount"] * packets["gain"])


# ------------------------------------------------------------------------------------------------------- their sums


def chains_of(ledger: Ledger, packets: pd.DataFrame) -> pd.DataFrame:
    """Return the chains that deliver, with doses, discounted cost [currency] and days from the first stage to arrival.

    `period` is that of the donation or of the patient's entry; `jurisdictions` are those passed, pool or patient first.
    """
    rows = packets[(packets["centre"] != "") & (packets["amount"] > 0)]
    keys = ["therapy", "market", "pool", "centre", "sites", "modes", "lab", "panel", "period"]
    groups = codes(rows, keys)
    first = np.unique(groups, return_index=True)[1]
    answer = _take(rows, first)
    for column in ("amount", "cost"):
        answer[column] = np.bincount(groups, weights=rows[column].to_numpy(dtype=float), minlength=len(first))
    answer = answer.rename(columns={"amount": "doses"})
    sites = answer["sites"].str.split(">")
    where = [dict(zip(ledger.rules.routes[t], s, strict=True)) for t, s in zip(answer["therapy"], sites, strict=True)]
    for stage in MATERIAL_STAGES:
        answer[stage] = [at.get(stage, "") for at in where]
    home = ledger.rules.jurisdiction
    passed = [
        ">".join(home[name] for name in (pool or centre, *stops, centre))
        for pool, centre, stops in zip(answer["pool"], answer["centre"], sites, strict=True)
    ]
    return answer.assign(jurisdictions=passed)[TABLE]


def chain_violations(ledger: Ledger, packets: pd.DataFrame) -> Iterator[Violation]:
    """Yield the chains that break a rule, and the tests that do not suit everyone in their class."""
    keys = ["therapy", "market", "pool", "centre", "sites", "modes", "lab", "panel", "sample_mode", "profile"]
    timeless = all(ledger.rules.epoch(period) == ledger.instance.periods[0] for period in ledger.instance.periods)
    when = packets["period"].where((packets["profile"] < 0) & (not timeless), ledger.instance.periods[0])
    rows = packets.assign(_when=when)
    groups = codes(rows, [*keys, "_when"])
    first = np.unique(groups, return_index=True)[1]
    amounts = np.bincount(groups, weights=rows["amount"].to_numpy(dtype=float), minlength=len(first))
    for row, amount in zip(records(rows.iloc[first]), amounts, strict=True):
        chain = _chain(row)
        for problem in ledger.rules.chain_problems(chain, int(row["period"])):
            discarded = "" if chain.centre else " (discarded)"
            message = f"{chain}{discarded}, from period {row['period']}, {amount:g} units: {problem}"
            yield Violation("illegal-chain", message, float(amount))


def class_violations(ledger: Ledger) -> Iterator[Violation]:
    """Yield the tests of a class that are not valid for every donation (every loop) of the class."""
    if ledger.tests.empty:
        return
    rules = ledger.rules
    donations = ledger.donations[ledger.donations["tested"].astype(bool)]
    donations = donations.assign(sites=donations["site"], modes=donations["mode"], centre="")
    loops = ledger.loops.rows[ledger.loops.rows["therapy"].map(rules.tested).astype(bool)]
    loops = loops.assign(pool="", site=loops["first"], donor_class=loops["test_class"])
    columns = ["pool", "centre", "sites", "modes", *CLASS]
    given = pd.concat([donations[columns], loops[columns]], ignore_index=True)
    given = given.assign(risk_class=given["pool"].map(rules.risk_class), epoch=given["period"].map(rules.epoch))
    if not rules.prohibits_tests:  # then a test suits all donations of one risk class
        given = given.drop_duplicates([*CLASS, "risk_class"])
    tests = ledger.tests[[*CLASS, "lab", "panel", "mode"]].rename(columns={"mode": "sample_mode"})
    test = ["therapy", "market", "site", "risk_class", "lab", "panel", "sample_mode", "epoch"]
    both = given.merge(tests, on=CLASS).drop_duplicates(
        [*test, "pool", "centre", "sites"] if rules.prohibits_tests else test
    )
    for row in records(both):
        chain = _chain(row)
        problems = list(rules.test_problems(chain, int(row["period"])))
        if rules.prohibits_tests:
            problems += [f"prohibition {rule} forbids it" for rule in rules.prohibited_by(chain)]
        for problem in problems:
            message = f"class {row['donor_class'] or '(blank)'}, period {row['period']}: {chain}: {problem}"
            yield Violation("test-not-valid", message, 1.0)


def _chain(row: dict[str, Any]) -> Chain:
    return Chain(
        row["therapy"], row["market"], tuple(row["sites"].split(">")), tuple(row["modes"].split(">")), row["pool"],
        row["centre"], row["lab"], row["panel"], row["sample_mode"],
    )  # fmt: skip
