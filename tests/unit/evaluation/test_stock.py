from __future__ import annotations

from typing import Any

import pytest

from tests.unit.evaluation.small import Rows, broken, instance_of, solution_of

TABLES: dict[str, Rows] = {
    "sites": [{"site": "M", "jurisdiction": "EU"}],
    "facilities": [{"site": "M", "stage": "manufacturing", "initial": "existing"}],
    "therapies": [{"therapy": "allo", "modality": "allogeneic", "route": "manufacturing", "shelf_life_days": 730}],
    "donor_pools": [{"pool": "P", "jurisdiction": "EU"}],
    "lanes": [{"from": "P", "to": "M", "mode": "walk"}, {"from": "M", "to": "H", "mode": "van"}],
    "centres": [{"centre": "H", "jurisdiction": "EU"}],
}
"""Donors are collected and doses made in one stage, doses may wait for two further years."""


YEARS = (1, 2, 3, 4)


def running(produced: list[float], delivered: list[float], stock: list[float], life: float = 730) -> set[str]:
    """Return what a run over four years breaks."""
    therapies = [{**next(iter(TABLES["therapies"])), "shelf_life_days": life}]
    demand = [{"centre": "H", "therapy": "allo", "period": t, "doses": delivered[t - 1]} for t in YEARS]
    common: dict[str, Any] = {"therapy": "allo", "market": "EU"}
    instance = instance_of(TABLES, {"periods": {"count": 4, "first": 1}}, therapies=therapies, demand=demand)
    solution = solution_of({
        "facilities": [{"site": "M", "stage": "manufacturing", "period": t, "open": 1} for t in YEARS],
        "donations": [
            {**common, "pool": "P", "site": "M", "mode": "walk", "state": "z", "period": t,
             "donations": produced[t - 1]}
            for t in YEARS
        ],
        "deliveries": [
            {**common, "from": "M", "from_state": "z", "mode": "van", "centre": "H", "period": t,
             "doses": delivered[t - 1]}
            for t in YEARS
        ],
        "stock": [{**common, "site": "M", "period": t, "doses": stock[t - 1]} for t in YEARS],
    })  # fmt: skip
    return broken(instance, solution)


@pytest.mark.parametrize(
    ("produced", "delivered", "stock", "expected"),
    [
        ([5, 0, 0, 0], [1, 2, 2, 0], [4, 2, 0, 0], set()),
        ([5, 0, 0, 0], [1, 2, 1, 0], [4, 2, 0, 0], set()),  # surplus is discarded
        ([5, 0, 0, 0], [1, 2, 1, 1], [4, 2, 1, 0], {"shelf-life", "stock"}),  # three years later
        ([5, 0, 0, 0], [1, 2, 0, 0], [4, 2, 1, 0], {"shelf-life"}),
        ([5, 0, 3, 0], [1, 2, 2, 3], [4, 2, 3, 0], set()),  # the oldest go first
        ([5, 0, 3, 0], [1, 2, 1, 3], [4, 2, 3, 0], set()),
        ([5, 0, 3, 0], [1, 2, 1, 4], [4, 2, 4, 0], {"shelf-life", "stock"}),
        ([5, 0, 0, 0], [6, 0, 0, 0], [0, 0, 0, 0], {"stock"}),
        ([5, 0, 0, 0], [1, 0, 0, 0], [5, 0, 0, 0], {"stock"}),
        ([0, 5, 0, 0], [1, 0, 0, 0], [0, 0, 0, 0], {"stock"}),
        ([5, 0, 0, 0], [1, 0, 2, 0], [4, 0, 0, 0], {"stock"}),  # discarded doses do not come back
    ],
)
def test_stock_is_first_in_first_out_within_shelf_life(produced, delivered, stock, expected):
    assert running(produced, delivered, stock) == expected


def test_shelf_life_below_one_period_allows_no_stock():
    assert running([5, 0, 0, 0], [1, 0, 0, 0], [0, 0, 0, 0], life=364) == set()
    assert running([5, 0, 0, 0], [1, 0, 0, 0], [4, 0, 0, 0], life=364) == {"unknown"}
    assert running([5, 0, 0, 0], [1, 4, 0, 0], [4, 0, 0, 0], life=365) == set()
    assert running([5, 0, 0, 0], [1, 4, 0, 0], [0, 0, 0, 0], life=365) == {"stock"}


@pytest.mark.parametrize("life", [364, 365])
def test_without_stock_each_period_stands_alone(life):
    assert running([5, 1, 0, 0], [5, 2, 0, 0], [0, 0, 0, 0], life=life) == {"stock" if life == 365 else "release"}
