"""Diversity: counts and shares of donors, effective groups, match coverage.

Effective groups and match coverage are curved: the model holds tangents of them in ``diversity_cuts``, a few to begin
with, and `refine` adds those that a solution violates.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyomo.environ as pyo
from pyomo.core.expr.numeric_expr import LinearExpression

from donornet.formulation.columns import columns_of
from donornet.formulation.linear import NOTHING, Linear, rows_of, total
from donornet.formulation.requirements import COVERAGE, Requirement
from donornet.formulation.rows import Rows
from donornet.formulation.sets import Frame
from donornet.formulation.variables import INDEX, add_variable, block, revise_variable

CUT_TOLERANCE = 1e-7
"""Violation, relative to the scale of the row, up to which a curved requirement counts as met."""
EVEN_TOLERANCE = 1e-9
"""The same for effective groups, whose shares move with the square root of the violation."""
RAY = (0.0, 1.0, 3.0, 10.0, 30.0, 100.0, 300.0, 1000.0)
"""Donors of every group at the points where match coverage gets its first cuts."""
CERTAIN = 1.0 - 1e-12
"""Probability of a match from which on one donor more is all it takes: its logarithm would be infinite."""


def min_count(m: Any) -> Rows | None:
    r"""Require a least number of donors.

    $$n_g + Shortfall_i \ge v_i \qquad \forall i$$
    """
    chosen = [r for r in m.requirements if r.measure == "min_count"]
    return rows_of([(r.key, r.counted + _shortfall(m, r), r.value, np.inf) for r in chosen])


def min_share(m: Any) -> Rows | None:
    r"""Require a least share of all donors.

    $$n_g + Shortfall_i \ge v_i \sum_{g'} n_{g'} \qquad \forall i$$
    """
    chosen = [r for r in m.requirements if r.measure == "min_share"]
    return rows_of([(r.key, r.counted - r.everyone * r.value + _shortfall(m, r), 0.0, np.inf) for r in chosen])


def max_share(m: Any) -> Rows | None:
    r"""Allow no more than a share of all donors.

    $$n_g - Shortfall_i \le v_i \sum_{g'} n_{g'} \qquad \forall i$$
    """
    chosen = [r for r in m.requirements if r.measure == "max_share"]
    return rows_of([(r.key, r.counted - r.everyone * r.value - _shortfall(m, r), -np.inf, 0.0) for r in chosen])


def min_effective_groups(m: Any) -> Rows | None:
    r"""Require a least effective number of groups, the Hill number of order 2.

    $$\sum_g w_{ig} - Shortfall_i \le \frac{1}{v_i} \sum_g n_g \qquad \forall i$$
    """
    weights = block(m, "GroupWeight")
    if weights is None:
        return None
    chosen = [r for r in m.requirements if r.measure == "min_effective_groups"]
    mine = {key: Linear.of(rows) for key, rows in weights.groupby(list(INDEX["GroupWeight"][:-1]))}
    return rows_of([(r.key, mine[r.key] - r.everyone * (1 / r.value) - _shortfall(m, r), -np.inf, 0.0) for r in chosen])


def add_diversity_variables(m: Any) -> None:
    """Add Shortfall for every requirement and limit that has a penalty, and GroupWeight for effective groups."""
    for name, frame in _diversity_frames(m).items():
        if len(frame):
            add_variable(m, name, frame)


def revise_diversity_variables(m: Any) -> None:
    """Give Shortfall and GroupWeight the data of the requirements and limits that the model holds now.

    Raises
    ------
    RestructuredError
        There are other requirements or limits that need a variable.
    """
    for name, frame in _diversity_frames(m).items():
        revise_variable(m, name, frame)


def _diversity_frames(m: Any) -> dict[str, Frame]:
    priced = [("diversity", *r.key, r.penalty, r.first) for r in m.requirements if r.penalty is not None]
    priced += [
        ("limits", *limit.key, limit.penalty, limit.first) for limit in m.limits_read if limit.penalty is not None
    ]
    effective = [r for r in m.requirements if r.measure == "min_effective_groups"]
    groups = [(*r.key, group) for r in effective for group in r.level]
    return {
        "Shortfall": Frame(priced, columns=[*INDEX["Shortfall"], "penalty", "t"]),
        "GroupWeight": Frame(groups, columns=list(INDEX["GroupWeight"])),
    }


def shortfall(m: Any, table: str, key: tuple[str, ...], penalty: float | None) -> Linear:
    """Return the shortfall variable of a requirement or limit; nothing where it is hard."""
    if penalty is None:
        return NOTHING
    return Linear(np.array([m.Shortfall.column((table, *key))]), np.ones(1))


def _shortfall(m: Any, r: Requirement) -> Linear:
    return shortfall(m, "diversity", r.key, r.penalty)


def diversity_cuts(m: Any) -> Any:
    r"""Approximate the curved requirements by tangents: of effective groups, and of match coverage.

    $$w_{ig} \ge 2 \hat q n_g - \hat q^2 \sum_{g'} n_{g'} \qquad \forall i, g, \hat q \in [0, 1]$$

    $$C_i(\hat n) + \nabla C_i(\hat n) (n - \hat n) + Shortfall_i \ge v_i \qquad \forall i, \hat n \ge 0$$
    """
    cuts = m.diversity_cuts = pyo.ConstraintList()
    for r in m.requirements:
        if r.measure == "min_effective_groups":
            for share in sorted({0.0, 1.0 / len(r.level), 1.0 / max(r.value, 1.0), 0.5, 1.0}):
                for group in r.level:
                    _tangent(m, r, group, share)
        elif r.measure in COVERAGE:
            for donors in RAY:
                _coverage_cut(m, r, np.full(len(r.level), donors))
    return cuts


def refine(m: Any, values: np.ndarray) -> int:
    """Add cuts where `values` violate a curved requirement.

    Parameters
    ----------
    m
        A model from `build_model`.
    values
        Value of every variable, by column number of `Columns`.

    Returns
    -------
    cuts
        Number of cuts added; 0: every curved requirement is met.
    """
    if m.component("diversity_cuts") is None:
        return 0
    before = len(m.diversity_cuts)
    for r in m.requirements:
        numbers = np.array([max(linear.at(values), 0.0) for linear in r.level.values()])
        missing = _shortfall(m, r).at(values)
        if r.measure == "min_effective_groups":
            everyone = numbers.sum()
            allowed = everyone / r.value + missing + EVEN_TOLERANCE * max(1.0, everyone)
            if everyone > 0 and (numbers**2).sum() / everyone > allowed:
                for group, number in zip(r.level, numbers, strict=True):
                    _tangent(m, r, group, number / everyone)
        elif r.measure in COVERAGE:
            value, _ = coverage(m, r.block[0], list(r.level), numbers)
            if value + missing < r.value - CUT_TOLERANCE:
                _coverage_cut(m, r, numbers)
    return len(m.diversity_cuts) - before


def _tangent(m: Any, r: Requirement, group: str, share: float) -> None:
    r"""Add the tangent of $n_g^2/N$ where the group has a share."""
    weight = m.GroupWeight[(*r.key, group)]
    right = _expression(m, r.level[group] * (2 * share) - r.everyone * share**2)
    m.diversity_cuts.add(weight >= right)


def coverage(m: Any, patient_group: str, donor_groups: Sequence[str], numbers: np.ndarray) -> tuple[float, np.ndarray]:
    r"""Return the match coverage of a patient group and its gradient.

    $$C_a(n) = 1 - \sum_h weight_{ah} \prod_g (1 - p_{hg})^{n_g}$$

    Parameters
    ----------
    m, patient_group
        The model, whose instance has the match tables; whom the donors are for.
    donor_groups, numbers
        Groups of donors, and how many there are of each, shape (groups,).
    """
    weights, logs = _match_table(m, patient_group, donor_groups)
    remaining = weights * np.exp(logs @ numbers)
    return float(1.0 - remaining.sum()), -(remaining @ logs)


def _match_table(m: Any, patient_group: str, groups: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """Return the weight of each match class, and log(1 - probability) of no match per donor: (classes, groups)."""
    classes = m.instance.table("match_classes")
    classes = classes[classes["patient_group"] == patient_group]
    probabilities: dict[tuple[str, str], float] = defaultdict(float)
    for row in m.instance.table("match_probabilities").itertuples():
        probabilities[row.match_class, row.donor_group] = row.probability
    table = np.array([[probabilities[c, g] for g in groups] for c in classes["match_class"]])
    table = table.reshape(len(classes), len(groups))
    return classes["weight"].to_numpy(dtype=float), np.log1p(-np.minimum(table, CERTAIN))


def _coverage_cut(m: Any, r: Requirement, numbers: np.ndarray) -> None:
    """Add the tangent of the coverage at `numbers`; valid because the coverage is concave."""
    value, gradient = coverage(m, r.block[0], list(r.level), numbers)
    slope = total(linear * float(weight) for linear, weight in zip(r.level.values(), gradient, strict=True))
    left = slope + _shortfall(m, r)
    least = r.value - value + float(gradient @ numbers)
    if len(left.columns) or least > left.constant + CUT_TOLERANCE:
        m.diversity_cuts.add((least, _expression(m, left), None))


def _expression(m: Any, linear: Linear) -> Any:
    """Return a Pyomo expression, with a variable even where nothing can be varied: Pyomo refuses constant rows."""
    variables = columns_of(m)
    columns, values = (linear.columns.tolist(), linear.values.tolist()) if len(linear.columns) else ([0], [0.0])
    return LinearExpression(
        constant=linear.constant, linear_coefs=values, linear_vars=[variables[column] for column in columns]
    )
