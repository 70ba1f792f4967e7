"""Tight bounds on useful flow: yield propagation instead of a big number.

A unit that enters a stage is useful only if its doses are wanted, so the flow of a therapy and market into a facility
in a period is at most the demand of the periods that can still use it, divided by the gain on the way: the facility's
own and the least of each later stage. Costs are not negative and surplus may be discarded at every stage, so some
optimal design has no flow that could be left out, and no more than that. Two things beside demand are reckoned with:

- *whole units*: where flows are whole, what enters a state is less than what leaves it over the gain, plus one, and at
  least one leaves. Each stage then takes ``1 / gain + 1`` units per unit that leaves it.
- *least loads*: units that only fill a facility up. A design that cannot be reduced takes no more of them than the
  least load asks for, so these are added (`Bounds.filling`).

Requirements that ask for flow as such are the subject of `surplus`.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np

from donornet.formulation.sets import Frame
from donornet.formulation.ways import Ways


class Bounds:
    """Upper bounds on the units of a therapy and market that enter a facility in a period.

    Rows are those of `Ways.numbered`, with the position ``t`` of a period.

    Parameters
    ----------
    m
        A model with `sets` and `ways`.
    """

    def __init__(self, m: Any) -> None:
        self.m, self.instance = m, m.instance
        self._ways: Ways = m.ways

    @cached_property
    def _demand(self) -> np.ndarray:
        """Demand before each period [doses], shape (commodities, periods + 1).

        Of whole patients it takes one more than the demand of a centre and period is worth.
        """
        ways, demand, count = self._ways, self.m.sets.demand, len(self.instance.periods)
        more = np.zeros(len(ways.commodities) + 1)
        for (therapy, market), number in ways.commodities.items():
            if therapy in ways.whole and therapy not in ways.allogeneic:
                more[number] = 1.0 / ways.needs[therapy, market][0]
        keys = zip(demand["therapy"].tolist(), demand["market"].tolist(), strict=True)
        of = np.array([ways.commodities.get(key, -1) for key in keys], dtype=int)  # the last: what no chain serves
        totals = np.zeros((len(more), count + 1))
        np.add.at(totals, (of, demand["t"].to_numpy(dtype=int) + 1), demand["doses"].to_numpy() + more[of])
        return np.asarray(totals.cumsum(axis=1))

    def _wanted(self, rows: Frame) -> np.ndarray:
        """Return the demand that flow into the stage can still meet [doses], shape (rows,)."""
        ways, step, count = self._ways, rows["step"].to_numpy(), len(self.instance.periods)
        of, t = ways.commodity[step], rows["t"].to_numpy(dtype=int)
        end, begin = t + ways.most_lag[step] + 1, t + ways.least_lag[step]
        return np.asarray(self._demand[of, np.minimum(end, count)] - self._demand[of, np.minimum(begin, count)])

    def useful(self, rows: Frame) -> np.ndarray:
        """Return the most units worth sending into a facility [units], shape (rows,).

        The demand that they can still meet, divided by the gain of the facility and the least ones of the later stages
        (``per_dose``, see `Ways.per_dose`), and what least loads ask for.
        """
        return np.asarray(self._wanted(rows) * rows["per_dose"].to_numpy() + self._filling(rows))

    def useful_releases(self, rows: Frame) -> np.ndarray:
        """Return the most units worth releasing from the first stage [units], shape (rows,)."""
        ways = self._ways
        after = np.array([ways.needs[commodity][1] for commodity in ways.commodities])
        return np.asarray(self._wanted(rows) * after[ways.commodity[rows["step"]]] + self._filling(rows, leaving=True))

    @cached_property
    def _sizes(self) -> np.ndarray:
        """Capacity with every step of the facility of each operation, NaN where unlimited, shape (operations,)."""
        facilities, sizes = self.instance.table("facilities"), self.instance.table("facilities")["capacity"].to_numpy()
        if self.instance.has("capacity_steps"):
            steps = self.instance.table("capacity_steps")
            rows = {place: row for row, place in enumerate(zip(facilities["site"], facilities["stage"], strict=True))}
            of = [rows[place] for place in zip(steps["site"], steps["stage"], strict=True)]
            sizes = sizes + np.bincount(of, steps["capacity"], minlength=len(sizes))
        return np.asarray(sizes[self._ways.facilities])

    @cached_property
    def _slots(self) -> np.ndarray:
        """Whether the capacity is one of slots, shape (operations,)."""
        units = self.instance.table("facilities")["capacity_unit"]
        return np.asarray((units == "slots").to_numpy()[self._ways.facilities])

    @cached_property
    def _supply(self) -> np.ndarray:
        """What the capacity with every step supplies in a period [units or slot-days], shape (operations,)."""
        return np.asarray(self._sizes * np.where(self._slots, self.instance.days, self.instance.years))

    @cached_property
    def is_loaded(self) -> np.ndarray:
        """Whether the capacity constraint alone keeps flow out of a closed facility, shape (operations,)."""
        work = self.m.network.operations
        load = np.where(self._slots, work["occupancy_days"], work["load"])
        limited = self.instance.table("facilities")["capacity"].notna().to_numpy()
        return np.asarray(limited[self._ways.facilities] & (load > 0))

    @cached_property
    def _fills(self) -> np.ndarray:
        """Units per period that fill the least load of a facility with every step, NaN: none, shape (operations,)."""
        least = self.instance.table("facilities")["min_load"].to_numpy(dtype=float)[self._ways.facilities]
        if not (least > 0).any():
            return np.full(len(least), np.nan)
        work, days = self.m.network.operations, self.instance.days
        held = work["occupancy_days"].to_numpy(dtype=float)
        rest = held - days * np.floor(held / days)  # of the last of the periods that a unit holds its slot in
        overlap = np.where(rest > 0, rest, np.minimum(held, days)) / np.maximum(np.ceil(held / days), 1.0)
        load = np.where(self._slots, overlap, work["load"])
        return np.where(least > 0, least * self._supply / np.where(load > 0, load, np.nan), np.nan)

    @cached_property
    def filled(self) -> dict[str, float]:
        """Units per period that fill the least loads of all facilities with every step, by therapy that has any."""
        found: dict[str, float] = {}
        for (therapy, _, _), units in zip(self._ways.operations, self._fills.tolist(), strict=True):
            if not np.isnan(units):
                found[therapy] = found.get(therapy, 0.0) + units
        return found

    def _filling(self, rows: Frame, *, leaving: bool = False) -> np.ndarray:
        """Return the units that least loads ask for, at the facility of a row and at those that its units can reach.

        Loops are left alone.

        Parameters
        ----------
        rows
            Numbered rows.
        leaving
            Whether the units that leave the facility are meant: neither its own least load nor a lab's counts for them.
        """
        if not self.filled:
            return np.zeros(len(rows))
        ways = self._ways
        own, by_stage = np.zeros(len(self._fills)), dict[tuple[str, str], float]()
        for (therapy, stage, _), row in ways.operations.items():
            if therapy in ways.allogeneic and not np.isnan(self._fills[row]):
                own[row] = self._fills[row] + float(therapy in ways.whole)
                by_stage[therapy, stage] = by_stage.get((therapy, stage), 0.0) + own[row]
        reached = np.zeros(len(ways.steps))
        for (therapy, market, stage), step in ways.steps.items():
            needs, (least, most) = ways.needs[therapy, market], (ways.least_lag[step], ways.most_lag[step])
            here = ways.position[step]
            for (of, filled), units in by_stage.items():
                there = ways.place(of, filled)
                tested_along = here == there == 0 and filled != stage
                if of == therapy and (there > here or (tested_along and not leaving)):
                    reached[step] += units * needs[here] / needs[there] * (most - least + 1)
        asked = reached[rows["step"]]
        return np.asarray(asked if leaving else asked + own[rows["operation"]])

    def within_capacity(self, rows: Frame, bound: np.ndarray) -> np.ndarray:
        """Return `bound` [units] cut down to what the facility with every step and its limit for the therapy admit."""
        work = self.m.network.operations
        load = np.where(self._slots, np.minimum(work["occupancy_days"], self.instance.days), work["load"])
        fits = np.fmin(
            self._supply / np.where(load > 0, load, np.nan), work["max_units_per_year"] * self.instance.years
        )
        return np.asarray(np.fmin(bound, fits.to_numpy()[rows["operation"]]))
