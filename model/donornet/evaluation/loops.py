"""Loops of autologous therapies: each distinct loop's journey once, then all patients of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from donornet.evaluation.frames import attach, codes
from donornet.evaluation.journey import Chain, Journey
from donornet.evaluation.movements import LEG, STOP, with_leg
from donornet.evaluation.rules import RuleEngine
from donornet.evaluation.violation import DAYS_TOLERANCE

LOOP = ["therapy", "market", "centre", "sites", "modes"]
"""What makes two loops the same."""


@dataclass(frozen=True, eq=False)
class Loops:
    """Patients by loop and period, and the journeys that they share.

    Parameters
    ----------
    rows
        The decision table with profile (number of the journey), first (site of the first stage), last (of the last),
        gain [doses/patient], days [days], arrival [period], price: all that the loop costs but its test
        [currency/patient].
    chains, starts
        Chain of each profile, and a period in which a patient starts it.
    entries
        One row per loop row and stage, in the columns of the ledger's entries.
    legs
        One row per loop row and leg, in the columns of the ledger's legs.
    """

    rows: pd.DataFrame
    chains: list[Chain]
    starts: list[int]
    entries: pd.DataFrame
    legs: pd.DataFrame


def loops_of(rules: RuleEngine, table: pd.DataFrame) -> Loops:
    """Return the loops of the decision table with their journeys."""
    rows = attach(table, ["period"], lambda period: (rules.epoch(period),), ["epoch"])
    groups = codes(rows, [*LOOP, "epoch"])
    firsts = np.unique(groups, return_index=True)[1]
    chains = [_chain(*key) for key in rows[LOOP].iloc[firsts].itertuples(index=False, name=None)]
    starts = [int(period) for period in rows["period"].iloc[firsts]]
    journeys = [rules.journey(chain, start, steady=True) for chain, start in zip(chains, starts, strict=True)]
    profile = groups.copy()
    # Most journeys stay among equal verdicts; those that do not are followed period by period.
    reach = np.array(
        [journey.stops[-1].entry - start for journey, start in zip(journeys, starts, strict=True)], dtype=np.int64
    )
    beyond = rows["period"].to_numpy(dtype=np.int64) + (reach[groups] if len(rows) else 0)
    turns = np.array([rules.epoch(int(period)) for period in beyond], dtype=np.int64) != rows["epoch"].to_numpy(
        dtype=float
    )
    if turns.any():
        single = codes(rows[turns], [*LOOP, "period"])
        heads = np.unique(single, return_index=True)[1]
        profile[turns] = single + len(chains)
        for group, start in zip(groups[turns][heads], rows["period"].to_numpy()[turns][heads], strict=True):
            chains.append(chains[group])
            starts.append(int(start))
            journeys.append(rules.journey(chains[group], int(start)))
    return _spread(rules, rows.assign(profile=profile).reset_index(drop=True), chains, starts, journeys)


def _chain(therapy: str, market: str, centre: str, sites: str, modes: str) -> Chain:
    return Chain(therapy, market, tuple(sites.split(">")), tuple(modes.split(">")), centre=centre)


def _spread(
    rules: RuleEngine, rows: pd.DataFrame, chains: list[Chain], starts: list[int], journeys: list[Journey]
) -> Loops:
    """Give every row its journey's figures, stages and legs."""
    stops, legs = _stops(rules, chains, starts, journeys), _legs(rules, chains, journeys)
    prices = np.zeros(len(chains))
    for frame in (stops, legs):
        costs = ["unit_cost", "bridging_cost"] if "unit_cost" in frame else ["lane_cost"]
        each = frame[costs].sum(axis=1).to_numpy(dtype=float) * frame["share"].to_numpy(dtype=float)
        prices += np.bincount(frame["profile"].to_numpy(dtype=np.intp), weights=each, minlength=len(chains))
    at = rows["profile"].to_numpy(dtype=np.intp)
    gain = np.array([journey.gain for journey in journeys])
    days = np.array([journey.days for journey in journeys])
    wait = np.array([journey.arrival - start for journey, start in zip(journeys, starts, strict=True)], dtype=np.int64)
    if len(rows):
        rows = rows.assign(
            gain=gain[at], days=days[at], arrival=rows["period"] + wait[at], price=prices[at],
            first=np.array([chain.sites[0] for chain in chains], dtype=object)[at],
            last=np.array([chain.sites[-1] for chain in chains], dtype=object)[at],
        )  # fmt: skip
    else:
        rows = rows.assign(gain=0.0, days=0.0, arrival=0, price=0.0, first="", last="")
    return Loops(rows, chains, starts, _per_patient(rows, stops, lagged=True), _per_patient(rows, legs, lagged=False))


def _stops(rules: RuleEngine, chains: list[Chain], starts: list[int], journeys: list[Journey]) -> pd.DataFrame:
    """Return one row per profile and stage; `share` is units entering per patient."""
    records = []
    for profile, (chain, start, journey) in enumerate(zip(chains, starts, journeys, strict=True)):
        for stop in journey.stops:
            lag = stop.entry - start
            hold = max(0.0, stop.offset - lag * rules.instance.days)
            operation, verdict = stop.operation, stop.verdict
            records.append((
                profile, chain.therapy, chain.market, stop.site, stop.stage, lag,
                hold if hold > DAYS_TOLERANCE else 0.0,
                stop.units, operation.unit_cost, operation.days, operation.gain * verdict.gain, operation.load,
                operation.occupancy_days, operation.max_units_per_year, verdict.name, verdict.unit_cost,
            ))  # fmt: skip
    columns = ["profile", "therapy", "market", "site", "stage", "lag", "hold_from", "share", *STOP]
    return pd.DataFrame(records, columns=columns)


def _legs(rules: RuleEngine, chains: list[Chain], journeys: list[Journey]) -> pd.DataFrame:
    """Return one row per profile and leg; `share` is units moved per patient."""
    records = [
        (profile, chain.therapy, chain.market, leg.origin, leg.origin_stage, leg.target, leg.target_stage, leg.mode,
         leg.units, leg.carries)
        for profile, (chain, journey) in enumerate(zip(chains, journeys, strict=True))
        for leg in journey.legs
    ]  # fmt: skip
    columns = ["profile", "therapy", "market", "from", "from_stage", "to", "to_stage", "mode", "share", "kind"]
    frame = pd.DataFrame(records, columns=columns)
    parts = [with_leg(rules, frame[frame["kind"] == kind], kind) for kind in ("patient", "material", "doses")]
    return pd.concat(parts, ignore_index=True)[[*columns, *LEG, "carries"]].sort_values("profile", kind="stable")


def _per_patient(rows: pd.DataFrame, parts: pd.DataFrame, *, lagged: bool) -> pd.DataFrame:
    """Repeat each profile's parts for every row of it: units, period of the patients' and of the stage's entry."""
    counts = np.bincount(parts["profile"].to_numpy(dtype=np.intp), minlength=1)
    starts = np.concatenate([[0], np.cumsum(counts)])
    if rows.empty:
        return parts.assign(units=0.0, period=0, entry=0)
    at = rows["profile"].to_numpy(dtype=np.intp)
    size = counts[at]
    row = np.repeat(np.arange(len(rows)), size)
    within = np.arange(size.sum()) - np.repeat(np.cumsum(size) - size, size)
    taken = parts.iloc[starts[at[row]] + within].reset_index(drop=True)
    period = rows["period"].to_numpy(dtype=np.int64)[row]
    patients = rows["patients"].to_numpy(dtype=float)[row]
    entry = period + taken["lag"].to_numpy(dtype=np.int64) if lagged else period
    return taken.assign(units=patients * taken["share"].to_numpy(dtype=float), period=period, entry=entry)
