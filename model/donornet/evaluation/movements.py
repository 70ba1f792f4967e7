"""Donations, tests, material and doses with everything the instance says about them, row by row.

Every frame gets the columns of its leg (`LEG`) and of the stage at the leg's end (`STOP`).
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from donornet.evaluation.frames import attach, sums
from donornet.evaluation.journey import whole_periods
from donornet.evaluation.rules import RuleEngine

ENDS = ["from", "from_stage", "to", "to_stage"]
LEG = ["lane_cost", "transit", "km", "co2", "row", "crossing", "handoff"]
"""Cost [currency/unit], transit [days], distance [km], emission [kg/unit], row of ``lanes`` (0: derived, -1: there is
no such lane), whether the ends have different jurisdictions, different organisations."""
STOP = ["unit_cost", "operation_days", "gain", "load", "occupancy", "most", "verdict", "bridging_cost"]
"""Cost [currency/unit], duration [days], units out per unit in (bridging included), load [units/unit], days in a slot
[days], most units a year, verdict, bridging cost [currency/unit]."""


def with_leg(rules: RuleEngine, frame: pd.DataFrame, carries: str) -> pd.DataFrame:
    """Attach the columns of `LEG` to rows with both ends, their stages, therapy and mode."""
    organisation = dict(
        zip(rules.instance.table("sites")["site"], rules.instance.table("sites")["organisation"], strict=True)
    )

    def ask(
        origin: str, origin_stage: str, target: str, target_stage: str, therapy: str, mode: str
    ) -> tuple[object, ...]:
        lane = rules.lane(origin, origin_stage, target, target_stage, carries, therapy, mode)
        crossing = float(rules.jurisdiction[origin] != rules.jurisdiction[target])
        handoff = float(organisation.get(origin, "") != organisation.get(target, ""))
        if lane is None:
            return 0.0, 0.0, 0.0, 0.0, -1, crossing, handoff
        return lane.unit_cost, lane.days, lane.km, lane.co2, lane.row, crossing, handoff

    return attach(frame, [*ENDS, "therapy", "mode"], ask, LEG).assign(carries=carries)


def with_stop(rules: RuleEngine, frame: pd.DataFrame) -> pd.DataFrame:
    """Attach the columns of `STOP` to rows with the stage entered (to, to_stage), therapy, market and entry."""

    def ask(site: str, stage: str, therapy: str, market: str, entry: int) -> tuple[object, ...]:
        operation = rules.operation(stage, therapy, site)
        verdict = rules.verdict(stage, rules.jurisdiction[site], market, therapy, entry)
        return (
            operation.unit_cost, operation.days, operation.gain * verdict.gain, operation.load,
            operation.occupancy_days,
            operation.max_units_per_year, verdict.name, verdict.unit_cost,
        )  # fmt: skip

    return attach(frame, ["to", "to_stage", "therapy", "market", "entry"], ask, STOP)


def with_tail(rules: RuleEngine, frame: pd.DataFrame) -> pd.DataFrame:
    """Attach the duration of the operation at the leg's tail and the lag of the leg in whole periods."""

    def ask(site: str, stage: str, therapy: str, transit: float) -> tuple[object, ...]:
        days = rules.operation(stage, therapy, site).days
        return days, whole_periods(days + transit, rules.instance.days)

    return attach(frame, ["from", "from_stage", "therapy", "transit"], ask, ["tail_days", "lag"])


def donations_of(rules: RuleEngine, table: pd.DataFrame) -> pd.DataFrame:
    """Return the donations, priced.

    Further columns: tested (whether the therapy is), donation_cost and donor_bridging [currency/donation], pass_rate
    [share], eligible [donations], price: all that a donation costs [currency/donation].
    """
    first = table["therapy"].map(lambda therapy: rules.routes[therapy][0])
    rows = table.assign(**{"from": table["pool"], "from_stage": "donor", "to": table["site"], "to_stage": first})
    rows = with_stop(rules, with_leg(rules, rows.assign(entry=rows["period"]), "donor"))

    def ask(pool: str, therapy: str, market: str, period: int) -> tuple[object, ...]:
        donor = rules.verdict("donor", rules.jurisdiction[pool], market, therapy, period)
        rate = rules.pass_rate(therapy, rules.risk_class(pool), market)
        return rules.pools[pool]["donation_cost"], donor.unit_cost, rate, rules.tested(therapy)

    rows = attach(
        rows, ["pool", "therapy", "market", "period"], ask, ["donation_cost", "donor_bridging", "pass_rate", "tested"]
    )
    price = rows[["lane_cost", "donation_cost", "donor_bridging", "unit_cost", "bridging_cost"]].sum(axis=1)
    return rows.assign(eligible=rows["donations"] * rows["pass_rate"], price=price)


def tests_of(rules: RuleEngine, table: pd.DataFrame) -> pd.DataFrame:
    """Return the tests, priced: panel_cost and price [currency/test]."""
    first = table["therapy"].map(lambda therapy: rules.routes[therapy][0])
    rows = table.assign(**{"from": table["site"], "from_stage": first, "to": table["lab"], "to_stage": "testing"})
    rows = with_stop(rules, with_leg(rules, rows.assign(entry=rows["period"]), "sample"))
    rows = attach(rows, ["panel"], lambda panel: (rules.panel_cost(panel),), ["panel_cost"])
    return rows.assign(price=rows[["lane_cost", "unit_cost", "bridging_cost", "panel_cost"]].sum(axis=1))


def flows_of(rules: RuleEngine, table: pd.DataFrame) -> pd.DataFrame:
    """Return the material between stages, priced: entry is the period in which the next stage is entered."""
    rows = with_tail(rules, with_leg(rules, table, "material"))
    rows = with_stop(rules, rows.assign(entry=_later(rows)))
    return rows.assign(price=rows[["lane_cost", "unit_cost", "bridging_cost"]].sum(axis=1))


def deliveries_of(rules: RuleEngine, table: pd.DataFrame) -> pd.DataFrame:
    """Return the doses sent to centres, priced: arrival is the period in which they arrive."""
    last = table["therapy"].map(lambda therapy: rules.routes[therapy][-1])
    rows = table.assign(from_stage=last, to=table["centre"], to_stage="centre")
    rows = with_tail(rules, with_leg(rules, rows, "doses"))
    return rows.assign(arrival=_later(rows), price=rows["lane_cost"])


def _later(rows: pd.DataFrame) -> pd.Series:
    return (rows["period"].astype(np.int64) + rows["lag"].astype(np.int64)).astype(np.int64)


NODE = ["therapy", "market", "site", "stage", "state", "period"]
"""Where allogeneic material stands: the balance is drawn for each of these."""


def supply_of(donations: pd.DataFrame, tests: pd.DataFrame, flows: pd.DataFrame, released: pd.Series) -> pd.DataFrame:
    """Return what becomes available at each node: columns of `NODE` and ``supply`` [units].

    Parameters
    ----------
    donations, tests, flows
        Priced movements of allogeneic therapies.
    released
        For each test, the units released per test: gain of the first stage × pass rate of the class.
    """
    untested = donations[~donations["tested"].astype(bool)]
    parts = [
        untested.assign(stage=untested["to_stage"], supply=untested["donations"] * untested["gain"]),
        tests.assign(stage=tests["from_stage"], supply=released * tests["tests"]),
        flows.assign(
            site=flows["to"], stage=flows["to_stage"], state=flows["to_state"], period=flows["entry"],
            supply=flows["units"] * flows["gain"],
        ),
    ]  # fmt: skip
    return sums(pd.concat([part[[*NODE, "supply"]] for part in parts], ignore_index=True), NODE, "supply")


def draws_of(flows: pd.DataFrame, deliveries: pd.DataFrame) -> pd.DataFrame:
    """Return what leaves each node: columns of `NODE` and ``draw`` [units]."""
    parts = [
        flows.assign(site=flows["from"], stage=flows["from_stage"], state=flows["from_state"], draw=flows["units"]),
        deliveries.assign(
            site=deliveries["from"],
            stage=deliveries["from_stage"],
            state=deliveries["from_state"],
            draw=deliveries["doses"],
        ),
    ]
    return sums(pd.concat([part[[*NODE, "draw"]] for part in parts], ignore_index=True), NODE, "draw")


CLASS = ["therapy", "market", "site", "donor_class", "period"]
"""Donations and tests meet in a class: every donation of it can have any test of it."""


def released_per_test(donations: pd.DataFrame, tests: pd.DataFrame) -> pd.Series:
    """Return the units released per test; 0 in a class without donations.

    The pass rate is the mean over the donations of the class, which all have the same one unless the class is mixed.
    """
    per_class = donations.assign(released=donations["eligible"] * donations["gain"])
    ratio = sums(per_class, CLASS, "released").merge(sums(per_class, CLASS, "donations"), on=CLASS)
    ratio["ratio"] = ratio["released"] / ratio["donations"]
    found = tests[CLASS].merge(ratio[[*CLASS, "ratio"]], on=CLASS, how="left")["ratio"].to_numpy(dtype=float)
    return pd.Series(np.where(np.isnan(found), 0.0, found), index=tests.index)


def expand_demand(instance_demand: pd.DataFrame, periods: tuple[int, ...], markets: Mapping[str, str]) -> pd.DataFrame:
    """Return the demand of each centre, therapy and period; a row that names the period beats one for all."""
    named = instance_demand[instance_demand["period"] != "*"]
    every = instance_demand[instance_demand["period"] == "*"].drop(columns="period")
    every = every.merge(pd.DataFrame({"period": np.array(periods, dtype=np.int64)}), how="cross")
    named = named.assign(period=pd.to_numeric(named["period"]).astype(np.int64))
    columns = ["centre", "therapy", "period", "doses", "unmet_penalty", "min_service"]
    rows = pd.concat([frame[columns] for frame in (named, every) if len(frame)] or [named[columns]], ignore_index=True)
    rows = rows.drop_duplicates(["centre", "therapy", "period"])
    rows = rows[rows["period"].isin(periods)].reset_index(drop=True)
    return rows.assign(market=rows["centre"].map(dict(markets)))
