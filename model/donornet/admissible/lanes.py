"""Lanes: listed in the instance, derived from transport modes and distance, or implicit within one site."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from donornet.instance import Instance

EARTH_RADIUS_KM = 6371.0088
TOLERANCE_DAYS = 1e-9
UNLISTED = -1
"""Lane row of a lane that is not listed."""

LANE_TYPES = {
    "from": object, "to": object, "mode": object, "unit_cost": float, "days": float, "km": float, "co2": float,
    "fresh": bool, "lane_row": int,
}  # fmt: skip
LANE_COLUMNS = tuple(LANE_TYPES)


def great_circle(origins: np.ndarray, destinations: np.ndarray) -> np.ndarray:
    """Return the distances between two lists of (latitude, longitude) in degrees [km], NaN where one is missing."""
    latitude, longitude = (np.radians(origins[:, column])[:, None] for column in (0, 1))
    other_latitude, other_longitude = (np.radians(destinations[:, column])[None, :] for column in (0, 1))
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
    """

    def __init__(self, instance: Instance) -> None:
        self._therapies = instance.table("therapies").set_index("therapy")
        self._modes = instance.table("transport_modes").set_index("mode")
        self._listed = instance.table("lanes").assign(lane_row=lambda rows: np.arange(len(rows)))
        places = [
            instance.table(table).set_axis(instance.table(table)[key], axis=0)[["latitude", "longitude"]]
            for table, key in (("sites", "site"), ("donor_pools", "pool"), ("centres", "centre"))
        ]
        self._coordinates = pd.concat(places)

    def open_lanes(
        self,
        therapy: str,
        carries: str,
        origins: Iterable[str],
        destinations: Iterable[str],
        stages: tuple[str, str],
        *,
        limited: bool = True,
    ) -> pd.DataFrame:
        """Return the lanes that one kind of leg of a therapy can use.

        Parameters
        ----------
        therapy
            The therapy.
        carries
            donor, patient, sample, material or doses.
        origins, destinations
            Places at the two ends.
        stages
            Stage of the origins and of the destinations (donor for pools, centre for centres).
        limited
            Whether lanes are left out that take longer than ``fresh_days`` or ``sample_days`` allow.

        Returns
        -------
        lanes
            Columns `LANE_COLUMNS`: unit_cost [currency/unit], days, km, co2 [kg/unit], whether carried fresh, and the
            position of the listed row (`UNLISTED` where derived or implicit).
        """
        starts, ends = list(dict.fromkeys(origins)), list(dict.fromkeys(destinations))
        modes = self._fitting_modes(carries, stages)
        km = great_circle(
            self._coordinates.loc[starts].to_numpy(dtype=float), self._coordinates.loc[ends].to_numpy(dtype=float)
        )
        listed = self._listed_rows(therapy, modes.index, starts, ends)
        lanes = pd.concat(
            [
                self._derived(modes, starts, ends, km, listed),
                self._as_lanes(listed, modes, starts, ends, km),
                _implicit(starts, ends, listed, stages),
            ],
            ignore_index=True,
        ).astype(LANE_TYPES)
        return lanes[self.within_limits(lanes, therapy, carries)] if limited else lanes

    def _fitting_modes(self, carries: str, stages: tuple[str, str]) -> pd.DataFrame:
        modes = self._modes
        fits = (
            (modes["carries"] == carries)
            & modes["from_stage"].isin(["*", stages[0]])
            & modes["to_stage"].isin(["*", stages[1]])
        )
        return modes[fits]

    def _listed_rows(self, therapy: str, fitting: pd.Index, starts: list[str], ends: list[str]) -> pd.DataFrame:
        """Return the rows of `lanes` that speak about these legs: the most specific one per (from, to, mode)."""
        rows = self._listed
        usable = rows["mode"].isin(fitting) | ~rows["mode"].isin(self._modes.index)
        rows = rows[rows["from"].isin(starts) & rows["to"].isin(ends) & rows["therapy"].isin([therapy, "*"]) & usable]
        own_first = rows.assign(general=rows["therapy"] == "*").sort_values("general", kind="stable")
        return own_first.drop_duplicates(["from", "to", "mode"])

    @staticmethod
    def _derived(
        modes: pd.DataFrame, starts: list[str], ends: list[str], km: np.ndarray, listed: pd.DataFrame
    ) -> pd.DataFrame:
        """Return the lanes between all places with coordinates, within reach of a mode, that no row overrides."""
        parts = []
        overridden = pd.MultiIndex.from_frame(listed[["from", "to", "mode"]])
        for mode, row in modes.iterrows():
            reach = np.inf if pd.isna(row["max_km"]) else row["max_km"]
            start, end = np.nonzero(~np.isnan(km) & (np.nan_to_num(km) <= reach))
            distance = km[start, end]
            speed = np.inf if pd.isna(row["km_per_day"]) else row["km_per_day"]
            part = pd.DataFrame(
                {
                    "from": np.asarray(starts, dtype=object)[start],
                    "to": np.asarray(ends, dtype=object)[end],
                    "mode": mode,
                    "unit_cost": row["cost"] + row["cost_per_km"] * distance,
                    "days": row["handling_days"] + distance / speed,
                    "km": distance,
                    "co2": row["co2_kg_per_km"] * distance,
                    "fresh": row["state"] == "fresh",
                    "lane_row": UNLISTED,
                }
            )
            if len(overridden):
                part = part[~pd.MultiIndex.from_frame(part[["from", "to", "mode"]]).isin(overridden)]
            parts.append(part)
        return pd.concat(parts) if parts else pd.DataFrame(columns=list(LANE_COLUMNS))

    @staticmethod
    def _as_lanes(
        listed: pd.DataFrame, modes: pd.DataFrame, starts: list[str], ends: list[str], km: np.ndarray
    ) -> pd.DataFrame:
        rows = listed[listed["status"] == "open"]
        position = {place: number for number, place in enumerate(starts)}
        other = {place: number for number, place in enumerate(ends)}
        distance = np.nan_to_num(km[[position[p] for p in rows["from"]], [other[p] for p in rows["to"]]])
        per_km = rows["mode"].map(modes["co2_kg_per_km"]).fillna(0.0).to_numpy(dtype=float)
        return rows[["from", "to", "mode", "unit_cost", "days", "lane_row"]].assign(
            km=distance, co2=per_km * distance, fresh=rows["mode"].map(modes["state"]).eq("fresh")
        )

    def within_limits(self, lanes: pd.DataFrame, therapy: str, carries: str) -> np.ndarray:
        """Return which lanes are as quick as ``fresh_days`` (samples: ``sample_days``) of the therapy asks."""
        longest = self._therapies.at[therapy, limit_of(carries)]
        if pd.isna(longest):
            return np.ones(len(lanes), dtype=bool)
        bound = np.ones(len(lanes), dtype=bool) if carries == "sample" else lanes["fresh"].to_numpy(dtype=bool)
        return np.asarray(~bound | (lanes["days"].to_numpy(dtype=float) <= longest + TOLERANCE_DAYS))


def limit_of(carries: str) -> str:
    """Return the column of therapies that limits the transit of what is carried (of other things: if carried fresh)."""
    return "sample_days" if carries == "sample" else "fresh_days"


def _implicit(starts: list[str], ends: list[str], listed: pd.DataFrame, stages: tuple[str, str]) -> pd.DataFrame:
    """Return the free, instant lanes between two stages at one site, where none is listed."""
    if "donor" in stages or "centre" in stages:
        return pd.DataFrame(columns=list(LANE_COLUMNS))
    taken = set(listed.loc[listed["from"] == listed["to"], "from"])
    within = set(ends)
    sites = [place for place in starts if place in within and place not in taken]
    free = {"mode": "", "unit_cost": 0.0, "days": 0.0, "km": 0.0, "co2": 0.0, "fresh": False, "lane_row": UNLISTED}
    return pd.DataFrame({"from": sites, "to": sites}).assign(**free)


def undominated(lanes: pd.DataFrame, keys: list[str], worse: list[str]) -> pd.DataFrame:
    """Drop the lanes that a lane without a limit of its own beats.

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
    if lanes.empty:
        return lanes
    ordered = lanes.sort_values([*keys, *worse, "capped"], kind="stable")
    codes = np.column_stack([pd.factorize(ordered[key], use_na_sentinel=False)[0] for key in keys])
    starts = np.concatenate([[True], (codes[1:] != codes[:-1]).any(axis=1)])
    free = ~ordered["capped"].to_numpy(dtype=bool)
    values = ordered[worse].to_numpy(dtype=float)
    return ordered[~_beaten(np.cumsum(starts), values, free)]


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
