"""Verdicts: what a market says of a stage done in another jurisdiction, period by period."""

from __future__ import annotations

import numpy as np
import pandas as pd

from donornet.instance import Instance
from donornet.instance.matching import best_match, expand

KEYS = ("stage", "from", "market", "therapy")


class Verdicts:
    """Verdicts of all stages, jurisdictions, markets and therapies, constant spells of periods taken together.

    Attributes
    ----------
    table
        One row per (stage, from, market, therapy) and distinct verdict over time: verdict, unit_cost [currency/unit],
        days, yield. Verdicts `never` are left out.
    valid
        Periods in which the row of `table` holds, shape (rows, periods).
    spells
        Runs of positions of periods in which the same rows of recognition hold.
    """

    def __init__(self, instance: Instance) -> None:
        queries = _questions(instance)
        rows = expand(instance.table("recognition"), ["from", "market", "therapy"], instance.groups)
        periods = np.asarray(instance.periods)
        self.spells = _spells(rows, periods)
        self._answers = []
        for spell in self.spells:
            valid = rows[_holds(rows, periods[spell[0]])]
            self._answers.append(_answer(queries, valid, instance).assign(spell=[tuple(spell)] * len(queries)))
        every = pd.concat(self._answers, ignore_index=True)
        every = every[every["verdict"] != "never"]
        content = ["verdict", "unit_cost", "days", "yield"]
        merged = every.groupby([*KEYS, *content], sort=False)["spell"].sum().reset_index()
        self.table = merged.drop(columns="spell")
        self.valid = np.zeros((len(merged), len(periods)), dtype=bool)
        for row, spell in enumerate(merged["spell"]):
            self.valid[row, list(spell)] = True

    def said(self, therapy: str, market: str, period: int) -> dict[tuple[str, str], tuple[str, float, int]]:
        """Return what a market says in one period (by its position), `never` included.

        Returns
        -------
        said
            By stage and jurisdiction: verdict, bridging days, and the row of recognition in the file (-1: none speaks).
        """
        number = next(number for number, spell in enumerate(self.spells) if period in spell)
        rows = self._answers[number]
        rows = rows[(rows["therapy"] == therapy) & (rows["market"] == market)]
        keys = zip(rows["stage"], rows["from"], strict=True)
        return dict(zip(keys, zip(rows["verdict"], rows["days"], rows["row"], strict=True), strict=True))


def _questions(instance: Instance) -> pd.DataFrame:
    """Return every (stage, from, market, therapy) that a chain may ask about, and whether both are one jurisdiction."""
    stages = []
    for row in instance.table("therapies").itertuples():
        asked = set(instance.routes[row.therapy])
        asked |= {"testing"} if row.tested == "yes" else set()
        asked |= {"donor"} if row.modality == "allogeneic" else set()
        stages += [(stage, row.therapy) for stage in sorted(asked)]
    homes = pd.DataFrame({"from": list(instance.jurisdictions)})
    markets = pd.DataFrame({"market": list(instance.markets)})
    asked_stages = pd.DataFrame(stages, columns=["stage", "therapy"])
    return asked_stages.merge(homes, how="cross").merge(markets, how="cross")[list(KEYS)]


def _holds(rows: pd.DataFrame, period: int) -> pd.Series:
    return (rows["valid_from"].fillna(-np.inf) <= period) & (period <= rows["valid_to"].fillna(np.inf))


def _spells(rows: pd.DataFrame, periods: np.ndarray) -> list[list[int]]:
    """Return runs of period positions in which the same rows hold."""
    starts = {int(p) for p in rows["valid_from"].dropna()} | {int(p) + 1 for p in rows["valid_to"].dropna()}
    spells: list[list[int]] = []
    for position, period in enumerate(periods):
        if not spells or period in starts:
            spells.append([])
        spells[-1].append(position)
    return spells


def _answer(queries: pd.DataFrame, rows: pd.DataFrame, instance: Instance) -> pd.DataFrame:
    best, _ = best_match(queries, rows, KEYS)
    named = best >= 0
    home = (queries["from"] == queries["market"]).to_numpy()
    verdict = np.where(home, "recognised", instance.head.default_recognition).astype(object)
    answer = queries.assign(verdict=verdict, unit_cost=0.0, days=0.0, row=-1, **{"yield": 1.0})
    if named.any():
        found = rows.iloc[best[named]]
        bridging = (found["verdict"] == "bridging").to_numpy()
        answer.loc[named, "row"] = found.index.to_numpy()
        answer.loc[named, "verdict"] = found["verdict"].to_numpy()
        answer.loc[named, "unit_cost"] = np.where(bridging, found["unit_cost"], 0.0)
        answer.loc[named, "days"] = np.where(bridging, found["days"], 0.0)
        answer.loc[named, "yield"] = np.where(bridging, found["yield"], 1.0)
    return answer
