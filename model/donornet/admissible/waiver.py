"""Waivers: for demand that no chain reaches, the cheapest set of rules that would have to be waived.

In the unpruned network every violated rule costs its weight (`donornet.admissible.unpruned.WEIGHTS`); the cheapest
chain names the rules.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from donornet.admissible.unpruned import Broken, Leg, Unpruned
from donornet.admissible.words import chain_of, several, spans, tested_at

if TYPE_CHECKING:
    from donornet.admissible.network import AdmissibleNetwork


NO_RULE = "no rule is in the way: chains arrive too late, or recognition ends while they are on their way"
"""Why a chain that breaks no rule in a period may not reach demand in it."""


@dataclass(frozen=True)
class Waiver:
    """What keeps centres of a market from a therapy.

    Parameters
    ----------
    therapy, market, centres
        Who is not reached.
    periods
        Periods with demand that no chain reaches.
    rules
        The cheapest set of rules whose waiver would let a chain reach the first of them; empty: no waiver helps, see
        `reason`.
    chain
        The chain that breaks only these rules.
    reason
        Why no waiver helps.
    """

    therapy: str
    market: str
    centres: tuple[str, ...]
    periods: tuple[int, ...]
    rules: tuple[Broken, ...]
    chain: str
    reason: str = ""

    @property
    def weight(self) -> float:
        """Weight of the rules to waive."""
        return sum(rule.weight for rule in self.rules)

    def lines(self) -> Iterator[str]:
        """Yield the waiver as lines."""
        noun = "centre" if len(self.centres) == 1 else "centres"
        when = f"period{'s' if len(self.periods) > 1 else ''} {spans(self.periods)}"
        where = f"{noun} {several(self.centres)} of market {self.market or 'unnamed'}"
        yield f"{self.therapy}, {where}: no chain reaches the demand of {when}"
        if self.reason:
            yield f"  {self.reason}"
            return
        yield f"  a chain would, such as {self.chain}, were it not for"
        for rule in self.rules:
            yield f"  - {rule.text}{f': {rule.about}' if rule.about else ''}"


@dataclass(frozen=True)
class _Label:
    """A partial chain: weight of the rules it breaks, days so far (loops), the rules, its places, its test."""

    weight: float
    days: float
    rules: tuple[Broken, ...]
    places: tuple[str, ...]
    test: str = ""

    def breaking(self, rules: Iterable[Broken | None]) -> _Label:
        """Return the label with more rules broken."""
        broken = tuple(rule for rule in rules if rule is not None)
        weight = self.weight + sum(rule.weight for rule in broken)
        return replace(self, weight=weight, rules=self.rules + broken)

    def on(self, place: str, days: float) -> _Label:
        """Return the label of the chain that goes on to a place."""
        return replace(self, days=self.days + days, places=(*self.places, place))


_State = tuple[str, int, str]
"""Site, open prohibitions, risk class of the donors (until they are tested)."""


class _Labels(dict[_State, list[_Label]]):
    """Partial chains by state, those left out that another beats in weight and days."""

    def __init__(self, *, timed: bool) -> None:
        super().__init__()
        self.timed = timed

    def keep(self, state: _State, label: _Label) -> None:
        rivals = self.get(state, [])
        if any(rival.weight <= label.weight and (not self.timed or rival.days <= label.days) for rival in rivals):
            return
        kept = [r for r in rivals if r.weight < label.weight or (self.timed and r.days < label.days)]
        self[state] = [*kept, label]


def waivers(network: AdmissibleNetwork) -> list[Waiver]:
    """Return what keeps chains from the demand that none of them reaches, centres of one market together."""
    missed: dict[tuple[str, str, tuple[int, ...]], list[str]] = {}
    for reach in network.reaches:
        if reach.unreached:
            missed.setdefault((reach.therapy, reach.market, reach.unreached), []).append(reach.centre)
    found: dict[tuple[object, ...], Waiver] = {}
    for (therapy, market, periods), centres in missed.items():
        search = Search(Unpruned(network, therapy, market, network.instance.periods.index(periods[0])))
        for waiver in search.waivers(centres, periods):
            key = (therapy, market, periods, waiver.rules, tuple(rule.about for rule in waiver.rules), waiver.reason)
            rivals = found.get(key)
            found[key] = waiver if rivals is None else replace(rivals, centres=rivals.centres + waiver.centres)
    return list(found.values())


class Search:
    """Looks for the chains that break the least rules."""

    def __init__(self, rules: Unpruned) -> None:
        self.rules = rules
        self._tests = {
            risk: rules.tests(rules.sites[rules.route[0]], risk) for risk in self._risk_classes() if rules.tested
        }
        self._masks = {stage: rules.masks(stage) for stage in rules.route}
        self._places = {
            stage: [(site, rules.place(stage, site), rules.work_days(stage, site)) for site in rules.sites[stage]]
            for stage in rules.route
        }

    def waivers(self, centres: list[str], periods: tuple[int, ...]) -> Iterator[Waiver]:
        """Yield the waiver of each centre for periods that no chain reaches."""
        rules = self.rules
        empty = self._missing()
        shared = None if rules.autologous or empty else self._forward(self._from_pools())
        for centre in centres:
            if empty:
                yield Waiver(rules.therapy, rules.market, (centre,), periods, (), "", empty)
                continue
            labels = shared if shared is not None else self._forward(self._from_centre(centre))
            best = min(self._close(labels, centre), key=lambda label: (label.weight, label.days))
            reason = "" if best.rules else NO_RULE
            chain = chain_of(best.places, best.test)
            yield Waiver(rules.therapy, rules.market, (centre,), periods, best.rules, chain, reason)

    def _risk_classes(self) -> list[str]:
        if self.rules.autologous:
            return [""]
        return list(dict.fromkeys(self.rules.instance.table("donor_pools")["risk_class"]))

    def _missing(self) -> str:
        rules = self.rules
        for stage in (*rules.route, *(["testing"] if rules.tested else [])):
            if not rules.sites[stage]:
                return f"no facility does {stage}"
        if not rules.autologous and rules.instance.table("donor_pools").empty:
            return "there is no donor pool"
        if rules.tested and not any(tests for by_site in self._tests.values() for tests in by_site.values()):
            return "no lab offers a panel"
        return ""

    def _from_pools(self) -> _Labels:
        rules, first = self.rules, self.rules.route[0]
        pools = rules.instance.table("donor_pools")
        names = pools["pool"].tolist()
        legs = rules.legs("donor", names, rules.sites[first], ("donor", first))
        labels = _Labels(timed=False)
        for pool, risk in zip(names, pools["risk_class"], strict=True):
            start = _Label(0.0, 0.0, (), (pool,)).breaking([rules.donor(pool)])
            self._enter(labels, start, rules.pool_mask(pool), (pool, risk), first, legs)
        return labels

    def _from_centre(self, centre: str) -> _Labels:
        rules, first = self.rules, self.rules.route[0]
        legs = rules.legs("patient", [centre], rules.sites[first], ("centre", first))
        labels = _Labels(timed=True)
        start = _Label(0.0, 0.0, (), (centre,))
        self._enter(labels, start, rules.rules.all, (centre, ""), first, legs)
        return labels

    def _enter(
        self,
        labels: _Labels,
        label: _Label,
        mask: int,
        here: tuple[str, str],
        stage: str,
        legs: dict[tuple[str, str], Leg],
    ) -> None:
        """Let a partial chain, at a place and of a risk class, enter every site of a stage."""
        rules = self.rules
        for site, judged, days in self._places[stage]:
            leg = legs[here[0], site]
            both = mask & self._masks[stage][site]
            broken = rules.prohibited(both, stage)
            transit = leg.days if stage != rules.route[0] else 0.0
            later = label.on(site, transit + days).breaking((leg.broken, judged, *broken))
            labels.keep((site, both & ~rules.rules.closed(stage), here[1]), later)

    def _forward(self, labels: _Labels) -> _Labels:
        rules = self.rules
        if rules.tested:
            labels = self._test(labels)
        for position, (stage, following) in enumerate(zip(rules.route[:-1], rules.route[1:], strict=True)):
            legs = rules.legs("material", rules.sites[stage], rules.sites[following], (stage, following))
            entered = _Labels(timed=labels.timed)
            for (site, mask, risk), bundle in labels.items():
                for label in bundle:
                    self._enter(entered, label, mask, (site, risk), rules.route[position + 1], legs)
            labels = entered
        return labels

    def _test(self, labels: _Labels) -> _Labels:
        rules = self.rules
        masks: dict[tuple[str, str], int] = {}
        tested = _Labels(timed=labels.timed)
        for (site, mask, risk), bundle in labels.items():
            for test in self._tests[risk][site]:
                key = (test.lab, test.panel)
                if key not in masks:
                    masks[key] = rules.test_mask(*key)
                both = mask & masks[key]
                broken = (*test.broken, *rules.prohibited(both, "test"))
                for label in bundle:
                    state = (site, both & ~rules.rules.closed("test"), "")
                    tested.keep(state, replace(label.breaking(broken), test=tested_at(*key)))
        return tested

    def _close(self, labels: _Labels, centre: str) -> Iterator[_Label]:
        rules = self.rules
        origins = list(dict.fromkeys(state[0] for state in labels))
        legs = rules.legs("doses", origins, [centre], (rules.route[-1], "centre"))
        for (site, _, _), bundle in labels.items():
            leg = legs[site, centre]
            for label in bundle:
                closed = label.on(centre, leg.days)
                yield closed.breaking((leg.broken, rules.too_long(closed.days)))
