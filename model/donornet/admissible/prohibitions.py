"""Prohibitions: which partial chains can still become forbidden, as bit masks.

For one therapy and market each prohibition is a bit. A partial chain carries the bits of the prohibitions all of whose
cells so far match; it is forbidden as soon as such a prohibition has no cell left. The masks are the labels of the
admissible network.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from donornet.instance import Instance
from donornet.instance.matching import ANY, Groups
from donornet.instance.schema import MATERIAL_STAGES

PLACE_CELLS = ("donor", "risk_class", "testing", "panel", *MATERIAL_STAGES)
"""Cells about the elements of a chain; the others name its therapy and market."""
MOST_BITS = 62
"""Prohibitions that fit into a machine integer; more are kept as Python's."""


class Prohibitions:
    """The prohibitions that can concern one therapy and market.

    Parameters
    ----------
    instance
        A valid instance.
    therapy, market
        What the chains serve.

    Attributes
    ----------
    route
        Material stages of the therapy.
    positions
        Where a chain takes up an element that cells can speak about: donor, first stage, test, later stages.
    rows
        Row in the file of each prohibition that can concern them; its position is its bit.
    kind
        Type of the masks.
    """

    def __init__(self, instance: Instance, therapy: str, market: str) -> None:
        self._groups = instance.groups
        self.route = instance.routes[therapy]
        first, *later = self.route
        self.positions: tuple[str, ...] = ("donor", first, "test", *later)
        table = instance.table("prohibitions")
        has = attributes_of(instance, therapy)
        known = {"therapy": (therapy,), "market": (market,)}
        concerns = [
            all(cell in has or not rule[cell] for cell in PLACE_CELLS)
            and all(not rule[cell] or matches(rule[cell], names, self._groups) for cell, names in known.items())
            for rule in table.to_dict("records")
        ]
        self._rules = table[np.asarray(concerns, dtype=bool)].to_dict("records")
        self.rows = table.index[np.asarray(concerns, dtype=bool)].tolist()
        self._cells = {"donor": ("donor", "risk_class"), "test": ("testing", "panel")} | {s: (s,) for s in self.route}
        self.kind: Any = np.int64 if len(self._rules) <= MOST_BITS else object
        if self._rules:
            self._homes = instance.table("sites").set_index("site")["jurisdiction"].to_dict()
            self._pools = instance.table("donor_pools").set_index("pool")

    def _masks(self, cell: str, elements: Sequence[Sequence[str]]) -> np.ndarray:
        """Return for each element, known by several names, the rules whose `cell` it does not rule out."""
        masks = np.full(len(elements), self.all, dtype=self.kind)
        for bit, rule in enumerate(self._rules):
            if rule[cell]:
                judged = {names: names[0] != "" and matches(rule[cell], names, self._groups) for names in set(elements)}
                missed = np.array([not judged[names] for names in elements], dtype=bool)
                masks[missed] &= ~(1 << bit)
        return masks

    @property
    def all(self) -> int:
        """Mask of a chain before its first element."""
        return (1 << len(self._rules)) - 1

    def open_after(self, position: str) -> int:
        """Return the rules that have a cell after `position`."""
        later = self.positions[self.positions.index(position) + 1 :]
        cells = [cell for name in later for cell in self._cells[name]]
        return sum(1 << bit for bit, rule in enumerate(self._rules) if any(rule[cell] for cell in cells))

    def of_pools(self, pools: Sequence[str]) -> np.ndarray:
        """Return the mask of each donor pool."""
        if not self._rules:
            return np.zeros(len(pools), dtype=self.kind)
        rows = self._pools.loc[list(pools)]
        names = list(zip(pools, rows["donor_group"], rows["jurisdiction"], strict=True))
        return np.asarray(self._masks("donor", names) & self._masks("risk_class", [(c,) for c in rows["risk_class"]]))

    def of_sites(self, stage: str, sites: Sequence[str]) -> np.ndarray:
        """Return the mask of each site as the place of `stage`."""
        if not self._rules:
            return np.zeros(len(sites), dtype=self.kind)
        return self._masks(stage, [(site, self._homes[site]) for site in sites])

    def of_tests(self, labs: Sequence[str], panels: Sequence[str]) -> np.ndarray:
        """Return the mask of each pair of lab and panel."""
        implicit = [(panel or "implicit",) for panel in panels]
        return np.asarray(self.of_sites("testing", labs) & self._masks("panel", implicit))

    def forbidden(self, masks: np.ndarray, position: str, *, before_test: bool = False) -> np.ndarray:
        """Return which partial chains that end at `position` match a prohibition altogether.

        `before_test`: the lab and panel of the chain are not chosen yet, wherever it ends.
        """
        closed = self.closed(position)
        if before_test:
            closed &= ~sum(1 << bit for bit, rule in enumerate(self._rules) if rule["testing"] or rule["panel"])
        return np.asarray((masks & closed) != 0)

    def closed(self, position: str) -> int:
        """Return the rules that have no cell after `position`."""
        return self.all & ~self.open_after(position)

    def named(self, mask: int) -> list[tuple[str, int]]:
        """Return id and row in the file of the rules of a mask."""
        return [(rule["rule"], self.rows[bit]) for bit, rule in enumerate(self._rules) if mask >> bit & 1]


def matches(cell: str, names: Sequence[str], groups: Groups) -> bool:
    """Return whether a filled cell matches something known by `names` (an id, its jurisdiction, ...)."""
    if cell == ANY:
        return True
    if cell.startswith("!"):
        return not matches(cell[1:], names, groups)
    members = groups.members(cell)
    return any(name in members for name in names if name)


def attributes_of(instance: Instance, therapy: str) -> frozenset[str]:
    """Return the cells of a prohibition that chains of a therapy have something for."""
    row = instance.table("therapies").set_index("therapy").loc[therapy]
    has = {*instance.routes[therapy], "therapy", "market"}
    has |= {"testing", "panel"} if row["tested"] == "yes" else set()
    has |= {"donor", "risk_class"} if row["modality"] == "allogeneic" else set()
    return frozenset(has)
