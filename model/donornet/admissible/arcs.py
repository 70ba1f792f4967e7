"""Chains of allogeneic therapies as paths of a layered network.

For one therapy and market the layers are donor classes, first stage, ..., last stage, centres. A state is a site with a
label; two partial chains at one site share a state if and only if they can be continued in the same ways, so that the
paths of the network are exactly the admissible chains. Labels differ only where a prohibition spans stages that are not
neighbours.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np
import pandas as pd

from donornet.admissible.demand import Demand
from donornet.admissible.futures import numbered_within, same_future
from donornet.admissible.legs import Legs
from donornet.admissible.names import BLANK, Names
from donornet.admissible.nodes import Nodes, donor_verdicts
from donornet.admissible.prohibitions import Prohibitions, masks_of
from donornet.admissible.recognition import Verdicts
from donornet.admissible.relation import Relation, stack
from donornet.admissible.testing import TEST_COLUMNS, Testing
from donornet.instance import Instance

SHIP_TYPES = {
    "position": int, "from": int, "from_state": int, "to": int, "to_state": int, "mode": int, "unit_cost": float,
    "lag": int, "km": float, "co2": float, "lane_row": int,
}  # fmt: skip
RULES = "_rules"
"""Column with the bit mask of the prohibitions that a partial chain may still match."""


class Layers:
    """The admissible network of one allogeneic therapy and market.

    Parameters
    ----------
    names
        The numbers of the ids.
    relations
        The tables below, with numbers for ids and labels.
    donor_valid
        Periods in which the market recognises the pool, shape (spells, periods).

    Attributes
    ----------
    donors
        pool, site, mode, donor_class, state (blank where tested), unit_cost, bridging_cost, km, lane_row, spell (row of
        `donor_valid`).
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

    def __init__(self, names: Names, relations: dict[str, Relation], donor_valid: np.ndarray) -> None:
        self.names, self.relations, self.donor_valid = names, relations, donor_valid

    @cached_property
    def donors(self) -> pd.DataFrame:
        """Ways of donors to the first stage."""
        return self.names.table(self.relations["donors"])

    @cached_property
    def tests(self) -> pd.DataFrame:
        """Tests that release donations to a state."""
        return self.names.table(self.relations["tests"])

    @cached_property
    def classes(self) -> pd.DataFrame:
        """Classes of donors that pass alike."""
        return self.names.table(self.relations["classes"])

    @cached_property
    def ships(self) -> pd.DataFrame:
        """Arcs between stages."""
        return self.names.table(self.relations["ships"])

    @cached_property
    def deliveries(self) -> pd.DataFrame:
        """Arcs to the centres."""
        return self.names.table(self.relations["deliveries"])


class Compiler:
    """Compiles the admissible network of allogeneic therapies.

    Parameters
    ----------
    instance, legs, verdicts, nodes, testing, demand
        The instance and what has been derived from it.
    """

    def __init__(
        self, instance: Instance, legs: Legs, verdicts: Verdicts, nodes: Nodes, testing: Testing, demand: Demand
    ) -> None:
        self.instance, self.legs, self.verdicts, self.nodes = instance, legs, verdicts, nodes
        self.names, self.testing, self.demand = legs.lanes.names, testing, demand
        therapies, pools = instance.table("therapies"), instance.table("donor_pools")
        self._tested = dict(zip(therapies["therapy"], therapies["tested"], strict=True))
        self._pools = donor_verdicts(instance, self.names, verdicts)
        self._risk_class = np.zeros(len(self.names), dtype=np.int64)
        self._risk_class[self.names.numbers(pools["pool"])] = self.names.numbers(pools["risk_class"])

    def layers(self, therapy: str, market: str) -> Layers | None:
        """Return the network of one therapy and market; None if no chain is admissible."""
        rules = Prohibitions(self.instance, therapy, market)
        tested = self._tested[therapy] == "yes"
        donors, donor_valid = self._donors(therapy, market, rules)
        classes = donors.only("donor_class", "site", "risk_class", RULES).distinct("donor_class")
        rates = self.testing.rates(therapy, market, classes["risk_class"]) if tested else 1.0
        classes = classes.assign(pass_rate=rates)
        tests = self._tests(therapy, market, classes, rules) if tested else classes
        deliveries = self._deliveries(therapy, market)
        if not len(tests) or not len(deliveries):
            return None
        steps = self._steps(therapy, market, tests.only("site", RULES).distinct("site", RULES), rules)
        ships, labels = _merge_states(steps, deliveries["from"])
        tests = tests.join(labels, "site", RULES)
        if not len(tests):
            return None
        used = ships["to"][ships["position"] == ships["position"].max()] if len(ships) else tests["site"]
        deliveries = deliveries.take(self.names.marked(used)[deliveries["from"]])
        relations = {**_merge_classes(donors, tests, classes, tested=tested), "ships": ships, "deliveries": deliveries}
        return Layers(self.names, relations, donor_valid)

    def _donors(self, therapy: str, market: str, rules: Prohibitions) -> tuple[Relation, np.ndarray]:
        """Return the ways of donors to the first stage, their class by site, risk class and open prohibitions.

        Also when the market recognises each spell of theirs.
        """
        pools, first = self._pools, rules.route[0]
        asked = pools["therapy"] == self.names.number(therapy)
        pools = pools.take(asked & (pools["market"] == self.names.number(market))).without("therapy", "market")
        valid = self.verdicts.valid[pools["spell"]]
        lanes = self.legs.between(therapy, "donor", None, self.nodes.of(therapy, market, first)["site"])
        donors = lanes.rename({"from": "pool", "to": "site"}).join(pools.assign(spell=np.arange(len(pools))), "pool")
        masks = masks_of(rules.of_pools, self.names, donors["pool"]) & self._site_masks(rules, first, donors["site"])
        donors = donors.assign(risk_class=self._risk_class[donors["pool"]], **{RULES: masks})
        donors = donors.take(~rules.forbidden(masks, first))
        return donors.assign(donor_class=donors.numbers("site", "risk_class", RULES)), valid

    def _tests(self, therapy: str, market: str, classes: Relation, rules: Prohibitions) -> Relation:
        """Return the valid tests of every donor class, with the rules that the tested donation may still match."""
        tests = classes.join(self.testing.ways(therapy, market, classes["site"]), "site")
        tests = tests.take(self.testing.suffices(therapy, market, tests["risk_class"], tests["panel"]))
        masks = tests[RULES] & masks_of(rules.of_tests, self.names, tests["lab"], tests["panel"])
        return tests.assign(**{RULES: masks}).take(~rules.forbidden(masks, "test"))

    def _steps(self, therapy: str, market: str, states: Relation, rules: Prohibitions) -> list[Relation]:
        """Return for every leg between stages its arcs between (site, rules) and (site, rules)."""
        steps = [states.rename({"site": "to", RULES: "to_rules"})]
        for position, following in enumerate(rules.route[1:]):
            heads = self.nodes.of(therapy, market, following)["site"]
            lanes = self.legs.between(therapy, "material", states["site"], heads, position)
            arcs = states.rename({"site": "from", RULES: "from_rules"}).join(lanes, "from")
            masks = arcs["from_rules"] & self._site_masks(rules, following, arcs["to"])
            arcs = arcs.assign(position=position, to_rules=masks).take(~rules.forbidden(masks, following))
            steps.append(arcs)
            states = arcs.only("to", "to_rules").distinct("to", "to_rules").rename({"to": "site", "to_rules": RULES})
        return steps

    def _deliveries(self, therapy: str, market: str) -> Relation:
        tails = self.nodes.of(therapy, market, self.instance.routes[therapy][-1])["site"]
        centres = self.names.numbers(self.demand.centres(therapy, market))
        return self.legs.between(therapy, "doses", tails, centres).rename({"to": "centre"})

    def _site_masks(self, rules: Prohibitions, stage: str, sites: np.ndarray) -> np.ndarray:
        return masks_of(lambda texts: rules.of_sites(stage, texts), self.names, sites)


def _merge_states(steps: list[Relation], served: np.ndarray) -> tuple[Relation, Relation]:
    """Merge the states that can be continued in the same ways, last stage first; drop those without a continuation.

    Returns
    -------
    ships, labels
        The arcs between merged states; and for each (site, rules) of the first stage its ``state``.
    """
    last = steps[-1].only("to", "to_rules").distinct("to", "to_rules")
    states = last.take(np.isin(last["to"], served)).assign(to_state=0)
    merged: list[Relation] = []
    for step in reversed(steps[1:]):
        arcs = step.join(states, "to", "to_rules")
        tails = arcs.numbers("from", "from_rules")
        futures = same_future(tails, arcs.numbers("to", "to_state"))
        named = arcs.only("from", "from_rules").take(np.unique(tails, return_index=True)[1])
        labels = numbered_within(named["from"].tolist(), futures.tolist())
        states = named.rename({"from": "to", "from_rules": "to_rules"}).assign(to_state=labels)
        merged.append(arcs.assign(from_state=labels[tails]).distinct("from", "from_state", "to", "to_state", "mode"))
    first = states.rename({"to": "site", "to_rules": RULES, "to_state": "state"})
    ships = stack(part.only(*SHIP_TYPES) for part in merged[::-1])
    if not len(ships):
        ships = Relation({name: np.zeros(0, dtype=kind) for name, kind in SHIP_TYPES.items()})
    return _reachable(ships, first), first


def _reachable(ships: Relation, labels: Relation) -> Relation:
    """Drop arcs that start in a state that no arc enters: they are left where a later stage cannot be continued."""
    entered, kept = labels.rename({"site": "from", "state": "from_state"}), []
    for position in np.unique(ships["position"]):
        arcs = ships.take(ships["position"] == position)
        arcs = arcs.take(arcs.within(entered, "from", "from_state"))
        kept.append(arcs)
        entered = arcs.only("to", "to_state").rename({"to": "from", "to_state": "from_state"})
    return stack(kept) if any(map(len, kept)) else ships.take(np.zeros(0, dtype=np.int64))


def _merge_classes(donors: Relation, tests: Relation, classes: Relation, *, tested: bool) -> dict[str, Relation]:
    """Merge the donor classes of a site that pass alike and whose tests release to the same states.

    Returns
    -------
    merged
        The relations ``donors``, ``tests`` and ``classes``.
    """
    known, number = np.unique(tests["donor_class"], return_inverse=True)
    future = same_future(number, tests.numbers(*(["lab", "panel", "state"] if tested else ["state"])))
    at = classes.find(Relation({"donor_class": known}), "donor_class")
    classes, kinds = classes.take(at >= 0), future[at[at >= 0]]
    labels = numbered_within(classes["site"].tolist(), zip(classes["pass_rate"].tolist(), kinds.tolist(), strict=True))
    label = np.full(int(donors["donor_class"].max()) + 1, BLANK)
    label[classes["donor_class"]] = labels
    donors = donors.assign(donor_class=label[donors["donor_class"]]).without(RULES, "risk_class")
    donors = donors.take(donors["donor_class"] != BLANK)
    tests = tests.assign(donor_class=label[tests["donor_class"]])
    kept = classes.assign(donor_class=labels).only("site", "donor_class", "pass_rate")
    kept = kept.distinct("site", "donor_class", "pass_rate")
    if not tested:
        released = tests.only("site", "donor_class", "state").distinct("site", "donor_class", "state")
        donors = donors.join(released, "site", "donor_class")
        return {"donors": donors, "tests": Relation({}), "classes": kept}
    tests = tests.distinct("site", "donor_class", "lab", "panel", "mode", "node")
    tests = tests.only(*TEST_COLUMNS, "donor_class", "state")
    return {"donors": donors.assign(state=BLANK), "tests": tests, "classes": kept}
