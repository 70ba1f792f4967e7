"""Passage through the layers: how many chains arrive where and when, at what cost and in what time.

Everything is found by dynamic programming over states and periods, without enumerating chains. A chain counts for every
mode it can use (lanes that another lane beats are left out of the network). Periods follow the lags of the model: a
donation is tested in its period, legs lag by whole periods, finished doses wait as long as their shelf life allows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from donornet.admissible.legs import whole_periods

if TYPE_CHECKING:
    from donornet.admissible.network import AdmissibleNetwork

Amounts = np.ndarray
"""Chains, cheapest cost per unit [currency/unit] and shortest time [days], shape (3, states, periods)."""


class Passage:
    """Chains of one allogeneic therapy and market.

    Parameters
    ----------
    network
        The admissible network.
    therapy, market
        A key of its layers.

    Attributes
    ----------
    centres
        Centres that deliveries lead to.
    tests
        The tests of the layers; where untested: site, donor_class, state with a blank lab.
    states
        By stage: the number of each state, a pair of site and label.
    arcs
        By stage left: the arcs with the transit of their lanes, and the numbers of their states (tail, head).
    waits
        Periods that finished doses may wait.
    left
        By stage: what leaves it, released, shape (3, states, periods).
    arrivals
        What arrives in each period, shape (3, centres, periods): chains, cheapest cost per dose, shortest time.
    """

    def __init__(self, network: AdmissibleNetwork, therapy: str, market: str) -> None:
        self.network, self.therapy, self.market = network, therapy, market
        self.layers = network.layers[therapy, market]
        self.route = network.instance.routes[therapy]
        self.periods = len(network.instance.periods)
        self.centres: list[str] = list(dict.fromkeys(self.layers.deliveries["centre"]))
        self.tests = self.layers.tests
        if self.tests.empty:
            released = self.layers.donors[["site", "donor_class", "state"]].drop_duplicates()
            self.tests = released.assign(lab="", node=-1)
        self.arcs = [self._arcs(position) for position in range(len(self.route) - 1)]
        self.states = self._states()
        self.waits = waiting_periods(network, therapy)
        self.left = [self._first_stage()]
        for position in range(len(self.arcs)):
            self.left.append(self._ship(position))
        deliveries = self.layers.deliveries.assign(**dict(zip(("tail", "head"), self.delivered(), strict=True)))
        self.arrivals = _moved(_kept(self.left[-1], self.waits), deliveries, len(self.centres))

    def _arcs(self, position: int) -> pd.DataFrame:
        legs = self.network.legs.table(self.therapy, "material", position)[["from", "to", "mode", "days"]]
        arcs = self.layers.ships[self.layers.ships["position"] == position]
        return arcs.merge(legs, on=["from", "to", "mode"])

    def _states(self) -> list[dict[tuple[str, str], int]]:
        ends = [zip(self.tests["site"], self.tests["state"], strict=True)]
        ends += [zip(arcs["to"], arcs["to_state"], strict=True) for arcs in self.arcs]
        states = [{pair: number for number, pair in enumerate(dict.fromkeys(pairs))} for pairs in ends]
        for position, arcs in enumerate(self.arcs):
            tails = [states[position][pair] for pair in zip(arcs["from"], arcs["from_state"], strict=True)]
            heads = [states[position + 1][pair] for pair in zip(arcs["to"], arcs["to_state"], strict=True)]
            self.arcs[position] = arcs.assign(tail=tails, head=heads)
        return states

    def delivered(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the numbers of the states and centres at the ends of the deliveries.

        Whatever label a dose carries, it can be delivered alike: a site has one state at the last stage.
        """
        state = {site: number for (site, _), number in self.states[-1].items()}
        centre = {name: number for number, name in enumerate(self.centres)}
        rows = self.layers.deliveries
        tails, heads = [state[site] for site in rows["from"]], [centre[name] for name in rows["centre"]]
        return np.array(tails, dtype=int), np.array(heads, dtype=int)

    def _work(self, position: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Return for the states of a stage: valid or not, gain, and cost per unit entering, by period; and its days."""
        nodes = self.network.node_at(self.therapy, self.market, self.route[position])
        number = {site: row for row, site in enumerate(dict.fromkeys(nodes["site"]))}
        rows, periods = [number[site] for site in nodes["site"]], nodes["t"].to_numpy()
        table = np.zeros((4, len(number), self.periods))
        table[:, rows, periods] = np.stack([
            np.ones(len(nodes)), nodes["gain"], nodes["unit_cost"] + nodes["bridging_cost"], nodes["days"]
        ])  # fmt: skip
        valid, gain, cost, days = table[:, [number[site] for site, _ in self.states[position]]]
        return valid > 0, gain, cost, days

    def _first_stage(self) -> Amounts:
        """Return what leaves the first stage, released."""
        layers, tests = self.layers, self.tests
        keys = zip(layers.classes["site"], layers.classes["donor_class"], strict=True)
        number = {pair: row for row, pair in enumerate(keys)}
        donors = layers.donors
        fees = donors["pool"].map(self.network.instance.table("donor_pools").set_index("pool")["donation_cost"])
        spent = (donors["unit_cost"] + donors["bridging_cost"] + fees).to_numpy(dtype=float)
        given = _only(_chains(spent, self.periods), layers.donor_valid[donors["spell"]])
        classes = [number[pair] for pair in zip(donors["site"], donors["donor_class"], strict=True)]
        given = _gathered(given, np.asarray(classes, dtype=int), len(number))

        tested = given[:, [number[pair] for pair in zip(tests["site"], tests["donor_class"], strict=True)]]
        if len(layers.tests):
            paid = tests[["unit_cost", "panel_cost", "operation_cost", "bridging_cost"]].sum(axis=1)
            tested[1] += paid.to_numpy(dtype=float)[:, None]
            tested = _only(tested, self.network.nodes.valid[tests["node"].to_numpy(dtype=int)])
        rate = dict(zip(number, layers.classes["pass_rate"], strict=True))
        passing = np.array([rate[pair] for pair in zip(tests["site"], tests["donor_class"], strict=True)])[:, None]
        states = np.array([self.states[0][pair] for pair in zip(tests["site"], tests["state"], strict=True)], dtype=int)
        valid, gain, cost, days = self._work(0)
        tested[1] = _per(tested[1] + cost[states], gain[states] * passing)
        tested[2] += days[states]
        return _only(_gathered(tested, states, len(self.states[0])), valid)

    def _ship(self, position: int) -> Amounts:
        """Return what leaves the stage after `position`."""
        valid, gain, cost, days = self._work(position + 1)
        entered = _moved(self.left[position], self.arcs[position], len(self.states[position + 1]))
        entered[1] = _per(entered[1] + cost, gain)
        entered[2] += days
        return _only(entered, valid)


def waiting_periods(network: AdmissibleNetwork, therapy: str) -> int:
    """Return how many periods finished doses of a therapy may wait, the horizon at most."""
    shelf = network.instance.table("therapies").set_index("therapy").at[therapy, "shelf_life_days"]
    if pd.isna(shelf):
        return 0
    periods = int(whole_periods(np.array([shelf]), network.instance.days)[0])
    return min(periods, len(network.instance.periods) - 1)


def _chains(cost: np.ndarray, periods: int) -> Amounts:
    """Return one chain of no time per row and period."""
    shape = (len(cost), periods)
    return np.stack([np.ones(shape), np.broadcast_to(cost[:, None], shape), np.zeros(shape)])


def _kept(left: Amounts, waits: int) -> Amounts:
    """Let finished doses wait."""
    kept = left.copy()
    for wait in range(1, waits + 1):
        kept[0, :, wait:] += left[0, :, :-wait]
        kept[1:, :, wait:] = np.minimum(kept[1:, :, wait:], left[1:, :, :-wait])
    return kept


def _only(amounts: Amounts, valid: np.ndarray) -> Amounts:
    """Keep the amounts where valid."""
    return np.stack([np.where(valid, amounts[0], 0.0), *(np.where(valid, values, np.inf) for values in amounts[1:])])


def _gathered(amounts: Amounts, to: np.ndarray, count: int) -> Amounts:
    """Add the chains, and take the least cost and time, of the rows that go to the same place."""
    gathered = np.full((3, count, amounts.shape[2]), np.inf)
    gathered[0] = 0.0
    np.add.at(gathered[0], to, amounts[0])
    np.minimum.at(gathered[1], to, amounts[1])
    np.minimum.at(gathered[2], to, amounts[2])
    return gathered


def _moved(left: Amounts, arcs: pd.DataFrame, count: int) -> Amounts:
    """Return what arrives over arcs with their tail, head, unit_cost, days and lag."""
    periods = left.shape[2]
    moving = left[:, arcs["tail"].to_numpy(dtype=int)]
    moving[1] += arcs["unit_cost"].to_numpy(dtype=float)[:, None]
    moving[2] += arcs["days"].to_numpy(dtype=float)[:, None]
    late = np.full_like(moving, np.inf)
    late[0] = 0.0
    lags = arcs["lag"].to_numpy(dtype=int)
    for lag in np.unique(lags):
        rows = lags == lag
        if lag < periods:
            late[:, rows, lag:] = moving[:, rows, : periods - lag]
    return _gathered(late, arcs["head"].to_numpy(dtype=int), count)


def _per(cost: np.ndarray | float, gain: np.ndarray) -> np.ndarray:
    """Return the cost per unit that is left of it; infinite where nothing is."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(gain > 0, cost / gain, np.inf)
