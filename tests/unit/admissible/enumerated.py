"""Chains written out one by one: those of the compiled network, and those that the oracle's plain rules admit."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from donornet.admissible import AdmissibleNetwork
from donornet.evaluation.journey import Chain as RuledChain
from donornet.instance import Instance
from tests.oracle.chains import Chain, Schedule, chains, schedule
from tests.oracle.facts import Facts, whole_periods


class Passed(NamedTuple):
    """A chain as far as no dominated mode can change it: where it goes, and when it is where (positions of periods)."""

    therapy: str
    origin: str
    sites: tuple[str, ...]
    lab: str
    panel: str
    centre: str
    start: int
    entries: tuple[int, ...]
    arrival: int


Modes = tuple[str, ...]
"""Modes of all legs, the sample's last."""


def network_chains(network: AdmissibleNetwork) -> Iterator[tuple[Passed, Modes, float]]:
    """Yield every path of the layers and every loop with every test, by start; and the unit cost of its lanes."""
    for therapy, market in network.layers:
        yield from _paths(network, therapy, market)
    for therapy, market in network.loops:
        yield from _loops(network, therapy, market)


def _paths(network: AdmissibleNetwork, therapy: str, market: str) -> Iterator[tuple[Passed, Modes, float]]:
    layers = network.layers[therapy, market]
    route, count = network.instance.routes[therapy], len(network.instance.periods)
    nodes = [network.node_at(therapy, market, stage) for stage in route]
    open_at = [set(zip(found["site"], found["t"], strict=True)) for found in nodes]
    legs = [layers.ships[layers.ships["position"] == position] for position in range(len(route) - 1)]
    ships = [arcs.to_dict("records") for arcs in legs]
    deliveries = layers.deliveries.to_dict("records")

    def onward(passed: Passed, state: str, modes: Modes, cost: float) -> Iterator[tuple[Passed, Modes, float]]:
        sites, entries = passed.sites, passed.entries
        if len(sites) == len(route):
            for row in deliveries:
                arrival = entries[-1] + row["lag"]
                if row["from"] == sites[-1] and arrival < count:
                    arrived = passed._replace(centre=row["centre"], arrival=arrival)
                    yield arrived, (*modes, row["mode"]), cost + row["unit_cost"]
            return
        for row in ships[len(sites) - 1]:
            entry = entries[-1] + row["lag"]
            if (row["from"], row["from_state"]) == (sites[-1], state) and (row["to"], entry) in open_at[len(sites)]:
                further = passed._replace(sites=(*sites, row["to"]), entries=(*entries, entry))
                yield from onward(further, row["to_state"], (*modes, row["mode"]), cost + row["unit_cost"])

    untested: dict[str, Any] = {"lab": "", "panel": "", "mode": "", "unit_cost": 0.0}
    for donor in layers.donors.to_dict("records"):
        if len(layers.tests):
            same = (layers.tests["site"] == donor["site"]) & (layers.tests["donor_class"] == donor["donor_class"])
            tests = layers.tests[same].to_dict("records")
        else:
            tests = [{**untested, "state": donor["state"]}]
        for test, start in itertools.product(tests, range(count)):
            valid = layers.donor_valid[donor["spell"], start] and (donor["site"], start) in open_at[0]
            if not valid or ("node" in test and not network.nodes.valid[int(test["node"]), start]):
                continue
            paid = donor["unit_cost"] + test["unit_cost"]
            begun = Passed(
                therapy, donor["pool"], (donor["site"],), test["lab"], test["panel"], "", start, (start,), start
            )  # fmt: skip
            for passed, modes, cost in onward(begun, test["state"], (donor["mode"],), paid):
                yield passed, (*modes, test["mode"]), cost


def _loops(network: AdmissibleNetwork, therapy: str, market: str) -> Iterator[tuple[Passed, Modes, float]]:
    loops = network.loops[therapy, market]
    days = network.instance.days
    untested: list[dict[str, Any]] = [{"lab": "", "panel": "", "mode": "", "unit_cost": 0.0}]
    for number, row in enumerate(loops.table.to_dict("records")):
        sites = tuple(row["sites"].split(">"))
        tests = untested
        if len(loops.tests):
            same = (loops.tests["site"] == sites[0]) & (loops.tests["donor_class"] == row["test_class"])
            tests = loops.tests[same].to_dict("records")
        for test, start in itertools.product(tests, np.flatnonzero(loops.valid[number])):
            if "node" in test and not network.nodes.valid[int(test["node"]), start]:
                continue
            entries = tuple(int(start) + whole_periods(offset, days) for offset in loops.offsets[number])
            arrival = int(start) + row["lag"]
            passed = Passed(
                therapy, row["centre"], sites, test["lab"], test["panel"], row["centre"], int(start), entries, arrival
            )  # fmt: skip
            yield passed, (*row["modes"].split(">"), test["mode"]), row["transport_cost"] + test["unit_cost"]


def admitted_chains(instance: Instance, *, in_time: bool = True) -> Iterator[tuple[Passed, Modes, float]]:
    """Yield every chain that the oracle's rules admit, by start, to centres that want the therapy at all.

    The cost is that of the lanes, per unit for allogeneic chains, per patient (units shrink on the way) for loops.
    `in_time`: leave out what enters a stage or arrives after the horizon (where demand counts at delivery).
    """
    facts = Facts(instance)
    for therapy in facts.therapies:
        wanting = {c for c in facts.centres if any(facts.demand(c, therapy, period) for period in range(facts.count))}
        for chain, start in itertools.product(chains(facts, therapy), range(facts.count)):
            plan = schedule(facts, chain, start)
            if plan is not None and _in_force(facts, chain, plan, in_time=in_time):
                yield from _arrivals(facts, chain, plan, wanting, in_time=in_time)


def _in_force(facts: Facts, chain: Chain, plan: Schedule, *, in_time: bool) -> bool:
    """Whether every facility may be open, and every licence held, when it is entered."""
    for entry in (*plan.entries, *([plan.testing] if plan.testing else [])):
        if in_time and entry.period >= facts.count and not facts.is_autologous(chain.therapy):
            return False
        period = facts.first + min(entry.period, facts.count - 1)
        since = [facts.facilities[entry.site, entry.stage]["opens_from"]]
        if entry.verdict.kind == "licence":
            since.append(facts.licences[entry.site, entry.stage, chain.market]["available_from"])
        if any(first is not None and first > period for first in since):
            return False
    return True


def _arrivals(
    facts: Facts, chain: Chain, plan: Schedule, wanting: set[str], *, in_time: bool
) -> Iterator[tuple[Passed, Modes, float]]:
    loop = facts.is_autologous(chain.therapy)
    last = chain.stops[-1]
    work = facts.operation(last.stage, chain.therapy, last.site)["days"]
    at_delivery = facts.therapies[chain.therapy]["demand_at"] == "delivery"
    entries = tuple(entry.period for entry in plan.entries)
    lab, panel, sample = (chain.test.lab, chain.test.panel.name, chain.test.lane.mode) if chain.test else ("", "", "")
    for centre, lane in chain.exits:
        travelled = plan.days if loop else work + lane.days
        arrival = (plan.start if loop else entries[-1]) + whole_periods(travelled, facts.days)
        late = (at_delivery or not loop) and arrival >= facts.count
        if centre not in wanting or (in_time and late):
            continue
        modes = (*(stop.lane.mode for stop in chain.stops), lane.mode, sample)
        passed = Passed(chain.therapy, chain.origin, chain.sites, lab, panel, centre, plan.start, entries, arrival)
        yield passed, modes, _lane_cost(facts, chain, plan, lane.cost)


def _lane_cost(facts: Facts, chain: Chain, plan: Schedule, last: float) -> float:
    cost = chain.test.lane.cost if chain.test else 0.0
    if not facts.is_autologous(chain.therapy):
        return cost + sum(stop.lane.cost for stop in chain.stops) + last
    units = 1.0
    for position, (stop, entry) in enumerate(zip(chain.stops, plan.entries, strict=True)):
        cost += units * stop.lane.cost
        work = facts.operation(stop.stage, chain.therapy, stop.site)
        units *= work["output"] * work["yield"] * entry.verdict.gain
        units *= facts.pass_rate(chain.therapy, "", chain.market) if position == 0 else 1.0
    return cost + units * last


def ruled(passed: Passed, modes: Modes, market: str, *, autologous: bool) -> RuledChain:
    """Return a chain as the evaluation's rule engine knows it."""
    pool = "" if autologous else passed.origin
    return RuledChain(
        passed.therapy, market, passed.sites, modes[:-1], pool, passed.centre, passed.lab, passed.panel, modes[-1]
    )
