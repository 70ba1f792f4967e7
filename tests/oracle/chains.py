"""Every chain of an instance, written out one by one and judged by the plain rules."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

from tests.oracle.facts import EPS, Facts, Lane, Panel, Verdict, whole_periods


@dataclass(frozen=True)
class Stop:
    """One material stage of a chain.

    Parameters
    ----------
    stage, site
        What is done, and where.
    lane
        The leg that leads there.
    """

    stage: str
    site: str
    lane: Lane


@dataclass(frozen=True)
class Test:
    """Where and how the donation is tested: lab, panel, and the lane of the sample."""

    __test__ = False

    lab: str
    panel: Panel
    lane: Lane


@dataclass(frozen=True)
class Chain:
    """A chain up to its last stage, and how it may end.

    Parameters
    ----------
    therapy, market
        What is made, for whom.
    origin
        Donor pool, or the patient's centre.
    stops
        The material stages, in order.
    test
        None where the therapy is not tested.
    exits
        Centres of the market with a lane from the last stage; of a loop: its own centre.
    """

    therapy: str
    market: str
    origin: str
    stops: tuple[Stop, ...]
    test: Test | None
    exits: tuple[tuple[str, Lane], ...]

    @property
    def sites(self) -> tuple[str, ...]:
        """Sites of the material stages."""
        return tuple(stop.site for stop in self.stops)

    def __str__(self) -> str:
        tested = f" [{self.test.lab}/{self.test.panel.name}/{self.test.lane.mode}]" if self.test else ""
        stops = " ".join(f"-{stop.lane.mode}-> {stop.site}" for stop in self.stops)
        return f"{self.therapy} for {self.market}: {self.origin} {stops}{tested}"


@dataclass(frozen=True)
class Entry:
    """A unit's entering of one stage.

    Parameters
    ----------
    stage, site
        The facility.
    verdict
        What the market says about it then.
    period
        Period in which it enters (0, 1, ...; may lie after the horizon).
    day
        Day from which it holds a slot, from the start of the horizon.
    departure
        Period in which the leg that leads there departs and is paid; of a loop: the period of entry.
    """

    stage: str
    site: str
    verdict: Verdict
    period: int
    day: float
    departure: int


@dataclass(frozen=True)
class Schedule:
    """What happens when to a chain that starts in a given period.

    Parameters
    ----------
    start
        Period of the donation, or of the patient's entry.
    donor
        Verdict on the donor; None for an autologous chain.
    testing
        Entering of the lab; None where the therapy is not tested.
    entries
        Entering of each material stage.
    days
        Time of a loop from its first stage to the dose at the centre; 0 for an allogeneic chain.
    """

    start: int
    donor: Verdict | None
    testing: Entry | None
    entries: tuple[Entry, ...]
    days: float = 0.0


def chains(facts: Facts, therapy: str) -> Iterator[Chain]:
    """Yield every chain of a therapy that no rule about places, lanes, tests and prohibitions forbids."""
    if facts.is_autologous(therapy):
        for centre in facts.centres:
            for stops in _journeys(facts, therapy, centre):
                yield from _loops(facts, therapy, centre, stops)
        return
    for market, pool in itertools.product(facts.markets, facts.pools):
        for stops in _journeys(facts, therapy, pool):
            exits = tuple(_exits(facts, therapy, market, stops[-1]))
            for test in _tests(facts, therapy, market, facts.pools[pool]["risk_class"], stops[0].site):
                chain = Chain(therapy, market, pool, stops, test, exits)
                if exits and not facts.is_prohibited(_attributes(facts, chain)):
                    yield chain


def _loops(facts: Facts, therapy: str, centre: str, stops: tuple[Stop, ...]) -> Iterator[Chain]:
    market = facts.jurisdiction(centre)
    limit = facts.therapies[therapy]["vein_to_vein_days"]
    for end in _exits(facts, therapy, market, stops[-1]):
        for test in _tests(facts, therapy, market, "", stops[0].site) if end[0] == centre else ():
            chain = Chain(therapy, market, centre, stops, test, (end,))
            if test is not None and limit is not None:
                work = facts.operation("testing", therapy, test.lab)["days"]
                if test.lane.days + work + test.panel.days > limit + EPS:
                    continue
            if not facts.is_prohibited(_attributes(facts, chain)):
                yield chain


def _journeys(facts: Facts, therapy: str, origin: str) -> Iterator[tuple[Stop, ...]]:
    """Yield every way from a pool or centre through the stages of the route."""
    autologous = facts.is_autologous(therapy)
    carried = "patient" if autologous else "donor"

    def extend(stops: tuple[Stop, ...], here: str, standing: str, ahead: list[str]) -> Iterator[tuple[Stop, ...]]:
        if not ahead:
            yield stops
            return
        for site in facts.usable_sites(ahead[0]):
            for lane in facts.lanes(therapy, "material" if stops else carried, (here, site), (standing, ahead[0])):
                yield from extend((*stops, Stop(ahead[0], site, lane)), site, ahead[0], ahead[1:])

    yield from extend((), origin, "centre" if autologous else "donor", facts.route(therapy))


def _exits(facts: Facts, therapy: str, market: str, last: Stop) -> Iterator[tuple[str, Lane]]:
    for centre in facts.centres:
        if facts.jurisdiction(centre) == market:
            for lane in facts.lanes(therapy, "doses", (last.site, centre), (last.stage, "centre")):
                yield centre, lane


def _tests(facts: Facts, therapy: str, market: str, risk_class: str, first: str) -> Iterator[Test | None]:
    """Yield the ways to test a donation made at the site `first`; a single None where the therapy is not tested."""
    if not facts.is_tested(therapy):
        yield None
        return
    stage = facts.route(therapy)[0]
    required = facts.required_markers(market, risk_class, therapy)
    for lab in facts.usable_sites("testing"):
        for panel in facts.panels(lab):
            if panel.markers is not None and not required <= panel.markers:
                continue
            for lane in facts.lanes(therapy, "sample", (first, lab), (stage, "testing")):
                yield Test(lab, panel, lane)


def _attributes(facts: Facts, chain: Chain) -> dict[str, set[str]]:
    """Return by column of prohibitions what a cell may call the chain's member."""
    found = {"therapy": {chain.therapy}, "market": {chain.market}}
    for stop in chain.stops:
        found[stop.stage] = {stop.site, facts.jurisdiction(stop.site)}
    if chain.test is not None:
        found["testing"] = {chain.test.lab, facts.jurisdiction(chain.test.lab)}
        found["panel"] = {chain.test.panel.name}
    if not facts.is_autologous(chain.therapy):
        pool = facts.pools[chain.origin]
        found["donor"] = {chain.origin, pool["donor_group"], pool["jurisdiction"]} - {""}
        if pool["risk_class"]:
            found["risk_class"] = {pool["risk_class"]}
    return found


def schedule(facts: Facts, chain: Chain, start: int) -> Schedule | None:
    """Return when the chain enters each stage if it starts in the period `start`; None where recognition forbids it."""
    loop = facts.is_autologous(chain.therapy)
    donor = None
    if not loop:
        donor = facts.verdict("donor", facts.jurisdiction(chain.origin), chain.market, chain.therapy, start)
        if donor.kind in ("never", "licence"):
            return None
    testing = None
    if chain.test is not None:
        testing = _enter(facts, chain, ("testing", chain.test.lab), start, (start, start * facts.days))
        if testing is None:
            return None
    walk = _walk_loop(facts, chain, start) if loop else _walk(facts, chain, start)
    if walk is None:
        return None
    entries, days = walk
    limit = facts.therapies[chain.therapy]["vein_to_vein_days"]
    if loop and limit is not None and days > limit + EPS:
        return None
    return Schedule(start, donor, testing, entries, days)


def _walk(facts: Facts, chain: Chain, start: int) -> tuple[tuple[Entry, ...], float] | None:
    """Follow an allogeneic unit: each leg lags by the work at its tail and its transit, in whole periods."""
    entries: list[Entry] = []
    here = departure = start
    for position, stop in enumerate(chain.stops):
        if position:
            departure, before = here, chain.stops[position - 1]
            work = facts.operation(before.stage, chain.therapy, before.site)["days"]
            here += whole_periods(work + stop.lane.days, facts.days)
        entry = _enter(facts, chain, (stop.stage, stop.site), departure, (here, here * facts.days))
        if entry is None:
            return None
        entries.append(entry)
    return tuple(entries), 0.0


def _walk_loop(facts: Facts, chain: Chain, start: int) -> tuple[tuple[Entry, ...], float] | None:
    """Follow a patient's material day by day from the start of the first stage."""
    entries: list[Entry] = []
    offset = 0.0
    for position, stop in enumerate(chain.stops):
        if position:
            offset += stop.lane.days
        when = (start + whole_periods(offset, facts.days), start * facts.days + offset)
        entry = _enter(facts, chain, (stop.stage, stop.site), start, when)
        if entry is None:
            return None
        entries.append(entry)
        offset += facts.operation(stop.stage, chain.therapy, stop.site)["days"] + entry.verdict.days
    return tuple(entries), offset + chain.exits[0][1].days


def _enter(
    facts: Facts, chain: Chain, facility: tuple[str, str], departure: int, when: tuple[int, float]
) -> Entry | None:
    """Return the entering of a facility (stage, site); None where it is never recognised or no licence exists."""
    stage, site = facility
    verdict = facts.verdict(stage, facts.jurisdiction(site), chain.market, chain.therapy, when[0])
    if verdict.kind == "never" or (verdict.kind == "licence" and (site, stage, chain.market) not in facts.licences):
        return None
    return Entry(stage, site, verdict, when[0], when[1], departure)
