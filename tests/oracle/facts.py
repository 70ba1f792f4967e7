"""What the tables of an instance say, one question at a time.

The oracle's own reading of the instance format: slow, plain, and sharing nothing with the package but `Instance`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from donornet.instance import Instance

Record = Mapping[str, Any]
EPS = 1e-9
"""Tolerance of comparisons between days [days]."""
EARTH_RADIUS = 6371.0088
"""Radius of the sphere on which distances are measured [km]."""


@dataclass(frozen=True)
class Lane:
    """A way of going from one place to another.

    Parameters
    ----------
    mode
        Its mode; empty: the free, instant lane within a site.
    cost
        Cost per unit [currency/unit].
    days
        Transit [days].
    fresh
        Whether it carries in state fresh.
    km
        Great-circle length [km]; 0 where a coordinate is missing.
    co2
        Emission [kg/unit].
    row
        Row of the table lanes whose `max_units_per_year` bounds it; None: unbounded.
    """

    mode: str
    cost: float = 0.0
    days: float = 0.0
    fresh: bool = False
    km: float = 0.0
    co2: float = 0.0
    row: int | None = None


@dataclass(frozen=True)
class Verdict:
    """What a market says about a stage done in a jurisdiction.

    Parameters
    ----------
    kind
        recognised, bridging, licence or never.
    cost, days, gain
        Cost per unit [currency/unit], days and yield of bridging; 0, 0 and 1 otherwise.
    """

    kind: str
    cost: float = 0.0
    days: float = 0.0
    gain: float = 1.0


@dataclass(frozen=True)
class Panel:
    """Set of donor tests; the implicit one has no name and meets every requirement (`markers` None)."""

    name: str = ""
    markers: frozenset[str] | None = None
    cost: float = 0.0
    days: float = 0.0


def records(instance: Instance, table: str) -> list[dict[str, Any]]:
    """Return the rows of a table that count, blank numbers as None, with the row's number under ``#``."""
    rows: list[dict[str, Any]] = []
    if table not in instance.tables or instance.tables[table].empty:
        return rows
    frame = instance.table(table)
    for number, cells in zip(frame.index, frame.itertuples(index=False, name=None), strict=True):
        row = {
            column: None if isinstance(cell, float) and math.isnan(cell) else cell
            for column, cell in zip(frame.columns, cells, strict=True)
        }
        rows.append(row | {"#": int(number)})
    return rows


def whole_periods(days: float, length: float) -> int:
    """Return how many whole periods of `length` days lie in `days`."""
    return math.floor(days / length + EPS)


class Facts:
    """Every table of an instance as records, and the questions that chains and rows ask.

    Parameters
    ----------
    instance
        A valid instance.
    """

    def __init__(self, instance: Instance) -> None:
        self.instance = instance
        self.head = instance.head
        self.count = instance.head.periods.count
        self.first = instance.head.periods.first
        self.days = float(instance.head.periods.days)
        self.years = self.days / instance.head.days_per_year
        self._table: dict[str, list[dict[str, Any]]] = {}
        self._group: dict[str, list[str]] = {}
        for row in self.rows("groups"):
            self._group.setdefault(row["group"], []).append(row["member"])
        self.sites = {row["site"]: row for row in self.rows("sites")}
        self.pools = {row["pool"]: row for row in self.rows("donor_pools")}
        self.centres = {row["centre"]: row for row in self.rows("centres")}
        self.places: dict[str, Record] = {**self.sites, **self.pools, **self.centres}
        self.therapies = {row["therapy"]: row for row in self.rows("therapies")}
        self.facilities = {(row["site"], row["stage"]): row for row in self.rows("facilities")}
        self.licences = {(row["site"], row["stage"], row["market"]): row for row in self.rows("licences")}
        self.modes = {row["mode"]: row for row in self.rows("transport_modes")}
        self.markets = list(dict.fromkeys(row["jurisdiction"] for row in self.rows("centres")))
        self._listed: dict[tuple[str, str], list[dict[str, Any]]] = {}
        for row in self.rows("lanes"):
            self._listed.setdefault((row["from"], row["to"]), []).append(row)
        self._cache: dict[tuple[object, ...], Any] = {}

    # ----------------------------------------------------------------------------------------------- tables and names

    def rows(self, table: str) -> list[dict[str, Any]]:
        """Return the rows of `table` that count."""
        if table not in self._table:
            self._table[table] = records(self.instance, table)
        return self._table[table]

    def members(self, name: str) -> set[str]:
        """Return what a cell names: the id itself, or everything that its group holds."""
        found, waiting = set(), [name]
        while waiting:
            current = waiting.pop()
            if current in found:
                continue
            found.add(current)
            waiting.extend(self._group.get(current, ()))
        return found

    def names(self, cell: str, value: str) -> bool:
        """Whether a cell of a rule-like table (id, group or ``*``) speaks about `value`."""
        return cell == "*" or value in self.members(cell)

    def most_specific(self, rows: Iterable[dict[str, Any]], wanted: Mapping[str, str]) -> dict[str, Any] | None:
        """Return the matching row with the most cells other than ``*``."""
        best: list[dict[str, Any]] = []
        most = -1
        for row in rows:
            if not all(self.names(row[key], value) for key, value in wanted.items()):
                continue
            named = sum(row[key] != "*" for key in wanted)
            if named > most:
                best, most = [row], named
            elif named == most:
                best.append(row)
        if len(best) > 1:
            raise ValueError(f"rows {[row['#'] for row in best]} tie for {dict(wanted)}")
        return best[0] if best else None

    def route(self, therapy: str) -> list[str]:
        """Return the material stages of a therapy, in order."""
        return [stage.strip() for stage in self.therapies[therapy]["route"].split(">")]

    def is_autologous(self, therapy: str) -> bool:
        """Whether the therapy is made of the patient's own cells."""
        return bool(self.therapies[therapy]["modality"] == "autologous")

    def is_tested(self, therapy: str) -> bool:
        """Whether each donation of the therapy is tested."""
        return bool(self.therapies[therapy]["tested"] == "yes")

    def jurisdiction(self, place: str) -> str:
        """Return the jurisdiction of a site, pool or centre."""
        return str(self.places[place]["jurisdiction"])

    def usable_sites(self, stage: str) -> list[str]:
        """Return the sites with a facility of `stage` that is not closed for good."""
        return [site for (site, done), row in self.facilities.items() if done == stage and row["status"] != "closed"]

    def demand(self, centre: str, therapy: str, period: int) -> Record | None:
        """Return the row of demand that holds in the period (0, 1, ...) or None where nothing is wanted."""
        key = ("demand", centre, therapy, period)
        if key not in self._cache:
            rows = [row for row in self.rows("demand") if row["centre"] == centre and row["therapy"] == therapy]
            row = self.most_specific(rows, {"period": str(self.first + period)})
            self._cache[key] = row if row is not None and row["doses"] > 0 else None
        found: Record | None = self._cache[key]
        return found

    # ------------------------------------------------------------------------------------------------ one unit's fate

    def operation(self, stage: str, therapy: str, site: str) -> Record:
        """Return the row of operations that holds, or the defaults."""
        key = ("operation", stage, therapy, site)
        if key not in self._cache:
            rows = [row for row in self.rows("operations") if row["stage"] == stage]
            defaults = {
                "unit_cost": 0.0,
                "days": 0.0,
                "output": 1.0,
                "yield": 1.0,
                "load": 1.0,
                "occupancy_days": 0.0,
                "max_units_per_year": None,
                "holding_cost_per_year": 0.0,
            }
            self._cache[key] = self.most_specific(rows, {"therapy": therapy, "site": site}) or defaults
        found: Record = self._cache[key]
        return found

    def verdict(self, stage: str, origin: str, market: str, therapy: str, period: int) -> Verdict:
        """Return what `market` says in the period (0, 1, ...; the last one's verdict holds ever after)."""
        number = self.first + min(period, self.count - 1)
        key = ("verdict", stage, origin, market, therapy, number)
        if key not in self._cache:
            rows = [
                row
                for row in self.rows("recognition")
                if (row["valid_from"] is None or row["valid_from"] <= number)
                and (row["valid_to"] is None or number <= row["valid_to"])
            ]
            row = self.most_specific(rows, {"stage": stage, "from": origin, "market": market, "therapy": therapy})
            if row is None:
                self._cache[key] = Verdict("recognised" if origin == market else self.head.default_recognition)
            elif row["verdict"] == "bridging":
                gain = 1.0 if stage in ("donor", "testing") else row["yield"]
                self._cache[key] = Verdict("bridging", row["unit_cost"], row["days"], gain)
            else:
                self._cache[key] = Verdict(row["verdict"])
        found: Verdict = self._cache[key]
        return found

    def pass_rate(self, therapy: str, risk_class: str, market: str) -> float:
        """Return the share of donations released after testing; 1 where the therapy is not tested."""
        if not self.is_tested(therapy):
            return 1.0
        row = self.most_specific(
            self.rows("pass_rates"), {"therapy": therapy, "risk_class": risk_class, "market": market}
        )
        return 1.0 if row is None else float(row["pass_rate"])

    def required_markers(self, market: str, risk_class: str, therapy: str) -> set[str]:
        """Return the markers that a donation must be tested for: all matching rows add up."""
        wanted = {"market": market, "risk_class": risk_class, "therapy": therapy}
        return {
            row["marker"]
            for row in self.rows("required_markers")
            if all(self.names(row[key], value) for key, value in wanted.items())
        }

    def panels(self, lab: str) -> list[Panel]:
        """Return the panels that a lab offers."""
        if not self.rows("panels"):
            return [Panel()]
        offered = {row["panel"] for row in self.rows("lab_panels") if row["site"] == lab}
        return [
            Panel(
                row["panel"],
                frozenset(filter(None, map(str.strip, row["markers"].split(";")))),
                row["unit_cost"],
                row["days"],
            )
            for row in self.rows("panels")
            if row["panel"] in offered or not self.rows("lab_panels")
        ]

    def is_prohibited(self, attributes: Mapping[str, set[str]]) -> bool:
        """Whether a prohibition matches a chain.

        Parameters
        ----------
        attributes
            By column of prohibitions, everything by which a cell may name the chain's member; columns that the chain
            lacks are absent.
        """
        return any(self._matches(row, attributes) for row in self.rows("prohibitions"))

    def _matches(self, rule: Record, attributes: Mapping[str, set[str]]) -> bool:
        for column in (
            "therapy",
            "donor",
            "risk_class",
            "collection",
            "testing",
            "panel",
            "processing",
            "manufacturing",
            "storage",
            "market",
        ):
            cell = rule[column]
            if not cell:
                continue
            if column not in attributes:
                return False
            negated = cell.startswith("!")
            pattern = cell.removeprefix("!").strip()
            hit = pattern == "*" or bool(self.members(pattern) & attributes[column])
            if hit == negated:
                return False
        return True

    # ---------------------------------------------------------------------------------------------------------- lanes

    def km(self, origin: str, to: str) -> float | None:
        """Return the great-circle distance of two places [km]; None where a coordinate is missing."""
        degrees = [self.places[place][axis] for place in (origin, to) for axis in ("latitude", "longitude")]
        if None in degrees:
            return None
        lat1, lon1, lat2, lon2 = map(math.radians, degrees)
        half = math.sin((lat2 - lat1) / 2) ** 2 + math.cos(lat1) * math.cos(lat2) * math.sin((lon2 - lon1) / 2) ** 2
        return 2 * EARTH_RADIUS * math.asin(min(1.0, math.sqrt(half)))

    def lanes(self, therapy: str, carries: str, leg: tuple[str, str], stages: tuple[str, str]) -> list[Lane]:
        """Return the open lanes of a leg that keep the therapy's limits on fresh transit and on samples.

        Parameters
        ----------
        therapy
            What is made.
        carries
            donor, patient, sample, material or doses.
        leg
            Places at its two ends.
        stages
            What stands there: ``donor``, a stage, or ``centre``.
        """
        key = ("lanes", therapy, carries, leg, stages)
        if key not in self._cache:
            rules = self.therapies[therapy]
            self._cache[key] = [
                lane
                for lane in self._open_lanes(therapy, carries, leg, stages)
                if _within(lane.days, rules["sample_days"] if carries == "sample" else None)
                and _within(lane.days, rules["fresh_days"] if lane.fresh and carries != "sample" else None)
            ]
        found: list[Lane] = self._cache[key]
        return found

    def _open_lanes(self, therapy: str, carries: str, leg: tuple[str, str], stages: tuple[str, str]) -> list[Lane]:
        km = self.km(*leg)
        by_mode: dict[str, list[dict[str, Any]]] = {}
        for row in self._listed.get(leg, ()):
            if row["therapy"] in ("*", therapy) and self._fits(row["mode"], carries, stages):
                by_mode.setdefault(row["mode"], []).append(row)
        lanes = [Lane("")] if leg[0] == leg[1] and not by_mode else []
        for mode, rows in by_mode.items():
            row = self.most_specific(rows, {"therapy": therapy}) or {"status": "closed"}
            if row["status"] == "open":
                capped = row["#"] if row["max_units_per_year"] is not None else None
                means = self.modes.get(mode, {"state": "frozen", "co2_kg_per_km": 0.0})
                co2 = means["co2_kg_per_km"] * (km or 0.0)
                lanes.append(
                    Lane(mode, row["unit_cost"], row["days"], means["state"] == "fresh", km or 0.0, co2, capped)
                )
        for mode, means in self.modes.items():
            if (
                mode in by_mode
                or km is None
                or not self._fits(mode, carries, stages)
                or not _within(km, means["max_km"])
            ):
                continue
            days = means["handling_days"] + (km / means["km_per_day"] if means["km_per_day"] is not None else 0.0)
            cost = means["cost"] + means["cost_per_km"] * km
            lanes.append(Lane(mode, cost, days, means["state"] == "fresh", km, means["co2_kg_per_km"] * km))
        return lanes

    def _fits(self, mode: str, carries: str, stages: tuple[str, str]) -> bool:
        if mode not in self.modes:
            return True
        means = self.modes[mode]
        return (
            means["carries"] == carries
            and means["from_stage"] in ("*", stages[0])
            and means["to_stage"] in ("*", stages[1])
        )


def _within(amount: float, limit: float | None) -> bool:
    return limit is None or amount <= limit + EPS
