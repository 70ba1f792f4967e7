"""What facilities and donors can supply at best: the most favourable case that no design exceeds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from donornet.instance import Instance
from donornet.instance.matching import best_match
from donornet.instance.schema import TABLES
from donornet.validation.questions import (
    OPERATION_KEYS,
    PASS_RATE_KEYS,
    operation_questions,
    pass_rate_questions,
)

_OPERATION = (
    "unit_cost", "days", "output", "yield", "load", "occupancy_days", "max_units_per_year", "holding_cost_per_year",
)  # fmt: skip


def operations_at(instance: Instance) -> pd.DataFrame:
    """Return every facility with every therapy that passes it, the operation that holds there, and its capacity.

    Returns
    -------
    operations
        One row per (stage, therapy, site): the columns of the operation, ``gain`` (output · yield), ``operation_row``
        and ``facility_row`` (numbers in the files; -1 where defaults hold), capacity, capacity_unit, status, opens_from
        of the facility, and ``most`` (its capacity with every step).
    """
    asked = operation_questions(instance)
    table = instance.table("operations")
    best, _ = best_match(asked, table, OPERATION_KEYS)
    found = best >= 0
    for name in _OPERATION:
        default = 0.0 if name == "occupancy_days" else TABLES["operations"][name].default
        cells = np.full(len(asked), np.nan if default is None else float(default))
        cells[found] = table[name].to_numpy(dtype=float)[best[found]]
        asked[name] = cells
    asked["gain"] = asked["output"] * asked["yield"]
    asked["operation_row"] = -1
    asked.loc[found, "operation_row"] = table.index.to_numpy()[best[found]]
    facilities = instance.table("facilities").drop_duplicates(["site", "stage"])
    steps = instance.table("capacity_steps").groupby(["site", "stage"])["capacity"].sum().rename("added").reset_index()
    facilities = facilities.assign(facility_row=facilities.index).merge(steps, on=["site", "stage"], how="left")
    facilities["most"] = facilities["capacity"] + facilities["added"].fillna(0.0)
    kept = ["site", "stage", "facility_row", "capacity", "capacity_unit", "status", "opens_from", "most"]
    return asked.merge(facilities[kept], on=["site", "stage"], how="left")


@dataclass(frozen=True)
class Gains:
    """How far the gain of one therapy's chains can range, stage by stage.

    Parameters
    ----------
    route
        Material stages in order.
    least, most
        Smallest and largest gain of each stage [units out per unit in]; that of the first stage includes the pass rate.
    """

    route: tuple[str, ...]
    least: dict[str, float]
    most: dict[str, float]

    def doses_per_unit(self, stage: str, own: np.ndarray) -> np.ndarray:
        """Return the doses that a unit entering `stage` becomes at best.

        Parameters
        ----------
        stage
            A stage of the route, or testing, which every unit entering the first stage meets once.
        own
            Output times yield of the facilities at the stage, shape (facilities,); that of testing does not count.
        """
        if stage == "testing":
            return np.full(len(own), self._product(self.most, self.route))
        position = self.route.index(stage)
        released = self.most[RELEASE] if position == 0 else 1.0
        return np.asarray(own * released * self._product(self.most, self.route[position + 1 :]))

    def units_per_patient(self, stage: str) -> float:
        """Return the units that enter `stage` at least for each unit that enters the first stage."""
        return self._product(self.least, self.route[: self.route.index(stage)]) if stage in self.route else 1.0

    def _product(self, gains: dict[str, float], stages: tuple[str, ...]) -> float:
        released = gains[RELEASE] if stages and stages[0] == self.route[0] else 1.0
        return float(np.prod([gains.get(stage, 1.0) for stage in stages])) * released


RELEASE = "release"
"""Key of the pass rate beside the stages' gains."""


def gains_of(instance: Instance, at: pd.DataFrame) -> dict[str, Gains]:
    """Return the range of gains of each therapy over the facilities that may be used."""
    usable = at[at["status"] != "closed"]
    asked, table = pass_rate_questions(instance), instance.table("pass_rates")
    best, _ = best_match(asked, table, PASS_RATE_KEYS)
    rates = np.ones(len(asked))
    rates[best >= 0] = table["pass_rate"].to_numpy(dtype=float)[best[best >= 0]]
    recognition = instance.table("recognition")
    bridged = float(recognition.loc[recognition["verdict"] == "bridging", "yield"].min())
    worst = 1.0 if np.isnan(bridged) else bridged
    gains = {}
    for therapy, route in instance.routes.items():
        own = usable[usable["therapy"] == therapy].groupby("stage")["gain"]
        least = {str(stage): float(gain) * worst for stage, gain in own.min().items()}
        most = {str(stage): float(gain) for stage, gain in own.max().items()}
        passed = rates[(asked["therapy"] == therapy).to_numpy()]
        least[RELEASE] = float(passed.min()) if len(passed) else 1.0
        most[RELEASE] = float(passed.max()) if len(passed) else 1.0
        gains[therapy] = Gains(route, least, most)
    return gains


def capacity_by_period(instance: Instance, at: pd.DataFrame, worth: np.ndarray) -> np.ndarray:
    """Return what the facilities of one therapy and stage can do at best in each period, shape (periods,).

    Parameters
    ----------
    instance
        The instance.
    at
        Rows of `operations_at` of that therapy and stage.
    worth
        What a unit entering each facility counts, shape (facilities,) [doses or patients per unit].
    """
    slots = (at["capacity_unit"] == "slots").to_numpy()
    used = np.where(slots, at["occupancy_days"], at["load"])
    most = at["most"].to_numpy(dtype=float)
    with np.errstate(all="ignore"):
        room = most * np.where(slots, instance.days, instance.years)
        units = np.where(np.isnan(room) | (used == 0), np.inf, room / used)
        units = np.fmin(units, at["max_units_per_year"].to_numpy(dtype=float) * instance.years)
        amounts = np.nan_to_num(units * worth, nan=0.0, posinf=np.inf)
        # What units hold beyond the end of the horizon is not counted: the last to enter are cheaper by that much.
        free = np.where(slots, np.nan_to_num(most * np.ceil(used / instance.days) * worth, nan=0.0, posinf=np.inf), 0.0)
    start = at["opens_from"].to_numpy(dtype=float)
    periods = len(instance.periods)
    since = np.clip(np.nan_to_num(start - instance.periods[0], nan=0.0, posinf=1e9), 0, periods).astype(int)
    total = np.zeros(periods + 1)
    np.add.at(total, since, amounts)
    supply = np.cumsum(total)[:-1]
    supply[-1] += float(free[(since < periods) & (used > instance.days)].sum())
    return np.asarray(supply)


def donations_by_period(instance: Instance) -> np.ndarray:
    """Return the donations that all pools can give at most in each period, shape (periods,); may be infinite."""
    pools = instance.table("donor_pools")
    registry = pools["registry"].to_numpy(dtype=float)
    given = pools["donations_per_year"].to_numpy(dtype=float) * instance.years
    if (np.isnan(registry) & (given > 0)).any():
        return np.full(len(instance.periods), np.inf)
    kept = np.clip(1.0 - pools["attrition_per_year"].to_numpy(dtype=float) * instance.years, 0.0, 1.0)
    recruits = pools["recruits_per_year"].to_numpy(dtype=float) * instance.years
    donors = np.nan_to_num(registry, nan=0.0)
    donations = np.zeros(len(instance.periods))
    for period in range(len(instance.periods)):
        donors = kept * donors + recruits
        donations[period] = float(np.sum(given * donors))
    return donations
