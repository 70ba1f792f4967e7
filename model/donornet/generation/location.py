"""The classical families: facilities and customers in a square, one stage or two, one product or several."""

from __future__ import annotations

import numpy as np

from donornet.generation.dice import figure
from donornet.generation.draft import Draft

SQUARE = 1000.0
"""Side of the square that everything lies in [distance]."""
PER_DISTANCE = 0.1
"""Cost of carrying one dose over one unit of distance [currency]."""
FIRST_LEG = 0.6
"""Cost of the leg from plants to depots, relative to the last one: full loads."""
POOL = "supply"
"""The donor pool that stands for unlimited raw material."""


def draw_location(draft: Draft, *, capacitated: bool) -> None:
    """Fill the draft with a facility-location problem: facilities make a product and ship it to customers."""
    _frame(draft, "Facility location", "manufacturing")
    dice = draft.dice("square")
    plants, customers = (
        dice.uniform(0, SQUARE, (count, 2)) for count in (draft.counts.manufacturing, draft.counts.centres)
    )
    wanted = _want(draft)
    _build(draft, "manufacturing", "F", len(plants), wanted, capacitated=capacitated, price=20.0)
    _lanes(draft, [POOL], _names("F", plants), np.zeros((1, len(plants))))
    _lanes(draft, _names("F", plants), _names("C", customers), PER_DISTANCE * _apart(plants, customers))


def draw_two_stage(draft: Draft, *, capacitated: bool) -> None:
    """Fill the draft with a two-stage problem: plants, depots, customers; several products share the capacities."""
    _frame(draft, "Two-stage facility location", "manufacturing>storage")
    dice, counts = draft.dice("square"), draft.counts
    plants, depots, customers = (
        dice.uniform(0, SQUARE, (count, 2)) for count in (counts.manufacturing, counts.storage, counts.centres)
    )
    wanted = _want(draft)
    _build(draft, "manufacturing", "P", len(plants), wanted, capacitated=capacitated, price=30.0)
    _build(draft, "storage", "D", len(depots), wanted, capacitated=capacitated, price=12.0)
    _operate(draft, "P", len(plants))
    _lanes(draft, [POOL], _names("P", plants), np.zeros((1, len(plants))))
    _lanes(draft, _names("P", plants), _names("D", depots), FIRST_LEG * PER_DISTANCE * _apart(plants, depots))
    _lanes(draft, _names("D", depots), _names("C", customers), PER_DISTANCE * _apart(depots, customers))


def _frame(draft: Draft, title: str, route: str) -> None:
    """Write the head, the products and the raw material."""
    counts = draft.counts
    draft.head |= {
        "title": f"{title}, seed {draft.seed}",
        "periods": {"count": counts.periods, "days": 365, "first": 1},
        "days_per_year": 365,
    }
    draft.add(
        "therapies",
        ({"therapy": name, "modality": "allogeneic", "route": route} for name in _products(draft)),
    )
    draft.add("donor_pools", [{"pool": POOL, "donor_group": "any"}])


def _products(draft: Draft) -> list[str]:
    return [f"product-{number + 1}" for number in range(draft.counts.therapies)]


def _names(letter: str, spots: np.ndarray) -> list[str]:
    return [f"{letter}{number + 1}" for number in range(len(spots))]


def _apart(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Return distances in the plane, shape (one, other)."""
    return np.asarray(np.sqrt(((one[:, None, :] - other[None, :, :]) ** 2).sum(axis=2)))


def _want(draft: Draft) -> np.ndarray:
    """Write customers and demand, all of it to be met; return it, shape (products, customers) [doses/period]."""
    dice, count = draft.dice("demand"), draft.counts.centres
    size = dice.uniform(5, 60, count)
    wanted = np.maximum(1, np.round(size[None, :] * dice.uniform(0.6, 1.4, (draft.counts.therapies, count))))
    draft.add("centres", ({"centre": f"C{number + 1}"} for number in range(count)))
    draft.add(
        "demand",
        (
            {"centre": f"C{number + 1}", "therapy": product, "doses": float(wanted[row, number])}
            for row, product in enumerate(_products(draft))
            for number in range(count)
        ),
    )
    return np.asarray(wanted)


def _build(
    draft: Draft, stage: str, letter: str, count: int, wanted: np.ndarray, *, capacitated: bool, price: float
) -> None:
    """Write facilities whose capacities together are three times the demand; larger ones are cheaper per unit."""
    dice = draft.dice(f"facilities {stage}")
    weight = dice.uniform(0.5, 1.5, count)
    total = float(wanted.sum())
    capacity = np.ceil(np.maximum(3 * total * weight / weight.sum(), 1.2 * total / count))
    cost = price * 4 * np.sqrt(capacity * float(np.mean(capacity))) * dice.uniform(0.8, 1.2, count)
    draft.add("sites", ({"site": f"{letter}{number + 1}"} for number in range(count)))
    draft.add(
        "facilities",
        (
            {
                "site": f"{letter}{number + 1}",
                "stage": stage,
                "opening_cost": figure(float(cost[number]), 4),
                "capacity": float(capacity[number]) if capacitated else None,
            }
            for number in range(count)
        ),
    )


def _operate(draft: Draft, letter: str, count: int) -> None:
    """Write what making a product costs at a plant."""
    dice = draft.dice("operations")
    draft.add(
        "operations",
        (
            {"stage": "manufacturing", "therapy": product, "site": f"{letter}{number + 1}",
             "unit_cost": round(dice.number(20, 60), 1)}
            for product in _products(draft)
            for number in range(count)
        ),
    )  # fmt: skip


def _lanes(draft: Draft, origins: list[str], ends: list[str], cost: np.ndarray) -> None:
    """Write every lane between two kinds of places."""
    draft.add(
        "lanes",
        (
            {"from": origin, "to": end, "mode": "lane", "unit_cost": unit_cost}
            for origin, costs in zip(origins, np.round(cost, 2).tolist(), strict=True)
            for end, unit_cost in zip(ends, costs, strict=True)
        ),
    )
