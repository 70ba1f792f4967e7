"""How much of a design rests on what: orders the items, the most used first."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from donornet.admissible.recognition import Verdicts
from donornet.instance import Instance
from donornet.instance.schema import MATERIAL_STAGES
from donornet.solution import Result


class Use:
    """Doses of a design by what their chains rest on.

    Parameters
    ----------
    instance
        The base instance.
    result
        Its design; without one everything has no use.

    Attributes
    ----------
    verdicts
        Verdicts of the base instance.
    rows, directions, facilities, markets
        Doses by row of recognition; by (from, market); by (site, stage); by (site, stage, market).
    demand
        Doses wanted by market over the horizon.
    questions
        Number of verdicts that one jurisdiction gives another: stages, therapies and periods.
    """

    def __init__(self, instance: Instance, result: Result) -> None:
        self.verdicts = Verdicts(instance)
        self.rows: dict[int, float] = defaultdict(float)
        self.directions: dict[tuple[str, str], float] = defaultdict(float)
        self.facilities: dict[tuple[str, str], float] = defaultdict(float)
        self.markets: dict[tuple[str, str, str], float] = defaultdict(float)
        self.demand = _demand(instance)
        self.questions = _questions(instance)
        home: dict[str, str] = {}
        for table, place in (("sites", "site"), ("donor_pools", "pool")):
            rows = instance.table(table)
            home |= dict(zip(rows[place], rows["jurisdiction"], strict=True))
        first = instance.periods[0]
        said: dict[tuple[str, str, int], Mapping[tuple[str, str], tuple[str, float, int]]] = {}
        for chain in _chains(result):
            asked = (chain["therapy"], chain["market"], int(chain["period"]) - first)
            if asked not in said:
                said[asked] = self.verdicts.said(*asked)
            doses, market = float(chain["doses"]), chain["market"]
            crossed = set()
            for stage, place in _stops(chain):
                if stage != "donor":
                    self.facilities[place, stage] += doses
                    self.markets[place, stage, market] += doses
                self.rows[said[asked].get((stage, home[place]), ("", 0.0, -1))[2]] += doses
                crossed.add((home[place], market))
            for direction in crossed:
                self.directions[direction] += doses


def _chains(result: Result) -> list[dict[str, Any]]:
    if "chains" not in result.tables:
        return []
    rows = result.tables["chains"]
    keys = ["therapy", "market", "pool", *MATERIAL_STAGES, "lab", "period"]
    grouped = rows.groupby(keys, as_index=False, dropna=False, sort=False)["doses"].sum()
    return [{str(name): cell for name, cell in row.items()} for row in grouped.to_dict("records")]


def _stops(chain: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield stage and place of everything that a verdict is asked about."""
    for stage, column in (("donor", "pool"), *((stage, stage) for stage in MATERIAL_STAGES), ("testing", "lab")):
        if isinstance(chain[column], str) and chain[column]:
            yield stage, chain[column]


def _demand(instance: Instance) -> dict[str, float]:
    rows = instance.table("demand").merge(instance.table("centres")[["centre", "jurisdiction"]], on="centre")
    times = (rows["period"] == "*").map({True: float(len(instance.periods)), False: 1.0})
    doses: pd.Series = (rows["doses"] * times).groupby(rows["jurisdiction"]).sum()
    return {str(market): float(amount) for market, amount in doses.items()}


def _questions(instance: Instance) -> int:
    count = 0
    for row in instance.table("therapies").itertuples():
        count += len(set(instance.routes[row.therapy])) + (row.tested == "yes") + (row.modality == "allogeneic")
    return count * len(instance.periods)
