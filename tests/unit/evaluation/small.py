"""Small instances and designs whose figures can be checked by hand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from donornet.evaluation import Evaluation, evaluate
from donornet.instance.build import from_rows
from donornet.instance.instance import Instance
from donornet.solution import SOLUTION_COLUMNS, Solution
from donornet.solution.solution import empty

Rows = Iterable[Mapping[str, Any]]

HEAD = {"name": "small", "discount_rate": 0.25, "periods": {"count": 2, "days": 365, "first": 1}}
"""Two years; the second counts 0.8."""


def instance_of(tables: Mapping[str, Rows], head: Any = None, **changes: Any) -> Instance:
    """Return the instance of `tables` with some of them replaced (None: left out)."""
    chosen = {name: rows for name, rows in ({**tables, **changes}).items() if rows is not None}
    return from_rows({**HEAD, **(head or {})}, chosen)


def solution_of(tables: Mapping[str, Rows], **changes: Any) -> Solution:
    """Return the solution of `tables` with some of them replaced; missing text cells are blank."""
    frames = {}
    for name, rows in ({**tables, **changes}).items():
        blank = empty(name)
        cells = {
            column: [row.get(column, "" if blank[column].dtype == object else 0.0) for row in rows]
            for column in SOLUTION_COLUMNS[name]
        }
        frames[name] = pd.DataFrame(cells).astype(blank.dtypes.to_dict()) if list(rows) else blank
    return Solution(frames)


def codes(evaluation: Evaluation) -> set[str]:
    """Return the codes of what a design breaks."""
    return {violation.code for violation in evaluation.violations}


def broken(instance: Instance, solution: Solution) -> set[str]:
    """Return the codes of what `solution` breaks in `instance`."""
    return codes(evaluate(instance, solution))


def term(evaluation: Evaluation, name: str, period: int | None = None) -> float:
    """Return an undiscounted term of the costs, of one period or of all."""
    costs = evaluation.tables["costs"]
    chosen = costs[(costs["term"] == name) & ((costs["period"] == period) if period else True)]
    return float(chosen["undiscounted"].sum())


def changed(rows: Rows, **cells: Any) -> list[dict[str, Any]]:
    """Return the rows with some cells changed in each."""
    return [{**row, **cells} for row in rows]


def edited(rows: Rows, at: int, **cells: Any) -> list[dict[str, Any]]:
    """Return the rows with some cells of row `at` changed."""
    return [{**row, **(cells if i == at else {})} for i, row in enumerate(rows)]


# One pool in US, collected in US, tested in US, made in EU for a centre in EU.
# 25 donations -> 25 tests -> ×0.8 yield ×0.5 pass = 10 units -> ×2 output ×0.9 yield = 18 doses, each period.
ALLOGENEIC: dict[str, list[dict[str, Any]]] = {
    "sites": [
        {"site": "C", "jurisdiction": "US", "organisation": "red"},
        {"site": "L", "jurisdiction": "US", "organisation": "lab"},
        {"site": "M", "jurisdiction": "EU", "organisation": "blue"},
    ],
    "facilities": [
        {"site": "C", "stage": "collection", "initial": "existing", "closing_cost": 7,
         "fixed_cost_per_year": 100, "capacity": 30},
        {"site": "L", "stage": "testing", "opening_cost": 40, "capacity": 50},
        {"site": "M", "stage": "manufacturing", "opening_cost": 1000, "fixed_cost_per_year": 200, "capacity": 8},
    ],
    "capacity_steps": [
        {"site": "M", "stage": "manufacturing", "step": 1, "capacity": 2, "opening_cost": 50, "fixed_cost_per_year": 5},
        {"site": "M", "stage": "manufacturing", "step": 2, "capacity": 2, "opening_cost": 60, "fixed_cost_per_year": 6},
    ],
    "therapies": [{"therapy": "allo", "modality": "allogeneic", "route": "collection>manufacturing"}],
    "operations": [
        {"stage": "collection", "unit_cost": 3, "days": 2, "yield": 0.8},
        {"stage": "testing", "unit_cost": 2},
        {"stage": "manufacturing", "unit_cost": 30, "days": 20, "output": 2, "yield": 0.9, "holding_cost_per_year": 4},
    ],
    "donor_pools": [{
        "pool": "P", "jurisdiction": "US", "donor_group": "g1", "risk_class": "low", "registry": 20,
        "recruits_per_year": 10,
        "recruitment_cost": 6, "attrition_per_year": 0.5, "donations_per_year": 2, "donation_cost": 11,
    }],
    "pass_rates": [{"risk_class": "low", "pass_rate": 0.5}],
    "panels": [{"panel": "basic", "markers": "HIV;HBV", "unit_cost": 9, "days": 1}],
    "lanes": [
        {"from": "P", "to": "C", "mode": "walk", "unit_cost": 1},
        {"from": "C", "to": "L", "mode": "post", "unit_cost": 0.5, "days": 1},
        {"from": "C", "to": "M", "mode": "air", "unit_cost": 70, "days": 1.5},
        {"from": "M", "to": "H", "mode": "van", "unit_cost": 8, "days": 0.5},
    ],
    "centres": [{"centre": "H", "jurisdiction": "EU"}],
    "demand": [{"centre": "H", "therapy": "allo", "doses": 18}],
    "recognition": [
        {"stage": "*", "from": "US", "market": "EU", "verdict": "recognised"},
        {"stage": "donor", "from": "US", "market": "EU", "verdict": "bridging", "unit_cost": 0.25, "days": 3},
        {"stage": "testing", "from": "US", "market": "EU", "verdict": "bridging", "unit_cost": 0.75},
    ],
}  # fmt: skip

FLOWS: dict[str, list[dict[str, Any]]] = {
    "facilities": [
        {"site": site, "stage": stage, "period": t, "open": 1, "steps": 1 if site == "M" else 0}
        for site, stage in (("C", "collection"), ("L", "testing"), ("M", "manufacturing"))
        for t in (1, 2)
    ],
    # 20 -> 0.5 × 20 + 3.5 = 13.5 -> 0.5 × 13.5 + 5.75 = 12.5: 27 and 25 donations at most
    "donors": [
        {"pool": "P", "period": 1, "recruits": 3.5, "registry": 13.5},
        {"pool": "P", "period": 2, "recruits": 5.75, "registry": 12.5},
    ],
    "donations": [
        {"therapy": "allo", "pool": "P", "site": "C", "mode": "walk", "market": "EU", "donor_class": "k", "period": t,
         "donations": 25}
        for t in (1, 2)
    ],
    "tests": [
        {"therapy": "allo", "market": "EU", "site": "C", "donor_class": "k", "lab": "L", "panel": "basic",
         "mode": "post",
         "state": "s", "period": t, "tests": 25}
        for t in (1, 2)
    ],
    "flows": [
        {"therapy": "allo", "market": "EU", "from": "C", "from_stage": "collection", "from_state": "s", "to": "M",
         "to_stage": "manufacturing", "to_state": "z", "mode": "air", "period": t, "units": 10}
        for t in (1, 2)
    ],
    "deliveries": [
        {"therapy": "allo", "market": "EU", "from": "M", "from_state": "z", "mode": "van", "centre": "H", "period": t,
         "doses": 18}
        for t in (1, 2)
    ],
    "unmet": [{"centre": "H", "therapy": "allo", "period": t, "unmet": 0} for t in (1, 2)],
}  # fmt: skip

# Patients of centre H in EU: collected at C in US, made at M in EU; periods of 10 days.
# Start 0: collection 1 day; travel 1.5; manufacturing from day 2.5 for 9 days; travel 0.5: 12 days, arrival one period
# later.
# 10 patients -> ×0.8 = 8 enter manufacturing -> ×0.5 = 4 doses.
AUTOLOGOUS: dict[str, list[dict[str, Any]]] = {
    "sites": ALLOGENEIC["sites"],
    "facilities": [
        {"site": "C", "stage": "collection", "capacity": 365},
        {"site": "L", "stage": "testing"},
        {"site": "M", "stage": "manufacturing", "capacity": 10, "capacity_unit": "slots"},
    ],
    "therapies": [
        {"therapy": "auto", "modality": "autologous", "route": "collection>manufacturing", "vein_to_vein_days": 12}
    ],
    "operations": [
        {"stage": "collection", "unit_cost": 3, "days": 1, "yield": 0.8},
        {"stage": "testing", "unit_cost": 2, "days": 1},
        {"stage": "manufacturing", "unit_cost": 30, "days": 9, "yield": 0.5},
    ],
    "lanes": [
        {"from": "H", "to": "C", "mode": "taxi", "unit_cost": 1, "days": 5},
        {"from": "C", "to": "L", "mode": "post", "unit_cost": 0.5, "days": 1},
        {"from": "C", "to": "M", "mode": "air", "unit_cost": 70, "days": 1.5},
        {"from": "M", "to": "H", "mode": "van", "unit_cost": 8, "days": 0.5},
    ],
    "centres": [{"centre": "H", "jurisdiction": "EU"}],
    "demand": [{"centre": "H", "therapy": "auto", "period": 2, "doses": 4}],
    "recognition": [{"stage": "*", "from": "US", "market": "EU", "verdict": "recognised"}],
}  # fmt: skip
DAILY = {"periods": {"count": 3, "days": 10, "first": 1}, "discount_rate": 0.0}

PATIENTS: dict[str, list[dict[str, Any]]] = {
    "facilities": [
        {"site": site, "stage": stage, "period": t, "open": 1}
        for site, stage in (("C", "collection"), ("L", "testing"), ("M", "manufacturing"))
        for t in (1, 2, 3)
    ],
    "tests": [
        {"therapy": "auto", "market": "EU", "site": "C", "donor_class": "q", "lab": "L", "mode": "post", "period": 1,
         "tests": 10}
    ],
    "loops": [
        {"therapy": "auto", "market": "EU", "centre": "H", "sites": "C>M", "modes": "taxi>air>van", "test_class": "q",
         "period": 1, "patients": 10}
    ],
    "unmet": [{"centre": "H", "therapy": "auto", "period": 2, "unmet": 0}],
}  # fmt: skip
