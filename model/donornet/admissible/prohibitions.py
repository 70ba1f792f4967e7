"""Prohibitions: which partial chains can still become forbidden, as bit masks.

For one therapy and market each prohibition is a bit. A partial chain carries the bits of the prohibitions all of whose
cells so far match; it is forbidden as soon as such a prohibition has no cell left. The masks are the labels of the
admissible network.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from donornet.admissible.names import Names
from donornet.admissible.relation import Relation
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
        cells = ("rule", *known, *PLACE_CELLS)
        rules = [dict(zip(cells, row, strict=True)) for row in zip(*(table[cell] for cell in cells), strict=True)]
        concerns = {
            row: rule
            for row, rule in zip(table.index, rules, strict=True)
            if all(cell in has or not rule[cell] for cell in PLACE_CELLS)
            and all(not rule[cell] or matches(rule[cell], names, self._groups) for cell, names in known.items())
        }
        self.rows, self._rules = list(concerns), list(concerns.values())
        self._cells = {"donor": ("donor", "risk_class"), "test": ("testing", "panel")} | {s: (s,) for s in self.route}
        self.kind: Any = np.int64 if len(self._rules) <= MOST_BITS else object
        if self._rules:
            self._homes = _columns(instance, "sites", "site", "jurisdiction")
            self._pools = _columns(instance, "donor_pools", "pool", "donor_group", "jurisdiction", "risk_class")

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
        told = [self._pools[pool] for pool in pools]
        donors = [(pool, group, home) for pool, (group, home, _) in zip(pools, told, strict=True)]
        return np.asarray(self._masks("donor", donors) & self._masks("risk_class", [(risk,) for *_, risk in told]))

    def of_sites(self, stage: str, sites: Sequence[str]) -> np.ndarray:
        """Return the mask of each site as the place of `stage`."""
        if not self._rules:
            return np.zeros(len(sites), dtype=self.kind)
        return self._masks(stage, [(site, *self._homes[site]) for site in sites])

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


def _columns(instance: Instance, table: str, key: str, *columns: str) -> dict[str, tuple[str, ...]]:
    """Return some columns of a table by its key."""
    rows = instance.table(table)
    return dict(zip(rows[key], zip(*(rows[column] for column in columns), strict=True), strict=True))


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
    tested, modality = _columns(instance, "therapies", "therapy", "tested", "modality")[therapy]
    has = {*instance.routes[therapy], "therapy", "market"}
    has |= {"testing", "panel"} if tested == "yes" else set()
    has |= {"donor", "risk_class"} if modality == "allogeneic" else set()
    return frozenset(has)


def masks_of(judge: Callable[..., np.ndarray], names: Names, *elements: np.ndarray) -> np.ndarray:
    """Return the masks of elements given by their numbers; `judge` (a method of `Prohibitions`) sees each name once."""
    rows = Relation({str(position): column for position, column in enumerate(elements)})
    distinct = rows.distinct(*rows)
    told = judge(*(names.texts(column).tolist() for column in distinct.columns.values()))
    return np.asarray(told[rows.find(distinct, *rows)])
