"""The decisions beside the flows: facilities, steps, licences, donors; and what they allow."""

from __future__ import annotations

import numpy as np

from tests.oracle.facts import Facts, Record
from tests.oracle.ledger import Ledger
from tests.oracle.program import INF, Linear, Program


class Design:
    """Variables of the design, their life cycle and their cost.

    Parameters
    ----------
    facts
        The instance.
    program
        Takes the variables and rows.
    ledger
        Takes the cost; holds what flows use.

    Attributes
    ----------
    open
        (site, stage) -> one binary per period.
    opening
        (site, stage, period) -> openings of potential facilities.
    step
        (site, stage, number) -> one binary per period.
    licence
        (site, stage, market) -> one binary per period; obtainable ones only.
    invested
        (site, stage, period) -> undiscounted money for openings, steps and licences.
    recruit, registry
        pool -> one variable per period; pools with a finite registry only.
    """

    def __init__(self, facts: Facts, program: Program, ledger: Ledger) -> None:
        self.facts = facts
        self.program = program
        self.ledger = ledger
        self.open: dict[tuple[str, str], list[int]] = {}
        self.opening: dict[tuple[str, str, int], Linear] = {}
        self.step: dict[tuple[str, str, int], list[int]] = {}
        self.licence: dict[tuple[str, str, str], list[int]] = {}
        self.invested: dict[tuple[str, str, int], Linear] = {}
        self.recruit: dict[str, list[int]] = {}
        self.registry: dict[str, list[int]] = {}
        for facility, row in facts.facilities.items():
            self._facility(facility, row)
        self._steps()
        for licence, row in facts.licences.items():
            self._licence(licence, row)
        for pool, row in facts.pools.items():
            if row["registry"] is not None:
                self._donors(pool, row)

    # ---------------------------------------------------------------------------------------------------- life cycles

    def _since(self, period: float | None) -> int:
        """Return the index of a period's number, 0 for blank."""
        return 0 if period is None else max(0, int(period) - self.facts.first)

    def _facility(self, facility: tuple[str, str], row: Record) -> None:
        facts, since = self.facts, self._since(row["opens_from"])
        always, never = row["status"] == "open", row["status"] == "closed"
        binaries = [
            self.program.variable(
                float(period >= since and not never), lower=float(period >= since and always), whole=True
            )
            for period in range(facts.count)
        ]
        self.open[facility] = binaries
        existing = row["initial"] == "existing"
        for period, binary in enumerate(binaries):
            self.ledger.cost["fixed", period].add(binary, row["fixed_cost_per_year"] * facts.years)
            before = Linear({binaries[period - 1]: 1.0}) if period else Linear()
            if existing:
                if period <= since:
                    before = Linear(constant=float(period == since and not never))
                closing = Linear().add(before).add(binary, -1.0)
                if period >= since and not never:
                    self.program.at_least(closing)
                    self.ledger.cost["closing", period].add(closing, row["closing_cost"])
                continue
            opening = Linear({binary: 1.0}).add(before, -1.0)
            self.program.at_least(opening)
            self.opening[(*facility, period)] = opening
            self.ledger.cost["opening", period].add(opening, row["opening_cost"])
            self._invest((*facility, period), opening, row["opening_cost"])

    def _steps(self) -> None:
        facts = self.facts
        ladders: dict[tuple[str, str], list[Record]] = {}
        for row in facts.rows("capacity_steps"):
            ladders.setdefault((row["site"], row["stage"]), []).append(row)
        for facility, ladder in ladders.items():
            below = self.open[facility]
            for step in sorted(ladder, key=lambda row: float(row["step"])):
                held = self._taken(below, 0)
                self.step[(*facility, int(step["step"]))] = held
                self._pay("steps", facility, held, (step["opening_cost"], step["fixed_cost_per_year"]))
                below = held

    def _licence(self, licence: tuple[str, str, str], row: Record) -> None:
        facts, since = self.facts, self._since(row["available_from"])
        facility = licence[:2]
        if row["status"] == "held":
            for period in range(since, facts.count):
                self.ledger.cost["licences", period].add(
                    self.open[facility][period], row["fixed_cost_per_year"] * facts.years
                )
            return
        held = self._taken(self.open[facility], since)
        self.licence[licence] = held
        self._pay("licences", facility, held, (row["opening_cost"], row["fixed_cost_per_year"]))

    def _taken(self, needed: list[int], since: int) -> list[int]:
        """Add binaries of something that is never given up once taken and needs `needed` in the same period."""
        held = [self.program.variable(float(period >= since), whole=True) for period in range(self.facts.count)]
        for period, binary in enumerate(held):
            self.program.at_most(Linear({binary: 1.0, needed[period]: -1.0}))
            if period:
                self.program.at_least(Linear({binary: 1.0, held[period - 1]: -1.0}))
        return held

    def _pay(self, term: str, facility: tuple[str, str], held: list[int], price: tuple[float, float]) -> None:
        for period, binary in enumerate(held):
            bought = Linear({binary: 1.0})
            if period:
                bought.add(held[period - 1], -1.0)
            self.ledger.cost[term, period].add(bought, price[0]).add(binary, price[1] * self.facts.years)
            self._invest((*facility, period), bought, price[0])

    def _invest(self, key: tuple[str, str, int], decision: Linear, price: float) -> None:
        self.invested.setdefault(key, Linear()).add(decision, price)

    def _donors(self, pool: str, row: Record) -> None:
        facts = self.facts
        kept = 1.0 - row["attrition_per_year"] * facts.years
        self.recruit[pool] = [self.program.variable(row["recruits_per_year"] * facts.years) for _ in range(facts.count)]
        self.registry[pool] = [self.program.variable() for _ in range(facts.count)]
        for period, (recruits, donors) in enumerate(zip(self.recruit[pool], self.registry[pool], strict=True)):
            before = Linear({self.registry[pool][period - 1]: 1.0}) if period else Linear(constant=row["registry"])
            self.program.equal(Linear({donors: 1.0, recruits: -1.0}).add(before, -kept), 0.0)
            self.ledger.cost["recruitment", period].add(recruits, row["recruitment_cost"])
            given = Linear().add(self.ledger.supply[pool, period])
            self.program.at_most(given, Linear({donors: row["donations_per_year"] * facts.years}))

    # ------------------------------------------------------------------------------------------------ what they allow

    def limit_use(self) -> None:
        """Add the rows that bind flows to open facilities, capacities and licences."""
        facts, ledger = self.facts, self.ledger
        for (site, stage), row in facts.facilities.items():
            for period, binary in enumerate(self.open[site, stage]):
                used = Linear()
                for therapy in facts.therapies:
                    entering = ledger.entering[site, stage, therapy, period]
                    used.add(entering)
                    most = facts.operation(stage, therapy, site)["max_units_per_year"]
                    if most is not None:
                        self.program.at_most(Linear().add(entering), most * facts.years)
                self.program.switch(used, binary)
                if row["capacity"] is not None:
                    self._capacity((site, stage), row, period)
        for (site, stage, market), held in self.licence.items():
            for period, binary in enumerate(held):
                self.program.switch(ledger.licensed[site, stage, market, period], binary)

    def _capacity(self, facility: tuple[str, str], row: Record, period: int) -> None:
        facts = self.facts
        scale = facts.days if row["capacity_unit"] == "slots" else facts.years
        offered = Linear({self.open[facility][period]: row["capacity"] * scale})
        for step in facts.rows("capacity_steps"):
            if (step["site"], step["stage"]) == facility:
                offered.add(self.step[(*facility, int(step["step"]))][period], step["capacity"] * scale)
        used = self.ledger.load[(*facility, period)]
        self.program.row(Linear().add(used).add(offered, -1.0), -INF, 0.0)
        if row["min_load"]:
            self.program.at_least(Linear().add(used), Linear().add(offered, row["min_load"]))

    def held(self, x: np.ndarray) -> list[str]:
        """Return what the point `x` holds, for people."""
        found = []
        named = {"open": self.open, "step": self.step, "licence": self.licence}
        for kind, decisions in named.items():
            for key, binaries in decisions.items():  # type: ignore[attr-defined]
                periods = [self.facts.first + period for period, binary in enumerate(binaries) if x[binary] > 0.5]
                if periods:
                    found.append(f"{kind} {'/'.join(map(str, key))}: {periods}")
        return found
