"""Legs: the lanes that the chains of a therapy can use from one step of the route to the next.

Lanes that another lane beats in everything that matters are left out. Legs do not depend on the market, so they are
made once for each therapy.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

import numpy as np
import pandas as pd

from donornet.admissible.demand import wanting_centres
from donornet.admissible.lanes import TOLERANCE_DAYS, LaneBook, undominated
from donornet.instance import Instance


class Legs:
    """The legs of every therapy of an instance.

    Every table has the columns of `LaneBook.open_lanes`, ``capped`` (whether the lane has a limit of its own) and, for
    material and doses of allogeneic therapies, ``lag``: periods from entering the stage left to entering the next one
    (arriving at the centre).

    Parameters
    ----------
    instance
        A valid instance.
    lanes
        Its lanes.
    operations
        What facilities do; see `donornet.admissible.nodes.operations`.
    measures
        Measures that count beside those of the limits; see `donornet.admissible.network`.
    """

    def __init__(
        self, instance: Instance, lanes: LaneBook, operations: pd.DataFrame, measures: Collection[str] = ()
    ) -> None:
        self.instance, self.lanes = instance, lanes
        self._work: dict[tuple[str, str], dict[str, float]] = {}
        columns = (operations["therapy"], operations["stage"], operations["site"], operations["days"])
        for therapy, stage, site, days in zip(*columns, strict=True):
            self._work.setdefault((therapy, stage), {})[site] = float(days)
        self._caps = instance.table("lanes")["max_units_per_year"].notna().to_numpy()
        self._therapies = instance.table("therapies").set_index("therapy")
        self._measures = {*instance.table("limits")["measure"], *measures}
        self._slots = bool((instance.table("facilities")["capacity_unit"] == "slots").any())
        self._known: dict[tuple[str, str, int], pd.DataFrame] = {}

    def of(self, therapy: str, carries: str, position: int = 0) -> pd.DataFrame:
        """Return the legs of one kind.

        Parameters
        ----------
        therapy
            The therapy.
        carries
            donor or patient (to the first stage), sample (first stage to lab), material, or doses (last stage to
            centre).
        position
            Of material: position in the route of the stage that is left.
        """
        key = (therapy, carries, position)
        if key not in self._known:
            self._known[key] = self._make(therapy, carries, position)
        return self._known[key]

    def is_autologous(self, therapy: str) -> bool:
        """Return whether the therapy's chains are loops."""
        return bool(self._therapies.at[therapy, "modality"] == "autologous")

    def sites(self, therapy: str, stage: str) -> list[str]:
        """Return the sites that have a usable facility of the stage."""
        return list(self._work.get((therapy, stage), ()))

    def _make(self, therapy: str, carries: str, position: int) -> pd.DataFrame:
        route = self.instance.routes[therapy]
        stages = {
            "donor": ("donor", route[0]),
            "patient": ("centre", route[0]),
            "sample": (route[0], "testing"),
            "material": route[position : position + 2],
            "doses": (route[-1], "centre"),
        }[carries]
        origins, destinations = (self._places(therapy, stage) for stage in stages)
        lanes = self.lanes.open_lanes(therapy, carries, origins, destinations, (stages[0], stages[1]))
        rows = lanes["lane_row"].to_numpy()
        capped = np.zeros(len(lanes), dtype=bool)
        if len(self._caps):
            capped = (rows >= 0) & self._caps[np.maximum(rows, 0)]
        return self._thinned(lanes.assign(capped=capped), therapy, carries, stages[0])

    def _places(self, therapy: str, stage: str) -> list[str]:
        if stage == "donor":
            return list(self.instance.table("donor_pools")["pool"])
        if stage == "centre":
            return wanting_centres(self.instance, therapy)
        return self.sites(therapy, stage)

    def _thinned(self, lanes: pd.DataFrame, therapy: str, carries: str, tail: str) -> pd.DataFrame:
        """Drop the lanes that are beaten in everything that can matter to a chain."""
        if carries == "sample":
            return lanes  # a quicker sample can save a patient's time: the tests decide
        emission = ["co2"] if carries == "material" and "co2" in self._measures else []
        if carries in ("donor", "patient"):
            return undominated(lanes, ["from", "to"], ["unit_cost"])
        if self.is_autologous(therapy):
            keys = ["from", "to", "days"] if self._is_fine_grained(therapy) else ["from", "to"]
            return undominated(lanes, keys, ["unit_cost", "days", *emission])
        work = self._work.get((therapy, tail), {})
        days = np.array([work[site] for site in lanes["from"]], dtype=float) + lanes["days"].to_numpy(dtype=float)
        lanes = lanes.assign(lag=whole_periods(days, self.instance.days))
        return undominated(lanes, ["from", "to", "lag"], ["unit_cost", *emission])

    def _is_fine_grained(self, therapy: str) -> bool:
        """Whether a day sooner or later can matter to a loop: slots, or periods shorter than a loop."""
        longest = self._therapies.at[therapy, "vein_to_vein_days"]
        return self._slots or pd.isna(longest) or bool(longest + TOLERANCE_DAYS >= self.instance.days)


def between(legs: pd.DataFrame, origins: Iterable[str] | None, destinations: Iterable[str] | None) -> pd.DataFrame:
    """Return the legs that start and end at the places given (None: anywhere)."""
    keep = np.ones(len(legs), dtype=bool)
    for column, places in (("from", origins), ("to", destinations)):
        if places is not None:
            chosen = set(places)
            keep &= np.fromiter((place in chosen for place in legs[column]), dtype=bool, count=len(legs))
    return legs[keep]


def whole_periods(days: np.ndarray, length: float) -> np.ndarray:
    """Return the whole periods of `length` days in `days`, forgiving rounding."""
    return np.asarray(np.floor(days / length + 1e-9), dtype=np.int64)
