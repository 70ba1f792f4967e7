"""From a Pyomo model to plain arrays: donornet's own rows as they are, what a user added by way of its expressions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np
import pyomo.environ as pyo
from pyomo.core.base.component import index_repr
from pyomo.core.base.var import VarData
from pyomo.repn import generate_standard_repn
from scipy.sparse import coo_array, csr_array

from donornet.exceptions import SolverError
from donornet.formulation.columns import Columns, Variables, columns_of
from donornet.formulation.objective import is_unchanged, own_costs
from donornet.formulation.rows import Rows

Block: TypeAlias = tuple[csr_array, np.ndarray, np.ndarray]
"""Rows of a program with their lower and upper bounds."""

KNOWN_COMPONENTS = frozenset({
    pyo.Var, pyo.Constraint, pyo.Objective, pyo.Expression, pyo.Param, pyo.Set, pyo.RangeSet, pyo.SetOf, pyo.Block,
    pyo.Suffix, pyo.BuildAction, pyo.BuildCheck,
})  # fmt: skip
"""Kinds of Pyomo components that a linear program can hold; others (SOS constraints, disjunctions) would be lost."""

WHOLE = 1e-9
"""Distance from a whole number up to which a bound counts as one."""


@dataclass(frozen=True, eq=False)
class Matrix:
    """A mixed-integer program ``min cost @ x + offset, row_lower <= rows @ x <= row_upper, lower <= x <= upper``.

    Parameters
    ----------
    variables
        The Pyomo variables, in the order of the columns, shape (columns,).
    cost, offset
        Objective, always to be minimised (`sense` is -1 where the model maximises).
    lower, upper
        Bounds of the variables, a fixed variable having both equal to its value.
    integer
        Whether a variable is whole, shape (columns,).
    rows, row_lower, row_upper
        The constraints.
    sense
        1 where the model minimises, -1 where it maximises (cost is negated).
    """

    variables: Sequence[VarData]
    cost: np.ndarray
    offset: float
    lower: np.ndarray
    upper: np.ndarray
    integer: np.ndarray
    rows: csr_array
    row_lower: np.ndarray
    row_upper: np.ndarray
    sense: int = 1

    def relaxed(self) -> Matrix:
        """Return the program without integrality."""
        return replace(self, integer=np.zeros_like(self.integer))

    def least_objective(self) -> float:
        """Return what the objective cannot fall below by the variables' bounds alone, often minus infinity."""
        costly = self.cost != 0
        cost = self.cost[costly]
        return float(cost @ np.where(cost > 0, self.lower[costly], self.upper[costly]) + self.offset)


def assemble(model: Any) -> Matrix:
    """Return the arrays of a model with linear constraints and objective.

    Raises
    ------
    SolverError
        A constraint or the objective is not linear, there is not exactly one active objective, or an active component
        of the model is neither variable, constraint nor objective (for example an SOS constraint).
    """
    _refuse_foreign_components(model)
    variables = _variables(model)
    _refuse_removed_columns(model)
    lower, upper, integer, fixed = _bounds(variables)
    rows, row_lower, row_upper = _stacked(list(_row_blocks(model, variables)), len(variables))
    cost, offset, sense = _objective(model, variables)
    offset += float(cost[fixed] @ lower[fixed])
    cost[fixed] = 0.0
    return Matrix(variables, cost, offset, lower, upper, integer, rows, row_lower, row_upper, sense)


def row_names(model: Any) -> list[str]:
    """Return the names of the constraints in the order of the rows of `assemble`, without writing any of them down."""
    names: list[str] = []
    written: list[Any] = []
    for component in model.component_objects(pyo.Constraint, active=True, descend_into=True):
        if isinstance(component, Rows):
            untouched = np.arange(len(component.index_keys))[component.untouched()]
            names.extend(component.name + index_repr(component.index_keys.order[row]) for row in untouched)
            written.extend(component._data.values())
        else:
            written.extend(component.values())
    return names + [row.name for row in written if row.active]


def _refuse_foreign_components(model: Any) -> None:
    for component in model.component_objects(active=True, descend_into=True):
        kind = component.ctype
        if kind not in KNOWN_COMPONENTS:
            raise SolverError(f"{component.name}: a component of type {kind.__name__} cannot be handed to HiGHS")


def _variables(model: Any) -> Variables:
    others: list[VarData] = []
    for component in model.component_objects(pyo.Var, descend_into=True):
        if not isinstance(component, Columns) and not component.is_reference():
            others.extend(component.values())
    return Variables(columns_of(model).blocks, others)


def _refuse_removed_columns(model: Any) -> None:
    """Raise where variables of donornet's own have been deleted: the rows count on their places."""
    width = 0
    for block in model.component_objects(pyo.Var):
        if isinstance(block, Columns):
            if block.removed or block.start not in (-1, width):
                raise SolverError(f"variables of {block.name} or before it were deleted; fix them to zero instead")
            width += len(block.frame)
    for rows in model.component_objects(pyo.Constraint, active=True):
        if isinstance(rows, Rows) and rows.matrix.nnz and rows.matrix.indices.max() >= width:
            raise SolverError(f"variables that {rows.name} needs were deleted; fix them to zero instead")


def _bounds(variables: Variables) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return lower and upper bounds and integrality, a fixed variable bounded to its value; and which are fixed.

    Bounds of whole variables are rounded to whole numbers: HiGHS (1.15) can take a wrong design for optimal otherwise.
    """
    lower, upper = np.empty(len(variables)), np.empty(len(variables))
    integer = np.empty(len(variables), dtype=bool)
    start = 0
    for block, end in zip(variables.blocks, variables.ends, strict=True):
        part, domains = slice(start, end), block.domains if isinstance(block.domains, list) else [block.domains]
        low, high, integer[part] = _ranges(domains, [block] * len(domains))
        lower[part] = np.fmax(low, 0.0)
        upper[part] = np.fmin(high, np.where(np.isfinite(block.upper), block.upper, np.inf))
        start = end
    written = variables.written()
    columns, members = np.array(list(written), dtype=int), list(written.values())
    low, high, integer[columns] = _ranges([variable.domain for variable in members], members)
    lower[columns] = np.fmax(low, _numbers([variable._lb for variable in members]))
    upper[columns] = np.fmin(high, _numbers([variable._ub for variable in members]))
    lower[integer], upper[integer] = np.ceil(lower[integer] - WHOLE), np.floor(upper[integer] + WHOLE)
    fixed = [column for column, variable in written.items() if variable._fixed]
    for column in fixed:
        if written[column].value is None:
            raise SolverError(f"{written[column].name} is fixed without a value")
        lower[column] = upper[column] = written[column].value
    return lower, upper, integer, np.array(fixed, dtype=int)


def _ranges(domains: list[Any], owners: Sequence[Any]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return lower and upper ends of the owners' domains, and whether only whole numbers count."""
    kinds: dict[int, tuple[float, float, bool]] = {}
    for domain, owner in zip(domains, owners, strict=True):
        if id(domain) not in kinds:
            kinds[id(domain)] = _range_of(domain, owner)
    ranges = np.array([kinds[id(domain)] for domain in domains], dtype=float).reshape(-1, 3)
    return ranges[:, 0], ranges[:, 1], ranges[:, 2] == 1.0


def _numbers(bounds: list[Any]) -> np.ndarray:
    """Return bounds, which may be expressions, as numbers; NaN where there is none."""
    if any(bound is not None and bound.__class__ is not float for bound in bounds):
        bounds = [None if bound is None else pyo.value(bound) for bound in bounds]
    return np.array(bounds, dtype=float)


def _range_of(domain: Any, owner: Any) -> tuple[float, float, bool]:
    """Return lower and upper end of a variable's domain, and whether only whole numbers count."""
    try:
        low, high, step = domain.get_interval()
    except (AttributeError, TypeError):
        step = None
    if step not in (0, 1):
        raise SolverError(f"the domain {domain} of {owner.name} is neither a range nor whole numbers")
    return (-np.inf if low is None else float(low), np.inf if high is None else float(high), step == 1)


def _row_blocks(model: Any, variables: Variables) -> Iterator[Block]:
    written: list[Any] = []
    for component in model.component_objects(pyo.Constraint, active=True, descend_into=True):
        if isinstance(component, Rows):
            keep = component.untouched()
            matrix = component.matrix if isinstance(keep, slice) else component.matrix[keep]
            yield matrix, component.lower_bounds[keep], component.upper_bounds[keep]
            written.extend(component._data.values())
        else:
            written.extend(component.values())
    if written:
        yield _written_rows([row for row in written if row.active], variables)


def _stacked(blocks: list[Block], width: int) -> Block:
    """Return blocks of rows, one below the other."""
    matrices = [matrix for matrix, _, _ in blocks]
    lengths = np.concatenate([np.empty(0, dtype=int), *(np.diff(matrix.indptr) for matrix in matrices)])
    ends = np.concatenate([np.zeros(1, dtype=int), np.cumsum(lengths)])
    small = np.int32 if ends[-1] <= np.iinfo(np.int32).max else np.int64
    indices = np.concatenate([np.empty(0, dtype=small), *(matrix.indices for matrix in matrices)], dtype=small)
    data = np.concatenate([np.empty(0), *(matrix.data for matrix in matrices)])
    rows = csr_array((data, indices, ends.astype(small)), shape=(len(lengths), width))
    low, high = (np.concatenate([np.empty(0), *(block[side] for block in blocks)]) for side in (1, 2))
    return rows, low, high


def _written_rows(constraints: list[Any], variables: Variables) -> Block:
    """Return the rows of constraints that stand as Pyomo expressions."""
    rows: list[int] = []
    columns: list[int] = []
    values: list[float] = []
    lower, upper = np.full(len(constraints), -np.inf), np.full(len(constraints), np.inf)
    for row, constraint in enumerate(constraints):
        constant, terms = _linear(constraint.body, constraint.name, variables)
        for column, value in terms:
            rows.append(row)
            columns.append(column)
            values.append(value)
        if constraint.lb is not None:
            lower[row] = constraint.lb - constant
        if constraint.ub is not None:
            upper[row] = constraint.ub - constant
    matrix = coo_array((values, (rows, columns)), shape=(len(constraints), len(variables))).tocsr()
    matrix.sum_duplicates()
    return matrix, lower, upper


def _linear(expression: Any, name: str, variables: Variables) -> tuple[float, list[tuple[int, float]]]:
    form = generate_standard_repn(expression, compute_values=True, quadratic=False)
    if not form.is_linear():
        raise SolverError(f"{name} is not linear: HiGHS solves mixed-integer linear models only")
    terms, strangers = [], []
    for variable, coefficient in zip(form.linear_vars, form.linear_coefs, strict=True):
        try:
            terms.append((variables.position(variable), float(pyo.value(coefficient))))
        except KeyError:
            strangers.append(variable.name)
    if strangers:
        raise SolverError(f"{name} uses variables that are not on the model: {', '.join(strangers[:5])}")
    return float(pyo.value(form.constant)), terms


def _objective(model: Any, variables: Variables) -> tuple[np.ndarray, float, int]:
    objectives = list(model.component_data_objects(pyo.Objective, active=True, descend_into=True))
    if len(objectives) != 1:
        names = ", ".join(objective.name for objective in objectives) or "none"
        raise SolverError(f"the model must have exactly one active objective, it has: {names}")
    objective = objectives[0]
    sense = 1 if objective.sense == pyo.minimize else -1
    if is_unchanged(model, objective):
        cost, offset = own_costs(model, len(variables))
        return sense * cost, sense * offset, sense
    offset, terms = _linear(objective.expr, objective.name, variables)
    cost = np.zeros(len(variables))
    for column, value in terms:
        cost[column] += sense * value
    return cost, sense * offset, sense
