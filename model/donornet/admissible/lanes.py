"""Lanes: listed in the instance, derived from transport modes and distance, or implicit within one site."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from donornet.admissible.names import Names
from donornet.admissible.relation import Relation, stack
from donornet.instance import Instance
from donornet.instance.matching import ANY

EARTH_RADIUS_KM = 6371.0088
TOLERANCE_DAYS = 1e-9
UNLISTED = -1
"""Lane row of a lane that is not listed."""

LANE_TYPES = {
    "from": int, "to": int, "mode": int, "unit_cost": float, "days": float, "km": float, "co2": float, "fresh": bool,
    "lane_row": int,
}  # fmt: skip
"""Columns of lanes."""


def great_circle(origins: np.ndarray, destinations: np.ndarray) -> np.ndarray:
    """Return the distances between two lists of (latitude, longitude) in degrees [km], NaN where one is missing."""
    return _distances(origins[:, None], destinations[None, :])


def _distances(origins: np.ndarray, destinations: np.ndarray) -> np.ndarray:
    """Return the distances between pairs of (latitude, longitude), the last axis of both."""
    latitude, longitude = np.radians(origins[..., 0]), np.radians(origins[..., 1])
    other_latitude, other_longitude = np.radians(destinations[..., 0]), np.radians(destinations[..., 1])
    haversine = (
        np.sin((other_latitude - latitude) / 2) ** 2
        + np.cos(latitude) * np.cos(other_latitude) * np.sin((other_longitude - longitude) / 2) ** 2
    )
    return np.asarray(2 * EARTH_RADIUS_KM * np.arcsin(np.sqrt(np.clip(haversine, 0.0, 1.0))))


class LaneBook:
    """Every open lane of an instance, leg by leg.

    Parameters
    ----------
    instance
        A valid instance.
    names
        The numbers of its ids.
    """

    def __init__(self, instance: Instance, names: Names) -> None:
        self.names = names
        therapies = instance.table("therapies")
        self._longest = {
            column: dict(zip(therapies["therapy"], therapies[column], strict=True))
            for column in ("fresh_days", "sample_days")
        }
        self._coordinates = np.full((len(names), 2), np.nan)
        for table, key in (("sites", "site"), ("donor_pools", "pool"), ("centres", "centre")):
            places = instance.table(table)
            self._coordinates[names.numbers(places[key])] = places[["latitude", "longitude"]].to_numpy(dtype=float)
        modes = instance.table("transport_modes")
        self._modes: list[dict[str, Any]] = modes.to_dict("records")
        known = names.numbers(modes["mode"])
        self._is_mode = names.marked(known)
        self._co2_per_km = np.zeros(len(names))
        self._co2_per_km[known] = modes["co2_kg_per_km"].fillna(0.0)
        self._is_fresh = names.marked(known[modes["state"].to_numpy() == "fresh"])
        rows = instance.table("lanes")
        self._listed = Relation({
            **{column: names.numbers(rows[column]) for column in ("from", "to", "mode", "therapy")},
            **{column: rows[column].to_numpy(dtype=float) for column in ("unit_cost", "days")},
            "open": rows["status"].to_numpy() == "open", "lane_row": np.arange(len(rows)),
        })  # fmt: skip

    def open_lanes(
        self,
        therapy: str,
        carries: str,
        origins: Sequence[str],
        destinations: Sequence[str],
        stages: tuple[str, str],
        *,
        limited: bool = True,
    ) -> Relation:
        """Return the lanes that one kind of leg of a therapy can use.

        Parameters
        ----------
        therapy
            The therapy.
        carries
            donor, patient, sample, material or doses.
        origins, destinations
            Places at the two ends, each once.
        stages
            Stage of the origins and of the destinations (donor for pools, centre for centres).
        limited
            Whether lanes are left out that take longer than ``fresh_days`` or ``sample_days`` allow.

        Returns
        -------
        lanes
            Columns `LANE_TYPES`: unit_cost [currency/unit], days, km, co2 [kg/unit], whether carried fresh, and the
            position of the listed row (`UNLISTED` where derived or implicit).
        """
        starts, ends = self.names.numbers(origins), self.names.numbers(destinations)
        modes = [
            mode
            for mode in self._modes
            if mode["carries"] == carries
            and mode["from_stage"] in (ANY, stages[0])
            and mode["to_stage"] in (ANY, stages[1])
        ]
        listed = self._listed_rows(therapy, modes, starts, ends)
        km = great_circle(self._coordinates[starts], self._coordinates[ends]) if modes else np.zeros((0, 0))
        derived = [self._derived(mode, starts, ends, km, listed) for mode in modes]
        lanes = stack([*derived, self._as_lanes(listed), self._implicit(starts, ends, listed, stages)])
        if not len(lanes):
            return Relation({name: np.zeros(0, dtype=kind) for name, kind in LANE_TYPES.items()})
        return lanes.take(self.within_limits(lanes, therapy, carries)) if limited else lanes

    def _listed_rows(self, therapy: str, modes: list[dict[str, Any]], starts: np.ndarray, ends: np.ndarray) -> Relation:
        """Return the rows of `lanes` that speak about these legs: the most specific one per (from, to, mode)."""
        rows, names = self._listed, self.names
        own, fitting = rows["therapy"] == names.number(therapy), names.marked(names.numbers(m["mode"] for m in modes))
        usable = fitting[rows["mode"]] | ~self._is_mode[rows["mode"]]
        usable &= names.marked(starts)[rows["from"]] & names.marked(ends)[rows["to"]]
        own_first = np.concatenate([
            np.flatnonzero(usable & own), np.flatnonzero(usable & (rows["therapy"] == names.number(ANY)))
        ])  # fmt: skip
        return rows.take(own_first).distinct("from", "to", "mode")

    def _derived(
        self, mode: dict[str, Any], starts: np.ndarray, ends: np.ndarray, km: np.ndarray, listed: Relation
    ) -> Relation:
        """Return the lanes of a mode between all places with coordinates, within its reach, that no row overrides."""
        reach = np.inf if np.isnan(mode["max_km"]) else mode["max_km"]
        start, end = np.nonzero(~np.isnan(km) & (np.nan_to_num(km) <= reach))
        distance = km[start, end]
        speed = np.inf if np.isnan(mode["km_per_day"]) else mode["km_per_day"]
        lanes = Relation({"from": starts[start], "to": ends[end]}).assign(
            mode=self.names.number(mode["mode"]),
            unit_cost=mode["cost"] + mode["cost_per_km"] * distance,
            days=mode["handling_days"] + distance / speed,
            km=distance,
            co2=mode["co2_kg_per_km"] * distance,
            fresh=mode["state"] == "fresh",
            lane_row=UNLISTED,
        )
        return lanes.take(~lanes.within(listed, "from", "to", "mode"))

    def _as_lanes(self, listed: Relation) -> Relation:
        rows = listed.take(listed["open"])
        km = np.nan_to_num(_distances(self._coordinates[rows["from"]], self._coordinates[rows["to"]]))
        lanes = rows.assign(km=km, co2=self._co2_per_km[rows["mode"]] * km, fresh=self._is_fresh[rows["mode"]])
        return lanes.only(*LANE_TYPES)

    def _implicit(self, starts: np.ndarray, ends: np.ndarray, listed: Relation, stages: tuple[str, str]) -> Relation:
        """Return the free, instant lanes between two stages at one site, where none is listed."""
        taken = listed["from"][listed["from"] == listed["to"]]
        between_sites = "donor" not in stages and "centre" not in stages
        free = self.names.marked(ends) & ~self.names.marked(taken) & between_sites
        sites = starts[free[starts]]
        return Relation({"from": sites, "to": sites}).assign(
            mode=self.names.number(""), unit_cost=0.0, days=0.0, km=0.0, co2=0.0, fresh=False, lane_row=UNLISTED
        )

    def within_limits(self, lanes: Relation, therapy: str, carries: str) -> np.ndarray:
        """Return which lanes are as quick as ``fresh_days`` (samples: ``sample_days``) of the therapy asks."""
        longest = self._longest[limit_of(carries)][therapy]
        if np.isnan(longest):
            return np.ones(len(lanes), dtype=bool)
        bound = np.ones(len(lanes), dtype=bool) if carries == "sample" else lanes["fresh"]
        return np.asarray(~bound | (lanes["days"] <= longest + TOLERANCE_DAYS))


def limit_of(carries: str) -> str:
    """Return the column of therapies that limits the transit of what is carried (of other things: if carried fresh)."""
    return "sample_days" if carries == "sample" else "fresh_days"


def undominated(lanes: Relation, keys: Sequence[str], worse: Sequence[str]) -> np.ndarray:
    """Return the positions of the lanes that no lane without a limit of its own beats, sorted by `keys` and `worse`.

    Parameters
    ----------
    lanes
        Lanes with a boolean column ``capped``.
    keys
        Columns in which lanes must agree to compete.
    worse
        Columns of which less is better; the first decides the order. A lane is dropped when an uncapped competitor that
        comes before it is no worse in any of them.
    """
    if not len(lanes):
        return np.zeros(0, dtype=np.int64)
    order = np.lexsort([lanes[name] for name in (*keys, *worse, "capped")][::-1])
    starts = np.ones(len(order), dtype=bool)
    starts[1:] = np.any([np.diff(lanes[key][order]) != 0 for key in keys], axis=0)
    values = np.column_stack([lanes[name][order] for name in worse])
    return np.asarray(order[~_beaten(np.cumsum(starts), values, ~lanes["capped"][order])])


def _beaten(group: np.ndarray, values: np.ndarray, free: np.ndarray) -> np.ndarray:
    """Return which rows a free row before them, in the same group, is no worse than in any value.

    Rows are sorted by group and, within it, by the first value.
    """
    beaten = np.zeros(len(group), dtype=bool)
    for ahead in range(1, len(group)):
        together = group[ahead:] == group[:-ahead]
        if not together.any():
            break
        beaten[ahead:] |= together & free[:-ahead] & (values[:-ahead] <= values[ahead:]).all(axis=1)
    return beaten
