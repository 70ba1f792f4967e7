"""The relaxation of a program of few decisions and much flow, solved on the columns and rows that matter.

Most columns are dear ways of doing what others do, and many rows never bind. The relaxation is solved on a part of
both; columns that are worth their price and rows that are violated join until a bound of the whole program, certified
from the duals, comes near.

Rows that keep flow behind one and the same decision and follow one another (a centre's flow to a facility over the
periods) are summed to one row, which is nearly as strong; they themselves join only where decisions are whole.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.sparse import csr_array

from donornet.exceptions import SolverError
from donornet.formulation.matrix import Matrix
from donornet.solver.certify import certified_bound, implied_upper, reduced_costs
from donornet.solver.clock import Clock
from donornet.solver.highs import Program
from donornet.solver.interrupt import Interrupt
from donornet.solver.outcome import Ending
from donornet.solver.roles import Roles, summed, without_fixed
from donornet.solver.round_up import WHOLE
from donornet.solver.settings import Settings

ROUNDS = 20
"""Most rounds of columns and rows for one relaxation."""
NEAREST, NEAR_SHARE = 2e-5, 0.1
"""Relative distance of the certified bound from the objective at which a relaxation is solved, as a share of the gap
that is asked for; and the least such distance."""
VIOLATED = 1e-6
"""Violation from which on a row joins."""
WORTH = 1e-7
"""Reduced cost, relative to the largest cost, below which a column joins."""
MANY = 2_000
"""Columns up to which all that are worth their price join at once."""
DEAR = 0.03
"""Reduced cost, as a share of a column's cost, above which the column waits once a relaxation has told the prices."""
ROUGH = 1e-3
"""Relative gap to which the very first round is solved: it tells which columns are dear, and much of them is."""


@dataclass(frozen=True, eq=False)
class Relaxed:
    """What is known of the relaxation within given bounds.

    Parameters
    ----------
    bound
        Proven lower bound, infinite where nothing is feasible.
    objective, values
        Objective and point; shape (columns,). They tell the cost of a design only where `is_exact`.
    prices, duals
        Reduced costs, shape (columns,), and duals, shape (rows of the sifted program,), that belong to `bound`.
    is_exact
        Whether all rows hold and the bound is near, both but for tolerances.
    """

    bound: float
    objective: float = np.inf
    values: np.ndarray | None = None
    prices: np.ndarray | None = None
    duals: np.ndarray | None = None
    is_exact: bool = False


class Sifting:
    """A program whose relaxation is solved again and again within other bounds of the decisions.

    Parameters
    ----------
    matrix
        The program.
    settings, interrupt, clock
        As in `Program`.

    Attributes
    ----------
    matrix, columns
        The program without fixed columns in its rows and with sums of gates, and its rows by column.
    roles, sums
        What its rows do, and whether a row is a sum of gates, shape (rows,).
    cover, group
        A row that each column covers, and a number for what covers it behind the same decision; -1: none; shape
        (columns,).
    most
        Upper bounds that rows imply, shape (columns,).
    worth
        Reduced cost below which a column is worth its price.
    """

    def __init__(self, matrix: Matrix, settings: Settings, interrupt: Interrupt, clock: Clock) -> None:
        self._settings, self._interrupt, self._clock = settings, interrupt, clock
        self._near = max(NEAREST, NEAR_SHARE * settings.gap)
        program = without_fixed(matrix)
        self.roles = roles = Roles.of(program)
        self.matrix, self._active = summed(program, roles)
        self.sums = np.arange(len(self._active)) >= program.rows.shape[0]
        self._parts = np.zeros(len(self._active), dtype=bool)
        self._parts[roles.gates] = ~self._active[roles.gates]
        self.columns = self.matrix.rows.tocsc()
        idle = self.matrix.lower[roles.gated] == 0.0  # what must flow cannot be left out; its gate says what follows
        self._gated, self._gates = roles.gated[idle], roles.behind[idle]
        self.cover, self._weight = _first_cover(self.matrix, roles.covers)
        self.group = self._groups()
        self._kept = self.group < 0
        self._kept[best_of(self.group, matrix.cost, np.flatnonzero(~self._kept))] = True
        self.most = np.minimum(self.matrix.upper, implied_upper(self.matrix))
        self._has_prices = False
        self.worth = -WORTH * float(np.abs(matrix.cost).max(initial=1.0))

    def closed(self, upper: np.ndarray) -> np.ndarray:
        """Return whether each column is kept out by upper bounds of the decisions, shape (columns,) as they are."""
        closed = np.zeros(len(upper), dtype=bool)
        closed[self._gated[upper[self._gates] <= 0.0]] = True
        return closed

    def solve(self, lower: np.ndarray, upper: np.ndarray, cutoff: float = np.inf) -> Relaxed:
        """Return the relaxation within bounds of all columns, as soon as it is known to reach `cutoff`."""
        closed = self.closed(upper)
        best, objective, values, plainly = Relaxed(-np.inf), np.inf, None, False
        for _ in range(ROUNDS):
            columns = np.flatnonzero(self._kept & ~closed)
            program = self._program(lower, upper, columns)
            if plainly:
                program.choose({"presolve": "off"})
            try:
                outcome = program.solve()
            except SolverError:  # unbounded without the rows that wait, or numbers that HiGHS cannot work with
                if self._active.all():
                    raise
                self._active[:] = True
                continue
            if outcome.ending is Ending.INFEASIBLE:
                if (self._kept | closed).all():
                    return Relaxed(np.inf)
                self._kept |= ~closed
                continue
            if self._clock.is_over or self._interrupt.requested:
                break
            values, duals = self._point(program, columns)
            objective = float(self.matrix.cost @ values + self.matrix.offset)
            best = max(best, self._bound(duals, lower, upper, closed), key=lambda found: found.bound)
            is_rough = not self._has_prices
            if is_rough:
                self.trim(reduced_costs(self.matrix, duals))
            more_columns, more_rows = self._columns_join(duals, closed), self._rows_join(values)
            is_near = objective - best.bound <= self._near * abs(objective)
            if best.bound >= cutoff or (is_near and not more_rows):
                break
            if not (more_columns or more_rows or is_rough):
                if plainly:
                    break
                plainly = True  # what HiGHS' presolve took away does not always get a dual that proves the optimum
        is_near = objective - best.bound <= 2 * self._near * abs(objective)
        is_exact = values is not None and is_near and not self._violated(values).any()
        return replace(best, objective=objective, values=values, is_exact=is_exact)

    def trim(self, prices: np.ndarray) -> None:
        """Let columns wait again that are dear at the prices of a relaxation, shape (columns,)."""
        self._kept &= (self.group < 0) | (prices <= DEAR * np.abs(self.matrix.cost))
        self._has_prices = True

    def _groups(self) -> np.ndarray:
        """Return the group of each column: what covers the same row behind the same decision; -1: none."""
        gate = np.full(len(self.matrix.cost), -1)
        gate[self._gated] = self._gates
        both = (self.cover >= 0) & (gate >= 0) & ~self.matrix.integer & (self.matrix.lower == 0.0)
        return np.where(both, self.cover * len(gate) + gate, -1)

    def _program(self, lower: np.ndarray, upper: np.ndarray, columns: np.ndarray) -> Program:
        """Return the part of the program that takes part so far."""
        whole, rows = self.matrix, np.flatnonzero(self._active)
        part = replace(
            whole,
            variables=[],
            cost=whole.cost[columns],
            lower=lower[columns],
            upper=upper[columns],
            integer=np.zeros(len(columns), dtype=bool),
            rows=csr_array(self.columns[:, columns].tocsr()[rows]),
            row_lower=whole.row_lower[rows],
            row_upper=whole.row_upper[rows],
        )
        program = Program(part, self._settings, self._interrupt, self._clock)
        gap = self._near / 2 if self._has_prices else max(self._near / 2, ROUGH)
        program.choose({"solver": "ipx", "run_crossover": "off", "ipm_optimality_tolerance": gap})
        return program

    def _point(self, program: Program, columns: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return values of all columns and duals of all rows, zero where they take no part."""
        values, duals = np.zeros(len(self.matrix.cost)), np.zeros(self.matrix.rows.shape[0])
        values[columns], duals[self._active] = program.point()
        return values, duals

    def _bound(self, duals: np.ndarray, lower: np.ndarray, upper: np.ndarray, closed: np.ndarray) -> Relaxed:
        """Return the bound that the duals prove, as they are or with covering no dearer than by the best column."""
        matrix = self.matrix
        duals = np.where(np.isinf(matrix.row_lower), np.minimum(duals, 0.0), duals)
        prices = reduced_costs(matrix, duals)
        some = np.flatnonzero((self.cover >= 0) & ~closed)
        missed = np.zeros(len(duals))
        np.minimum.at(missed, self.cover[some], prices[some] / self._weight[some])
        fairer = np.where(np.isinf(matrix.row_upper), np.maximum(duals + missed, 0.0), duals + missed)
        within = replace(matrix, lower=lower, upper=np.where(closed, 0.0, np.minimum(upper, self.most)))
        return max(
            (Relaxed(certified_bound(within, y), prices=reduced_costs(matrix, y), duals=y) for y in (duals, fairer)),
            key=lambda found: found.bound,
        )

    def _violated(self, values: np.ndarray) -> np.ndarray:
        """Return the rows that are needed and violated: parts of sums only where the decisions are whole."""
        decisions = values[self.matrix.integer]
        idle = self._active if (np.abs(decisions - np.round(decisions)) <= WHOLE).all() else self._active | self._parts
        return np.asarray((self.matrix.rows @ values > self.matrix.row_upper + VIOLATED) & ~idle)

    def _rows_join(self, values: np.ndarray) -> bool:
        """Let violated rows join and return whether there are any."""
        violated = self._violated(values)
        self._active |= violated
        return bool(violated.any())

    def _columns_join(self, duals: np.ndarray, closed: np.ndarray) -> bool:
        """Let columns join that are worth their price, of many the best of each group; return whether any is."""
        prices = reduced_costs(self.matrix, duals)
        worth = np.flatnonzero(~self._kept & ~closed & (prices < self.worth))
        self._kept[worth if len(worth) <= MANY else best_of(self.group, prices, worth)] = True
        return len(worth) > 0


def _first_cover(matrix: Matrix, covers: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return for each column a row that it covers, -1: none, and its coefficient there."""
    entries = matrix.rows[covers].tocoo()
    cover, weight = np.full(len(matrix.cost), -1), np.ones(len(matrix.cost))
    cover[entries.col], weight[entries.col] = covers[entries.row], entries.data
    return cover, weight


def best_of(group: np.ndarray, price: np.ndarray, among: np.ndarray) -> np.ndarray:
    """Return the cheapest column of each group among some columns."""
    order = among[np.lexsort((price[among], group[among]))]
    first = np.ones(len(order), dtype=bool)
    first[1:] = group[order[1:]] != group[order[:-1]]
    return order[first]
