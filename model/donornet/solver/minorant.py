"""What a design costs at least, as a linear function of the decisions: Benders' cuts, certified over all columns.

For any duals y of the rows, each point of the program costs at least

    y b + sum over flows of min(d l, d u) + sum over decisions of d z,   d = c - A' y,

whatever its decisions z are. Duals of the flows of one design make that tight for this design. For what is closed there
they say nothing, as nothing enters its rows; three steps choose the duals there so that the cut says much of designs
that open it:

- rows that only closed flows enter get those duals that are best where everything is open: a small linear program;
- then the gate of each flow, the row ``flow <= U z`` of its own demand, gets the least dual at which none of its flows
  is worth more than its price, flows that wait in the sifting included.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.sparse import csc_array, csr_array, eye_array, hstack

from donornet.formulation.matrix import Matrix
from donornet.solver.certify import certified_bound, reduced_costs
from donornet.solver.clock import Clock
from donornet.solver.highs import Program
from donornet.solver.interrupt import Interrupt
from donornet.solver.settings import Settings
from donornet.solver.sift import Sifting, best_of


@dataclass(frozen=True, eq=False)
class Minorant:
    """The function ``constant + slopes @ z`` of the free decisions z.

    Parameters
    ----------
    constant
        Value where no decision is taken.
    slopes
        What each decision adds, shape (decisions,).
    """

    constant: float
    slopes: np.ndarray

    def at(self, taken: np.ndarray) -> float:
        """Return the value at decisions, shape (decisions,)."""
        return float(self.constant + self.slopes @ taken)


class Minorants:
    """Makes minorants of the cost of a sifted program.

    Parameters
    ----------
    sifting
        The program.
    settings, interrupt, clock
        As in `Program`.

    Attributes
    ----------
    decisions
        Columns of the free decisions, all of them 0 or 1, shape (decisions,).
    """

    def __init__(self, sifting: Sifting, settings: Settings, interrupt: Interrupt, clock: Clock) -> None:
        self._settings, self._interrupt, self._clock = settings, interrupt, clock
        self._sifting, self._matrix = sifting, sifting.matrix
        matrix = self._matrix
        self.decisions = np.flatnonzero(matrix.integer & (matrix.lower < matrix.upper))
        self._within = replace(matrix, upper=sifting.most)
        self._gate, self._weight = _own_gates(matrix, sifting)
        pattern = matrix.rows.copy()
        pattern.data = (~matrix.integer[pattern.indices]).astype(float)
        self._flows = pattern
        self._entering = pattern @ np.ones(len(matrix.cost))
        own = np.zeros(matrix.rows.shape[0], dtype=bool)
        own[self._gate[self._gate >= 0]] = True
        self._replaced = own | (sifting.sums & (pattern @ (self._gate >= 0).astype(float) > 0))

    def of(self, duals: np.ndarray, closed: np.ndarray) -> Minorant:
        """Return the minorant that duals prove.

        Parameters
        ----------
        duals
            A dual of each row of the sifted program, shape (rows,).
        closed
            Flows that take no part in the program whose duals these are, shape (columns,).
        """
        return self._proven(self._within, self._opened(self._signed(duals), closed))

    def of_infeasibility(self, lower: np.ndarray, upper: np.ndarray) -> Minorant:
        """Return a function of the decisions that no design makes positive, and those within bounds may.

        Parameters
        ----------
        lower, upper
            Bounds of all columns within which nothing is feasible, shape (columns,).
        """
        matrix = self._matrix
        rows, columns = matrix.rows.shape
        slack = eye_array(rows, format="csr")
        elastic = replace(
            matrix,
            variables=[],
            cost=np.concatenate([np.zeros(columns), np.ones(2 * rows)]),
            offset=0.0,
            lower=np.concatenate([lower, np.zeros(2 * rows)]),
            upper=np.concatenate([upper, np.full(2 * rows, np.inf)]),
            integer=np.zeros(columns + 2 * rows, dtype=bool),
            rows=csr_array(hstack([matrix.rows, slack, -slack], format="csr")),
        )
        program = Program(elastic, self._settings, self._interrupt, self._clock)
        program.solve()
        return self._proven(replace(self._within, cost=np.zeros(columns), offset=0.0), self._signed(program.duals()))

    def _proven(self, matrix: Matrix, duals: np.ndarray) -> Minorant:
        """Return the bound that signed duals prove, the decisions' part left to them instead of to their bounds."""
        slopes, cost = reduced_costs(matrix, duals)[self.decisions], matrix.cost.copy()
        cost[self.decisions] -= slopes
        return Minorant(certified_bound(replace(matrix, cost=cost), duals), slopes)

    def _signed(self, duals: np.ndarray) -> np.ndarray:
        """Return duals without what points to a bound that the row does not have."""
        duals = np.nan_to_num(duals, posinf=0.0, neginf=0.0)
        duals = np.where(np.isinf(self._matrix.row_lower), np.minimum(duals, 0.0), duals)
        return np.where(np.isinf(self._matrix.row_upper), np.maximum(duals, 0.0), duals)

    def _opened(self, duals: np.ndarray, closed: np.ndarray) -> np.ndarray:
        """Return the duals with those of rows that are idle, and of the gates, chosen anew."""
        duals = np.where(self._replaced, 0.0, duals)
        if closed.any():
            duals = self._chosen(duals, closed)
        prices = reduced_costs(self._matrix, np.where(self._replaced, 0.0, duals))
        gated = np.flatnonzero((self._gate >= 0) & (prices < 0.0))
        gates = np.zeros(len(duals))
        np.minimum.at(gates, self._gate[gated], prices[gated] / self._weight[gated])
        return np.where(self._replaced, gates, duals)

    def _chosen(self, duals: np.ndarray, closed: np.ndarray) -> np.ndarray:
        """Return the duals with those of rows that only closed flows enter as if all decisions were taken."""
        matrix = self._matrix
        entering = self._flows @ closed.astype(float)
        free = (entering > 0) & (entering >= self._entering) & ~self._sifting.sums
        duals = np.where(free, 0.0, duals)
        prices = reduced_costs(matrix, duals)
        worth = np.flatnonzero(closed & (prices < self._sifting.worth) & np.isfinite(self._sifting.most))
        columns = best_of(_alike(self._sifting.columns, free, worth), prices, worth)
        rows = csr_array(self._sifting.columns[:, columns].tocsr())
        free = np.flatnonzero(free & (np.diff(rows.indptr) > 0))
        if not len(free):
            return duals
        limits = np.isfinite(matrix.row_upper[free]) & (rows[free].min(axis=1).toarray().ravel() >= 0.0)
        limited = limits.astype(float) @ rows[free] > 0.0
        taken = np.zeros(len(matrix.cost))
        taken[self.decisions] = 1.0
        there = matrix.rows[free] @ taken
        part = replace(
            matrix,
            variables=[],
            cost=prices[columns],
            offset=0.0,
            lower=np.zeros(len(columns)),
            upper=np.where(limited, np.inf, self._sifting.most[columns]),
            integer=np.zeros(len(columns), dtype=bool),
            rows=rows[free],
            row_lower=matrix.row_lower[free] - there,
            row_upper=matrix.row_upper[free] - there,
        )
        program = Program(part, self._settings, self._interrupt, self._clock)
        program.solve()
        chosen = duals.copy()
        chosen[free] = program.duals()
        return self._signed(chosen)


def _alike(columns: csc_array, rows: np.ndarray, among: np.ndarray) -> np.ndarray:
    """Return numbers, shape (columns,), that are equal where columns among some have the same entries in some rows."""
    weight = np.where(rows, np.random.default_rng(0).random(len(rows)), 0.0)
    alike = np.zeros(columns.shape[1])
    alike[among] = columns[:, among].T @ weight
    return alike


def _own_gates(matrix: Matrix, sifting: Sifting) -> tuple[np.ndarray, np.ndarray]:
    """Return the tightest gate of each flow whose flows all cover the same row, -1: none, and the coefficient there."""
    gates = sifting.roles.gates
    entries = matrix.rows[gates].tocoo()
    flow = ~matrix.integer[entries.col]
    most = np.zeros(len(gates))
    most[entries.row[~flow]] = -entries.data[~flow]
    row, column, weight = entries.row[flow], entries.col[flow], entries.data[flow]
    first, last = np.full(len(gates), len(matrix.row_lower)), np.full(len(gates), -1)
    np.minimum.at(first, row, sifting.cover[column])
    np.maximum.at(last, row, sifting.cover[column])
    alike = ((first == last) & (first >= 0))[row]
    order = np.flatnonzero(alike)[np.argsort(-(most[row] / weight)[alike], kind="stable")]
    own, coefficient = np.full(len(matrix.cost), -1), np.ones(len(matrix.cost))
    own[column[order]], coefficient[column[order]] = gates[row[order]], weight[order]
    return own, coefficient
