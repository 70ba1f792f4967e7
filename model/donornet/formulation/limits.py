"""Limits: each row of the table is one linear constraint, or one per member."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from donornet.formulation import activities
from donornet.formulation.activities import FILTERS
from donornet.formulation.diversity import shortfall
from donornet.formulation.linear import Linear, rows_of
from donornet.formulation.objective import TERMS
from donornet.formulation.rows import Rows
from donornet.formulation.sets import Frame
from donornet.instance.schema import STAGES

RATIOS = {
    "unmet_share": (activities.unmet, activities.demand),
    "handoffs": (activities.handoffs, activities.doses_served),
    "crossings": (activities.crossings, activities.doses_served),
    "km": (activities.km, activities.doses_served),
    "co2": (activities.co2, activities.doses_served),
    "vein_to_vein_mean": (activities.loop_days, activities.patients),
}
"""Measures that are a quotient: numerator and denominator."""
TOTALS = {
    "open_facilities": activities.open_facilities,
    "openings": activities.openings,
    "investment": activities.investment,
    "recruits": activities.recruits,
    "donations": activities.donations,
    "unmet": activities.unmet,
}
EACH_BY_DEFAULT = {
    "open_facilities": ["stage"], "openings": ["stage"], "investment": ["stage"], "recruits": [], "total_cost": [],
}  # fmt: skip
"""What a limit with scope each and no filter looks at: each stage of facilities; each therapy, where not named here."""
PENALTY_TERMS = {"shortfall_penalty"}


@dataclass(frozen=True, eq=False)
class Limit:
    """One limit for one scope: ``expression <= value`` (or >=), in the units of `expression`.

    Attributes
    ----------
    key
        (limit, therapy, market, period, member); member names the stage and site of the scope.
    sense
        min or max.
    filters
        Members that each filter selects; None: all.
    periods
        Positions of the periods covered.
    penalty
        Per unit of violation [currency]; None: hard.
    """

    key: tuple[str, str, str, str, str]
    measure: str
    sense: str
    value: float
    filters: dict[str, frozenset[str] | None]
    periods: tuple[int, ...]
    penalty: float | None

    @property
    def first(self) -> int:
        """Position of the first period covered."""
        return self.periods[0]


def read_limits(m: Any) -> list[Limit]:
    """Return every limit of the instance, scopes and periods resolved."""
    return [limit for row in m.instance.table("limits").to_dict("records") for limit in _read(m, row)]


def limits(m: Any) -> Rows | None:
    r"""Keep measures within their limits; quotients are written without the division.

    $$\sum_x \phi_{ix} \cdot x - Shortfall_i \le v_i \qquad \forall i \text{ with sense max}$$

    $$\sum_x \phi_{ix} \cdot x + Shortfall_i \ge v_i \qquad \forall i \text{ with sense min}$$

    $$\sum_x \phi_{ix} \cdot x - Shortfall_i \le v_i \sum_x \psi_{ix} \cdot x \qquad \forall i \text{ of a quotient}$$
    """
    items = []
    written = m.component("limits")
    for limit in m.limits_read:
        if isinstance(written, Rows) and limit.measure in m.standing:
            items.append((limit.key, *_written(written, limit.key)))
            continue
        slack = shortfall(m, "limits", limit.key, limit.penalty)
        expression, bound = body(m, limit)
        if limit.sense == "max":
            items.append((limit.key, expression - slack, -np.inf, bound))
        else:
            items.append((limit.key, expression + slack, bound, np.inf))
    return rows_of(items)


def _written(rows: Rows, key: tuple[str, ...]) -> tuple[Linear, float, float]:
    """Return a row as it is written: left-hand side, lower and upper bound."""
    row, matrix = rows.index_keys.rows[key], rows.matrix
    terms = slice(*matrix.indptr[row : row + 2])
    linear = Linear(matrix.indices[terms], matrix.data[terms])
    return linear, float(rows.lower_bounds[row]), float(rows.upper_bounds[row])


def body(m: Any, limit: Limit) -> tuple[Linear, float]:
    """Return the left-hand side and the bound."""
    if limit.measure in RATIOS:
        above, below = RATIOS[limit.measure]
        return _filtered(m, above, limit) - _filtered(m, below, limit) * limit.value, 0.0
    if limit.measure == "total_cost":
        return _total_cost(m, limit), limit.value
    if limit.measure == "doses":
        placed = any(limit.filters[name] is not None for name in ("stage", "site", "jurisdiction"))
        return _filtered(m, activities.doses if placed else activities.doses_served, limit), limit.value
    return _filtered(m, TOTALS[limit.measure], limit), limit.value


def _filtered(m: Any, activity: Callable[[Any], Frame], limit: Limit) -> Linear:
    """Return the part of an activity that a limit looks at; each activity is worked out once per model."""
    if activity not in m.activities:
        m.activities[activity] = activity(m)
    rows = m.activities[activity]
    keep = rows["t"].isin(limit.periods)
    for name, members in limit.filters.items():
        if members is not None:
            keep &= rows[name].isin(members)
    rows = rows[keep.astype(bool)]
    variables = rows[rows["column"] >= 0]
    return Linear.of(variables, "value", float(rows["constant"].sum()) if len(rows) else 0.0)


def _total_cost(m: Any, limit: Limit) -> Linear:
    """Return the objective without penalties of limits and diversity, for the periods of the limit."""
    costs = pd.concat([m.costs[term.__name__] for term in TERMS if term.__name__ not in PENALTY_TERMS])
    costs = costs[costs["t"].isin(limit.periods)]
    variable = costs[costs["column"] >= 0]
    return Linear.of(variable, "value", float(costs.loc[costs["column"] < 0, "value"].sum()))


def _read(m: Any, row: dict[str, Any]) -> list[Limit]:
    """Return the limits that one row of the table stands for."""
    instance = m.instance
    first, count = instance.periods[0], len(instance.periods)
    if row["period"] == "*" or (not row["period"] and row["measure"] == "open_facilities"):
        spans: list[tuple[str, tuple[int, ...]]] = [(str(period), (t,)) for t, period in enumerate(instance.periods)]
    elif row["period"]:
        t = int(float(row["period"])) - first
        spans = [(row["period"], (t,))] if 0 <= t < count else []
    else:
        spans = [("", tuple(range(count)))]
    universe = _universe(instance, row)
    penalty = None if np.isnan(row["penalty"]) else float(row["penalty"])
    found = []
    for chosen in _scopes(instance, row, universe):
        filters = {
            name: None if cell == "" else frozenset(instance.groups.select(cell, universe[name]))
            for name, cell in chosen.items()
        }
        member = "/".join(chosen[name] for name in ("stage", "site", "jurisdiction") if chosen[name])
        for period, span in spans:
            key = (row["limit"], chosen["therapy"], chosen["market"], period, member)
            value = float(row["value"])
            found.append(Limit(key, row["measure"], row["sense"], value, filters, span, penalty))
    return found


def _universe(instance: Any, row: dict[str, Any]) -> dict[str, list[str]]:
    """Return what each filter can select."""
    table = instance.table
    centred = row["measure"] in ("unmet", "unmet_share")
    sites = table("centres")["centre"] if centred else table("sites")["site"]
    return {
        "stage": list(STAGES),
        "site": list(sites),
        "therapy": list(table("therapies")["therapy"]),
        "jurisdiction": list(instance.jurisdictions),
        "market": list(instance.markets),
    }


def _scopes(instance: Any, row: dict[str, Any], universe: dict[str, list[str]]) -> list[dict[str, str]]:
    """Return the filters of each row to write: one in total, or one per member of the filled filters."""
    cells = {name: row[name] for name in FILTERS}
    if row["scope"] != "each":
        return [cells]
    each = [name for name in ("stage", "site", "therapy", "market") if cells[name]]
    if not each:
        each = EACH_BY_DEFAULT.get(row["measure"], ["therapy"])
    members = [instance.groups.select(cells[name], universe[name]) for name in each]
    return [{**cells, **dict(zip(each, chosen, strict=True))} for chosen in itertools.product(*members)]
