"""The ledger: everything that moves in a design, entered once, for all who count."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from donornet.evaluation.design import Design, design_of
from donornet.evaluation.loops import Loops, loops_of
from donornet.evaluation.movements import (
    LEG,
    STOP,
    deliveries_of,
    donations_of,
    draws_of,
    expand_demand,
    flows_of,
    released_per_test,
    supply_of,
    tests_of,
)
from donornet.evaluation.rules import RuleEngine
from donornet.instance.instance import Instance

ENTRY = ["therapy", "market", "site", "stage", "period", "entry", "hold_from", "units", *STOP]
MOVE = ["therapy", "market", "from", "from_stage", "to", "to_stage", "mode", "carries", "period", "units", *LEG]


@dataclass(frozen=True, eq=False)
class Ledger:
    """A design and its movements.

    Parameters
    ----------
    rules
        The rule engine of the instance.
    tables
        The decision tables.
    design
        Facilities, steps and licences.
    donations, tests, flows, deliveries
        Allogeneic movements (tests: of loops too), priced.
    loops
        The patients' loops.
    entries
        Units entering a stage: where, in which period they started (money counts there) and enter (loads count there),
        how far into that period they begin to hold a slot [days], and what the stage does to them.
    legs
        Units moved on a leg, by the period in which they leave (loops: in which the patient enters).
    supply, draws
        Allogeneic material that becomes available, and that leaves, by therapy, market, site, stage, state and period.
    demand
        Doses wanted by centre, therapy and period, with market, unmet and served: doses that count as delivered.
    """

    rules: RuleEngine
    tables: Mapping[str, pd.DataFrame]
    design: Design
    donations: pd.DataFrame
    tests: pd.DataFrame
    flows: pd.DataFrame
    deliveries: pd.DataFrame
    loops: Loops
    entries: pd.DataFrame
    legs: pd.DataFrame
    supply: pd.DataFrame
    draws: pd.DataFrame
    demand: pd.DataFrame

    @property
    def instance(self) -> Instance:
        """The instance that the design is for."""
        return self.rules.instance

    def within(self, periods: pd.Series) -> pd.Series:
        """Return whether the periods lie in the horizon."""
        return periods <= self.instance.periods[-1]

    def discount(self, periods: pd.Series) -> np.ndarray:
        """Return the discount factor of each period."""
        at = periods.to_numpy(dtype=np.int64) - self.instance.periods[0]
        return np.asarray(self.instance.discount[at], dtype=float)


def ledger_of(rules: RuleEngine, tables: Mapping[str, pd.DataFrame]) -> Ledger:
    """Enter everything that the (screened) decision tables say."""
    instance = rules.instance
    donations = donations_of(rules, tables["donations"])
    tests = tests_of(rules, tables["tests"])
    flows = flows_of(rules, tables["flows"])
    deliveries = deliveries_of(rules, tables["deliveries"])
    loops = loops_of(rules, tables["loops"])
    demand = expand_demand(instance.table("demand"), instance.periods, rules.jurisdiction)
    allogeneic = tests[~tests["therapy"].map(rules.autologous).astype(bool)] if len(tests) else tests
    return Ledger(
        rules, tables, design_of(instance, tables), donations, tests, flows, deliveries, loops,
        entries=_entries(donations, tests, flows, loops),
        legs=_legs(donations, tests, flows, deliveries, loops),
        supply=supply_of(donations, allogeneic, flows, released_per_test(donations, allogeneic)),
        draws=draws_of(flows, deliveries),
        demand=_served(demand.merge(tables["unmet"], on=["centre", "therapy", "period"], how="left"), rules, loops),
    )  # fmt: skip


def _entries(donations: pd.DataFrame, tests: pd.DataFrame, flows: pd.DataFrame, loops: Loops) -> pd.DataFrame:
    amounts = ((donations, "donations"), (tests, "tests"), (flows, "units"))
    parts = [
        frame.assign(site=frame["to"], stage=frame["to_stage"], hold_from=0.0, units=frame[amount])
        for frame, amount in amounts
        if len(frame)
    ]
    return _typed([*parts, loops.entries], ENTRY)


def _legs(
    donations: pd.DataFrame, tests: pd.DataFrame, flows: pd.DataFrame, deliveries: pd.DataFrame, loops: Loops
) -> pd.DataFrame:
    amounts = ((donations, "donations"), (tests, "tests"), (flows, "units"), (deliveries, "doses"))
    parts = [frame.assign(units=frame[amount]) for frame, amount in amounts if len(frame)]
    return _typed([*parts, loops.legs], MOVE)


def _typed(parts: list[pd.DataFrame], columns: list[str]) -> pd.DataFrame:
    """Return all parts, amounts and periods in their types, which tables without a row do not have."""
    filled = [part[columns] for part in parts if len(part)] or [parts[-1][columns]]
    frame = pd.concat(filled, ignore_index=True) if len(filled) > 1 else filled[0].reset_index(drop=True)
    text = {"therapy", "market", "site", "stage", "from", "from_stage", "to", "to_stage", "mode", "carries", "verdict"}
    whole = {"period", "entry", "row"}
    kinds = {name: np.dtype(np.int64 if name in whole else np.float64) for name in columns if name not in text}
    return frame.astype({name: kind for name, kind in kinds.items() if frame[name].dtype != kind})


def _served(demand: pd.DataFrame, rules: RuleEngine, loops: Loops) -> pd.DataFrame:
    """Add unmet and served: doses less unmet; at entry, the doses of loops that arrive within the horizon."""
    demand = demand.assign(unmet=demand["unmet"].fillna(0.0))
    demand["demand_at"] = demand["therapy"].map(lambda therapy: rules.therapies[therapy]["demand_at"])
    rows = loops.rows.assign(served=loops.rows["patients"] * loops.rows["gain"], period=loops.rows["arrival"])
    by_entry = rows["therapy"].map(lambda therapy: rules.therapies[therapy]["demand_at"]) == "entry"
    rows = rows[by_entry.astype(bool) & (rows["arrival"] <= rules.instance.periods[-1])]
    arrived = rows.groupby(["centre", "therapy", "period"], sort=False)["served"].sum().reset_index()
    demand = (
        demand.merge(arrived, on=["centre", "therapy", "period"], how="outer")
        if len(arrived)
        else demand.assign(served=0.0)
    )
    for column in ("doses", "unmet", "served", "min_service"):
        demand[column] = demand[column].fillna(0.0)
    delivered = demand["therapy"].map(lambda therapy: rules.therapies[therapy]["demand_at"]) != "entry"
    demand["served"] = np.where(delivered, demand["doses"] - demand["unmet"], demand["served"])
    demand["market"] = demand["centre"].map(rules.jurisdiction)
    return demand.drop(columns="demand_at")
