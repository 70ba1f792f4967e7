"""Measures that limits and key figures speak about, as tables of amounts with all that they can be filtered by."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from donornet.evaluation.constraints_donors import registry_of
from donornet.evaluation.frames import sums
from donornet.evaluation.ledger import Ledger

FILTERS = ("stage", "site", "therapy", "jurisdiction", "market", "period")


@dataclass(frozen=True, eq=False)
class Measure:
    """An amount, or an amount for each unit of another.

    Parameters
    ----------
    amounts
        Rows with ``amount`` and the filter columns that apply.
    per
        Rows with ``amount`` of what the first is divided by; None: the measure is no ratio.
    unit
        Unit of a violation.
    """

    amounts: pd.DataFrame
    per: pd.DataFrame | None = None
    unit: str = ""


def _fold(frame: pd.DataFrame, amount: pd.Series) -> pd.DataFrame:
    """Sum the amounts by the filter columns there are."""
    rows = frame.assign(amount=amount.astype(float))
    return sums(rows, [name for name in FILTERS if name in rows.columns], "amount")


def measures_of(ledger: Ledger, costs: pd.DataFrame) -> dict[str, Measure]:
    """Return every measure of limits by name, but doses by place of manufacture (see `doses_by_site`)."""
    facilities = ledger.design.facilities
    places = facilities[["stage", "site", "jurisdiction", "period"]]
    licences = ledger.design.licences.merge(places, on=["stage", "site", "period"]).drop(columns="market")
    invested = pd.concat([
        _fold(places, facilities["opening_cost"] + facilities["step_cost"]), _fold(licences, licences["opening_cost"]),
    ])  # fmt: skip
    recruits = registry_of(ledger)[["jurisdiction", "period", "recruits"]]
    demand = ledger.demand.assign(site=ledger.demand["centre"])
    demand["jurisdiction"] = demand["market"]
    wanted = demand[["site", "therapy", "jurisdiction", "market", "period"]]
    served = served_of(ledger)
    loops = ledger.loops.rows
    legs, keys = leg_amounts(ledger), ["therapy", "market", "period"]
    units = {"handoffs": "units", "crossings": "units", "km": "unit-km", "co2": "kg"}
    ratios = {name: Measure(_fold(legs[keys], legs[name]), served, unit) for name, unit in units.items()}
    return ratios | {
        "open_facilities": Measure(_fold(places, facilities["open"]), unit="facilities"),
        "openings": Measure(_fold(places, facilities["opened"]), unit="facilities"),
        "investment": Measure(invested, unit="currency"),
        "total_cost": Measure(_fold(costs[["period"]], costs["cost"]), unit="currency"),
        "recruits": Measure(_fold(recruits[["jurisdiction", "period"]], recruits["recruits"]), unit="donors"),
        "donations": Measure(donations_by_filter(ledger), unit="donations"),
        "doses": Measure(served, unit="doses"),
        "unmet": Measure(_fold(wanted, demand["unmet"]), unit="doses"),
        "unmet_share": Measure(_fold(wanted, demand["unmet"]), _fold(wanted, demand["doses"]), unit="doses"),
        "vein_to_vein_mean": Measure(
            _fold(loops[["therapy", "market", "period"]], loops["patients"] * loops["days"]),
            _fold(loops[["therapy", "market", "period"]], loops["patients"]), "patient-days",
        ),
    }  # fmt: skip


def served_of(ledger: Ledger) -> pd.DataFrame:
    """Return the doses that count as delivered, by therapy, last stage, market and period."""
    stage = ledger.demand["therapy"].map(lambda therapy: ledger.rules.routes[therapy][-1])
    rows = ledger.demand.assign(stage=stage)[["stage", "therapy", "market", "period", "served"]]
    return _fold(rows, rows["served"])


def doses_by_site(ledger: Ledger) -> pd.DataFrame:
    """Return the doses that arrive within the horizon by the site of their last stage and its jurisdiction."""
    loops, deliveries = ledger.loops.rows, ledger.deliveries
    columns = ["therapy", "market", "site", "period", "amount"]
    rows = pd.concat([
        deliveries.assign(site=deliveries["from"], period=deliveries["arrival"], amount=deliveries["doses"])[columns],
        loops.assign(site=loops["last"], period=loops["arrival"], amount=loops["patients"] * loops["gain"])[columns],
    ], ignore_index=True)  # fmt: skip
    rows = rows[ledger.within(rows["period"])]
    stage = rows["therapy"].map(lambda therapy: ledger.rules.routes[therapy][-1])
    return _fold(rows.assign(stage=stage, jurisdiction=rows["site"].map(ledger.rules.jurisdiction)), rows["amount"])


def donations_by_filter(ledger: Ledger) -> pd.DataFrame:
    """Return the donations by therapy, market, period, first stage's site, and jurisdiction of the pool."""
    rows = ledger.donations.assign(
        stage=ledger.donations["to_stage"], jurisdiction=ledger.donations["pool"].map(ledger.rules.jurisdiction)
    )
    return _fold(rows, rows["donations"])


def leg_amounts(ledger: Ledger) -> pd.DataFrame:
    """Return hand-offs, crossings, unit-kilometres and CO₂ [kg] of the chains' legs, by therapy, market and period.

    Hand-offs and CO₂ are of legs between stages, crossings and kilometres of donor and dose legs too; legs of patients
    and of samples count nowhere. Each leg counts with the units that it moves.
    """
    legs = ledger.legs[ledger.legs["carries"].isin(["donor", "material", "doses"])]
    between = (legs["carries"] == "material").astype(float)
    units = legs["units"].astype(float)
    rows = legs[["therapy", "market", "period", "units"]].assign(
        handoffs=units * legs["handoff"] * between, crossings=units * legs["crossing"], km=units * legs["km"],
        co2=units * legs["co2"] * between,
    )  # fmt: skip
    if rows.empty:
        return rows
    amounts = ["units", "handoffs", "crossings", "km", "co2"]
    rows[amounts] = rows[amounts].astype(np.float64)
    return rows.groupby(["therapy", "market", "period"], sort=False)[amounts].sum().reset_index()
