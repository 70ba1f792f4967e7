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
import pandas as pd

from donornet.admissible.testing import pass_rates
from donornet.formulation.sets import Frame

KEY = ["therapy", "market", "stage"]
PLACE = ["therapy", "market", "stage", "site"]

Commodity = tuple[str, str]
"""A therapy and a market."""


class Bounds:
    """Upper bounds on the units of a therapy and market that enter a facility in a period.

    Parameters
    ----------
    m
        A model with `sets`.
    """

    def __init__(self, m: Any) -> None:
        self.m, self.instance = m, m.instance
        self._routes: dict[str, tuple[str, ...]] = m.instance.routes
        self._therapies = self.instance.table("therapies").set_index("therapy")

    def whole(self, therapy: str) -> bool:
        """Whether flows are whole units, so that rounding up leaves surplus."""
        return bool(self._therapies.at[therapy, "indivisible"] == "yes")

    def is_allogeneic(self, therapy: str) -> bool:
        """Whether the therapy's material comes from donors."""
        return bool(self._therapies.at[therapy, "modality"] == "allogeneic")

    def at_entry(self, therapy: str) -> bool:
        """Whether demand is met by the patients who enter."""
        return bool(self._therapies.at[therapy, "demand_at"] == "entry")

    @cached_property
    def gains(self) -> pd.Series:
        """Least units that leave per unit entering, by (therapy, market, stage); released ones in the first stage.

        Gains of zero are left out: nothing useful passes there.
        """
        nodes = self.m.network.nodes.table
        least = nodes[nodes["gain"] > 0].groupby(KEY)["gain"].min()
        return least * np.asarray([self.released(k, market, stage) for k, market, stage in least.index], dtype=float)

    def released(self, therapy: str, market: str, stage: str) -> float:
        """Return the least positive share released after a stage: the pass rate in the first stage, then 1."""
        if stage != self._routes[therapy][0]:
            return 1.0
        if (therapy, market) in self.m.network.layers:
            rates = self.m.network.layers[therapy, market].classes["pass_rate"].to_numpy(dtype=float)
        else:
            tested = self._therapies.at[therapy, "tested"] == "yes"
            rates = pass_rates(self.instance, therapy, market, [""]) if tested else np.ones(1)
        return float(rates[rates > 0].min(initial=1.0))

    @cached_property
    def needs(self) -> dict[Commodity, list[float]]:
        """Most units entering the stage of each position per wanted dose; 1 after the last."""
        needs: dict[Commodity, list[float]] = {}
        for therapy, market in [*self.m.network.layers, *self.m.network.loops]:
            rounding = float(self.whole(therapy) and self.is_allogeneic(therapy))
            chain = [1.0]
            for stage in reversed(self._routes[therapy]):
                gain = float(self.gains.get((therapy, market, stage), 1.0))
                chain.insert(0, chain[0] * (1.0 / gain + rounding))
            needs[therapy, market] = chain
        return needs

    @cached_property
    def lags(self) -> dict[Commodity, list[tuple[int, int]]]:
        """Fewest and most periods from the stage of each position to the period whose demand counts, stock included."""
        found: dict[Commodity, list[tuple[int, int]]] = {}
        for (therapy, market), loops in self.m.network.loops.items():
            lag = loops.table["lag"]
            found[therapy, market] = [(0, 0) if self.at_entry(therapy) else (int(lag.min()), int(lag.max()))]
        stock = self.m.sets.stock
        for (therapy, market), layers in self.m.network.layers.items():
            shelf = stock.loc[(stock["therapy"] == therapy) & (stock["market"] == market), "shelf"]
            last = layers.deliveries["lag"]
            chain = [(int(last.min()), int(last.max()) + (int(shelf.max()) if len(shelf) else 0))]
            for position in range(len(self._routes[therapy]) - 2, -1, -1):
                lag = layers.ships.loc[layers.ships["position"] == position, "lag"]
                chain.insert(0, (chain[0][0] + int(lag.min()), chain[0][1] + int(lag.max())))
            found[therapy, market] = chain
        return found

    def position(self, therapy: str, stage: str) -> int:
        """Return the position of a stage in the route; 0 for testing, which is done with the first, and for loops."""
        return 0 if stage == "testing" or not self.is_allogeneic(therapy) else self._routes[therapy].index(stage)

    @cached_property
    def _demand(self) -> dict[Commodity, np.ndarray]:
        """Demand before each period [doses], shape (periods + 1,), by therapy and market.

        Of whole patients it takes one more than the demand of a centre and period is worth.
        """
        demand, count = self.m.sets.demand, len(self.instance.periods)
        before = {}
        for (therapy, market), rows in demand.groupby(["therapy", "market"]):
            doses = rows["doses"].to_numpy()
            if (therapy, market) in self.m.network.loops and self.whole(therapy):
                doses = doses + 1.0 / self.needs[therapy, market][0]
            totals = np.bincount(rows["t"], doses, minlength=count)
            before[therapy, market] = np.concatenate([[0.0], totals.cumsum()])
        return before

    def wanted(self, rows: Frame) -> np.ndarray:
        """Return the demand that flow into the stage can still meet [doses]: rows with therapy, market, stage, t."""
        values, t, count = np.zeros(len(rows)), rows["t"].to_numpy(dtype=int), len(self.instance.periods)
        for (therapy, market, stage), row in rows.groupby(KEY).indices.items():
            before = self._demand[therapy, market]
            least, most = self.lags[therapy, market][self.position(therapy, stage)]
            values[row] = before[np.minimum(t[row] + most + 1, count)] - before[np.minimum(t[row] + least, count)]
        return values

    def useful(self, rows: Frame) -> np.ndarray:
        """Return the most units worth sending into a facility: rows with therapy, market, stage, site, t.

        The demand that they can still meet, divided by the gain of the facility and the least ones of the later stages,
        and what least loads ask for.
        """
        own = rows[[*PLACE, "t"]].merge(self.m.sets.nodes, on=[*PLACE, "t"], how="left")["gain"].to_numpy()
        per_dose = np.ones(len(rows))
        for (therapy, market, stage), row in rows.groupby(KEY).indices.items():
            needs, position = self.needs[therapy, market], self.position(therapy, stage)
            if self.at_entry(therapy):
                continue
            per_dose[row] = needs[position]
            if self.is_allogeneic(therapy) and stage != "testing":
                gain = own[row] * self.released(therapy, market, stage)
                exact = (1.0 / np.where(gain > 0, gain, np.inf) + float(self.whole(therapy))) * needs[position + 1]
                per_dose[row] = np.where(gain > 0, exact, needs[position])
        return np.asarray(self.wanted(rows) * per_dose + self.filling(rows))

    def useful_releases(self, rows: Frame) -> np.ndarray:
        """Return the most units worth releasing from the first stage: rows with therapy, market, stage, site, t."""
        needs = [self.needs[key][1] for key in zip(rows["therapy"], rows["market"], strict=True)]
        return np.asarray(self.wanted(rows) * needs + self.filling(rows, leaving=True))

    @cached_property
    def least_loads(self) -> Frame:
        """Units per period that fill the least load of a facility with every step: therapy, stage, site, units."""
        columns = ["therapy", "stage", "site", "units"]
        facilities = self.instance.table("facilities")
        facilities = facilities[(facilities["min_load"] > 0) & (facilities["status"] != "closed")]
        if facilities.empty:
            return Frame(columns=columns)
        days = self.instance.days
        rows = self._sized(facilities).merge(self.m.network.operations, on=["site", "stage"])
        slots = (rows["capacity_unit"] == "slots").to_numpy()
        held = rows["occupancy_days"].to_numpy(dtype=float)
        rest = held - days * np.floor(held / days)  # of the last of the periods that a unit holds its slot in
        overlap = np.where(rest > 0, rest, np.minimum(held, days)) / np.maximum(np.ceil(held / days), 1.0)
        load = np.where(slots, overlap, rows["load"])
        supply = rows["size"] * np.where(slots, days, self.instance.years)
        units = rows["min_load"] * supply / np.where(load > 0, load, np.nan)
        return rows.assign(units=units).dropna(subset="units")[columns]

    def filling(self, rows: Frame, *, leaving: bool = False) -> np.ndarray:
        """Return the units that least loads ask for, at the facility of a row and at those that its units can reach.

        Parameters
        ----------
        rows
            Columns therapy, market, stage, site, t. Loops are left alone.
        leaving
            Whether the units that leave the facility are meant: neither its own least load nor a lab's counts for them.
        """
        asked = np.zeros(len(rows))
        if self.least_loads.empty:
            return asked
        loads = {therapy: list(fills.itertuples()) for therapy, fills in self.least_loads.groupby("therapy")}
        sites = rows["site"].to_numpy()
        for (therapy, market, stage), row in rows.groupby(KEY).indices.items():
            if not self.is_allogeneic(therapy):
                continue
            needs, lags = self.needs[therapy, market], self.lags[therapy, market]
            here = self.position(therapy, stage)
            for fill in loads.get(therapy, ()):
                units = fill.units + float(self.whole(therapy))
                there = self.position(therapy, fill.stage)
                tested_along = here == there == 0 and fill.stage != stage
                if there > here or (tested_along and not leaving):
                    asked[row] += units * needs[here] / needs[there] * (lags[here][1] - lags[here][0] + 1)
                elif fill.stage == stage and not leaving:
                    asked[row] += units * (sites[row] == fill.site)
        return asked

    def within_capacity(self, rows: Frame, bound: np.ndarray) -> np.ndarray:
        """Return `bound` [units] cut down to what the facility with every step and its limit for the therapy admit."""
        sizes = self._sized(self.instance.table("facilities"))[["site", "stage", "size", "capacity_unit"]]
        work = self.m.network.operations[["therapy", "stage", "site", "load", "occupancy_days", "max_units_per_year"]]
        known = rows[["therapy", "stage", "site"]].merge(sizes, on=["site", "stage"], how="left")
        known = known.merge(work, on=["therapy", "stage", "site"], how="left")
        slots = (known["capacity_unit"] == "slots").to_numpy()
        load = np.where(slots, np.minimum(known["occupancy_days"], self.instance.days), known["load"])
        supply = known["size"].to_numpy() * np.where(slots, self.instance.days, self.instance.years)
        fits = supply / np.where(load > 0, load, np.nan)
        own = known["max_units_per_year"].to_numpy() * self.instance.years
        return np.asarray(np.fmin(bound, np.fmin(fits, own)))

    def _sized(self, facilities: Frame) -> Frame:
        """Return facilities with their ``size``: capacity with every step."""
        if not self.instance.has("capacity_steps"):
            return facilities.assign(size=facilities["capacity"])
        steps = self.instance.table("capacity_steps").groupby(["site", "stage"])["capacity"].sum()
        ladder = steps.reindex(pd.MultiIndex.from_frame(facilities[["site", "stage"]]), fill_value=0.0).to_numpy()
        return facilities.assign(size=facilities["capacity"] + ladder)
