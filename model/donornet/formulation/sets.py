"""Index sets: every variable that can be non-zero in a legal design, as tables with what the constraints need to know.

All tables hold the position ``t`` of the period beside its number ``period``. Costs are per unit of the variable,
undiscounted. Text is kept as plain objects: joins of a few thousand rows are quicker with them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeAlias

import numpy as np
import pandas as pd

from donornet.admissible import AdmissibleNetwork
from donornet.admissible.legs import whole_periods
from donornet.admissible.loops import Loops
from donornet.instance import Instance

Frame: TypeAlias = pd.DataFrame

TEST_COLUMNS = [
    "site", "donor_class", "lab", "panel", "mode", "state", "unit_cost", "panel_cost", "operation_cost",
    "bridging_cost", "gated", "lane_row",
]  # fmt: skip


@dataclass(frozen=True, eq=False)
class Sets:
    """The index sets of one model; see the functions of this module for their columns."""

    instance: Instance
    network: AdmissibleNetwork
    facilities: Frame
    nodes: Frame
    demand: Frame
    donations: Frame
    tests: Frame
    ships: Frame
    deliveries: Frame
    loops: Frame
    loop_stages: Frame
    loop_legs: Frame
    stock: Frame


def index_sets(network: AdmissibleNetwork) -> Sets:
    """Return the index sets of an admissible network."""
    instance = network.instance
    demand = demand_by_period(instance)
    nodes = _nodes_by_period(network)
    loops, loop_stages, loop_legs, loop_tests = _loop_sets(network, demand)
    tests = _tests(network, nodes)
    deliveries = _deliveries(network, demand)
    return Sets(
        instance=instance,
        network=network,
        facilities=facility_periods(instance),
        nodes=nodes,
        demand=demand,
        donations=_donations(network, nodes, tests),
        tests=stacked([tests, loop_tests]),
        ships=_ships(network, nodes),
        deliveries=deliveries,
        loops=loops,
        loop_stages=loop_stages,
        loop_legs=loop_legs,
        stock=_stock(instance, network, deliveries),
    )


def stacked(parts: Iterable[Frame]) -> Frame:
    """Return the rows of all parts, text as objects; parts without a row do not count (they have lost their types)."""
    filled = [part for part in parts if len(part)]
    return _with_objects(pd.concat(filled, ignore_index=True)) if filled else Frame()


def _with_objects(rows: Frame) -> Frame:
    texts = [name for name, kind in rows.dtypes.items() if isinstance(kind, pd.StringDtype)]
    return rows.astype(dict.fromkeys(texts, object))


def facility_periods(instance: Instance) -> Frame:
    """Return every facility that can be used, by period.

    Columns: the facility's, organisation, jurisdiction, t, period, and first, the position of the first period in
    which the facility may be open.
    """
    facilities = instance.table("facilities")
    facilities = facilities[facilities["status"] != "closed"].drop(columns=["include", "source", "note"])
    sites = instance.table("sites")[["site", "jurisdiction", "organisation"]]
    first = np.maximum(facilities["opens_from"].fillna(-np.inf) - instance.periods[0], 0)
    facilities = facilities.assign(first=first).merge(sites, on="site")
    return over_periods(facilities, instance)


def over_periods(frame: Frame, instance: Instance) -> Frame:
    """Repeat the rows for every period."""
    count = len(instance.periods)
    repeated = frame.iloc[np.repeat(np.arange(len(frame)), count)].reset_index(drop=True)
    periods = np.tile(np.asarray(instance.periods), len(frame))
    return repeated.assign(t=np.tile(np.arange(count), len(frame)), period=periods)


def demand_by_period(instance: Instance) -> Frame:
    """Return positive demand by centre, therapy and period.

    Columns: therapy, centre, market, t, period, doses, unmet_penalty, min_service, modality, demand_at.
    """
    rows = instance.table("demand")[["centre", "therapy", "period", "doses", "unmet_penalty", "min_service"]]
    every = over_periods(rows[rows["period"] == "*"].drop(columns="period"), instance)
    named = rows[rows["period"] != "*"]
    named = named.assign(period=named["period"].astype(float).astype(int))
    named = named.assign(t=named["period"] - instance.periods[0])
    both = pd.concat([named, every], ignore_index=True).drop_duplicates(["centre", "therapy", "t"])
    both = both[both["t"].between(0, len(instance.periods) - 1) & (both["doses"] > 0)]
    therapies = instance.table("therapies")[["therapy", "modality", "demand_at"]]
    centres = instance.table("centres")[["centre", "jurisdiction"]].rename(columns={"jurisdiction": "market"})
    return both.merge(therapies, on="therapy").merge(centres, on="centre").reset_index(drop=True)


def _of_layers(network: AdmissibleNetwork, table: str) -> Frame:
    """Return a table of every allogeneic therapy and market, one below the other."""
    return stacked(
        getattr(layers, table).assign(therapy=therapy, market=market)
        for (therapy, market), layers in network.layers.items()
    )


def _nodes_by_period(network: AdmissibleNetwork) -> Frame:
    """Return the facilities that a market recognises, by period.

    Columns: therapy, market, stage, site, t, gain, operation_cost, bridging_cost, gated.
    """
    nodes = network.nodes
    row, t = np.nonzero(nodes.valid)
    columns = ["therapy", "market", "stage", "site", "gain", "unit_cost", "bridging_cost", "gated"]
    rows = nodes.table[columns].iloc[row].assign(t=t).rename(columns={"unit_cost": "operation_cost"})
    return _with_objects(rows.reset_index(drop=True))


def _first_stages(network: AdmissibleNetwork, nodes: Frame) -> Frame:
    first = {therapy: route[0] for therapy, route in network.instance.routes.items()}
    return nodes[nodes["stage"] == nodes["therapy"].map(first)]


def _donations(network: AdmissibleNetwork, nodes: Frame, tests: Frame) -> Frame:
    """Return the donations that can be given and tested.

    Columns: therapy, market, pool, site, mode, donor_class, state (blank where tested), t, period, donation_cost,
    unit_cost (donor leg), bridging_cost (donor), operation_cost, stage_bridging, gain, pass_rate, km, lane_row, gated,
    donor_group, jurisdiction, stage.
    """
    donors = _of_layers(network, "donors")
    if donors.empty:
        return Frame()
    key = ["therapy", "market"]
    recognised = []
    for (therapy, market), layers in network.layers.items():
        spell, t = np.nonzero(layers.donor_valid)
        recognised.append(Frame({"therapy": therapy, "market": market, "spell": spell, "t": t}))
    pools = network.instance.table("donor_pools")[["pool", "donation_cost", "donor_group", "jurisdiction"]]
    first = _first_stages(network, nodes).rename(columns={"bridging_cost": "stage_bridging"})
    legs = ["pool", "site", "mode", "donor_class", "state", "unit_cost", "bridging_cost", "km", "lane_row", "spell"]
    rows = donors[[*key, *legs]].merge(stacked(recognised), on=[*key, "spell"]).drop(columns="spell")
    rows = rows.merge(first, on=[*key, "site", "t"])
    rows = rows.merge(_of_layers(network, "classes"), on=[*key, "site", "donor_class"]).merge(pools, on="pool")
    if len(tests):
        tested = tests[[*key, "site", "donor_class", "t"]].drop_duplicates().assign(tested=True)
        rows = rows.merge(tested, on=[*key, "site", "donor_class", "t"], how="left")
        rows = rows[(rows["state"] != "") | rows["tested"].eq(True)].drop(columns="tested")
    return rows.assign(period=np.asarray(network.instance.periods)[rows["t"]])


def _tests(network: AdmissibleNetwork, nodes: Frame) -> Frame:
    """Return the tests of donations: `TEST_COLUMNS`, therapy, market, first_stage, t, period, gain, pass_rate."""
    tests = _of_layers(network, "tests")
    if tests.empty:
        return Frame()
    key = ["therapy", "market"]
    first = _first_stages(network, nodes)[[*key, "stage", "site", "t", "gain"]].rename(columns={"stage": "first_stage"})
    rows = _in_periods(tests, network, [*key, *TEST_COLUMNS]).merge(first, on=[*key, "site", "t"])
    return rows.merge(_of_layers(network, "classes"), on=[*key, "site", "donor_class"])


def _in_periods(tests: Frame, network: AdmissibleNetwork, columns: list[str]) -> Frame:
    """Repeat tests for every period in which the lab is recognised."""
    row, t = np.nonzero(network.nodes.valid[tests["node"].to_numpy(dtype=int)])
    return tests[columns].iloc[row].assign(t=t, period=np.asarray(network.instance.periods)[t])


def _ships(network: AdmissibleNetwork, nodes: Frame) -> Frame:
    """Return the arcs between stages, by period.

    Columns: therapy, market, from_stage, from, from_state, to_stage, to, to_state, mode, t, period, entry (period
    entered), costs, gain and gated of the stage entered, km, co2, lane_row.
    """
    arcs = stacked(
        layers.ships.sort_values("position", kind="stable").assign(therapy=therapy, market=market)
        for (therapy, market), layers in network.layers.items()
    )
    if arcs.empty:
        return Frame()
    legs = [
        (therapy, position, *ends)
        for therapy, route in network.instance.routes.items()
        for position, ends in enumerate(pairwise(route))
    ]
    stages = Frame(legs, columns=["therapy", "position", "from_stage", "to_stage"])
    rows = arcs.merge(stages, on=["therapy", "position"])
    tails = nodes[["therapy", "market", "stage", "site", "t"]].rename(columns={"stage": "from_stage", "site": "from"})
    heads = nodes.rename(columns={"stage": "to_stage", "site": "to", "t": "entry"})
    rows = rows.merge(tails, on=["therapy", "market", "from_stage", "from"])
    rows = rows.assign(entry=rows["t"] + rows["lag"])
    rows = rows.merge(heads, on=["therapy", "market", "to_stage", "to", "entry"])
    return rows.assign(period=np.asarray(network.instance.periods)[rows["t"]])


def _deliveries(network: AdmissibleNetwork, demand: Frame) -> Frame:
    """Return the deliveries that arrive where and when doses are wanted.

    Columns: therapy, market, stage, from, mode, centre, t, period, arrival, unit_cost, lag, km, lane_row.
    """
    lanes = _of_layers(network, "deliveries")
    if lanes.empty:
        return Frame()
    last = {therapy: route[-1] for therapy, route in network.instance.routes.items()}
    wanted = demand[["therapy", "centre", "t"]].rename(columns={"t": "arrival"})
    columns = ["therapy", "market", "from", "mode", "centre", "unit_cost", "lag", "km", "lane_row"]
    rows = over_periods(lanes[columns], network.instance)
    rows = rows.assign(arrival=rows["t"] + rows["lag"], stage=rows["therapy"].map(last))
    return rows.merge(wanted, on=["therapy", "centre", "arrival"])


def _loop_sets(network: AdmissibleNetwork, demand: Frame) -> tuple[Frame, Frame, Frame, Frame]:
    """Return loops by entry period, the stages and the legs they use, and their tests.

    loops: the columns of `Loops.table`, therapy, market, t, period, arrival, counts (period whose demand they meet),
    at_entry, number. legs: number, t, lane_row, units.
    """
    loops, stages, legs, tests = [], [], [], []
    count = 0
    for key, found in network.loops.items():
        frame = _loops(network, key, found, demand)
        frame = frame.assign(number=np.arange(count, count + len(frame)))
        count += len(frame)
        loops.append(frame)
        stages += _loop_stages(network, key[0], frame, found)
        row, t = frame["row"].to_numpy(), frame["t"].to_numpy()
        for leg in range(found.lane_rows.shape[1]):
            lane_row, units = found.lane_rows[row, leg], found.leg_units[row, leg]
            part = Frame({"number": frame["number"], "t": t, "lane_row": lane_row, "units": units})
            legs.append(part[part["lane_row"] >= 0])
        if len(found.tests):
            keys = frame.assign(site=frame["sites"].str.split(">").str[0], donor_class=frame["test_class"])
            keys = keys[["site", "donor_class", "t"]].drop_duplicates()
            taken = _in_periods(found.tests, network, TEST_COLUMNS).merge(keys, on=["site", "donor_class", "t"])
            tests.append(taken.assign(therapy=key[0], market=key[1], first_stage=network.instance.routes[key[0]][0]))
    return stacked(loops), stacked(stages), stacked(legs), stacked(tests)


def _loops(network: AdmissibleNetwork, key: tuple[str, str], found: Loops, demand: Frame) -> Frame:
    """Return the loops of a therapy and market that start (or arrive, see demand_at) in a period with demand."""
    therapy, market = key
    instance = network.instance
    at_entry = instance.table("therapies").set_index("therapy").at[therapy, "demand_at"] == "entry"
    row, t = np.nonzero(found.valid)
    loops = found.table.iloc[row].assign(therapy=therapy, market=market, t=t, row=row, at_entry=at_entry)
    loops = loops.assign(arrival=loops["t"] + loops["lag"])
    loops = loops.assign(counts=loops["t"] if at_entry else loops["arrival"])
    wanted = demand[["therapy", "centre", "t"]].rename(columns={"t": "counts"})
    loops = loops.merge(wanted, on=["therapy", "centre", "counts"])
    return loops.assign(first_stage=instance.routes[therapy][0], period=np.asarray(instance.periods)[loops["t"]])


def _loop_stages(network: AdmissibleNetwork, therapy: str, loops: Frame, found: Loops) -> list[Frame]:
    """Return for each stage of the route where and when the loops reach it within the horizon.

    Columns: number (of the loop), therapy, market, centre, stage, site, t (period reached), day (since the start of the
    horizon), units (entering per patient), gated.
    """
    instance = network.instance
    row, entered = loops["row"].to_numpy(), loops["t"].to_numpy()
    parts = []
    for position, stage in enumerate(instance.routes[therapy]):
        offset = found.offsets[row, position]
        nodes = network.nodes.table.iloc[found.nodes[row, position]]
        part = loops[["number", "therapy", "market", "centre"]].assign(
            stage=stage,
            site=nodes["site"].to_numpy(),
            t=entered + whole_periods(offset, instance.days),
            day=entered * instance.days + offset,
            units=found.entering[row, position],
            gated=nodes["gated"].to_numpy(),
        )
        parts.append(part[part["t"] < len(instance.periods)])
    return parts


def _stock(instance: Instance, network: AdmissibleNetwork, deliveries: Frame) -> Frame:
    """Return where finished doses can wait: therapy, market, site, stage, t, shelf (periods), holding_cost_per_year."""
    columns = ["therapy", "market", "site", "stage"]
    if deliveries.empty:
        return Frame(columns=[*columns, "t", "period", "shelf", "holding_cost_per_year"])
    therapies = instance.table("therapies")[["therapy", "shelf_life_days"]]
    places = deliveries.rename(columns={"from": "site"})[columns].drop_duplicates().merge(therapies, on="therapy")
    shelf = whole_periods(places["shelf_life_days"].fillna(0.0).to_numpy(), instance.days)
    places = places.assign(shelf=shelf)[shelf >= 1]
    costs = network.operations[["therapy", "stage", "site", "holding_cost_per_year"]]
    return over_periods(places.merge(costs, on=["therapy", "stage", "site"]), instance)
