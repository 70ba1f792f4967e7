"""The rule engine: the format's rules on recognition, tests, lanes and time, as plain code.

It shares nothing with the network compiler, on purpose: what the compiler admits is proved here chain by chain.
"""

from __future__ import annotations

import bisect
import math
from collections.abc import Iterator

from donornet.evaluation.journey import Chain, Journey, Leg, Operation, Stop, Verdict, whole_periods
from donornet.evaluation.lanes import Lane, Lanes
from donornet.evaluation.lookups import Keyed, Row
from donornet.evaluation.prohibitions import Prohibitions
from donornet.evaluation.violation import DAYS_TOLERANCE, records
from donornet.instance.instance import Instance


class RuleEngine:
    """Answers what the rules of an instance say about a stage, a leg or a whole chain.

    Parameters
    ----------
    instance
        The instance; it must be valid.
    """

    def __init__(self, instance: Instance) -> None:
        self.instance = instance
        self.routes = instance.routes
        self.therapies: dict[str, Row] = {row["therapy"]: row for row in records(instance.table("therapies"))}
        self.pools: dict[str, Row] = {row["pool"]: row for row in records(instance.table("donor_pools"))}
        self.jurisdiction: dict[str, str] = {}
        for table, key in (("sites", "site"), ("donor_pools", "pool"), ("centres", "centre")):
            self.jurisdiction |= dict(
                zip(instance.table(table)[key], instance.table(table)["jurisdiction"], strict=True)
            )
        self.facilities = set(
            zip(instance.table("facilities")["site"], instance.table("facilities")["stage"], strict=True)
        )
        self.panels: dict[str, Row] = {row["panel"]: row for row in records(instance.table("panels"))}
        self._offered = set(
            zip(instance.table("lab_panels")["site"], instance.table("lab_panels")["panel"], strict=True)
        )
        self._lanes = Lanes(instance)
        self._prohibitions = Prohibitions(instance)
        groups = instance.groups
        self._recognition = Keyed(instance.table("recognition"), ("stage", "from", "market", "therapy"), groups)
        self._operations = Keyed(instance.table("operations"), ("stage", "therapy", "site"))
        self._pass_rates = Keyed(instance.table("pass_rates"), ("therapy", "risk_class", "market"))
        self._markers = Keyed(instance.table("required_markers"), ("market", "risk_class", "therapy"), groups)
        self._verdicts: dict[tuple[str, str, str, str, int], Verdict] = {}
        self._operation: dict[tuple[str, str, str], Operation] = {}
        self._epochs = _epochs(instance)

    # ------------------------------------------------------------------------------------------------ single facts

    def tested(self, therapy: str) -> bool:
        """Return whether every donation of the therapy is tested."""
        return bool(self.therapies[therapy]["tested"] == "yes")

    def autologous(self, therapy: str) -> bool:
        """Return whether the therapy is made from the patient's own cells."""
        return bool(self.therapies[therapy]["modality"] == "autologous")

    def epoch(self, period: int) -> int:
        """Return the first period of the stretch with equal verdicts that `period` lies in."""
        last = min(period, self.instance.periods[-1])
        return self._epochs[bisect.bisect_right(self._epochs, last) - 1]

    def verdict(self, stage: str, jurisdiction: str, market: str, therapy: str, period: int) -> Verdict:
        """Return what `market` says of `stage` done in `jurisdiction`; after the horizon as in its last period."""
        key = (stage, jurisdiction, market, therapy, self.epoch(period))
        if key not in self._verdicts:
            self._verdicts[key] = self._find_verdict(*key)
        return self._verdicts[key]

    def _find_verdict(self, stage: str, jurisdiction: str, market: str, therapy: str, period: int) -> Verdict:
        row = self._recognition.best(
            stage, jurisdiction, market, therapy,
            holds=lambda row: not (row["valid_from"] > period or row["valid_to"] < period),
        )  # fmt: skip
        if row is None:
            return Verdict("recognised" if jurisdiction == market else self.instance.head.default_recognition)
        if row["verdict"] == "bridging":
            return Verdict("bridging", row["unit_cost"], row["days"], row["yield"])
        return Verdict(row["verdict"])

    def operation(self, stage: str, therapy: str, site: str) -> Operation:
        """Return what the stage does to a unit of the therapy at the site."""
        key = (stage, therapy, site)
        if key not in self._operation:
            row = self._operations.best(*key)
            most = math.inf if row is None or math.isnan(row["max_units_per_year"]) else row["max_units_per_year"]
            holding = 0.0 if row is None or math.isnan(row["holding_cost_per_year"]) else row["holding_cost_per_year"]
            self._operation[key] = Operation() if row is None else Operation(
                row["unit_cost"], row["days"], row["output"] * row["yield"], row["load"], row["occupancy_days"],
                most, holding,
            )  # fmt: skip
        return self._operation[key]

    def pass_rate(self, therapy: str, risk_class: str, market: str) -> float:
        """Return the share of donations released after testing [share]; 1 where the therapy is not tested."""
        row = self._pass_rates.best(therapy, risk_class, market) if self.tested(therapy) else None
        return 1.0 if row is None else float(row["pass_rate"])

    def risk_class(self, pool: str) -> str:
        """Return the risk class of a pool; blank for the patient's own cells (blank pool)."""
        return str(self.pools[pool]["risk_class"]) if pool else ""

    def markers(self, market: str, risk_class: str, therapy: str) -> frozenset[str]:
        """Return the markers that a donation must be tested for."""
        return frozenset(row["marker"] for row in self._markers.matching(market, risk_class, therapy))

    def missing_markers(self, panel: str, market: str, risk_class: str, therapy: str) -> frozenset[str]:
        """Return the required markers that the panel lacks; the implicit panel lacks none."""
        if not self.panels:
            return frozenset()
        tested = (
            {marker.strip() for marker in self.panels[panel]["markers"].split(";")} if panel in self.panels else set()
        )
        return self.markers(market, risk_class, therapy) - tested

    def offers(self, lab: str, panel: str) -> bool:
        """Return whether the lab offers the panel; the implicit panel has a blank name."""
        if not self.panels:
            return panel == ""
        return panel in self.panels and (not self._offered or (lab, panel) in self._offered)

    def panel_days(self, panel: str) -> float:
        """Return the duration of a panel [days]."""
        return float(self.panels[panel]["days"]) if panel in self.panels else 0.0

    def panel_cost(self, panel: str) -> float:
        """Return the cost of a panel [currency/test]."""
        return float(self.panels[panel]["unit_cost"]) if panel in self.panels else 0.0

    def limit_days(self, therapy: str, column: str) -> float:
        """Return fresh_days, sample_days or vein_to_vein_days of the therapy [days]; infinite where blank."""
        days = self.therapies[therapy][column]
        return math.inf if math.isnan(days) else float(days)

    def stock_periods(self, therapy: str) -> int:
        """Return for how many further periods finished doses may wait [periods]."""
        days = self.therapies[therapy]["shelf_life_days"]
        return 0 if math.isnan(days) else whole_periods(days, self.instance.days)

    # ---------------------------------------------------------------------------------------------------- legs

    def legs(
        self, origin: str, origin_stage: str, target: str, target_stage: str, carries: str, therapy: str
    ) -> list[Lane]:
        """Return the open lanes of a leg; the ends have stages ``donor`` (pool), ``centre`` or the facility's."""
        return list(self._lanes.by_mode(origin, origin_stage, target, target_stage, carries, therapy).values())

    def lane(
        self, origin: str, origin_stage: str, target: str, target_stage: str, carries: str, therapy: str, mode: str
    ) -> Lane | None:
        """Return the open lane of a leg by that mode, if there is one; a blank mode is the free lane within a site."""
        return self._lanes.by_mode(origin, origin_stage, target, target_stage, carries, therapy).get(mode)

    def sample_lane(self, chain: Chain) -> Lane | None:
        """Return the lane of the chain's sample from the first stage to the lab."""
        first = self.routes[chain.therapy][0]
        return self.lane(chain.sites[0], first, chain.lab, "testing", "sample", chain.therapy, chain.sample_mode)

    def _legs_of(self, chain: Chain) -> Iterator[tuple[str, str, str, str, str]]:
        """Yield carries and both ends of each leg of the chain."""
        route = self.routes[chain.therapy]
        if chain.pool:
            yield "donor", chain.pool, "donor", chain.sites[0], route[0]
        else:
            yield "patient", chain.centre, "centre", chain.sites[0], route[0]
        for i in range(1, len(chain.sites)):
            yield "material", chain.sites[i - 1], route[i - 1], chain.sites[i], route[i]
        if chain.centre:
            yield "doses", chain.sites[-1], route[len(chain.sites) - 1], chain.centre, "centre"

    # ----------------------------------------------------------------------------------------------- whole chains

    def journey(self, chain: Chain, period: int, *, steady: bool = False) -> Journey:
        """Return the journey of a chain that begins in `period`.

        Parameters
        ----------
        chain, period
            The chain and the period of the donation (the patient's entry).
        steady
            Whether the verdicts of `period` hold for the whole journey.
        """
        days = self.instance.days
        rate = self.pass_rate(chain.therapy, self.risk_class(chain.pool), chain.market)
        legs: list[Leg] = []
        stops: list[Stop] = []
        units, clock, entry = 1.0, 0.0, period
        for (carries, origin, origin_stage, target, target_stage), mode in zip(
            self._legs_of(chain), chain.modes, strict=True
        ):
            lane = self.lane(origin, origin_stage, target, target_stage, carries, chain.therapy, mode)
            transit = lane.days if lane else 0.0
            if stops:
                last = stops[-1]
                clock += last.operation.days + transit + (last.verdict.days if not chain.pool else 0.0)
                lag = whole_periods(last.operation.days + transit, days)
                entry = entry + lag if chain.pool else period + whole_periods(clock, days)
            legs.append(Leg(carries, origin, origin_stage, target, target_stage, mode, lane, units))
            if carries == "doses":
                break
            when = period if steady else entry
            verdict = self.verdict(target_stage, self.jurisdiction[target], chain.market, chain.therapy, when)
            operation = self.operation(target_stage, chain.therapy, target)
            stops.append(Stop(target_stage, target, entry, clock, units, operation, verdict))
            units *= operation.gain * verdict.gain * (rate if len(stops) == 1 else 1.0)
        return Journey(tuple(stops), tuple(legs), units, clock, entry)

    def chain_problems(self, chain: Chain, period: int) -> list[str]:
        """Return every rule that the chain breaks when it begins in `period`; licences are checked with the design."""
        journey = self.journey(chain, period)
        problems = [*self._unrecognised(chain, journey, period), *self._unreachable(chain, journey)]
        if self.tested(chain.therapy):
            problems += self.test_problems(chain, period)
        elif chain.lab:
            problems.append(f"{chain.therapy} is not tested, yet a test is named")
        longest = self.limit_days(chain.therapy, "vein_to_vein_days")
        if not chain.pool and journey.days > longest + DAYS_TOLERANCE:
            problems.append(f"vein_to_vein_days: the loop takes {journey.days:g} days, at most {longest:g} are allowed")
        problems += [f"prohibition {rule} forbids it" for rule in self.prohibited_by(chain)]
        return problems

    def _unrecognised(self, chain: Chain, journey: Journey, period: int) -> Iterator[str]:
        """Yield the stages that the market does not recognise, the donor among them."""
        if chain.pool:
            donor = self.verdict("donor", self.jurisdiction[chain.pool], chain.market, chain.therapy, period)
            if donor.name not in ("recognised", "bridging"):
                yield self._refusal("donor", chain.pool, chain, donor, period)
        for stop in journey.stops:
            if (stop.site, stop.stage) not in self.facilities:
                yield f"facility: {stop.site} has no {stop.stage}"
            if stop.verdict.name == "never":
                yield self._refusal(stop.stage, stop.site, chain, stop.verdict, stop.entry)

    def _refusal(self, stage: str, name: str, chain: Chain, verdict: Verdict, period: int) -> str:
        return (
            f"recognition: market {chain.market} does not recognise {stage} of {chain.therapy} at {name} "
            f"(jurisdiction {self.jurisdiction[name] or 'unnamed'}) in period {period}: verdict {verdict.name}"
        )

    def _unreachable(self, chain: Chain, journey: Journey) -> Iterator[str]:
        """Yield the legs without a lane and the fresh legs that take too long."""
        fresh = self.limit_days(chain.therapy, "fresh_days")
        for leg in journey.legs:
            if leg.lane is None:
                mode = f"by mode {leg.mode}" if leg.mode else "within the site"
                yield f"lane: no open lane carries {leg.carries} from {leg.origin} to {leg.target} {mode}"
            elif leg.lane.fresh and leg.lane.days > fresh + DAYS_TOLERANCE:
                yield (
                    f"fresh_days: the leg {leg.origin} to {leg.target} by {leg.mode} takes {leg.lane.days:g} days, "
                    f"at most {fresh:g} are allowed"
                )

    def test_problems(self, chain: Chain, period: int) -> Iterator[str]:
        """Yield what is wrong with the chain's test."""
        if not chain.lab:
            yield f"test: donations of {chain.therapy} must be tested, and this one is not"
            return
        verdict = self.verdict("testing", self.jurisdiction[chain.lab], chain.market, chain.therapy, period)
        if verdict.name == "never":
            yield self._refusal("testing", chain.lab, chain, verdict, period)
        if not self.offers(chain.lab, chain.panel):
            yield f"lab_panels: lab {chain.lab} does not offer panel {chain.panel or '(blank)'}"
        risk_class = self.risk_class(chain.pool)
        missing = self.missing_markers(chain.panel, chain.market, risk_class, chain.therapy)
        if missing:
            yield (
                f"required_markers: panel {chain.panel} lacks {', '.join(sorted(missing))}, required by market "
                f"{chain.market} of risk class {risk_class or '(blank)'}"
            )
        lane = self.sample_lane(chain)
        if lane is None:
            yield f"lane: no open lane carries sample from {chain.sites[0]} to {chain.lab} by mode {chain.sample_mode}"
            return
        longest = self.limit_days(chain.therapy, "sample_days")
        if lane.days > longest + DAYS_TOLERANCE:
            yield f"sample_days: the sample travels {lane.days:g} days to {chain.lab}, at most {longest:g} are allowed"
        longest = self.limit_days(chain.therapy, "vein_to_vein_days")
        days = lane.days + self.operation("testing", chain.therapy, chain.lab).days + self.panel_days(chain.panel)
        if not chain.pool and days > longest + DAYS_TOLERANCE:
            yield f"vein_to_vein_days: the test at {chain.lab} takes {days:g} days, at most {longest:g} are allowed"

    @property
    def prohibits_tests(self) -> bool:
        """Whether any prohibition looks at the lab or the panel."""
        return self._prohibitions.about_tests

    def prohibited_by(self, chain: Chain) -> list[str]:
        """Return the prohibitions that match the chain."""
        names = {"therapy": {chain.therapy}, "market": {chain.market}}
        for stage, site in zip(self.routes[chain.therapy], chain.sites, strict=False):
            names[stage] = {site, self.jurisdiction[site]}
        if chain.pool:
            pool = self.pools[chain.pool]
            names["donor"] = {chain.pool, pool["donor_group"], pool["jurisdiction"]}
            names |= {"risk_class": {pool["risk_class"]}} if pool["risk_class"] else {}
        if chain.lab:
            names |= {"testing": {chain.lab, self.jurisdiction[chain.lab]}, "panel": {chain.panel}}
        return self._prohibitions.matching({cell: frozenset(found) for cell, found in names.items()})


def _epochs(instance: Instance) -> list[int]:
    """Return the periods in which a verdict may change, the first period among them, in order."""
    rows = instance.table("recognition")
    starts = {int(period) for period in rows["valid_from"].dropna()} | {
        int(end) + 1 for end in rows["valid_to"].dropna()
    }
    first, last = instance.periods[0], instance.periods[-1]
    return sorted({first} | {period for period in starts if first < period <= last})
