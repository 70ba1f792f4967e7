"""What a change of the instance can change in the model: column by column, in one place.

A column that is not named here can change the admissible network, so that everything is compiled and built anew.
"""

from __future__ import annotations

from enum import Flag, auto

import numpy as np
import pandas as pd

from donornet.admissible.demand import wanting_centres
from donornet.instance import Instance
from donornet.instance.schema import TABLES


class Part(Flag):
    """Parts of a model that can be brought up to date by themselves."""

    NOTHING = 0
    COSTS = auto()
    """Coefficients of the objective."""
    WAITING = auto()
    """Whether decisions may as well be taken early; see `Choices.decide_once`."""
    PRICES = auto()
    """What operations, stock, panels and donations cost."""
    WORK = auto()
    """The capacity that operations use, and their limits."""
    DEMAND = auto()
    """Doses wanted and what of them must be served."""
    CAPACITY = auto()
    """Capacities and least loads."""
    STATUS = auto()
    """Which facilities are a decision, and which exist."""
    DONORS = auto()
    """Registries, recruits and donations."""
    DIVERSITY = auto()
    """Requirements of the donors, and how they match."""
    LIMITS = auto()
    """The table limits."""
    LANES = auto()
    """Limits of lanes."""
    MODEL = auto()
    """Variables come or go: the model is built anew from the same network."""
    NETWORK = auto()
    """Chains come or go: the network is compiled anew."""


ROWS = "rows"
"""Stands for the number and order of the rows of a table."""
EVERY = "*"
"""Stands for the columns of a table that are not named."""

YEARLY = Part.COSTS | Part.WAITING
"""What money can change that is paid for decisions."""

EFFECTS: dict[str, dict[str, Part]] = {
    "facilities": {
        "opening_cost": YEARLY, "closing_cost": Part.COSTS, "fixed_cost_per_year": YEARLY,
        "capacity": Part.CAPACITY, "min_load": Part.CAPACITY | Part.WAITING,
        "status": Part.STATUS, "initial": Part.STATUS,
    },
    "capacity_steps": {
        "opening_cost": YEARLY, "fixed_cost_per_year": YEARLY, "capacity": Part.CAPACITY, EVERY: Part.MODEL,
    },
    "operations": {
        "unit_cost": Part.PRICES, "holding_cost_per_year": Part.PRICES, "load": Part.WORK,
        "max_units_per_year": Part.WORK,
    },
    "panels": {"unit_cost": Part.PRICES},
    "donor_pools": {
        "donation_cost": Part.PRICES, "recruitment_cost": Part.COSTS, "registry": Part.DONORS,
        "recruits_per_year": Part.DONORS, "attrition_per_year": Part.DONORS, "donations_per_year": Part.DONORS,
    },
    "lanes": {"max_units_per_year": Part.LANES},
    "demand": {
        "doses": Part.DEMAND, "min_service": Part.DEMAND, "unmet_penalty": Part.DEMAND | Part.COSTS,
        EVERY: Part.DEMAND | Part.COSTS,
    },
    "licences": {"opening_cost": YEARLY, "fixed_cost_per_year": YEARLY, "status": Part.MODEL},
    "diversity": {EVERY: Part.DIVERSITY | Part.COSTS},
    "patient_groups": {"share": Part.NOTHING, EVERY: Part.DIVERSITY},
    "match_classes": {EVERY: Part.DIVERSITY},
    "match_probabilities": {EVERY: Part.DIVERSITY},
    "limits": {EVERY: Part.LIMITS | Part.COSTS | Part.WAITING},
    "scenarios": {EVERY: Part.NOTHING},
    "uncertainty": {EVERY: Part.NOTHING},
}  # fmt: skip
"""What each column can change; of tables and columns that are not here: the network."""
HEAD_EFFECTS = {
    "discount_rate": YEARLY, "periods": Part.NETWORK, "days_per_year": Part.NETWORK,
    "default_recognition": Part.NETWORK,
}  # fmt: skip
"""What each field of the head can change; of fields that are not here: nothing."""
SILENT = frozenset({"title", "include", "source", "note"})
"""Columns without a meaning to the model (rows that do not count are no rows here)."""
CHAIN_MEASURES = frozenset({"co2", "vein_to_vein_mean"})
"""Limits that decide which chains are worth having."""


def changed_columns(before: Instance, after: Instance) -> list[tuple[str, str]]:
    """Return every (table, column) in which the rows that count differ, in the order of the format.

    The column is `ROWS` where a table has more or fewer rows; the table is blank for fields of the head.
    """
    head = before.head.model_dump(), after.head.model_dump()
    changed = [("", name) for name in head[0] if head[0][name] != head[1][name]]
    for name, table in TABLES.items():
        if before.tables.get(name) is after.tables.get(name):
            continue
        rows, others = before.table(name), after.table(name)
        if len(rows) != len(others):
            changed.append((name, ROWS))
            continue
        names = [column.name for column in table if column.name not in SILENT]
        changed += [(name, column) for column in names if not _equal(rows[column], others[column])]
    return changed


def parts_of(before: Instance, after: Instance, changed: list[tuple[str, str]]) -> Part:
    """Return everything in a model that the changed columns can change."""
    parts = Part.NOTHING
    for table, column in changed:
        parts |= _effect(table, column)
    tables = {table for table, _ in changed}
    if "demand" in tables and _wants_otherwise(before, after, changed):
        parts |= Part.NETWORK
    if "limits" in tables and _chain_measures(before) != _chain_measures(after):
        parts |= Part.NETWORK
    if ("facilities", "status") in changed and not _equal(_closed(before), _closed(after)):
        parts |= Part.NETWORK
    if ("lanes", "max_units_per_year") in changed and not _equal(_capped(before), _capped(after)):
        parts |= Part.NETWORK
    return parts


def _effect(table: str, column: str) -> Part:
    if not table:
        return HEAD_EFFECTS.get(column, Part.NOTHING)
    known = EFFECTS.get(table, {})
    return known.get(column, known.get(EVERY, Part.NETWORK))


def _equal(cells: pd.Series, others: pd.Series) -> bool:
    left, right = cells.to_numpy(), others.to_numpy()
    same = left == right
    if left.dtype.kind == "f":
        same |= np.isnan(left) & np.isnan(right)
    return bool(np.all(same))


def _wants_otherwise(before: Instance, after: Instance, changed: list[tuple[str, str]]) -> bool:
    """Whether other centres want a therapy, or in another order."""
    amounts = {column for table, column in changed if table == "demand"}
    if amounts <= {"doses", "unmet_penalty", "min_service"}:
        doses = (instance.table("demand")["doses"] > 0 for instance in (before, after))
        if _equal(*doses):
            return False
    return _wanting(before) != _wanting(after)


def _wanting(instance: Instance) -> dict[str, list[str]]:
    return {therapy: wanting_centres(instance, therapy) for therapy in instance.routes}


def _chain_measures(instance: Instance) -> frozenset[str]:
    return CHAIN_MEASURES & {*instance.table("limits")["measure"]}


def _closed(instance: Instance) -> pd.Series:
    return instance.table("facilities")["status"] == "closed"


def _capped(instance: Instance) -> pd.Series:
    return instance.table("lanes")["max_units_per_year"].notna()
