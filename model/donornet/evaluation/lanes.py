"""Lanes: how a leg can be travelled, from listed rows and from modes and great-circle distances."""

from __future__ import annotations

import math
from dataclasses import dataclass

from donornet.evaluation.lookups import Row
from donornet.evaluation.violation import DAYS_TOLERANCE, records
from donornet.instance.instance import Instance
from donornet.instance.matching import ANY

EARTH_RADIUS_KM = 6371.0088


@dataclass(frozen=True)
class Lane:
    """One way to travel a leg.

    Parameters
    ----------
    origin, target
        Places at its ends.
    mode
        Means of transport; blank: the free lane within one site.
    unit_cost
        Cost of a unit [currency/unit].
    days
        Transit [days].
    fresh
        Whether what it carries is fresh, not frozen.
    km
        Great-circle distance; 0 where a coordinate is missing [km].
    co2
        Emission of a unit [kg/unit].
    row
        Row of ``lanes`` that it comes from; 0: derived.
    max_units_per_year
        Most units on the listed row; infinite: unlimited [units/year].
    """

    origin: str
    target: str
    mode: str
    unit_cost: float = 0.0
    days: float = 0.0
    fresh: bool = False
    km: float = 0.0
    co2: float = 0.0
    row: int = 0
    max_units_per_year: float = math.inf


class Lanes:
    """All lanes of an instance, found leg by leg."""

    def __init__(self, instance: Instance) -> None:
        self._coordinates: dict[str, tuple[float, float]] = {}
        for table, key in (("sites", "site"), ("donor_pools", "pool"), ("centres", "centre")):
            for row in records(instance.table(table)):
                self._coordinates[row[key]] = (row["latitude"], row["longitude"])
        self._modes: dict[str, Row] = {row["mode"]: row for row in records(instance.table("transport_modes"))}
        self._listed: dict[tuple[str, str], dict[str, dict[str, Row]]] = {}
        for row in records(instance.table("lanes").assign(row=instance.table("lanes").index)):
            self._listed.setdefault((row["from"], row["to"]), {}).setdefault(row["mode"], {})[row["therapy"]] = row
        self._found: dict[tuple[str, ...], dict[str, Lane]] = {}

    def by_mode(
        self, origin: str, origin_stage: str, target: str, target_stage: str, carries: str, therapy: str
    ) -> dict[str, Lane]:
        """Return the open lanes of a leg by mode; the free lane within a site has a blank mode."""
        key = (origin, origin_stage, target, target_stage, carries, therapy)
        if key not in self._found:
            self._found[key] = self._find(*key)
        return self._found[key]

    def km(self, origin: str, target: str) -> float | None:
        """Return the great-circle distance [km], None where a coordinate is missing."""
        degrees = (*self._coordinates[origin], *self._coordinates[target])
        if any(math.isnan(value) for value in degrees):
            return None
        south, west, north, east = map(math.radians, degrees)
        chord = (
            math.sin((north - south) / 2) ** 2
            + math.cos(south) * math.cos(north) * math.sin((east - west) / 2) ** 2
        )  # fmt: skip
        return 2 * EARTH_RADIUS_KM * math.asin(math.sqrt(min(1.0, chord)))

    def _find(
        self, origin: str, origin_stage: str, target: str, target_stage: str, carries: str, therapy: str
    ) -> dict[str, Lane]:
        listed = self._listed.get((origin, target), {})
        able = [mode for mode, row in self._modes.items() if _carries(row, carries, origin_stage, target_stage)]
        able += [mode for mode in listed if mode not in self._modes]
        lanes: list[Lane] = []
        replaced = False
        for mode in able:
            rows = listed.get(mode, {})
            row = rows.get(therapy) or rows.get(ANY)
            replaced |= row is not None
            lane = self._derived(origin, target, mode) if row is None else self._from_row(row)
            lanes += [lane] if lane else []
        if origin == target and not replaced:
            lanes.append(Lane(origin, target, mode=""))
        return {lane.mode: lane for lane in lanes}

    def _from_row(self, row: Row) -> Lane | None:
        if row["status"] == "closed":
            return None
        mode = self._modes.get(row["mode"])
        km = self.km(row["from"], row["to"]) or 0.0
        most = row["max_units_per_year"]
        return Lane(
            row["from"], row["to"], row["mode"], row["unit_cost"], row["days"],
            fresh=mode is not None and mode["state"] == "fresh",
            km=km,
            co2=km * mode["co2_kg_per_km"] if mode else 0.0,
            row=row["row"],
            max_units_per_year=math.inf if math.isnan(most) else most,
        )  # fmt: skip

    def _derived(self, origin: str, target: str, mode: str) -> Lane | None:
        km, row = self.km(origin, target), self._modes.get(mode)
        if row is None or km is None or km > row["max_km"] + DAYS_TOLERANCE:  # a blank max_km is NaN and never exceeded
            return None
        journey = 0.0 if math.isnan(row["km_per_day"]) else km / row["km_per_day"]
        return Lane(
            origin, target, mode, row["cost"] + row["cost_per_km"] * km, row["handling_days"] + journey,
            fresh=row["state"] == "fresh", km=km, co2=km * row["co2_kg_per_km"],
        )  # fmt: skip


def _carries(mode: Row, carries: str, origin_stage: str, target_stage: str) -> bool:
    """Return whether the mode can carry that between those two stages."""
    return (
        mode["carries"] == carries
        and mode["from_stage"] in (ANY, origin_stage)
        and mode["to_stage"] in (ANY, target_stage)
    )  # fmt: skip
