"""The optimum of an instance by brute force: one variable per chain, start and delivery, and the design beside them.

Every chain of the instance format is written out and judged by itself, so nothing can go wrong by merging chains into
arcs. Slow, for tiny instances only.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from donornet.instance import Instance
from tests.oracle.chains import Chain, Entry, Schedule, chains, schedule
from tests.oracle.design import Design
from tests.oracle.facts import Facts, whole_periods
from tests.oracle.ledger import Ledger
from tests.oracle.program import INF, Linear, Program, total
from tests.oracle.requirements import Requirements
from tests.oracle.whole_units import require_whole_units


@dataclass(frozen=True)
class Flow:
    """One flow variable.

    Parameters
    ----------
    variable
        Its number in the program.
    chain, plan
        The chain and its schedule.
    depth
        Stages that the flow goes through; what goes no further is surplus.
    end
        Centre, mode and period of departure of the doses; None: discarded.
    units
        Units leaving each stage, per unit of the variable.
    """

    variable: int
    chain: Chain
    plan: Schedule
    depth: int
    end: tuple[str, str, int] | None = None
    units: tuple[float, ...] = ()


@dataclass(frozen=True)
class OracleResult:
    """What the oracle knows about an instance.

    Parameters
    ----------
    status
        ``optimal``, ``infeasible`` or ``limit``.
    objective
        Total discounted cost; NaN without a design.
    costs
        Discounted cost by term.
    flows
        What moves: (chain, start, end, amount), only what is not zero.
    design
        Facilities, steps and licences held: (kind, site, stage, ..., period).
    sizes
        Numbers of chains, variables and rows.
    """

    status: str
    objective: float
    costs: dict[str, float] = field(default_factory=dict)
    flows: list[tuple[str, int, str, float]] = field(default_factory=list)
    design: list[str] = field(default_factory=list)
    sizes: dict[str, int] = field(default_factory=dict)


def solve_by_paths(instance: Instance, *, gap: float = 1e-9, time_limit: float = 120.0) -> OracleResult:
    """Return the optimum of a valid instance from the explicit path model.

    Parameters
    ----------
    instance
        A small, valid instance.
    gap
        Relative gap of the MIP.
    time_limit
        Most seconds per solve of the MIP.
    """
    return PathModel(instance).solve(gap=gap, time_limit=time_limit)


class PathModel:
    """The explicit path model of one instance."""

    def __init__(self, instance: Instance) -> None:
        self.facts = Facts(instance)
        self.program = Program()
        self.ledger = Ledger(self.facts)
        self.discount = [
            (1 + self.facts.head.discount_rate) ** -(period * self.facts.years) for period in range(self.facts.count)
        ]
        self.chains = {therapy: list(chains(self.facts, therapy)) for therapy in self.facts.therapies}
        self.flows = list(self._flows())
        self.design = Design(self.facts, self.program, self.ledger)
        self.unmet = self._unmet()
        self.design.limit_use()
        self._bound_lanes()
        require_whole_units(self.facts, self.program, self.flows)
        self.money = self._money()
        self.requirements = Requirements(self)
        self.program.objective = total([*self.money.values(), *self.requirements.penalties])

    # ---------------------------------------------------------------------------------------------------------- flows

    def _flows(self) -> Iterator[Flow]:
        for therapy, found in self.chains.items():
            seen: set[tuple[object, ...]] = set()
            for chain in found:
                for start in range(self.facts.count):
                    plan = schedule(self.facts, chain, start)
                    if plan is None:
                        continue
                    if self.facts.is_autologous(therapy):
                        yield from self._loop(chain, plan)
                    else:
                        yield from self._partial_chains(chain, plan, seen)
                        yield from self._whole_chains(chain, plan)

    def _loop(self, chain: Chain, plan: Schedule) -> Iterator[Flow]:
        facts, centre = self.facts, chain.origin
        arrival = plan.start + whole_periods(plan.days, facts.days)
        counts_in = plan.start if facts.therapies[chain.therapy]["demand_at"] == "entry" else arrival
        wanted = counts_in < facts.count and facts.demand(centre, chain.therapy, counts_in) is not None
        if wanted and self._licensed(chain, plan, len(chain.stops)):
            variable = self.program.variable()
            self.ledger.enter_loop(variable, chain, plan)
            yield Flow(variable, chain, plan, len(chain.stops), (centre, chain.exits[0][1].mode, plan.start))

    def _partial_chains(self, chain: Chain, plan: Schedule, seen: set[tuple[object, ...]]) -> Iterator[Flow]:
        """Yield the donations that are discarded after some stage; chains that begin alike share them."""
        for depth in range(1, len(chain.stops) + 1):
            key = (chain.market, chain.origin, chain.stops[:depth], chain.test, plan.start, plan.entries[:depth])
            if key in seen or not self._licensed(chain, plan, depth) or not self._departs(plan, depth):
                continue
            seen.add(key)
            variable = self.program.variable()
            units = self.ledger.enter_chain(variable, chain, plan, depth)
            yield Flow(variable, chain, plan, depth, None, units)

    def _whole_chains(self, chain: Chain, plan: Schedule) -> Iterator[Flow]:
        facts, depth = self.facts, len(chain.stops)
        if not self._licensed(chain, plan, depth) or not self._departs(plan, depth):
            return
        ready, last = plan.entries[-1].period, chain.stops[-1]
        work = facts.operation(last.stage, chain.therapy, last.site)["days"]
        shelf = facts.therapies[chain.therapy]["shelf_life_days"]
        waits = whole_periods(shelf, facts.days) if shelf is not None else 0
        for centre, lane in chain.exits:
            for departure in range(ready, min(ready + waits + 1, facts.count)):
                arrival = departure + whole_periods(work + lane.days, facts.days)
                if arrival >= facts.count or facts.demand(centre, chain.therapy, arrival) is None:
                    continue
                variable = self.program.variable()
                units = self.ledger.enter_chain(variable, chain, plan, depth)
                self.ledger.deliver(variable, chain, ready, departure, (centre, lane), units[-1])
                yield Flow(variable, chain, plan, depth, (centre, lane.mode, departure), units)

    def _departs(self, plan: Schedule, depth: int) -> bool:
        """Whether everything up to that stage happens within the horizon (what comes later can serve nobody)."""
        return all(entry.period < self.facts.count for entry in plan.entries[:depth])

    def _licensed(self, chain: Chain, plan: Schedule, depth: int) -> bool:
        """Whether held licences are available when needed (obtainable ones are a matter of the design)."""
        entries: list[Entry] = list(plan.entries[:depth])
        if plan.testing is not None:
            entries.append(plan.testing)
        for entry in entries:
            if entry.verdict.kind != "licence" or entry.period >= self.facts.count:
                continue
            licence = self.facts.licences[entry.site, entry.stage, chain.market]
            since = licence["available_from"]
            if licence["status"] == "held" and since is not None and self.facts.first + entry.period < since:
                return False
        return True

    # ----------------------------------------------------------------------------------------------- demand and lanes

    def _unmet(self) -> dict[tuple[str, str, int], tuple[int, float]]:
        """Add unmet demand and the rows that meet the rest; return (variable, doses wanted) by place."""
        unmet = {}
        for centre in self.facts.centres:
            for therapy, rules in self.facts.therapies.items():
                for period in range(self.facts.count):
                    row = self.facts.demand(centre, therapy, period)
                    if row is None:
                        continue
                    doses = row["doses"]
                    hard = row["unmet_penalty"] is None
                    variable = self.program.variable(0.0 if hard else (1 - row["min_service"]) * doses)
                    self.ledger.cost["unmet", period].add(variable, row["unmet_penalty"] or 0.0)
                    unmet[centre, therapy, period] = (variable, doses)
                    met = Linear().add(self.ledger.arriving[centre, therapy, period]).add(variable)
                    surplus = self.facts.is_autologous(therapy) and rules["demand_at"] == "delivery"
                    self.program.row(met, doses, INF if surplus else doses)
        return unmet

    def _bound_lanes(self) -> None:
        bounds = {row["#"]: row["max_units_per_year"] for row in self.facts.rows("lanes")}
        for (row, _), used in self.ledger.lane.items():
            self.program.at_most(used, bounds[row] * self.facts.years)

    def _money(self) -> dict[tuple[str, int], Linear]:
        """Return the discounted cost by term and period."""
        return {
            (str(term), int(str(period))): Linear().add(spent, self.discount[int(str(period))])
            for (term, period), spent in self.ledger.cost.items()
        }

    # ---------------------------------------------------------------------------------------------------------- solve

    def big(self) -> float:
        """Return a number that no reasonable flow exceeds; the program verifies it."""
        wanted = sum(doses for _, doses in self.unmet.values())
        least = min((amount for flow in self.flows for amount in flow.units if amount > 0), default=1.0)
        return 10.0 + 3.0 * (wanted / min(1.0, least) + self.requirements.largest)

    def solve(self, *, gap: float = 1e-9, time_limit: float = 120.0) -> OracleResult:
        """Solve, adding tangents until every effective number of groups is right."""
        sizes = {
            "chains": sum(map(len, self.chains.values())),
            "flows": len(self.flows),
            "variables": len(self.program.lower),
        }
        for _ in range(60):
            point = self.program.solve(self.big(), gap=gap, time_limit=time_limit)
            if point.status != "optimal":
                return OracleResult(point.status, float("nan"), sizes=sizes)
            if not self.requirements.add_tangents(point.x):
                return self._result(point.objective, point.x, sizes)
        return OracleResult("limit", float("nan"), sizes=sizes)

    def _result(self, objective: float, x: np.ndarray, sizes: dict[str, int]) -> OracleResult:
        costs: dict[str, float] = defaultdict(float)
        for (term, _), spent in self.money.items():
            costs[term] += spent.value(x)
        costs["penalties"] = sum(penalty.value(x) for penalty in self.requirements.penalties)
        flows = [
            (
                str(flow.chain),
                flow.plan.start,
                "discarded" if flow.end is None else str(flow.end),
                float(x[flow.variable]),
            )
            for flow in self.flows
            if x[flow.variable] > 1e-7
        ]
        return OracleResult("optimal", objective, dict(costs), flows, self.design.held(x), sizes)
