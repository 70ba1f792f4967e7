"""The compiled network against chains written out one by one on random small instances."""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Iterator

import pytest

import donornet
from donornet.admissible import AdmissibleNetwork
from donornet.evaluation.rules import RuleEngine
from donornet.instance import Instance
from tests.oracle.facts import Facts, whole_periods
from tests.oracle.random_instances import random_instance
from tests.unit.admissible.enumerated import Passed, admitted_chains, network_chains, ruled

SEEDS = range(5)
MANY = range(5, 150)

random_instance = functools.cache(random_instance)


@functools.cache
def network(instance: Instance) -> AdmissibleNetwork:
    return donornet.network(instance)


def cheapest(found: Iterator[tuple[Passed, tuple[str, ...], float]]) -> dict[Passed, float]:
    costs: dict[Passed, float] = {}
    for passed, _, cost in found:
        costs[passed] = min(cost, costs.get(passed, math.inf))
    return costs


def seeds(test):
    """Run a test on a few random instances, on many where slow tests are asked for."""
    return pytest.mark.parametrize("seed", [*SEEDS, *(pytest.param(seed, marks=pytest.mark.slow) for seed in MANY)])(
        test
    )


@seeds
def test_paths_and_loops_are_exactly_the_admissible_chains(seed: int):
    instance = random_instance(seed)
    compiled = cheapest(network_chains(network(instance)))
    admitted = cheapest(admitted_chains(instance))
    assert set(compiled) == set(admitted)
    # Of the modes of a chain at least the cheapest are left.
    for passed, cost in compiled.items():
        assert cost == pytest.approx(admitted[passed], rel=1e-9, abs=1e-9), passed


@seeds
def test_rule_engine_finds_no_fault_with_any_path_or_loop(seed: int):
    instance = random_instance(seed)
    engine = RuleEngine(instance)
    first = instance.periods[0]
    for passed, modes, _ in itertools.islice(network_chains(network(instance)), 3000):
        autologous = engine.autologous(passed.therapy)
        chain = ruled(passed, modes, engine.jurisdiction[passed.centre], autologous=autologous)
        assert engine.chain_problems(chain, first + passed.start) == []


def arrivals_in_time(instance: Instance) -> Iterator[Passed]:
    """Yield the admitted chains that serve demand in some period, shelf life considered."""
    facts = Facts(instance)
    for passed, _, _ in admitted_chains(instance):
        row = facts.therapies[passed.therapy]
        served = passed.start if row["demand_at"] == "entry" else passed.arrival
        waits = 0
        if not facts.is_autologous(passed.therapy) and row["shelf_life_days"] is not None:
            waits = whole_periods(row["shelf_life_days"], facts.days)
        for period in range(served, min(served + waits + 1, facts.count)):
            if facts.demand(passed.centre, passed.therapy, period):
                yield passed._replace(arrival=period)


@seeds
def test_reach_names_the_centres_periods_and_places_of_the_admissible_chains(seed: int):
    instance = random_instance(seed)
    periods: dict[tuple[str, str], set[int]] = {}
    places: dict[tuple[str, str], set[tuple[str, str]]] = {}
    for passed in arrivals_in_time(instance):
        key = (passed.therapy, passed.centre)
        periods.setdefault(key, set()).add(instance.periods[passed.arrival])
        steps = [*zip(instance.routes[passed.therapy], passed.sites, strict=True)]
        steps += [("testing", passed.lab)] if passed.lab else []
        steps += [("donor", passed.origin)] if passed.origin != passed.centre else []
        places.setdefault(key, set()).update(steps)
    for reach in network(instance).reaches:
        key = (reach.therapy, reach.centre)
        assert set(reach.periods) - set(reach.unreached) == periods.get(key, set())
        assert {(step, place) for step, found in reach.serving.items() for place in found} == places.get(key, set())


@seeds
def test_reach_counts_the_paths_that_arrive_in_a_period(seed: int):
    instance = random_instance(seed)
    compiled = network(instance)
    at_entry = set(instance.table("therapies").query("demand_at == 'entry'")["therapy"])
    counts: dict[tuple[str, str, int], int] = {}
    for passed, _, _ in network_chains(compiled):
        served = passed.start if passed.therapy in at_entry else passed.arrival
        key = (passed.therapy, passed.centre, instance.periods[served])
        counts[key] = counts.get(key, 0) + 1
    shelved = set(instance.table("therapies").query("shelf_life_days > 0")["therapy"])
    for reach in compiled.reaches:
        most = max((counts.get((reach.therapy, reach.centre, period), 0) for period in reach.periods), default=0)
        assert reach.chains == most or (reach.therapy in shelved and reach.chains >= most)


def instances_of_one_period() -> Iterator[Instance]:
    """Yield random instances in which no rule changes while a chain is on its way."""
    return (instance for instance in map(random_instance, itertools.count()) if len(instance.periods) == 1)


@pytest.mark.parametrize("number", range(4))
def test_trace_counts_the_legal_chains_of_a_pool_and_centre(number: int):
    instance = next(itertools.islice(instances_of_one_period(), number, None))
    facts = Facts(instance)
    legal: dict[tuple[str, str, str], set[tuple[tuple[str, ...], str, str]]] = {}
    for passed, _, _ in admitted_chains(instance, in_time=False):
        origin = "" if facts.is_autologous(passed.therapy) else passed.origin
        legal.setdefault((passed.therapy, origin, passed.centre), set()).add((passed.sites, passed.lab, passed.panel))
    for therapy in facts.therapies:
        origins = [""] if facts.is_autologous(therapy) else list(facts.pools)
        for origin, centre in itertools.product(origins, facts.centres):
            if not facts.demand(centre, therapy, 0):
                continue
            (trace,) = network(instance).trace(origin, centre, therapy).traces
            assert trace.legal == len(legal.get((therapy, origin, centre), ()))
            assert trace.legal + sum(block.chains for block in trace.blocks) == trace.chains


@seeds
def test_waiver_of_unreached_demand_breaks_a_rule_or_says_why_none_helps(seed: int):
    instance = random_instance(seed)
    compiled = network(instance)
    unreached = {(r.therapy, r.centre, r.unreached) for r in compiled.reaches if r.unreached}
    named = {(w.therapy, centre, w.periods) for w in compiled.waivers for centre in w.centres}
    assert named == unreached
    for waiver in compiled.waivers:
        assert bool(waiver.rules) != bool(waiver.reason)
