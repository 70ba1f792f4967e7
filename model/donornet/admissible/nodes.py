"""Facilities as nodes: what a stage at a site does to a unit of a therapy that is bound for a market."""

from __future__ import annotations

import copy
from functools import cached_property

import numpy as np
import pandas as pd

from donornet.admissible.names import Names, frame
from donornet.admissible.recognition import KEYS, Verdicts
from donornet.admissible.relation import Relation
from donornet.instance import Instance
from donornet.instance.matching import best_match

PLACE = ["therapy", "stage", "site"]
OPERATIONS = {
    "unit_cost": 0.0, "days": 0.0, "output": 1.0, "yield": 1.0, "load": 1.0, "occupancy_days": 0.0,
    "max_units_per_year": np.nan, "holding_cost_per_year": 0.0,
}  # fmt: skip
"""What a facility does to a unit where no row speaks."""
STEP = ("therapy", "market", "stage")
NODE_COLUMNS = [
    "therapy", "market", "stage", "site", "verdict", "gain", "unit_cost", "bridging_cost", "days", "bridging_days",
    "load", "occupancy_days", "gated",
]  # fmt: skip


def operations(instance: Instance) -> pd.DataFrame:
    """Return what every facility does to a unit of every therapy that can pass it.

    Returns
    -------
    operations
        Columns therapy, stage, site, then those of the table ``operations`` (defaults where no row speaks), and
        ``gain`` = output · yield [units out per unit in] (1 for testing).
    """
    facilities = instance.table("facilities")
    usable: dict[str, list[str]] = {}
    for site, stage, status in zip(facilities["site"], facilities["stage"], facilities["status"], strict=True):
        if status != "closed":
            usable.setdefault(stage, []).append(site)
    passes = [
        (row.therapy, stage, site)
        for row in instance.table("therapies").itertuples()
        for stage in (*instance.routes[row.therapy], *(["testing"] if row.tested == "yes" else []))
        for site in usable.get(stage, ())
    ]
    queries = dict(zip(PLACE, np.array(passes, dtype=object).reshape(-1, len(PLACE)).T, strict=True))
    rows = instance.table("operations")
    best, _ = best_match(frame(queries), rows, ["stage", "therapy", "site"])
    named = best >= 0
    work: dict[str, np.ndarray] = {}
    for column, default in OPERATIONS.items():
        work[column] = np.full(len(passes), default)
        work[column][named] = rows[column].to_numpy(dtype=float)[best[named]]
    gain = np.where(queries["stage"] == "testing", 1.0, work["output"] * work["yield"])
    return frame({**queries, **work, "gain": gain})


class Nodes:
    """Every facility that a chain of a therapy and market may pass, by verdict.

    Parameters
    ----------
    instance
        A valid instance.
    names
        The numbers of its ids.
    verdicts
        What the markets recognise.
    work
        What facilities do; see `operations`.

    Attributes
    ----------
    rows
        Columns therapy, market, stage, site, verdict, gain (operation and bridging), unit_cost (operation),
        bridging_cost [currency/unit], days (operation), bridging_days, load, occupancy_days, gated (whether a licence
        is needed). Several rows for one facility hold in different periods.
    valid
        Periods in which the row holds, shape (rows, periods).
    """

    def __init__(self, instance: Instance, names: Names, verdicts: Verdicts, work: pd.DataFrame) -> None:
        self._names = names
        homes = dict(zip(*(instance.table("sites")[column] for column in ("site", "jurisdiction")), strict=True))
        facilities = instance.table("facilities")
        opening = _named(facilities, names, "site", "stage").assign(
            opens_from=facilities["opens_from"], **{"from": names.numbers(homes[site] for site in facilities["site"])}
        )
        said = _named(verdicts.table, names, *KEYS).assign(
            verdict=verdicts.table["verdict"], spell=np.arange(len(verdicts.table)),
            bridging_cost=verdicts.table["unit_cost"], bridging_days=verdicts.table["days"],
            bridging_yield=verdicts.table["yield"],
        )  # fmt: skip
        licences = instance.table("licences")
        held = _named(licences, names, "site", "stage", "market")
        rows = _named(work, names, *PLACE).assign(**{
            column: work[column] for column in ("gain", "unit_cost", "days", "load", "occupancy_days")
        })  # fmt: skip
        rows = rows.join(opening, "site", "stage").join(said, "stage", "from", "therapy")
        rows = rows.assign(gated=rows["verdict"] == "licence", licence=rows.find(held, "site", "stage", "market"))
        rows = rows.take(~rows["gated"] | (rows["licence"] >= 0))
        available = np.append(licences["available_from"].to_numpy(dtype=float), np.nan)
        earliest = np.fmax(rows["opens_from"], np.where(rows["gated"], available[rows["licence"]], np.nan))
        late = np.asarray(instance.periods)[None, :] < earliest[:, None]
        valid = verdicts.valid[rows["spell"]] & ~late
        keep = np.flatnonzero(valid.any(axis=1))
        bridging_yield = np.where(rows["stage"] == names.number("testing"), 1.0, rows["bridging_yield"])
        self.rows = rows.assign(gain=rows["gain"] * bridging_yield).only(*NODE_COLUMNS).take(keep)
        self.valid = valid[keep]
        self._at: dict[tuple[int, ...], list[int]] = {}
        for row, key in enumerate(zip(*(self.rows[key].tolist() for key in STEP), strict=True)):
            self._at.setdefault(key, []).append(row)

    @cached_property
    def table(self) -> pd.DataFrame:
        """The rows as a table for people."""
        return self._names.table(self.rows)

    def of(self, therapy: str, market: str, stage: str) -> Relation:
        """Return the nodes of one stage, their position among all rows as ``node``."""
        key = tuple(self._names.number(name) for name in (therapy, market, stage))
        at = np.array(self._at.get(key, ()), dtype=np.int64)
        return self.rows.take(at).assign(node=at)

    def repriced(self, work: pd.DataFrame) -> Nodes:
        """Return the same nodes at the ``unit_cost`` and ``load`` that facilities have now; see `operations`."""
        now = _named(work, self._names, *PLACE)
        at = self.rows.find(now, *PLACE)
        other = copy.copy(self)
        other.__dict__.pop("table", None)
        other.rows = self.rows.assign(**{column: work[column].to_numpy()[at] for column in ("unit_cost", "load")})
        return other


def donor_verdicts(instance: Instance, names: Names, verdicts: Verdicts) -> Relation:
    """Return the pools that markets recognise.

    Returns
    -------
    pools
        therapy, market, pool, bridging_cost [currency/donation], and spell: the row of `Verdicts.valid` tells when.
    """
    told = verdicts.table
    said = _named(told, names, "therapy", "market", "from").assign(
        bridging_cost=told["unit_cost"], spell=np.arange(len(told))
    )
    said = said.take(((told["stage"] == "donor") & (told["verdict"] != "licence")).to_numpy())
    pools = instance.table("donor_pools")
    homes = Relation({"pool": names.numbers(pools["pool"]), "from": names.numbers(pools["jurisdiction"])})
    return homes.join(said, "from").only("therapy", "market", "pool", "bridging_cost", "spell")


def _named(table: pd.DataFrame, names: Names, *columns: str) -> Relation:
    return Relation({column: names.numbers(table[column]) for column in columns})
