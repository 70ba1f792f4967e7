"""A linear program with whole numbers as plain arrays, solved by HiGHS without a modelling library."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import highspy
import numpy as np
from scipy.sparse import csr_matrix

INF = highspy.kHighsInf


class Linear:
    """A linear expression: coefficients by variable, and a constant."""

    def __init__(self, terms: Mapping[int, float] | None = None, constant: float = 0.0) -> None:
        self.terms: defaultdict[int, float] = defaultdict(float, terms or {})
        self.constant = constant

    def add(self, other: Linear | int, factor: float = 1.0) -> Linear:
        """Add `factor` times a variable or an expression, in place."""
        if isinstance(other, int):
            self.terms[other] += factor
        else:
            for variable, coefficient in other.terms.items():
                self.terms[variable] += factor * coefficient
            self.constant += factor * other.constant
        return self

    def value(self, x: np.ndarray) -> float:
        """Return the expression's value at the point `x`."""
        return self.constant + sum(coefficient * float(x[variable]) for variable, coefficient in self.terms.items())


def total(expressions: Iterable[Linear]) -> Linear:
    """Return the sum of expressions."""
    result = Linear()
    for expression in expressions:
        result.add(expression)
    return result


@dataclass
class Point:
    """How a solve ended: `status` optimal, infeasible or limit, and the point where there is one."""

    status: str
    objective: float = float("nan")
    x: np.ndarray = field(default_factory=lambda: np.empty(0))


class Program:
    """Variables and rows, collected one at a time.

    Rows that switch a flow off with a binary (`switch`) are kept apart: their constant is a guess that `solve`
    verifies.
    """

    def __init__(self) -> None:
        self.lower: list[float] = []
        self.upper: list[float] = []
        self.whole: list[bool] = []
        self.rows: list[tuple[dict[int, float], float, float]] = []
        self.switches: list[tuple[dict[int, float], int]] = []
        self.objective = Linear()

    def variable(self, upper: float = INF, *, lower: float = 0.0, whole: bool = False) -> int:
        """Add a variable and return its number."""
        self.lower.append(lower)
        self.upper.append(upper)
        self.whole.append(whole)
        return len(self.lower) - 1

    def row(self, expression: Linear, lower: float, upper: float) -> None:
        """Add the row lower ≤ expression ≤ upper."""
        terms = {variable: coefficient for variable, coefficient in expression.terms.items() if coefficient}
        self.rows.append((terms, lower - expression.constant, upper - expression.constant))

    def at_most(self, expression: Linear, right: Linear | float = 0.0) -> None:
        """Add the row expression ≤ right."""
        if isinstance(right, Linear):
            expression, right = Linear().add(expression).add(right, -1.0), 0.0
        self.row(expression, -INF, right)

    def at_least(self, expression: Linear, right: Linear | float = 0.0) -> None:
        """Add the row expression ≥ right."""
        if isinstance(right, Linear):
            expression, right = Linear().add(expression).add(right, -1.0), 0.0
        self.row(expression, right, INF)

    def equal(self, expression: Linear, right: float) -> None:
        """Add the row expression = right."""
        self.row(expression, right, right)

    def switch(self, expression: Linear, binary: int) -> None:
        """Require that the expression, a sum of flows, be zero where the binary is zero."""
        terms = {variable: coefficient for variable, coefficient in expression.terms.items() if coefficient}
        if terms:
            self.switches.append((terms, binary))

    # ---------------------------------------------------------------------------------------------------------- solve

    def solve(self, big: float, *, gap: float = 1e-9, time_limit: float = 120.0) -> Point:
        """Solve with `big` as the most that any switched expression may reach, and verify that it was big enough.

        The design found is fixed and its flows are solved again without any big number; the two optima must agree.
        """
        for _ in range(4):
            point = self._run(
                [({**terms, binary: -big}, -INF, 0.0) for terms, binary in self.switches], gap, time_limit
            )
            if point.status == "limit":
                return point
            if point.status == "infeasible":
                if not self.switches:
                    return point
                relaxed = self._run(
                    [({**terms, binary: -1e3 * big}, -INF, 0.0) for terms, binary in self.switches], gap, time_limit
                )
                if relaxed.status == "infeasible":
                    return relaxed
            else:
                used = max((_activity(terms, point.x) for terms, _ in self.switches), default=0.0)
                fixed = self._fixed(point)
                close = abs(fixed.objective - point.objective) <= 1e-7 * max(1.0, abs(point.objective))
                if used <= 0.9 * big and fixed.status == "optimal" and close:
                    return fixed
            big *= 10.0
        raise RuntimeError("no number is big enough to switch flows with")

    def _fixed(self, point: Point) -> Point:
        """Solve the flows again with every whole number fixed, closed flows at zero and open ones unbounded."""
        design = np.where(self.whole, np.round(point.x), np.nan)
        shut = [(terms, -INF, 0.0) for terms, binary in self.switches if design[binary] < 0.5]
        return self._run(shut, 1e-9, 120.0, design)

    def _run(
        self,
        extra: list[tuple[dict[int, float], float, float]],
        gap: float,
        time_limit: float,
        design: np.ndarray | None = None,
    ) -> Point:
        rows = self.rows + extra
        lower, upper = np.array(self.lower), np.array(self.upper)
        whole = np.array(self.whole, dtype=bool)
        if design is not None:
            lower, upper = np.where(whole, design, lower), np.where(whole, design, upper)
            whole = np.zeros_like(whole)
        cost = np.zeros(len(lower))
        for variable, coefficient in self.objective.terms.items():
            cost[variable] = coefficient
        highs = _highs(gap, time_limit)
        highs.passModel(_lp(cost, (lower, upper), rows, self.objective.constant, whole))
        highs.run()
        status = highs.getModelStatus()
        if status in (highspy.HighsModelStatus.kInfeasible, highspy.HighsModelStatus.kUnboundedOrInfeasible):
            return Point("infeasible")
        if status == highspy.HighsModelStatus.kModelEmpty:
            return Point("optimal", self.objective.constant)
        if status != highspy.HighsModelStatus.kOptimal:
            return Point("limit")
        x = np.array(highs.getSolution().col_value)
        return Point("optimal", float(cost @ x) + self.objective.constant, x)


def _activity(terms: Mapping[int, float], x: np.ndarray) -> float:
    return sum(coefficient * float(x[variable]) for variable, coefficient in terms.items())


def _highs(gap: float, time_limit: float) -> highspy.Highs:
    highs = highspy.Highs()
    options = {
        "output_flag": False,
        "threads": 1,
        "parallel": "off",
        "random_seed": 1,
        "mip_rel_gap": gap,
        "mip_abs_gap": 1e-9,
        "mip_feasibility_tolerance": 1e-9,
        "primal_feasibility_tolerance": 1e-9,
        "dual_feasibility_tolerance": 1e-9,
        "time_limit": time_limit,
    }
    for name, value in options.items():
        if highs.setOptionValue(name, value) != highspy.HighsStatus.kOk:
            raise ValueError(f"HiGHS refuses {name}={value}")
    return highs


def _lp(
    cost: np.ndarray,
    bounds: tuple[np.ndarray, np.ndarray],
    rows: list[tuple[dict[int, float], float, float]],
    offset: float,
    whole: np.ndarray,
) -> highspy.HighsLp:
    indptr = np.cumsum([0, *(len(terms) for terms, _, _ in rows)])
    index = np.fromiter((variable for terms, _, _ in rows for variable in terms), dtype=np.int32)
    values = np.fromiter((value for terms, _, _ in rows for value in terms.values()), dtype=float)
    matrix = csr_matrix((values, index, indptr), shape=(len(rows), len(cost)))
    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = len(cost), len(rows)
    lp.col_cost_, lp.offset_ = cost, offset
    lp.col_lower_, lp.col_upper_ = bounds
    lp.row_lower_ = np.array([lower for _, lower, _ in rows], dtype=float)
    lp.row_upper_ = np.array([upper for _, _, upper in rows], dtype=float)
    lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    lp.a_matrix_.start_, lp.a_matrix_.index_, lp.a_matrix_.value_ = matrix.indptr, matrix.indices, matrix.data
    lp.integrality_ = [highspy.HighsVarType.kInteger if flag else highspy.HighsVarType.kContinuous for flag in whole]
    return lp
