"""Legs: the lanes that the chains of a therapy can use from one step of the route to the next.

Lanes that another lane beats in everything that matters are left out. Legs do not depend on the market, so they are
made once for each therapy.
"""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import pandas as pd

from donornet.admissible.demand import Demand
from donornet.admissible.lanes import TOLERANCE_DAYS, LaneBook, undominated
from donornet.admissible.relation import Relation
from donornet.instance import Instance


class Legs:
    """The legs of every therapy of an instance.

    Every relation has the columns of `LaneBook.open_lanes`, ``capped`` (whether the lane has a limit of its own) and,
    for material and doses of allogeneic therapies, ``lag``: periods from entering the stage left to entering the next
    one (arriving at the centre).

    Parameters
    ----------
    instance
        A valid instance.
    lanes
        Its lanes.
    operations
        What facilities do; see `donornet.admissible.nodes.operations`.
    demand
        Who wants what.
    measures
        Measures that count beside those of the limits; see `donornet.admissible.network`.
    """

    def __init__(
        self,
        instance: Instance,
        lanes: LaneBook,
        operations: pd.DataFrame,
        demand: Demand,
        measures: Collection[str] = (),
    ) -> None:
        self.instance, self.lanes, self._demand = instance, lanes, demand
        self._work: dict[tuple[str, str], dict[str, float]] = {}
        columns = (operations["therapy"], operations["stage"], operations["site"], operations["days"])
        for therapy, stage, site, days in zip(*columns, strict=True):
            self._work.setdefault((therapy, stage), {})[site] = float(days)
        self._caps = instance.table("lanes")["max_units_per_year"].notna().to_numpy()
        therapies = instance.table("therapies")
        self._modality = dict(zip(therapies["therapy"], therapies["modality"], strict=True))
        self._longest = dict(zip(therapies["therapy"], therapies["vein_to_vein_days"], strict=True))
        self._measures = {*instance.table("limits")["measure"], *measures}
        self._slots = bool((instance.table("facilities")["capacity_unit"] == "slots").any())
        self._known: dict[tuple[str, str, int], Relation] = {}

    def of(self, therapy: str, carries: str, position: int = 0) -> Relation:
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

    def between(
        self,
        therapy: str,
        carries: str,
        origins: np.ndarray | None,
        destinations: np.ndarray | None,
        position: int = 0,
    ) -> Relation:
        """Return the legs of one kind that start and end at the places given, by their numbers (None: anywhere)."""
        legs = self.of(therapy, carries, position)
        keep = np.ones(len(legs), dtype=bool)
        for end, places in (("from", origins), ("to", destinations)):
            if places is not None:
                keep &= self.lanes.names.marked(places)[legs[end]]
        return legs.take(keep)

    def table(self, therapy: str, carries: str, position: int = 0) -> pd.DataFrame:
        """Return the legs of one kind as a table for people; see `of`."""
        return self.lanes.names.table(self.of(therapy, carries, position))

    def is_autologous(self, therapy: str) -> bool:
        """Return whether the therapy's chains are loops."""
        return bool(self._modality[therapy] == "autologous")

    def sites(self, therapy: str, stage: str) -> list[str]:
        """Return the sites that have a usable facility of the stage."""
        return list(self._work.get((therapy, stage), ()))

    def capped(self, lane_rows: np.ndarray) -> np.ndarray:
        """Return which lanes, by their listed row, have a limit of their own."""
        if not len(self._caps):
            return np.zeros(lane_rows.shape, dtype=bool)
        return np.asarray((lane_rows >= 0) & self._caps[np.maximum(lane_rows, 0)])

    def _make(self, therapy: str, carries: str, position: int) -> Relation:
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
        return self._thinned(lanes.assign(capped=self.capped(lanes["lane_row"])), therapy, carries, stages[0])

    def _places(self, therapy: str, stage: str) -> list[str]:
        if stage == "donor":
            return list(self.instance.table("donor_pools")["pool"])
        if stage == "centre":
            return self._demand.centres(therapy)
        return self.sites(therapy, stage)

    def _thinned(self, lanes: Relation, therapy: str, carries: str, tail: str) -> Relation:
        """Drop the lanes that are beaten in everything that can matter to a chain."""
        if carries == "sample":
            return lanes  # a quicker sample can save a patient's time: the tests decide
        keys, worse = ["from", "to"], ["unit_cost"]
        if carries in ("material", "doses"):
            emission = ["co2"] if carries == "material" and "co2" in self._measures else []
            if self.is_autologous(therapy):
                keys += ["days"] if self._is_fine_grained(therapy) else []
                worse += ["days", *emission]
            else:
                days = self._days(therapy, tail)[lanes["from"]] + lanes["days"]
                lanes = lanes.assign(lag=whole_periods(days, self.instance.days))
                keys += ["lag"]
                worse += emission
        return lanes.take(undominated(lanes, keys, worse))

    def _days(self, therapy: str, stage: str) -> np.ndarray:
        """Return the days that a stage takes at each place, shape (names,)."""
        names, work = self.lanes.names, self._work.get((therapy, stage), {})
        days = np.zeros(len(names))
        days[names.numbers(work)] = list(work.values())
        return days

    def _is_fine_grained(self, therapy: str) -> bool:
        """Whether a day sooner or later can matter to a loop: slots, or periods shorter than a loop."""
        longest = self._longest[therapy]
        return self._slots or bool(np.isnan(longest)) or bool(longest + TOLERANCE_DAYS >= self.instance.days)


def whole_periods(days: np.ndarray, length: float) -> np.ndarray:
    """Return the whole periods of `length` days in `days`, forgiving rounding."""
    return np.asarray(np.floor(days / length + 1e-9), dtype=np.int64)
