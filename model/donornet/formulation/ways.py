"""Ways: what it takes, and how long, until what enters a stage has become a dose.

All of it follows from the admissible network and the routes alone, so that it holds for every revision of a model.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from donornet.admissible import AdmissibleNetwork
from donornet.admissible.testing import pass_rates
from donornet.formulation.sets import Frame

PLACE = ["therapy", "market", "stage", "site"]

Commodity = tuple[str, str]
"""A therapy and a market."""
Step = tuple[str, str, str]
"""A therapy, a market and a stage."""


class Ways:
    """The ways of every therapy and market through its stages.

    A step is a stage of a therapy and market, testing among them. It has the position of its stage in the route; 0 for
    testing, which is done with the first stage, and for all stages of loops, whose demand is known when they begin.

    Parameters
    ----------
    m
        A model with `sets`.

    Attributes
    ----------
    routes
        Stages of each therapy.
    whole
        Therapies whose flows are whole units, so that rounding up leaves surplus.
    allogeneic
        Therapies whose material comes from donors.
    at_entry
        Therapies whose demand is met by the patients who enter.
    commodities
        Number of each therapy and market that has a chain.
    gains
        Least units that leave per unit entering, by step; released ones in the first stage. Steps that nothing useful
        passes are left out.
    needs
        Most units entering the stage of each position per wanted dose; 1 after the last; by therapy and market.
    lags
        Fewest and most periods from the stage of each position to the period whose demand counts, stock included.
    steps
        Number of each step. The arrays by step, each of shape (steps,):
    commodity, position
        Number of the therapy and market, and position in the route.
    least_lag, most_lag
        Fewest and most periods to the period whose demand counts.
    need
        Most units entering per wanted dose.
    operations
        Row of each therapy, stage and site in `AdmissibleNetwork.operations`.
    facilities
        For each of these rows the row of its facility in the instance, shape (operations,).
    """

    def __init__(self, m: Any) -> None:
        network: AdmissibleNetwork = m.network
        instance = network.instance
        therapies = instance.table("therapies")
        named = {name: dict(zip(therapies["therapy"], therapies[name], strict=True)) for name in therapies}
        self.routes: dict[str, tuple[str, ...]] = instance.routes
        self.whole = frozenset(k for k, cell in named["indivisible"].items() if cell == "yes")
        self.allogeneic = frozenset(k for k, cell in named["modality"].items() if cell == "allogeneic")
        self.at_entry = frozenset(k for k, cell in named["demand_at"].items() if cell == "entry")
        self._tested = frozenset(k for k, cell in named["tested"].items() if cell == "yes")
        self.commodities = {key: number for number, key in enumerate([*network.layers, *network.loops])}
        self._released = {key: self._release(network, *key) for key in self.commodities}
        self.gains = self._gains(network)
        self.needs = {key: self._needs(*key) for key in self.commodities}
        self.lags = self._lags(network, m.sets.stock)
        steps = [(k, market, stage) for k, market in self.commodities for stage in (*self.routes[k], "testing")]
        self.steps = {step: number for number, step in enumerate(steps)}
        self.commodity = np.array([self.commodities[k, market] for k, market, _ in steps], dtype=int)
        self.position = np.array([self.place(k, stage) for k, _, stage in steps], dtype=int)
        at = list(zip(steps, self.position.tolist(), strict=True))
        lags = [self.lags[k, market][position] for (k, market, _), position in at]
        self.least_lag, self.most_lag = np.array(lags, dtype=int).reshape(-1, 2).T
        self.need = np.array([self.needs[k, market][position] for (k, market, _), position in at], dtype=float)
        work, facilities = network.operations, instance.table("facilities")
        places = list(zip(*(work[name] for name in ("therapy", "stage", "site")), strict=True))
        self.operations = {place: row for row, place in enumerate(places)}
        known = zip(facilities["stage"], facilities["site"], strict=True)
        rows = {facility: row for row, facility in enumerate(known)}
        self.facilities = np.array([rows[stage, site] for _, stage, site in places], dtype=int)

    def place(self, therapy: str, stage: str) -> int:
        """Return the position of a stage; see `Ways`."""
        return 0 if stage == "testing" or therapy not in self.allogeneic else self.routes[therapy].index(stage)

    def numbered(self, rows: Frame) -> Frame:
        """Return rows (therapy, market, stage, site) with the numbers of their ``step`` and ``operation``."""
        texts = {name: rows[name].tolist() for name in PLACE}
        steps = [self.steps[step] for step in zip(*(texts[name] for name in PLACE[:3]), strict=True)]
        places = zip(texts["therapy"], texts["stage"], texts["site"], strict=True)
        operations = [self.operations[place] for place in places]
        return rows.assign(step=np.array(steps, dtype=int), operation=np.array(operations, dtype=int))

    def per_dose(self, rows: Frame, nodes: Frame) -> np.ndarray:
        """Return the most units worth sending into a facility per wanted dose: rows with `PLACE`, t and step.

        In the stage itself it is the gain of the facility that counts (one of `Sets.nodes`), in later ones the least.
        """
        own = rows[[*PLACE, "t"]].merge(nodes, on=[*PLACE, "t"], how="left")["gain"].to_numpy()
        steps = rows["step"].to_numpy()
        released, rounding, following = np.ones(len(self.steps)), np.zeros(len(self.steps)), np.zeros(len(self.steps))
        need, direct = self.need.copy(), np.zeros(len(self.steps), dtype=bool)
        for (therapy, market, stage), step in self.steps.items():
            if therapy in self.at_entry:
                need[step] = 1.0
            elif therapy in self.allogeneic and stage != "testing":
                direct[step], rounding[step] = True, float(therapy in self.whole)
                released[step] = self._released_after(therapy, market, stage)
                following[step] = self.needs[therapy, market][self.position[step] + 1]
        gain = own * released[steps]
        exact = (1.0 / np.where(gain > 0, gain, np.inf) + rounding[steps]) * following[steps]
        return np.asarray(np.where(direct[steps] & (gain > 0), exact, need[steps]))

    def _release(self, network: AdmissibleNetwork, therapy: str, market: str) -> float:
        """Return the least positive share that is released after the first stage: its pass rate."""
        if (therapy, market) in network.layers:
            rates = network.layers[therapy, market].relations["classes"]["pass_rate"].astype(float)
        else:
            rates = pass_rates(network.instance, therapy, market, [""]) if therapy in self._tested else np.ones(1)
        return float(rates[rates > 0].min(initial=1.0))

    def _released_after(self, therapy: str, market: str, stage: str) -> float:
        return self._released[therapy, market] if stage == self.routes[therapy][0] else 1.0

    def _gains(self, network: AdmissibleNetwork) -> dict[Step, float]:
        rows = network.nodes.rows
        rows = rows.take(rows["gain"] > 0)
        if not len(rows):
            return {}
        of = rows.numbers(*PLACE[:3])
        first = np.unique(of, return_index=True)[1]
        least = np.full(len(first), np.inf)
        np.minimum.at(least, of, rows["gain"])
        steps = zip(*(network.names.texts(rows[name][first]) for name in PLACE[:3]), least.tolist(), strict=True)
        return {
            (k, market, stage): gain * self._released_after(k, market, stage)
            for k, market, stage, gain in steps
            if (k, market) in self.commodities
        }

    def _needs(self, therapy: str, market: str) -> list[float]:
        rounding = float(therapy in self.whole and therapy in self.allogeneic)
        chain = [1.0]
        for stage in reversed(self.routes[therapy]):
            chain.insert(0, chain[0] * (1.0 / self.gains.get((therapy, market, stage), 1.0) + rounding))
        return chain

    def _lags(self, network: AdmissibleNetwork, stock: Frame) -> dict[Commodity, list[tuple[int, int]]]:
        found: dict[Commodity, list[tuple[int, int]]] = {}
        for (therapy, market), loops in network.loops.items():
            lag = loops.rows["lag"]
            found[therapy, market] = [(0, 0) if therapy in self.at_entry else (int(lag.min()), int(lag.max()))]
        shelves: dict[Commodity, int] = {}
        for therapy, market, shelf in zip(stock["therapy"], stock["market"], stock["shelf"], strict=True):
            shelves[therapy, market] = max(shelves.get((therapy, market), 0), int(shelf))
        for (therapy, market), layers in network.layers.items():
            last, ships = layers.relations["deliveries"]["lag"], layers.relations["ships"]
            chain = [(int(last.min()), int(last.max()) + shelves.get((therapy, market), 0))]
            for position in range(len(self.routes[therapy]) - 2, -1, -1):
                lag = ships["lag"][ships["position"] == position]
                chain.insert(0, (chain[0][0] + int(lag.min()), chain[0][1] + int(lag.max())))
            found[therapy, market] = chain
        return found
