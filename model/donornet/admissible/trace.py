"""Traces: for a pool, centre and therapy, which rule blocks each kind of chain."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from donornet.admissible.unpruned import Broken, Unpruned
from donornet.admissible.words import chain_of, number, several, span, tested_at
from donornet.instance.findings import nearest

if TYPE_CHECKING:
    from donornet.admissible.network import AdmissibleNetwork

Places = tuple[str, ...]
"""Places that a chain has passed."""


@dataclass(frozen=True)
class Block:
    """Chains that the same rule blocks first.

    Parameters
    ----------
    step
        Where on the way: ``donor``, a stage, ``testing``, ``centre``.
    rule
        The rule.
    chains
        How many chains it blocks that no rule before it does.
    about
        The elements of chains that break it.
    """

    step: str
    rule: Broken
    chains: int
    about: Places


@dataclass(frozen=True)
class Trace:
    """What becomes of all chains from a pool (an autologous patient) to a centre.

    Parameters
    ----------
    periods
        First and last period in which this holds.
    chains
        How many chains the facilities allow; chains differ in their sites, lab and panel, not in modes.
    legal
        How many of them break no rule.
    example
        A legal chain; blank if there is none.
    blocks
        The other chains by the rule that blocks them first.
    steps
        The steps of a chain, in order.
    """

    periods: tuple[int, int]
    chains: int
    legal: int
    example: str
    blocks: tuple[Block, ...]
    steps: tuple[str, ...]

    def block(self, step: str, rule: Broken) -> Block | None:
        """Return what a rule blocks at a step."""
        return next((block for block in self.blocks if (block.step, block.rule) == (step, rule)), None)


@dataclass(frozen=True)
class Traces:
    """The traces of one pool, centre and therapy: one for each stretch of periods with equal rules."""

    pool: str
    centre: str
    therapy: str
    market: str
    traces: tuple[Trace, ...]

    def __str__(self) -> str:
        origin = f"pool {self.pool}" if self.pool else "the patient"
        lines = [f"{self.therapy} from {origin} to centre {self.centre} (market {self.market or 'unnamed'})"]
        chains = number(self.traces[0].chains)
        lines.append(f"  legal: {self._by_period([trace.legal for trace in self.traces])} of {chains} chains")
        examples: dict[str, None] = {trace.example: None for trace in self.traces if trace.example}
        lines += [f"    for example {example}" for example in examples]
        step = ""
        for at, rule in self._blocks():
            lines += [f"  blocked at {at}"] if at != step else []
            step = at
            blocks = [trace.block(at, rule) for trace in self.traces]
            about = dict.fromkeys(name for block in blocks if block for name in block.about)
            amounts = self._by_period([block.chains if block else 0 for block in blocks])
            lines.append(f"    {amounts}: {rule.text}{f': {several(about)}' if any(about) else ''}")
        lines.append("  A chain counts where the first rule blocks it; chains that differ only in modes count as one.")
        return "\n".join(lines)

    def _by_period(self, amounts: list[int]) -> str:
        """Return an amount, or the amounts by period where they differ."""
        if len(set(amounts)) == 1:
            return number(amounts[0])
        first, last = self.traces[0].periods[0], 0
        words = []
        for position, (trace, amount) in enumerate(zip(self.traces, amounts, strict=True)):
            last = trace.periods[1]
            if position + 1 == len(amounts) or amounts[position + 1] != amount:
                words += [f"{number(amount)} in {span(first, last)}"] if amount else []
                first = last + 1
        return ", ".join(words)

    def _blocks(self) -> list[tuple[str, Broken]]:
        """Return every step and rule that blocks in any period, along the way, those that block most first."""
        most: dict[tuple[str, Broken], int] = {}
        steps: dict[str, int] = {}
        for trace in self.traces:
            for block in trace.blocks:
                steps[block.step] = trace.steps.index(block.step)
                key = (block.step, block.rule)
                most[key] = max(most.get(key, 0), block.chains)
        return sorted(most, key=lambda key: (steps[key[0]], -most[key], key[1].text))


def trace(network: AdmissibleNetwork, pool: str, centre: str, therapy: str) -> Traces:
    """Return which rule blocks each kind of chain from a pool to a centre.

    Parameters
    ----------
    network
        The admissible network.
    pool
        The donor pool; blank for an autologous therapy.
    centre, therapy
        The centre and the therapy.

    Raises
    ------
    ValueError
        An id is unknown (the message names the nearest), or a pool is missing or too many.
    """
    instance = network.instance
    _expect("therapy", therapy, instance.table("therapies")["therapy"].tolist())
    _expect("centre", centre, instance.table("centres")["centre"].tolist())
    autologous = network.legs.is_autologous(therapy)
    if autologous and pool:
        raise ValueError(f"{therapy} is autologous: its chains start with the patient, not with pool {pool!r}")
    if not autologous:
        if not pool:
            raise ValueError(f"{therapy} is allogeneic: name a donor pool")
        _expect("pool", pool, instance.table("donor_pools")["pool"].tolist())
    market = str(instance.table("centres").set_index("centre").at[centre, "jurisdiction"])
    found: list[Trace] = []
    for first, last in _stretches(network):
        traced = Tracer(Unpruned(network, therapy, market, first), pool, centre).trace()
        periods = (instance.periods[first], instance.periods[last])
        if found and replace(found[-1], periods=periods) == replace(traced, periods=periods):
            found[-1] = replace(found[-1], periods=(found[-1].periods[0], periods[1]))
        else:
            found.append(replace(traced, periods=periods))
    return Traces(pool, centre, therapy, market, tuple(found))


def _expect(noun: str, name: str, known: list[str]) -> None:
    if name not in known:
        raise ValueError(f"there is no {noun} {name!r}{nearest(name, known)}")


def _stretches(network: AdmissibleNetwork) -> list[tuple[int, int]]:
    """Return first and last position of the stretches of periods between which no rule changes."""
    instance = network.instance
    starts = {spell[0] for spell in network.verdicts.spells}
    for table, column in (("facilities", "opens_from"), ("licences", "available_from")):
        named = instance.table(table)[column].dropna()
        starts |= {int(period) - instance.periods[0] for period in named if int(period) in instance.periods}
    ordered = sorted(starts)
    return list(zip(ordered, [*(start - 1 for start in ordered[1:]), len(instance.periods) - 1], strict=True))


@dataclass
class _Bundle:
    """Partial chains that are one to the rules: how many, and the places of one of them."""

    chains: int
    places: Places
    test: str = ""


_State = tuple[str, int, float]
"""Site, open prohibitions, days so far (0 for allogeneic chains)."""


@dataclass
class _Count:
    """Blocked chains of one rule."""

    chains: int = 0
    about: dict[str, None] = field(default_factory=dict)


class Tracer:
    """Follows all chains of a pool (an autologous patient) and centre from stage to stage and counts where they end.

    Parameters
    ----------
    rules
        The unpruned network.
    pool
        The pool; blank where autologous.
    centre
        The centre.
    """

    def __init__(self, rules: Unpruned, pool: str, centre: str) -> None:
        self.rules, self.pool, self.centre = rules, pool, centre
        table = rules.instance.table("donor_pools").set_index("pool")["risk_class"]
        self.risk_class = str(table[pool]) if pool else ""
        self._counts: dict[tuple[str, Broken], _Count] = {}
        self._tests = rules.tests(rules.sites[rules.route[0]], self.risk_class) if rules.tested else {}

    def trace(self) -> Trace:
        """Return the counts."""
        rules = self.rules
        counts = [len(rules.sites[stage]) for stage in rules.route]
        if rules.tested:
            counts.insert(1, len(next(iter(self._tests.values()), ())))
        total = math.prod(counts)
        donor = rules.donor(self.pool) if self.pool else None
        if donor is not None:
            self._block("donor", donor, total)
            return self._result(total, {})
        left = total
        mask = rules.pool_mask(self.pool) if self.pool else rules.rules.all
        bundles = {(self.pool or self.centre, mask, 0.0): _Bundle(1, (self.pool or self.centre,))}
        for position, stage in enumerate(rules.route):
            left //= max(len(rules.sites[stage]), 1)
            bundles = self._enter(bundles, position, left)
            if position == 0 and rules.tested:
                left //= max(counts[1], 1)
                bundles = self._test(bundles, left)
        return self._result(total, self._close(bundles))

    def _enter(self, bundles: dict[_State, _Bundle], position: int, left: int) -> dict[_State, _Bundle]:
        """Move to a stage; each partial chain that fails stands for `left` whole ones."""
        rules, stage = self.rules, self.rules.route[position]
        carries = "material" if position else "donor" if self.pool else "patient"
        before = rules.route[position - 1] if position else "donor" if self.pool else "centre"
        origins = list(dict.fromkeys(state[0] for state in bundles))
        legs = rules.legs(carries, origins, rules.sites[stage], (before, stage))
        judged = {site: rules.place(stage, site) for site in rules.sites[stage]}
        masks = rules.masks(stage)
        entered: dict[_State, _Bundle] = {}
        for (here, mask, days), bundle in bundles.items():
            for site in rules.sites[stage]:
                leg = legs[here, site]
                transit = leg.days if position else 0.0  # travel of the patient is not counted
                later = days + transit + rules.work_days(stage, site) if rules.autologous else 0.0
                both = mask & masks[site]
                broken = judged[site] or leg.broken or next(iter(rules.prohibited(both, stage)), None)
                broken = broken or rules.too_long(later)
                places = (*bundle.places, site)
                if broken is None:
                    _add(entered, (site, both, later), replace(bundle, places=places))
                else:
                    self._block(stage, broken, bundle.chains * left, " > ".join(places[1:]))
        return entered

    def _test(self, bundles: dict[_State, _Bundle], left: int) -> dict[_State, _Bundle]:
        rules = self.rules
        masks: dict[tuple[str, str], int] = {}
        tested: dict[_State, _Bundle] = {}
        for (site, mask, days), bundle in bundles.items():
            for test in self._tests[site]:
                key = (test.lab, test.panel)
                if key not in masks:
                    masks[key] = rules.test_mask(*key)
                broken = next(iter((*test.broken, *rules.prohibited(mask & masks[key], "test"))), None)
                if broken is None:
                    _add(tested, (site, mask & masks[key], days), replace(bundle, test=tested_at(*key)))
                else:
                    self._block("testing", broken, bundle.chains * left, test.lab)
        return tested

    def _close(self, bundles: dict[_State, _Bundle]) -> dict[_State, _Bundle]:
        rules = self.rules
        origins = list(dict.fromkeys(state[0] for state in bundles))
        legs = rules.legs("doses", origins, [self.centre], (rules.route[-1], "centre"))
        arrived: dict[_State, _Bundle] = {}
        for (site, mask, days), bundle in bundles.items():
            leg = legs[site, self.centre]
            later = days + leg.days if rules.autologous else 0.0
            broken = leg.broken or rules.too_long(later)
            if broken is None:
                places = (*bundle.places, self.centre)
                _add(arrived, (self.centre, mask, later), replace(bundle, places=places))
            else:
                self._block("centre", broken, bundle.chains, site)
        return arrived

    def _block(self, step: str, broken: Broken, chains: int, about: str = "") -> None:
        count = self._counts.setdefault((step, broken), _Count())
        count.chains += chains
        count.about[broken.about or about] = None

    def _result(self, total: int, arrived: dict[_State, _Bundle]) -> Trace:
        first, *later = self.rules.route
        steps = ("donor", first, "testing", *later, "centre")
        blocks = (Block(step, rule, count.chains, tuple(count.about)) for (step, rule), count in self._counts.items())
        first_bundle = next(iter(arrived.values()), None)
        example = chain_of(first_bundle.places, first_bundle.test) if first_bundle else ""
        legal = sum(bundle.chains for bundle in arrived.values())
        return Trace((0, 0), total, legal, example, tuple(blocks), steps)


def _add(bundles: dict[_State, _Bundle], state: _State, bundle: _Bundle) -> None:
    if state in bundles:
        bundles[state].chains += bundle.chains
    else:
        bundles[state] = bundle
