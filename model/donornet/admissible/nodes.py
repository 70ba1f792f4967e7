"""Facilities as nodes: what a stage at a site does to a unit of a therapy that is bound for a market."""

from __future__ import annotations

import numpy as np
import pandas as pd

from donornet.admissible.recognition import Verdicts
from donornet.instance import Instance
from donornet.instance.matching import best_match

OPERATION_COLUMNS = [
    "unit_cost", "days", "output", "yield", "load", "occupancy_days", "max_units_per_year", "holding_cost_per_year",
]  # fmt: skip
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
    usable = facilities.loc[facilities["status"] != "closed", ["site", "stage"]]
    passes = pd.DataFrame(
        [
            (row.therapy, stage)
            for row in instance.table("therapies").itertuples()
            for stage in (*instance.routes[row.therapy], *(["testing"] if row.tested == "yes" else []))
        ],
        columns=["therapy", "stage"],
    )
    queries = passes.merge(usable, on="stage")
    rows = instance.table("operations")
    best, _ = best_match(queries, rows, ["stage", "therapy", "site"])
    named = best >= 0
    defaults = {"unit_cost": 0.0, "days": 0.0, "output": 1.0, "yield": 1.0, "load": 1.0, "occupancy_days": 0.0}
    result = queries.assign(**{column: defaults.get(column, np.nan) for column in OPERATION_COLUMNS})
    result["holding_cost_per_year"] = 0.0
    if named.any():
        result.loc[named, OPERATION_COLUMNS] = rows.iloc[best[named]][OPERATION_COLUMNS].to_numpy()
    gain = result["output"] * result["yield"]
    return result.assign(gain=gain.where(result["stage"] != "testing", 1.0))


class Nodes:
    """Every facility that a chain of a therapy and market may pass, by verdict.

    Parameters
    ----------
    instance
        A valid instance.
    verdicts
        What the markets recognise.
    work
        What facilities do; see `operations`.

    Attributes
    ----------
    table
        Columns therapy, market, stage, site, verdict, gain (operation and bridging), unit_cost (operation),
        bridging_cost [currency/unit], days (operation), bridging_days, load, occupancy_days, gated (whether a licence
        is needed). Several rows for one facility hold in different periods.
    valid
        Periods in which the row holds, shape (rows, periods).
    """

    def __init__(self, instance: Instance, verdicts: Verdicts, work: pd.DataFrame) -> None:
        sites = instance.table("sites").set_index("site")["jurisdiction"]
        facilities = instance.table("facilities")[["site", "stage", "opens_from"]]
        work = work.merge(facilities.assign(**{"from": facilities["site"].map(sites)}), on=["site", "stage"])
        said = verdicts.table.assign(spell=np.arange(len(verdicts.table))).rename(
            columns={"unit_cost": "bridging_cost", "days": "bridging_days", "yield": "bridging_yield"}
        )
        licences = instance.table("licences")[["site", "stage", "market", "available_from"]].assign(licensed=True)
        table = work.merge(said, on=["stage", "from", "therapy"])
        table = table.merge(licences, on=["site", "stage", "market"], how="left")
        gated = table["verdict"] == "licence"
        table = table.assign(gated=gated)[~gated | table["licensed"].notna()].reset_index(drop=True)
        earliest = np.fmax(table["opens_from"], np.where(table["gated"], table["available_from"], np.nan))
        periods = np.asarray(instance.periods)
        valid = verdicts.valid[table["spell"]] & (periods[None, :] >= earliest.fillna(-np.inf).to_numpy()[:, None])
        keep = np.flatnonzero(valid.any(axis=1))
        bridging_yield = table["bridging_yield"].where(table["stage"] != "testing", 1.0)
        self.table = table.assign(gain=table["gain"] * bridging_yield).loc[keep, NODE_COLUMNS].reset_index(drop=True)
        self.valid = valid[keep]
        self._rows = self.table.groupby(["therapy", "market", "stage"]).indices

    def of(self, therapy: str, market: str, stage: str) -> pd.DataFrame:
        """Return the nodes of one stage, their row in `table` as ``node``."""
        rows = np.sort(self._rows.get((therapy, market, stage), np.zeros(0, dtype=np.int64)))
        return self.table.iloc[rows].assign(node=rows)


def donor_verdicts(
    instance: Instance, verdicts: Verdicts, therapy: str, market: str
) -> tuple[pd.DataFrame, np.ndarray]:
    """Return the pools that a market recognises, and when.

    Returns
    -------
    pools, valid
        pool, bridging_cost [currency/donation]; and the periods in which the row holds, shape (rows, periods).
    """
    rows = verdicts.table
    asked = (rows["stage"] == "donor") & (rows["market"] == market) & (rows["therapy"] == therapy)
    said = rows[asked & (rows["verdict"] != "licence")]
    pools = instance.table("donor_pools")[["pool", "jurisdiction"]]
    merged = pools.merge(said.assign(spell=said.index), left_on="jurisdiction", right_on="from")
    return merged[["pool"]].assign(bridging_cost=merged["unit_cost"]), verdicts.valid[merged["spell"]]
