"""The unpruned network: every chain that facilities allow, with the rules that its elements break.

The admissible network forgets what it leaves out. Here nothing is left out: places, legs and tests of one therapy and
market stand beside the rules they break, so that a trace can count them and a waiver can price them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from donornet.admissible.lanes import TOLERANCE_DAYS, limit_of
from donornet.admissible.prohibitions import Prohibitions
from donornet.admissible.testing import marker_rows, offered_panels
from donornet.admissible.words import several

if TYPE_CHECKING:
    from donornet.admissible.network import AdmissibleNetwork

WORDS = {
    "donor": "donors", "patient": "patients", "sample": "samples", "material": "material", "doses": "doses",
}  # fmt: skip
"""What moves, by what a mode carries."""
WEIGHTS = {
    "licence": 1.0, "opening": 1.0, "required_markers": 2.0, "fresh_days": 2.0, "sample_days": 2.0,
    "vein_to_vein_days": 2.0, "recognition": 3.0, "prohibition": 3.0, "lane": 4.0,
}  # fmt: skip
"""What it takes to waive a rule of each kind: a permit is least, a lane that must be built first is most."""


@dataclass(frozen=True, order=True)
class Broken:
    """A rule that an element of a chain breaks.

    Parameters
    ----------
    kind
        What kind of rule, a key of `WEIGHTS`.
    text
        The rule and how it is broken, with its row; the same for all elements that break it alike.
    about
        The element: a place, a leg, a lab and its panel.
    """

    kind: str
    text: str
    about: str = field(default="", compare=False)

    @property
    def weight(self) -> float:
        """What it takes to waive the rule."""
        return WEIGHTS[self.kind]


@dataclass(frozen=True)
class Leg:
    """The quickest way from one place to the next [days], and the rule it breaks, if any."""

    days: float
    broken: Broken | None = None


@dataclass(frozen=True)
class Test:
    """A lab and panel that could test a sample; `days` is the time from the first stage to the result."""

    __test__ = False

    lab: str
    panel: str
    days: float
    broken: tuple[Broken, ...]


class Unpruned:
    """Every chain that facilities allow for one therapy and market in one period.

    Verdicts, licences and openings are those of the period, throughout the chain. Closed facilities are left out.

    Parameters
    ----------
    network
        The admissible network that shares its lanes and verdicts.
    therapy, market
        What the chains serve.
    period
        Position of the period.
    """

    def __init__(self, network: AdmissibleNetwork, therapy: str, market: str, period: int) -> None:
        self.network, self.instance = network, network.instance
        self.therapy, self.market, self.period = therapy, market, period
        self.route = self.instance.routes[therapy]
        therapies = self.instance.table("therapies")
        row = therapies.set_index("therapy").loc[therapy]
        self.tested = row["tested"] == "yes"
        self.autologous = row["modality"] == "autologous"
        self.limits = row
        self.row = int(therapies.index[therapies["therapy"] == therapy][0])
        self.rules = Prohibitions(self.instance, therapy, market)
        self._said = network.verdicts.said(therapy, market, period)
        self._homes = self.instance.table("sites").set_index("site")["jurisdiction"].to_dict()
        facilities = self.instance.table("facilities")
        keys = zip(facilities["site"], facilities["stage"], strict=True)
        self._opens = dict(zip(keys, zip(facilities["opens_from"], facilities.index, strict=True), strict=True))
        licences = self.instance.table("licences")
        licences = licences[licences["market"] == market]
        keys = zip(licences["site"], licences["stage"], strict=True)
        self._licences = dict(zip(keys, zip(licences["available_from"], licences.index, strict=True), strict=True))
        work = network.operations[network.operations["therapy"] == therapy]
        self._days = dict(zip(zip(work["stage"], work["site"], strict=True), work["days"], strict=True))
        self.sites = {stage: network.legs.sites(therapy, stage) for stage in (*self.route, "testing")}

    # ------------------------------------------------------------------------------------------------------ places

    def donor(self, pool: str) -> Broken | None:
        """Return the rule that keeps the market from using the pool's donors."""
        home = str(self.instance.table("donor_pools").set_index("pool").at[pool, "jurisdiction"])
        verdict, _, row = self._said["donor", home]
        if verdict == "licence":
            text = f"{_name(self.market)} asks for a licence for donors from {_name(home)}, which donors cannot have"
            return Broken("recognition", f"{text} {self._row(row, verdict)}", pool)
        if verdict == "never":
            text = f"{_name(self.market)} does not recognise donors from {_name(home)}"
            return Broken("recognition", f"{text} {self._row(row, verdict)}", pool)
        return None

    def place(self, stage: str, site: str) -> Broken | None:
        """Return the rule that keeps the market from using the facility."""
        now = self.instance.periods[self.period]
        home = self._homes[site]
        verdict, _, row = self._said[stage, home]
        if verdict == "never":
            text = f"{_name(self.market)} does not recognise {stage} in {_name(home)} {self._row(row, verdict)}"
            return Broken("recognition", text, site)
        opens, opens_row = self._opens[site, stage]
        if opens > now:
            return Broken("opening", f"{stage} opens in period {opens:g} (facilities row {opens_row})", site)
        if verdict == "licence":
            asked = f"{_name(self.market)} asks for a licence for {stage} in {_name(home)} {self._row(row, verdict)}"
            if (site, stage) not in self._licences:
                return Broken("licence", f"{asked}, and none is held or obtainable", site)
            since, licence_row = self._licences[site, stage]
            if since > now:
                return Broken("licence", f"{asked}; available from period {since:g} (licences row {licence_row})", site)
        return None

    def work_days(self, stage: str, site: str) -> float:
        """Return the days that a loop spends at a stage: operation and bridging."""
        return float(self._days[stage, site]) + float(self._said[stage, self._homes[site]][1])

    def _row(self, row: int, verdict: str) -> str:
        if row < 0:
            return f"(no recognition row; default_recognition is {verdict})"
        return f"(recognition row {row}: {verdict})"

    # -------------------------------------------------------------------------------------------------------- legs

    def legs(
        self, carries: str, origins: list[str], destinations: list[str], stages: tuple[str, str]
    ) -> dict[tuple[str, str], Leg]:
        """Return the quickest leg between all pairs of places; a pair without any lane breaks the rule ``lane``."""
        lanes = self.network.lanes.open_lanes(self.therapy, carries, origins, destinations, stages, limited=False)
        fits = self.network.lanes.within_limits(lanes, self.therapy, carries)
        lanes = lanes.assign(fits=fits).take(np.lexsort([lanes["days"], ~fits])).distinct("from", "to")
        ends = " to ".join({"donor": "pool"}.get(stage, stage) for stage in stages)
        missing = f"no open lane carries {WORDS[carries]} from {ends}"
        found = {(a, b): Leg(0.0, Broken("lane", missing, f"{a} to {b}")) for a in origins for b in destinations}
        limit = limit_of(carries)
        slow = f"{WORDS[carries]} from {ends} travel{'s' * (carries == 'material')} longer than {limit}"
        slow += f" = {self.limits[limit]:g} (therapies row {self.row})"
        ends_of = (self.network.names.texts(lanes[end]) for end in ("from", "to"))
        rows = zip(*ends_of, lanes["days"], lanes["fits"], strict=True)
        for origin, destination, days, quick in rows:
            broken = None if quick else Broken(limit, slow, f"{origin} to {destination}, {days:.3g} days")
            found[origin, destination] = Leg(float(days), broken)
        return found

    # ------------------------------------------------------------------------------------------------------- tests

    def tests(self, sites: list[str], risk_class: str) -> dict[str, list[Test]]:
        """Return every pair of lab and panel for samples from each first-stage site, with the rules it breaks."""
        panels = offered_panels(self.instance)
        labs = list(dict.fromkeys(panels["lab"]))
        legs = self.legs("sample", sites, labs, (self.route[0], "testing"))
        required = marker_rows(self.instance, self.therapy, self.market, risk_class)
        judged = {lab: self.place("testing", lab) for lab in labs}
        offers = list(zip(panels["lab"], panels["panel"], panels["markers"], panels["panel_days"], strict=True))
        found: dict[str, list[Test]] = {}
        for site in sites:
            found[site] = []
            for lab, panel, markers, panel_days in offers:
                leg = legs[site, lab]
                days = leg.days + float(self._days["testing", lab]) + float(panel_days)
                lacking = self._markers(lab, panel, markers, required)
                broken = (judged[lab], leg.broken, lacking, self._late(lab, panel, days))
                found[site].append(Test(lab, panel, days, tuple(b for b in broken if b is not None)))
        return found

    def _markers(self, lab: str, panel: str, markers: frozenset[str] | None, required: pd.DataFrame) -> Broken | None:
        lacking = [markers is not None and marker not in markers for marker in required["marker"]]
        missing = required[np.asarray(lacking, dtype=bool)]
        if missing.empty:
            return None
        names = ", ".join(sorted(set(missing["marker"])))
        rows = f"row{'s' * (len(missing) > 1)} {several(map(str, missing.index))}"
        text = f"panel {panel} lacks {names}, which {_name(self.market)} requires (required_markers {rows})"
        return Broken("required_markers", text, f"{lab} with {panel}")

    def _late(self, lab: str, panel: str, days: float) -> Broken | None:
        longest = self.limits["vein_to_vein_days"]
        if not self.autologous or pd.isna(longest) or days <= longest + TOLERANCE_DAYS:
            return None
        text = f"the test takes more than vein_to_vein_days = {longest:g} (therapies row {self.row})"
        return Broken("vein_to_vein_days", text, f"{lab} with {panel or 'its panel'}, {days:.3g} days")

    # ------------------------------------------------------------------------------------------------------- rules

    def too_long(self, days: float) -> Broken | None:
        """Return the limit that a loop of that many days exceeds."""
        longest = self.limits["vein_to_vein_days"]
        if not self.autologous or pd.isna(longest) or days <= longest + TOLERANCE_DAYS:
            return None
        text = f"the loop takes more than vein_to_vein_days = {longest:g} (therapies row {self.row})"
        return Broken("vein_to_vein_days", text)

    def masks(self, stage: str) -> dict[str, int]:
        """Return for each site of a stage the prohibitions that it does not rule out."""
        sites = self.sites[stage]
        return dict(zip(sites, (int(mask) for mask in self.rules.of_sites(stage, sites)), strict=True))

    def test_mask(self, lab: str, panel: str) -> int:
        """Return the prohibitions that a lab and panel do not rule out."""
        return int(self.rules.of_tests([lab], [panel])[0])

    def pool_mask(self, pool: str) -> int:
        """Return the prohibitions that a pool does not rule out."""
        return int(self.rules.of_pools([pool])[0])

    def prohibited(self, mask: int, position: str) -> tuple[Broken, ...]:
        """Return the prohibitions that a chain matches as soon as it ends at `position`."""
        return tuple(
            Broken("prohibition", f"prohibition {rule} forbids it (prohibitions row {row})")
            for rule, row in self.rules.named(mask & self.rules.closed(position))
        )


def _name(jurisdiction: str) -> str:
    return jurisdiction or "the unnamed jurisdiction"
