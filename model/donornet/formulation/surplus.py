"""Surplus: what makes flow beyond demand worth having, and what bounds it then.

Diversity asks for donors; a lower limit on a measure of flow, or a limit on the mean time, asks for flow at every
stage. `bounds` does not hold for such flow. Supply bounds it, or where supply is unlimited everything that asks for
flow.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from donornet.formulation.bounds import Bounds
from donornet.formulation.limits import body
from donornet.formulation.requirements import COVERAGE
from donornet.formulation.sets import Frame
from donornet.formulation.variables import block, recruiting_pools, registered
from donornet.formulation.ways import Ways

FLOW_MEASURES = frozenset({"handoffs", "crossings", "km", "co2", "total_cost"})
"""Measures whose lower limits can make surplus flow worth having at every stage."""
DONOR_MEASURES = frozenset({
    "smallest_group_count", "smallest_group_count_by_market", "smallest_group_share", "coverage_floor",
})  # fmt: skip
"""Measures of donors of which more is better, so that surplus donations are worth having where designs are judged by
them."""
GENEROUS = 10.0
"""Safety factor of the bound used where neither capacity nor supply limits the flow."""
SMALLEST = 0.01
"""Smallest share of the donors, and of a limit's largest coefficient, that `Surplus.generous` reckons with."""
SURE = 1e-8
"""Share of the patients from which on a coverage counts as complete."""


class Surplus:
    """Where surplus pays, by therapy, and bounds on it.

    Parameters
    ----------
    m
        A model with `sets`, `bounds`, `requirements` and `limits_read`.
    """

    def __init__(self, m: Any) -> None:
        self.m, self.instance = m, m.instance
        self._bounds: Bounds = m.bounds
        self._ways: Ways = m.ways
        self._limits = self.instance.table("limits")

    def _asks(self, *measures: str) -> bool:
        """Whether designs are going to be judged by one of these measures."""
        return not self.m.choices.measures.isdisjoint(measures)

    @cached_property
    def of_material(self) -> dict[str, bool]:
        """Whether flow beyond demand can be needed at every stage of a therapy.

        Of loops also for least loads and for doses from chosen places. Of allogeneic therapies `Bounds.filling` covers
        least loads, and whole units do not leave more than it says unless they wait in stock, which need not be whole.
        """
        measure, least = self._limits["measure"], self._limits["sense"] == "min"
        flow = bool((least & measure.isin(FLOW_MEASURES)).any())
        placed = self._limits[["stage", "site", "jurisdiction"]].ne("").any(axis=1)
        loops = flow or bool(((measure == "vein_to_vein_mean") | (least & placed & (measure == "doses"))).any())
        loops = loops or self._asks("vein_to_vein_mean")
        stored, filled = set(self.m.sets.stock["therapy"]), self._bounds.filled
        return {
            k: flow or (k in stored and k in self._ways.whole) if k in self._ways.allogeneic else loops or k in filled
            for k in self.instance.routes
        }

    @cached_property
    def of_donors(self) -> dict[str, bool]:
        """Whether donations (loops) beyond demand can be needed: for diversity, a limit, or as material."""
        rows = self.instance.table("diversity")
        cells = rows.loc[rows["level"] == "eligible", "therapy"]
        concerned = {therapy for cell in cells for therapy in self.instance.groups.members(cell)} | set(cells)
        least = bool(((self._limits["sense"] == "min") & (self._limits["measure"] == "donations")).any())
        least = least or self._asks(*DONOR_MEASURES)
        asked = {k: least or bool(concerned & {k, "", "*"}) for k in self.instance.routes}
        return {k: pays or (asked[k] and k in self._ways.allogeneic) for k, pays in self.of_material.items()}

    def most(self, rows: Frame, supply: np.ndarray) -> np.ndarray:
        """Return a bound on any flow worth having where surplus can pay: what is supplied, else `generous`.

        Parameters
        ----------
        rows
            Column therapy.
        supply
            Most units that are supplied, NaN or infinite where nothing limits them, shape (rows,); see `supply`.
        """
        return np.where(np.isfinite(supply), supply, rows["therapy"].map(self.generous).to_numpy(dtype=float))

    def supply(self, rows: Frame) -> np.ndarray:
        """Return the most donations, and tests of donations, that the pools can give, NaN where nothing limits them.

        Parameters
        ----------
        rows
            Columns therapy, market, site, t and kind, the name of the variable.
        """
        kinds, found = rows["kind"].to_numpy(), np.full(len(rows), np.nan)
        for kind, index in (("Donate", ["therapy", "market", "site", "t"]), ("Test", ["therapy", "market", "t"])):
            if not (kinds == kind).any() or self._supply.empty:
                continue
            supply = self._supply.drop_duplicates([*index, "pool"]).groupby(index)["donations"].sum()
            most = supply.reindex(pd.MultiIndex.from_frame(rows[index])).to_numpy()
            found = np.where(kinds == kind, most, found)
        return found

    @cached_property
    def _supply(self) -> Frame:
        """Most donations of the pools that can give at a site: therapy, market, site, pool, t, donations."""
        given = block(self.m, "Donate")
        if given is None:
            return Frame()
        pools = registered(self.instance)[["pool", "t", "registered", "donations_per_year"]]
        extra = recruiting_pools(self.instance)[["pool", "t", "recruits_per_year"]]
        pools = pools.merge(extra, on=["pool", "t"], how="left").fillna({"recruits_per_year": 0.0})
        donors = pools["registered"] + pools["recruits_per_year"] * self.instance.years * (pools["t"] + 1)
        pools = pools.assign(donations=donors * pools["donations_per_year"] * self.instance.years)
        ways = given[["therapy", "market", "site", "pool", "t"]].drop_duplicates()
        ways = ways.merge(pools[["pool", "t", "donations"]], on=["pool", "t"], how="left")
        return ways.fillna({"donations": np.inf})

    @cached_property
    def generous(self) -> dict[str, float]:
        """A bound on the units of a therapy in a period that surplus could ask for, where nothing else bounds them.

        Everything that asks for flow at once (demand, least loads, limits, diversity), divided by the losses on the way
        and by the smallest share that requirements leave to a group, times `GENEROUS`.
        """
        demand, passed = self.m.sets.demand, dict[str, dict[str, float]]()
        wanted = demand.groupby("therapy")["doses"].sum()
        asked = self._asked_by_limits() + self._asked_by_diversity() + 1.0
        smallest = self._smallest_share()
        for (k, _, stage), gain in self._ways.gains.items():
            least = passed.setdefault(k, {})
            least[stage] = min(least.get(stage, 1.0), gain)
        return {
            k: GENEROUS
            * (float(wanted.get(k, 0.0)) + self._bounds.filled.get(k, 0.0) + asked)
            / (float(np.prod([*passed.get(k, {}).values()])) * smallest)
            for k in self.instance.routes
        }

    def _asked_by_limits(self) -> float:
        """Return the units that limits on flow ask for, each by the variables that help least."""
        asked, demand = 0.0, float(self.m.sets.demand["doses"].sum())
        for limit in self.m.limits_read:
            if limit.sense == "max" and limit.measure != "vein_to_vein_mean":
                continue
            expression, bound = body(self.m, limit)
            sign = 1.0 if limit.sense == "min" else -1.0
            values = expression.values * sign
            helping = values[values > 0]
            if len(helping):
                missing = max(sign * (bound - expression.constant), 0.0) + demand * max(-values.min(), 0.0)
                asked += missing / max(helping.min(), SMALLEST * helping.max())
        return asked

    def _asked_by_diversity(self) -> float:
        """Return the donations that counts and coverages ask for, without regard to other requirements."""
        rows = self.instance.table("diversity")
        rows = rows[rows["level"] == "eligible"]
        donors = float(rows.loc[rows["measure"] == "min_count", "value"].sum())
        if self._asks("smallest_group_count", "smallest_group_count_by_market"):
            given = self._supply["donations"] if len(self._supply) else pd.Series(dtype=float)
            groups = self.instance.table("donor_pools")["donor_group"].nunique()
            donors += float(given[np.isfinite(given)].sum()) * groups
        matches = self.instance.table("match_probabilities")
        matches = matches[matches["probability"] > 0]
        per_class = float((1.0 / matches.groupby("match_class")["probability"].min()).sum())
        floors = [1.0] * len(self.instance.table("patient_groups")) if self._asks("coverage_floor") else []
        for value in [*rows.loc[rows["measure"].isin(COVERAGE), "value"], *floors]:
            donors -= np.log(max(1.0 - value, SURE)) * per_class
        rates = self.instance.table("pass_rates")["pass_rate"]
        rates = rates[rates > 0]
        return donors * len(self.instance.markets) / float(rates.min() if len(rates) else 1.0)

    def _smallest_share(self) -> float:
        """Return the smallest share of all donors that the requirements may leave to the group that is in demand."""
        share, pools = 1.0, self.instance.table("donor_pools")
        for of, rows in self.instance.table("diversity").groupby("of"):
            groups = max(pools[of].nunique(), 1)
            least = rows.loc[rows["measure"] == "min_share", "value"]
            shares = [1.0, *rows.loc[rows["measure"] == "max_share", "value"]]
            shares += np.maximum(1.0 - least * max(groups - 1, 1), least).tolist()
            shares += [1.0 / groups] if (rows["measure"] == "min_effective_groups").any() else []
            share *= max(min(shares), SMALLEST)
        if self._asks("smallest_group_share"):
            share /= max(pools["donor_group"].nunique(), 1)
        return share
