"""Chains of allogeneic therapies as paths of a layered network.

For one therapy and market the layers are donor classes, first stage, ..., last stage, centres. A state is a site with a
label; two partial chains at one site share a state if and only if they can be continued in the same ways, so that the
paths of the network are exactly the admissible chains. Labels differ only where a prohibition spans stages that are not
neighbours.
"""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass

import numpy as np
import pandas as pd

from donornet.admissible.demand import wanting_centres
from donornet.admissible.futures import codes, numbered_within, same_future
from donornet.admissible.legs import Legs, between
from donornet.admissible.nodes import Nodes, donor_verdicts
from donornet.admissible.prohibitions import Prohibitions
from donornet.admissible.recognition import Verdicts
from donornet.admissible.testing import TEST_COLUMNS, markers_required, pass_rates, tests_of
from donornet.instance import Instance

SHIP_TYPES = {
    "position": int, "from": object, "from_state": object, "to": object, "to_state": object, "mode": object,
    "unit_cost": float, "lag": int, "km": float, "co2": float, "lane_row": int,
}  # fmt: skip
RULES = "_rules"
"""Column with the bit mask of the prohibitions that a partial chain may still match."""


@dataclass(frozen=True, eq=False)
class Layers:
    """The admissible network of one allogeneic therapy and market.

    Attributes
    ----------
    donors
        pool, site, mode, donor_class, state (blank where tested), unit_cost, bridging_cost, km, lane_row, spell (row of
        `donor_valid`).
    donor_valid
        Periods in which the market recognises the pool, shape (spells, periods).
    tests
        site, donor_class, lab, panel, mode, state, unit_cost, panel_cost, operation_cost, bridging_cost, gated,
        lane_row, node.
    classes
        donor_class, site, pass_rate: share of the class's donations that is released.
    ships
        position (stage left, 0 for the first), from, from_state, to, to_state, mode, unit_cost, lag [periods], km, co2,
        lane_row.
    deliveries
        from, mode, centre, unit_cost, lag, km, lane_row.
    """

    donors: pd.DataFrame
    donor_valid: np.ndarray
    tests: pd.DataFrame
    classes: pd.DataFrame
    ships: pd.DataFrame
    deliveries: pd.DataFrame


class Compiler:
    """Compiles the admissible network of allogeneic therapies.

    Parameters
    ----------
    instance, legs, verdicts, nodes
        The instance and what has been derived from it.
    """

    def __init__(self, instance: Instance, legs: Legs, verdicts: Verdicts, nodes: Nodes) -> None:
        self.instance, self.legs, self.verdicts, self.nodes = instance, legs, verdicts, nodes
        self._tested = instance.table("therapies").set_index("therapy")["tested"].to_dict()
        self._risk_class = instance.table("donor_pools").set_index("pool")["risk_class"]

    def layers(self, therapy: str, market: str) -> Layers | None:
        """Return the network of one therapy and market; None if no chain is admissible."""
        rules = Prohibitions(self.instance, therapy, market)
        tested = self._tested[therapy] == "yes"
        donors, donor_valid = self._donors(therapy, market, rules)
        classes = donors[["donor_class", "site", "risk_class", RULES]].drop_duplicates("donor_class")
        rates = pass_rates(self.instance, therapy, market, classes["risk_class"].tolist()) if tested else 1.0
        classes = classes.assign(pass_rate=rates)
        tests = self._tests(therapy, market, classes, rules) if tested else classes
        deliveries = self._deliveries(therapy, market)
        if tests.empty or deliveries.empty:
            return None
        steps = self._steps(therapy, market, tests[["site", RULES]].drop_duplicates(), rules)
        ships, labels = _merge_states(steps, set(deliveries["from"]))
        tests = tests.merge(labels, on=["site", RULES])
        if tests.empty:
            return None
        used = set(ships.loc[ships["position"] == ships["position"].max(), "to"]) if len(ships) else set(tests["site"])
        deliveries = between(deliveries, used, None).reset_index(drop=True)
        return Layers(*_merge_classes(donors, donor_valid, tests, classes, tested=tested), ships, deliveries)

    def _donors(self, therapy: str, market: str, rules: Prohibitions) -> tuple[pd.DataFrame, np.ndarray]:
        """Return the ways of donors to the first stage, their class by site, risk class and open prohibitions."""
        pools, valid = donor_verdicts(self.instance, self.verdicts, therapy, market)
        first = rules.route[0]
        lanes = between(self.legs.of(therapy, "donor"), None, self.nodes.of(therapy, market, first)["site"])
        pools = pools.assign(spell=np.arange(len(pools)))
        donors = lanes.rename(columns={"from": "pool", "to": "site"}).merge(pools, on="pool")
        masks = rules.of_pools(donors["pool"].tolist()) & rules.of_sites(first, donors["site"].tolist())
        donors = donors.assign(risk_class=donors["pool"].map(self._risk_class), **{RULES: masks})
        donors = donors[~rules.forbidden(masks, first)]
        return donors.assign(donor_class=codes(donors, ["site", "risk_class", RULES], sort=False)), valid

    def _tests(self, therapy: str, market: str, classes: pd.DataFrame, rules: Prohibitions) -> pd.DataFrame:
        """Return the valid tests of every donor class, with the rules that the tested donation may still match."""
        ways = tests_of(self.instance, self.legs, self.nodes, therapy, market, classes["site"].unique().tolist())
        required = {c: markers_required(self.instance, therapy, market, c) for c in classes["risk_class"].unique()}
        tests = classes.merge(ways, on="site")
        enough = [
            markers is None or required[risk_class] <= markers
            for markers, risk_class in zip(tests["markers"], tests["risk_class"], strict=True)
        ]
        tests = tests[np.asarray(enough, dtype=bool)]
        masks = tests[RULES].to_numpy() & rules.of_tests(tests["lab"].tolist(), tests["panel"].tolist())
        return tests.assign(**{RULES: masks})[~rules.forbidden(masks, "test")]

    def _steps(self, therapy: str, market: str, states: pd.DataFrame, rules: Prohibitions) -> list[pd.DataFrame]:
        """Return for every leg between stages its arcs between (site, rules) and (site, rules)."""
        steps = [states.rename(columns={"site": "to", RULES: "to_rules"}).assign(position=-1)]
        for position, following in enumerate(rules.route[1:]):
            heads = self.nodes.of(therapy, market, following)["site"]
            lanes = between(self.legs.of(therapy, "material", position), states["site"], heads)
            arcs = states.rename(columns={"site": "from", RULES: "from_rules"}).merge(lanes, on="from")
            masks = arcs["from_rules"].to_numpy() & rules.of_sites(following, arcs["to"].tolist())
            arcs = arcs.assign(position=position, to_rules=masks)[~rules.forbidden(masks, following)]
            steps.append(arcs)
            states = arcs[["to", "to_rules"]].drop_duplicates().rename(columns={"to": "site", "to_rules": RULES})
        return steps

    def _deliveries(self, therapy: str, market: str) -> pd.DataFrame:
        tails = self.nodes.of(therapy, market, self.instance.routes[therapy][-1])["site"]
        lanes = between(self.legs.of(therapy, "doses"), tails, wanting_centres(self.instance, therapy, market))
        return lanes.rename(columns={"to": "centre"})


def _merge_states(steps: list[pd.DataFrame], served: set[str]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Merge the states that can be continued in the same ways, last stage first; drop those without a continuation.

    Returns
    -------
    ships, labels
        The arcs between merged states; and for each (site, rules) of the first stage its ``state``.
    """
    last = steps[-1][["to", "to_rules"]].drop_duplicates()
    states = last[_among(last["to"], served)].assign(to_state="0")
    merged: list[pd.DataFrame] = []
    for step in reversed(steps[1:]):
        arcs = step.merge(states, on=["to", "to_rules"])
        tails = codes(arcs, ["from", "from_rules"])
        futures = same_future(tails, codes(arcs, ["to", "to_state"]))
        named = arcs.assign(tail=tails)[["from", "from_rules", "tail"]].drop_duplicates("tail").sort_values("tail")
        labels = numbered_within(named["from"], futures)
        states = named.rename(columns={"from": "to", "from_rules": "to_rules"}).assign(to_state=labels)
        arcs = arcs.assign(from_state=labels[tails])
        merged.append(arcs.drop_duplicates(["from", "from_state", "to", "to_state", "mode"]))
        states = states[["to", "to_rules", "to_state"]]
    first = states.rename(columns={"to": "site", "to_rules": RULES, "to_state": "state"})
    ships = pd.concat(merged[::-1], ignore_index=True) if merged else pd.DataFrame(columns=list(SHIP_TYPES))
    return _reachable(ships[list(SHIP_TYPES)].astype(SHIP_TYPES), first), first


def _reachable(ships: pd.DataFrame, labels: pd.DataFrame) -> pd.DataFrame:
    """Drop arcs that start in a state that no arc enters: they are left where a later stage cannot be continued."""
    entered = set(zip(labels["site"], labels["state"], strict=True))
    kept = np.zeros(len(ships), dtype=bool)
    tails = list(zip(ships["from"], ships["from_state"], strict=True))
    heads = list(zip(ships["to"], ships["to_state"], strict=True))
    for _, rows in sorted(ships.groupby("position").indices.items()):
        kept[rows] = [tails[row] in entered for row in rows]
        entered = {heads[row] for row in rows if kept[row]}
    return ships[kept].reset_index(drop=True)


def _merge_classes(
    donors: pd.DataFrame, valid: np.ndarray, tests: pd.DataFrame, classes: pd.DataFrame, *, tested: bool
) -> tuple[pd.DataFrame, np.ndarray, pd.DataFrame, pd.DataFrame]:
    """Merge the donor classes of a site that pass alike and whose tests release to the same states."""
    number = codes(tests, ["donor_class"])
    futures = same_future(number, codes(tests, ["lab", "panel", "state"] if tested else ["state"]))
    future = dict(zip(np.unique(tests["donor_class"]), futures, strict=True))
    classes = classes[_among(classes["donor_class"], future)]
    kinds = zip(classes["pass_rate"], [future[c] for c in classes["donor_class"]], strict=True)
    names = numbered_within(classes["site"], kinds)
    name = dict(zip(classes["donor_class"], names, strict=True))
    donors = donors[_among(donors["donor_class"], name)].drop(columns=[RULES, "risk_class"])
    donors = donors.assign(donor_class=[name[c] for c in donors["donor_class"]])
    tests = tests.assign(donor_class=[name[c] for c in tests["donor_class"]])
    kept = classes.assign(donor_class=names)[["site", "donor_class", "pass_rate"]].drop_duplicates()
    if not tested:
        released = tests[["site", "donor_class", "state"]].drop_duplicates()
        return donors.merge(released, on=["site", "donor_class"]), valid, pd.DataFrame(), kept
    tests = tests.drop_duplicates(["site", "donor_class", "lab", "panel", "mode", "node"])
    return donors.assign(state=""), valid, tests[[*TEST_COLUMNS, "donor_class", "state"]].reset_index(drop=True), kept


def _among(cells: pd.Series, wanted: Container[object]) -> np.ndarray:
    return np.array([cell in wanted for cell in cells], dtype=bool)
