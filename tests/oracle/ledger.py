"""What each flow of a chain costs and uses, entered account by account."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable

from tests.oracle.chains import Chain, Entry, Schedule
from tests.oracle.facts import Facts, Lane, whole_periods
from tests.oracle.program import Linear

Account = defaultdict[tuple[Hashable, ...], Linear]
COUNTED = ("donor", "material", "doses")
"""What measures count on its legs; patients and samples count nowhere."""


class Ledger:
    """Accounts, each a linear expression in the flow variables per key.

    Parameters
    ----------
    facts
        The instance.

    Attributes
    ----------
    cost
        (term, period): undiscounted money that flows cost.
    entering
        (site, stage, therapy, period): units that enter a facility.
    load
        (site, stage, period): capacity used, in units or slot-days.
    licensed
        (site, stage, market, period): units that need a licence.
    lane
        (row of lanes, period): units on a lane with a bound.
    supply, donated, eligible
        (pool, period); (therapy, pool, site, market, period): donations made and (eligible) expected to pass.
    arriving
        (centre, therapy, period): what meets demand.
    doses
        (therapy, centre, last site, period): doses that arrive.
    legs
        (measure, therapy, market, period): handoffs, crossings, km and co2 of what departs.
    patients, patient_days
        (therapy, market, period): loops entering, and their days.
    """

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.cost: Account = defaultdict(Linear)
        self.entering: Account = defaultdict(Linear)
        self.load: Account = defaultdict(Linear)
        self.licensed: Account = defaultdict(Linear)
        self.lane: Account = defaultdict(Linear)
        self.supply: Account = defaultdict(Linear)
        self.donated: Account = defaultdict(Linear)
        self.eligible: Account = defaultdict(Linear)
        self.arriving: Account = defaultdict(Linear)
        self.doses: Account = defaultdict(Linear)
        self.legs: Account = defaultdict(Linear)
        self.patients: Account = defaultdict(Linear)
        self.patient_days: Account = defaultdict(Linear)

    # ---------------------------------------------------------------------------------------------- allogeneic chains

    def enter_chain(self, flow: int, chain: Chain, plan: Schedule, depth: int) -> tuple[float, ...]:
        """Enter one donation that goes through the first `depth` stages; return the units that leave each of them."""
        facts, start = self.facts, plan.start
        pool, first = facts.pools[chain.origin], chain.stops[0]
        if plan.donor is None:
            raise ValueError("an allogeneic chain has a donor")
        share = facts.pass_rate(chain.therapy, pool["risk_class"], chain.market)
        self._spend(flow, "donation", start, pool["donation_cost"])
        self._spend(flow, "bridging", start, plan.donor.cost)
        self._test(flow, chain, plan)
        self._move(flow, "donor", chain, first.lane, (chain.origin, first.site), start, 1.0)
        key = (chain.therapy, chain.origin, first.site, chain.market, start)
        self.supply[chain.origin, start].add(flow)
        self.donated[key].add(flow)
        self.eligible[key].add(flow, share)
        units, left = 1.0, []
        for position in range(depth):
            stop, entry = chain.stops[position], plan.entries[position]
            if position:
                leg = (chain.stops[position - 1].site, stop.site)
                self._move(flow, "material", chain, stop.lane, leg, entry.departure, units)
            units = self._work(flow, chain, entry, entry.departure, units) * (1.0 if position else share)
            left.append(units)
        return tuple(left)

    def deliver(self, flow: int, chain: Chain, ready: int, departure: int, end: tuple[str, Lane], units: float) -> None:
        """Enter the delivery of `units` doses that were ready in one period and depart in the same or a later one."""
        facts, last = self.facts, chain.stops[-1]
        work = facts.operation(last.stage, chain.therapy, last.site)
        for waiting in range(ready, departure):
            self._spend(flow, "holding", waiting, units * work["holding_cost_per_year"] * facts.years)
        self._move(flow, "doses", chain, end[1], (last.site, end[0]), departure, units)
        arrival = departure + whole_periods(work["days"] + end[1].days, facts.days)
        self.arriving[end[0], chain.therapy, arrival].add(flow, units)
        self.doses[chain.therapy, end[0], last.site, arrival].add(flow, units)

    # ---------------------------------------------------------------------------------------------------------- loops

    def enter_loop(self, flow: int, chain: Chain, plan: Schedule) -> None:
        """Enter one patient's loop; its cost and its use of lanes fall into the period of entry."""
        facts, start = self.facts, plan.start
        self._test(flow, chain, plan)
        units, here = 1.0, chain.origin
        share = facts.pass_rate(chain.therapy, "", chain.market)
        for position, (stop, entry) in enumerate(zip(chain.stops, plan.entries, strict=True)):
            carried = "material" if position else "patient"
            self._move(flow, carried, chain, stop.lane, (here, stop.site), start, units)
            units = self._work(flow, chain, entry, start, units) * (1.0 if position else share)
            here = stop.site
        centre, lane = chain.exits[0]
        self._move(flow, "doses", chain, lane, (here, centre), start, units)
        arrival = start + whole_periods(plan.days, facts.days)
        if facts.therapies[chain.therapy]["demand_at"] == "entry":
            self.arriving[centre, chain.therapy, start].add(flow)
        else:
            self.arriving[centre, chain.therapy, arrival].add(flow, units)
        if arrival < facts.count:
            self.doses[chain.therapy, centre, here, arrival].add(flow, units)
        self.patients[chain.therapy, chain.market, start].add(flow)
        self.patient_days[chain.therapy, chain.market, start].add(flow, plan.days)

    # ------------------------------------------------------------------------------------------------------ the parts

    def _spend(self, flow: int, term: str, period: int, amount: float) -> None:
        if amount:
            self.cost[term, period].add(flow, amount)

    def _test(self, flow: int, chain: Chain, plan: Schedule) -> None:
        if chain.test is None or plan.testing is None:
            return
        here = (chain.stops[0].site, chain.test.lab)
        self._spend(flow, "testing", plan.start, chain.test.panel.cost)
        self._move(flow, "sample", chain, chain.test.lane, here, plan.start, 1.0)
        self._work(flow, chain, plan.testing, plan.start, 1.0)

    def _work(self, flow: int, chain: Chain, entry: Entry, paid: int, units: float) -> float:
        """Enter `units` entering a facility; return the units that leave it."""
        facts, facility = self.facts, self.facts.facilities[entry.site, entry.stage]
        work = facts.operation(entry.stage, chain.therapy, entry.site)
        self._spend(flow, "testing" if entry.stage == "testing" else "operations", paid, units * work["unit_cost"])
        self._spend(flow, "bridging", paid, units * entry.verdict.cost)
        if entry.period < facts.count:
            self.entering[entry.site, entry.stage, chain.therapy, entry.period].add(flow, units)
            if entry.verdict.kind == "licence":
                self.licensed[entry.site, entry.stage, chain.market, entry.period].add(flow, units)
            if facility["capacity_unit"] == "units_per_year":
                self.load[entry.site, entry.stage, entry.period].add(flow, units * work["load"])
        if facility["capacity_unit"] == "slots":
            for period in range(facts.count):
                begins, ends = period * facts.days, (period + 1) * facts.days
                held = min(ends, entry.day + work["occupancy_days"]) - max(begins, entry.day)
                if held > 0:
                    self.load[entry.site, entry.stage, period].add(flow, units * held)
        return float(units * work["output"] * work["yield"] * entry.verdict.gain)

    def _move(
        self,
        flow: int,
        carried: str,
        chain: Chain,
        lane: Lane,
        leg: tuple[str, str],
        period: int,
        units: float,
    ) -> None:
        """Enter `units` on a leg; all that it costs and uses falls into `period`."""
        facts = self.facts
        self._spend(flow, "transport", period, units * lane.cost)
        if lane.row is not None:
            self.lane[lane.row, period].add(flow, units)
        if carried not in COUNTED:
            return
        key = (chain.therapy, chain.market, period)
        if facts.jurisdiction(leg[0]) != facts.jurisdiction(leg[1]):
            self.legs["crossings", *key].add(flow, units)
        self.legs["km", *key].add(flow, units * lane.km)
        if carried == "material":
            self.legs["co2", *key].add(flow, units * lane.co2)
            if facts.sites[leg[0]]["organisation"] != facts.sites[leg[1]]["organisation"]:
                self.legs["handoffs", *key].add(flow, units)
