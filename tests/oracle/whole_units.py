"""Indivisible therapies: donations, tests, shipments, deliveries and loops are whole numbers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable
from typing import TYPE_CHECKING

from tests.oracle.facts import Facts
from tests.oracle.program import Linear, Program

if TYPE_CHECKING:
    from tests.oracle.path_model import Flow

Sums = defaultdict[tuple[Hashable, ...], Linear]


def require_whole_units(facts: Facts, program: Program, flows: Iterable[Flow]) -> None:
    """Add an integer for every sum of flows that must be a whole number.

    Units mix where what stands at one site can be continued in the same ways (same market); so sums are taken over
    the chains that share a leg and the ways to go on after it.
    """
    flows = [flow for flow in flows if facts.therapies[flow.chain.therapy]["indivisible"] == "yes"]
    sums: Sums = defaultdict(Linear)
    onward = _onward(flow for flow in flows if not facts.is_autologous(flow.chain.therapy))
    tests = _ways_to_test(facts, flows)
    for flow in flows:
        chain, start = flow.chain, flow.plan.start
        head = (chain.therapy, chain.market)
        risk = facts.pools[chain.origin]["risk_class"] if chain.origin in facts.pools else ""
        sums["test", *head, chain.sites[0], risk, tests[_donation(facts, flow)], chain.test, start].add(flow.variable)
        if facts.is_autologous(chain.therapy):
            sums["loop", *head, chain.origin, chain.stops, chain.exits, start].add(flow.variable)
            continue
        sums["donate", *head, chain.origin, chain.stops[0], start].add(flow.variable)
        for depth in range(1, flow.depth):
            came, goes = onward[_begun(flow, depth)], onward[_begun(flow, depth + 1)]
            leg = (chain.sites[depth - 1], chain.stops[depth], flow.plan.entries[depth].departure)
            sums["ship", *head, depth, came, goes, leg].add(flow.variable, flow.units[depth - 1])
        if flow.end is not None:
            sums["deliver", *head, chain.sites[-1], flow.end].add(flow.variable, flow.units[-1])
    for amount in sums.values():
        whole = program.variable(whole=True)
        program.equal(Linear({whole: -1.0}).add(amount), 0.0)


def _begun(flow: Flow, depth: int) -> tuple[Hashable, ...]:
    chain = flow.chain
    return (chain.therapy, chain.market, chain.origin, chain.stops[:depth], chain.test)


def _donation(facts: Facts, flow: Flow) -> tuple[Hashable, ...]:
    """Return what decides how a donation may be tested: its donor, or all of a patient's loop."""
    chain = flow.chain
    loop = (chain.stops, chain.exits) if facts.is_autologous(chain.therapy) else chain.stops[0].site
    return (chain.therapy, chain.market, chain.origin, loop)


def _onward(flows: Iterable[Flow]) -> dict[tuple[Hashable, ...], frozenset[tuple[str, ...]]]:
    """Return for each beginning of a chain the sites through which it may go on."""
    found: dict[tuple[Hashable, ...], set[tuple[str, ...]]] = defaultdict(set)
    for flow in flows:
        if flow.depth == len(flow.chain.stops):
            for depth in range(1, flow.depth + 1):
                found[_begun(flow, depth)].add(flow.chain.sites[depth:])
    return defaultdict(frozenset, {begun: frozenset(ways) for begun, ways in found.items()})


def _ways_to_test(facts: Facts, flows: Iterable[Flow]) -> dict[tuple[Hashable, ...], frozenset[Hashable]]:
    """Return what a test may be and lead to, by donation: donations alike in it share their tests."""
    found: dict[tuple[Hashable, ...], set[Hashable]] = defaultdict(set)
    for flow in flows:
        onward = () if facts.is_autologous(flow.chain.therapy) else flow.chain.sites[1:]
        found[_donation(facts, flow)].add((flow.chain.test, onward))
    return {donation: frozenset(ways) for donation, ways in found.items()}
