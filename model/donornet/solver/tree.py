"""Branch and bound over few decisions, each node a relaxation with much flow that `Sifting` solves."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from donornet.formulation.matrix import Matrix
from donornet.solver.round_up import closed_under, implications
from donornet.solver.sift import Relaxed, Sifting

SHARES_AT_ROOT, SHARES = (0.2, 0.35, 0.5, 0.65, 0.8), (0.35, 0.65)
"""Share of a decision that has to be left of a facility's amount for it to be taken, in roundings tried in turn."""
PRUNED = 0.9
"""Part of the gap that pruning may use up."""
CHEAP = 1e-9
"""Least cost of a decision, relative to the largest, in weighing decisions against each other."""


class Node(NamedTuple):
    """A part of the decisions' box: its bound, a number, bounds of all columns, and values of its relaxation."""

    bound: float
    number: int
    lower: np.ndarray
    upper: np.ndarray
    values: np.ndarray


@dataclass(eq=False)
class Tree:
    """A search over the decisions of a program, all of them 0 or 1.

    Parameters
    ----------
    matrix
        The program.
    sifting
        Its relaxations.
    gap
        Relative gap to prove.
    stop
        Says whether to stop for another reason.
    tell
        Receives objective and bound after each step; the objective is one of interior points, exact but for tolerances.

    Attributes
    ----------
    best, values
        Objective of the best design and values of all columns, of which the decisions are whole; None: no design.
    bound
        Proven lower bound.
    nodes
        Relaxations solved for bounds.
    """

    matrix: Matrix
    sifting: Sifting
    gap: float
    stop: Callable[[], bool]
    tell: Callable[[float, float], None]
    best: float = np.inf
    values: np.ndarray | None = None
    bound: float = -np.inf
    nodes: int = 0
    _floor: float = np.inf
    _tried: set[bytes] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._pairs = implications(self.matrix)
        self._lower, self._upper = self.matrix.lower.copy(), self.matrix.upper.copy()
        self._order, self._ladder = _ladders(self.matrix, self._pairs)
        cost = np.abs(self.matrix.cost)
        self._weight = np.maximum(cost, CHEAP * max(float(cost.max(initial=0.0)), 1.0))

    def run(self, start: np.ndarray | None = None) -> None:
        """Search until the gap is proven or it is time to stop.

        Parameters
        ----------
        start
            Values of a design, of all columns, of which only decisions count.
        """
        if start is not None:
            self._try(start > 0.5)
        root = self._relax(self._lower, self._upper)
        self.bound = root.bound
        if root.values is None or root.prices is None:
            return
        self.sifting.trim(root.prices)
        for share in SHARES_AT_ROOT:
            self._try(self._rounded(root.values, share))
        heap = [Node(root.bound, 0, self._lower, self._upper, root.values)]
        while heap and not self.stop():
            self._fix(root)
            self.bound = max(self.bound, min(heap[0].bound, self._floor, self.best))
            self.tell(self.best, self.bound)
            node = heapq.heappop(heap)
            if node.bound >= self._cutoff:
                heapq.heappush(heap, node)
                break
            for child in self._branch(node):
                heapq.heappush(heap, child)
        self.bound = max(self.bound, min([self._floor, self.best, *(node.bound for node in heap)]))

    @property
    def _cutoff(self) -> float:
        return self.best - PRUNED * self.gap * abs(self.best) if np.isfinite(self.best) else np.inf

    def _relax(self, lower: np.ndarray, upper: np.ndarray) -> Relaxed:
        self.nodes += 1
        return self.sifting.solve(lower, upper, self._cutoff)

    def _fix(self, root: Relaxed) -> None:
        """Fix decisions that the prices of the root show to be right or wrong, wherever they matter."""
        if root.prices is None or not np.isfinite(self.best):
            return
        free = self.matrix.integer & (self.matrix.lower < self.matrix.upper)
        settled = free & (root.bound + np.abs(root.prices) >= self._cutoff)
        self._upper[settled & (root.prices > 0)] = 0.0
        self._lower[settled & (root.prices < 0)] = 1.0
        if settled.any():
            self._floor = min(self._floor, float((root.bound + np.abs(root.prices[settled])).min()))

    def _branch(self, node: Node) -> list[Node]:
        """Return the two parts of a node that may hold a better design."""
        lower, upper = np.maximum(node.lower, self._lower), np.minimum(node.upper, self._upper)
        if (lower > upper).any():
            return []
        free = np.flatnonzero(self.matrix.integer & (lower < upper))
        if not len(free):
            self._floor = min(self._floor, node.bound)
            return []
        values = node.values[free]
        chosen = free[np.argmax(np.minimum(values, 1.0 - values) * self._weight[free])]
        children = []
        for taken in (True, False):
            low, high = self._decided(chosen, lower, upper, taken=taken)
            if (low > high).any():
                continue
            relaxed = self._relax(low, high)
            bound = max(relaxed.bound, node.bound)
            if relaxed.values is not None and bound < self._cutoff:
                for share in SHARES:
                    self._try(self._rounded(relaxed.values, share))
            if bound >= self._cutoff:
                self._floor = min(self._floor, bound)
            elif relaxed.values is not None:
                children.append(Node(bound, self.nodes, low, high, relaxed.values))
            else:
                children.append(Node(bound, self.nodes, low, high, node.values))
        return children

    def _decided(
        self, column: int, lower: np.ndarray, upper: np.ndarray, *, taken: bool
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return the bounds once a decision is taken, or ruled out, with all that follows."""
        chosen = np.zeros(len(lower), dtype=bool)
        chosen[column] = True
        if taken:
            return np.where(closed_under(self._pairs, chosen), 1.0, lower), upper
        return lower, np.where(closed_under(self._pairs[:, ::-1], chosen), 0.0, upper)

    def _rounded(self, values: np.ndarray, share: float) -> np.ndarray:
        """Return decisions that spend about what the relaxation spends on each facility, step by step."""
        columns = self._order
        spent = np.bincount(self._ladder, values[columns] * self._weight[columns])
        before = np.cumsum(self._weight[columns])
        first = np.searchsorted(self._ladder, np.arange(len(spent)))
        before = before - self._weight[columns] - (before - self._weight[columns])[first][self._ladder]
        left = (spent[self._ladder] - before) / self._weight[columns]
        taken = np.zeros(len(values), dtype=bool)
        taken[columns[left > share]] = True
        return taken

    def _try(self, taken: np.ndarray) -> None:
        """Make the design the best if it is."""
        decisions = self.matrix.integer
        taken = closed_under(self._pairs, (taken | (self.matrix.lower >= 1.0)) & decisions & (self.matrix.upper >= 1.0))
        if taken.tobytes() in self._tried or self.stop():
            return
        self._tried.add(taken.tobytes())
        lower = np.where(decisions, taken, self.matrix.lower).astype(float)
        upper = np.where(decisions, taken, self.matrix.upper).astype(float)
        if (lower < self.matrix.lower).any() or (upper > self.matrix.upper).any():
            return
        relaxed = self.sifting.solve(lower, upper, self.best)
        if relaxed.values is not None and relaxed.is_exact and relaxed.objective < self.best:
            self.best, self.values = relaxed.objective, np.where(decisions, taken, relaxed.values)


def _ladders(matrix: Matrix, pairs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the decisions, those of a facility together and what is needed before what needs it, and their ladder."""
    width = len(matrix.cost)
    columns = np.flatnonzero(matrix.integer)
    graph = coo_array((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(width, width))
    _, group = connected_components(graph, directed=False)
    depth = np.zeros(width, dtype=int)
    for _ in range(len(columns)):
        deeper = depth.copy()
        np.maximum.at(deeper, pairs[:, 0], depth[pairs[:, 1]] + 1)
        if np.array_equal(deeper, depth):
            break
        depth = deeper
    columns = columns[np.lexsort((depth[columns], group[columns]))]
    _, ladder = np.unique(group[columns], return_inverse=True)
    return columns, ladder
