"""Index sets: every variable that can be non-zero in a legal design, as tables with what the constraints need to know.

All tables hold the position ``t`` of the period beside its number ``period``. Costs are per unit of the variable,
undiscounted. Text is kept as plain objects: joins of a few thousand rows are quicker with them. On the way there the
sets are relations, with numbers for ids; see `donornet.admissible.relation`.
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
from donornet.admissible.names import BLANK, frame
from donornet.admissible.relation import Relation, stack
from donornet.instance import Instance
from donornet.instance.matching import ANY

Frame: TypeAlias = pd.DataFrame

KEY = ("therapy", "market")
TEST_COLUMNS = (
    "site", "donor_class", "lab", "panel", "mode", "state", "unit_cost", "panel_cost", "operation_cost",
    "bridging_cost", "gated", "lane_row",
)  # fmt: skip


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
    instance, table = network.instance, network.names.table
    demand = demand_by_period(instance)
    wanted = Relation({column: network.names.numbers(demand[column]) for column in ("therapy", "centre")})
    wanted = wanted.assign(t=demand["t"])
    nodes = _nodes_by_period(network)
    loops, loop_stages, loop_legs, loop_tests = _loop_sets(network, wanted)
    tests = _tests(network, nodes)
    deliveries = _deliveries(network, wanted)
    return Sets(
        instance=instance,
        network=network,
        facilities=facility_periods(instance),
        nodes=table(nodes),
        demand=demand,
        donations=table(_donations(network, nodes, tests)),
        tests=table(_all_tests(tests, loop_tests)),
        ships=table(_ships(network, nodes)),
        deliveries=table(deliveries),
        loops=table(loops),
        loop_stages=table(loop_stages),
        loop_legs=table(loop_legs),
        stock=table(_stock(network, deliveries)),
    )


def stacked(parts: Iterable[Frame]) -> Frame:
    """Return the rows of all parts, text as objects; parts without a row do not count (they have lost their types)."""
    filled = [part for part in parts if len(part)]
    return _with_objects(pd.concat(filled, ignore_index=True)) if filled else Frame()


def _with_objects(rows: Frame) -> Frame:
    texts = [name for name, kind in rows.dtypes.items() if isinstance(kind, pd.StringDtype)]
    return rows.assign(**{name: _shared(rows[name]) for name in texts}) if texts else rows


def _shared(column: pd.Series) -> pd.Series:
    """Return text as objects, one per distinct text: a cell is no more than a reference."""
    code, texts = pd.factorize(column)
    return pd.Series(np.append(np.asarray(texts, dtype=object), np.nan)[code], index=column.index, dtype=object)


def facility_periods(instance: Instance) -> Frame:
    """Return every facility that can be used, by period.

    Columns: the facility's, organisation, jurisdiction, t, period, and first, the position of the first period in
    which the facility may be open.
    """
    facilities, sites = instance.table("facilities"), instance.table("sites")
    facilities = facilities[facilities["status"] != "closed"].drop(columns=["include", "source", "note"])
    columns = {column: facilities[column].to_numpy() for column in facilities}
    columns["first"] = np.maximum(np.nan_to_num(columns["opens_from"], nan=-np.inf) - instance.periods[0], 0)
    for told in ("jurisdiction", "organisation"):
        of_site = dict(zip(sites["site"], sites[told], strict=True))
        columns[told] = np.array([of_site[site] for site in columns["site"]], dtype=object)
    return over_periods(frame(columns), instance)


def over_periods(frame: Frame, instance: Instance) -> Frame:
    """Repeat the rows for every period."""
    count = len(instance.periods)
    repeated = frame.iloc[np.repeat(np.arange(len(frame)), count)].reset_index(drop=True)
    periods = np.tile(np.asarray(instance.periods), len(frame))
    return repeated.assign(t=np.tile(np.arange(count), len(frame)), period=periods)


def _over_periods(rows: Relation, instance: Instance) -> Relation:
    """Repeat the rows for every period."""
    count = len(instance.periods)
    repeated = rows.take(np.repeat(np.arange(len(rows)), count))
    periods = np.tile(np.asarray(instance.periods), len(rows))
    return repeated.assign(t=np.tile(np.arange(count), len(rows)), period=periods)


def demand_by_period(instance: Instance) -> Frame:
    """Return positive demand by centre, therapy and period; rows that name a period hold before those for every period.

    Columns: centre, therapy, period, doses, unmet_penalty, min_service, t, modality, demand_at, market.
    """
    rows, periods = instance.table("demand"), np.asarray(instance.periods)
    texts = {column: rows[column].to_numpy(dtype=object) for column in ("centre", "therapy")}
    general = rows["period"].to_numpy() == ANY
    named, every = np.flatnonzero(~general), np.flatnonzero(general)
    period = np.concatenate([rows["period"].iloc[named].astype(float).astype(int), np.tile(periods, len(every))])
    row = np.concatenate([named, np.repeat(every, len(periods))])
    numbers = {column: pd.factorize(cells)[0][row] for column, cells in texts.items()}
    found = Relation({**numbers, "row": row, "period": period, "t": period - periods[0]}).distinct(*numbers, "t")
    doses = rows["doses"].to_numpy(dtype=float)
    found = found.take((found["t"] >= 0) & (found["t"] < len(periods)) & (doses[found["row"]] > 0))
    at = found["row"]
    therapies = instance.table("therapies").set_index("therapy")
    markets = dict(zip(*(instance.table("centres")[column] for column in ("centre", "jurisdiction")), strict=True))
    told = {column: therapies[column].to_dict() for column in ("modality", "demand_at")}
    return frame({
        **{column: cells[at] for column, cells in texts.items()}, "period": found["period"], "doses": doses[at],
        **{column: rows[column].to_numpy(dtype=float)[at] for column in ("unmet_penalty", "min_service")},
        "t": found["t"],
        **{column: _mapped(texts["therapy"][at], of_therapy) for column, of_therapy in told.items()},
        "market": _mapped(texts["centre"][at], markets),
    })  # fmt: skip


def _mapped(cells: np.ndarray, told: dict[str, str]) -> np.ndarray:
    return np.array([told[cell] for cell in cells], dtype=object)


def _of_layers(network: AdmissibleNetwork, table: str) -> Relation:
    """Return a table of every allogeneic therapy and market, one below the other."""
    number = network.names.number
    return stack(
        layers.relations[table].assign(therapy=number(therapy), market=number(market))
        for (therapy, market), layers in network.layers.items()
    )


def _nodes_by_period(network: AdmissibleNetwork) -> Relation:
    """Return the facilities that a market recognises, by period.

    Columns: therapy, market, stage, site, gain, operation_cost, bridging_cost, gated, t.
    """
    row, t = np.nonzero(network.nodes.valid)
    columns = (*KEY, "stage", "site", "gain", "unit_cost", "bridging_cost", "gated")
    rows = network.nodes.rows.only(*columns).rename({"unit_cost": "operation_cost"})
    return rows.take(row).assign(t=t)


def _first_stages(network: AdmissibleNetwork, nodes: Relation) -> Relation:
    """Return the nodes of the stage where each therapy begins."""
    names = network.names
    first = np.zeros(len(names), dtype=np.int64)
    for therapy, route in network.instance.routes.items():
        first[names.number(therapy)] = names.number(route[0])
    return nodes.take(nodes["stage"] == first[nodes["therapy"]])


def _donations(network: AdmissibleNetwork, nodes: Relation, tests: Relation) -> Relation:
    """Return the donations that can be given and tested.

    Columns: therapy, market, pool, site, mode, donor_class, state (blank where tested), unit_cost (donor leg),
    bridging_cost (donor), km, lane_row, t, stage, gain, operation_cost, stage_bridging, gated, pass_rate,
    donation_cost, donor_group, jurisdiction, period.
    """
    donors = _of_layers(network, "donors")
    if not len(donors):
        return donors
    number, recognised = network.names.number, []
    for (therapy, market), layers in network.layers.items():
        spell, t = np.nonzero(layers.donor_valid)
        recognised.append(Relation({"spell": spell, "t": t}).assign(therapy=number(therapy), market=number(market)))
    first = _first_stages(network, nodes).rename({"bridging_cost": "stage_bridging"})
    legs = ("pool", "site", "mode", "donor_class", "state", "unit_cost", "bridging_cost", "km", "lane_row", "spell")
    rows = donors.only(*KEY, *legs).join(stack(recognised), *KEY, "spell").without("spell")
    rows = rows.join(first, *KEY, "site", "t").join(_of_layers(network, "classes"), *KEY, "site", "donor_class")
    if len(tests):
        tested = rows.within(tests, *KEY, "site", "donor_class", "t")
        rows = rows.take((rows["state"] != BLANK) | tested)
    table = network.instance.table("donor_pools")
    pools = Relation({"pool": network.names.numbers(table["pool"])}).assign(
        **{column: table[column].to_numpy() for column in ("donation_cost", "donor_group", "jurisdiction")}
    )
    rows = rows.join(pools, "pool")
    return rows.assign(period=np.asarray(network.instance.periods)[rows["t"]])


def _tests(network: AdmissibleNetwork, nodes: Relation) -> Relation:
    """Return the tests of donations: therapy, market, `TEST_COLUMNS`, t, period, first_stage, gain, pass_rate."""
    tests = _of_layers(network, "tests")
    if not len(tests):
        return tests
    first = _first_stages(network, nodes).only(*KEY, "stage", "site", "t", "gain").rename({"stage": "first_stage"})
    rows = _in_periods(tests, network, *KEY, *TEST_COLUMNS).join(first, *KEY, "site", "t")
    return rows.join(_of_layers(network, "classes"), *KEY, "site", "donor_class")


def _in_periods(tests: Relation, network: AdmissibleNetwork, *columns: str) -> Relation:
    """Repeat tests for every period in which the lab is recognised."""
    row, t = np.nonzero(network.nodes.valid[tests["node"]])
    return tests.only(*columns).take(row).assign(t=t, period=np.asarray(network.instance.periods)[t])


def _all_tests(tests: Relation, loop_tests: Relation) -> Relation:
    """Return the tests of donations and those of loops, which have no gain and pass rate."""
    if not len(tests):
        return loop_tests
    if not len(loop_tests):
        return tests
    return stack([tests, loop_tests.assign(gain=np.nan, pass_rate=np.nan).only(*tests)])


def _ships(network: AdmissibleNetwork, nodes: Relation) -> Relation:
    """Return the arcs between stages, by period.

    Columns: position, from, from_state, to, to_state, mode, unit_cost, lag, km, co2, lane_row, therapy, market,
    from_stage, to_stage, t, entry (period entered), gain, costs and gated of the stage entered, period.
    """
    arcs = _of_layers(network, "ships")
    if not len(arcs):
        return arcs
    number = network.names.number
    legs = [
        (number(therapy), position, number(stage), number(following))
        for therapy, route in network.instance.routes.items()
        for position, (stage, following) in enumerate(pairwise(route))
    ]
    stages = Relation(dict(zip(("therapy", "position", "from_stage", "to_stage"), np.array(legs).T, strict=True)))
    tails = nodes.only(*KEY, "stage", "site", "t").rename({"stage": "from_stage", "site": "from"})
    heads = nodes.rename({"stage": "to_stage", "site": "to", "t": "entry"})
    rows = arcs.join(stages, "therapy", "position").join(tails, *KEY, "from_stage", "from")
    rows = rows.assign(entry=rows["t"] + rows["lag"]).join(heads, *KEY, "to_stage", "to", "entry")
    return rows.assign(period=np.asarray(network.instance.periods)[rows["t"]])


def _deliveries(network: AdmissibleNetwork, wanted: Relation) -> Relation:
    """Return the deliveries that arrive where and when doses are wanted.

    Columns: therapy, market, from, mode, centre, unit_cost, lag, km, lane_row, t, period, arrival, stage.
    """
    lanes = _of_layers(network, "deliveries")
    if not len(lanes):
        return lanes
    names = network.names
    last = np.zeros(len(names), dtype=np.int64)
    for therapy, route in network.instance.routes.items():
        last[names.number(therapy)] = names.number(route[-1])
    lanes = lanes.only(*KEY, "from", "mode", "centre", "unit_cost", "lag", "km", "lane_row")
    rows = _over_periods(lanes, network.instance)
    rows = rows.assign(arrival=rows["t"] + rows["lag"], stage=last[rows["therapy"]])
    return rows.take(rows.within(wanted.rename({"t": "arrival"}), "therapy", "centre", "arrival"))


def _loop_sets(network: AdmissibleNetwork, wanted: Relation) -> tuple[Relation, Relation, Relation, Relation]:
    """Return loops by entry period, the stages and the legs they use, and their tests.

    loops: the columns of `Loops.rows`, therapy, market, t, row, at_entry, arrival, counts (period whose demand they
    meet), first_stage, period, number. legs: number, t, lane_row, units. tests: as those of donations.
    """
    loops, stages, legs, tests = [], [], [], []
    count = 0
    for key, found in network.loops.items():
        rows = _loops(network, key, found, wanted)
        rows = rows.assign(number=np.arange(count, count + len(rows)))
        count += len(rows)
        loops.append(rows)
        stages += _loop_stages(network, key[0], rows, found)
        at = rows["row"]
        for leg in range(found.lane_rows.shape[1]):
            part = rows.only("number", "t").assign(lane_row=found.lane_rows[at, leg], units=found.leg_units[at, leg])
            legs.append(part.take(part["lane_row"] >= 0))
        if len(found.taken):
            begun = Relation({"site": network.nodes.rows["site"][found.nodes[at, 0]], "t": rows["t"]})
            begun = begun.assign(donor_class=rows["test_class"])
            taken = _in_periods(found.taken, network, *TEST_COLUMNS)
            taken = taken.take(taken.within(begun, "site", "donor_class", "t"))
            tests.append(taken.assign(**_commodity(network, key)))
    return stack(loops), stack(stages), stack(legs), stack(tests)


def _commodity(network: AdmissibleNetwork, key: tuple[str, str]) -> dict[str, int]:
    """Return the numbers of a therapy and market, and of the therapy's first stage."""
    named = {"therapy": key[0], "market": key[1], "first_stage": network.instance.routes[key[0]][0]}
    return {column: network.names.number(name) for column, name in named.items()}


def _loops(network: AdmissibleNetwork, key: tuple[str, str], found: Loops, wanted: Relation) -> Relation:
    """Return the loops of a therapy and market that start (or arrive, see demand_at) in a period with demand."""
    instance, commodity = network.instance, _commodity(network, key)
    therapies = instance.table("therapies")
    at_entry = bool((therapies["demand_at"][therapies["therapy"] == key[0]] == "entry").iloc[0])
    row, t = np.nonzero(found.valid)
    arrival = t + found.rows["lag"][row]
    counts = t if at_entry else arrival
    starts = Relation({"centre": found.rows["centre"][row], "t": counts}).assign(therapy=commodity["therapy"])
    asked = starts.within(wanted, "therapy", "centre", "t")
    row, t, arrival, counts = row[asked], t[asked], arrival[asked], counts[asked]
    return found.rows.take(row).assign(
        therapy=commodity["therapy"], market=commodity["market"], t=t, row=row, at_entry=at_entry, arrival=arrival,
        counts=counts, first_stage=commodity["first_stage"], period=np.asarray(instance.periods)[t],
    )  # fmt: skip


def _loop_stages(network: AdmissibleNetwork, therapy: str, loops: Relation, found: Loops) -> list[Relation]:
    """Return for each stage of the route where and when the loops reach it within the horizon.

    Columns: number (of the loop), therapy, market, centre, stage, site, t (period reached), day (since the start of the
    horizon), units (entering per patient), gated.
    """
    instance, rows = network.instance, network.nodes.rows
    row, entered = loops["row"], loops["t"]
    parts = []
    for position, stage in enumerate(instance.routes[therapy]):
        offset, node = found.offsets[row, position], found.nodes[row, position]
        part = loops.only("number", "therapy", "market", "centre").assign(
            stage=network.names.number(stage),
            site=rows["site"][node],
            t=entered + whole_periods(offset, instance.days),
            day=entered * instance.days + offset,
            units=found.entering[row, position],
            gated=rows["gated"][node],
        )
        parts.append(part.take(part["t"] < len(instance.periods)))
    return parts


def _stock(network: AdmissibleNetwork, deliveries: Relation) -> Relation:
    """Return where finished doses can wait.

    Columns: therapy, market, site, stage, shelf_life_days, shelf (periods), holding_cost_per_year, t, period.
    """
    instance, names, work = network.instance, network.names, network.operations
    place = ("therapy", "stage", "site")
    if not len(deliveries):
        empty = (*KEY, "site", "stage", "t", "period", "shelf", "holding_cost_per_year")
        return Relation({column: np.zeros(0, dtype=int) for column in empty})
    places = deliveries.rename({"from": "site"}).only(*KEY, "site", "stage").distinct(*KEY, "site", "stage")
    therapies = instance.table("therapies")
    shelves = Relation({"therapy": names.numbers(therapies["therapy"])})
    places = places.join(shelves.assign(shelf_life_days=therapies["shelf_life_days"]), "therapy")
    places = places.assign(shelf=whole_periods(np.nan_to_num(places["shelf_life_days"]), instance.days))
    costs = Relation({column: names.numbers(work[column]) for column in place})
    costs = costs.assign(holding_cost_per_year=work["holding_cost_per_year"])
    places = places.take(places["shelf"] >= 1).join(costs, *place)
    return _over_periods(places, instance)
