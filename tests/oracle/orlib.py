"""Capacitated warehouse location problems of the OR-Library as instances of the format."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from donornet.instance import Instance
from donornet.instance.build import from_rows

FOLDER = Path(__file__).parent / "orlib_cap"
UNIT = 1000.0
"""Units of the original demand in one dose: keeps the numbers of an instance moderate."""


@dataclass(frozen=True)
class Warehouses:
    """One problem as it is published.

    Parameters
    ----------
    name
        Name of the problem.
    capacity, fixed_cost
        Of each warehouse.
    demand
        Of each customer.
    cost
        Cost of serving all of a customer's demand from a warehouse, shape (customers, warehouses).
    """

    name: str
    capacity: np.ndarray
    fixed_cost: np.ndarray
    demand: np.ndarray
    cost: np.ndarray


def read(name: str) -> Warehouses:
    """Read a problem of the OR-Library."""
    numbers = iter(map(float, (FOLDER / f"{name}.txt").read_text(encoding="ascii").split()))
    warehouses, customers = int(next(numbers)), int(next(numbers))
    sites = np.array([[next(numbers), next(numbers)] for _ in range(warehouses)])
    rows = np.array([[next(numbers) for _ in range(warehouses + 1)] for _ in range(customers)])
    return Warehouses(name, sites[:, 0], sites[:, 1], rows[:, 0], rows[:, 1:])


def as_instance(problem: Warehouses, *, capacitated: bool = True) -> Instance:
    """Return a problem as a one-stage allogeneic therapy: warehouses manufacture, customers are centres.

    Parameters
    ----------
    problem
        The problem.
    capacitated
        False: the problem without its capacities.

    Notes
    -----
    A customer who wants nothing and costs nothing is left out.
    """
    sites = [f"W{number + 1}" for number in range(len(problem.capacity))]
    facilities = [
        {
            "site": site,
            "stage": "manufacturing",
            "opening_cost": fixed,
            "capacity": capacity / UNIT if capacitated else None,
        }
        for site, fixed, capacity in zip(sites, problem.fixed_cost, problem.capacity, strict=True)
    ]
    centres, demand, lanes = [], [], [{"from": "supply", "to": site, "mode": "lane"} for site in sites]
    for number, (wanted, costs) in enumerate(zip(problem.demand, problem.cost, strict=True)):
        if wanted == 0:
            if costs.any():
                raise ValueError(f"{problem.name}: customer {number + 1} wants nothing, yet serving it costs")
            continue
        centre = f"C{number + 1}"
        doses = wanted / UNIT
        centres.append({"centre": centre})
        demand.append({"centre": centre, "therapy": "goods", "doses": doses})
        lanes += [
            {"from": site, "to": centre, "mode": "lane", "unit_cost": cost / doses}
            for site, cost in zip(sites, costs, strict=True)
        ]
    return from_rows(
        {"name": problem.name},
        {
            "sites": [{"site": site} for site in sites],
            "facilities": facilities,
            "therapies": [{"therapy": "goods", "modality": "allogeneic", "route": "manufacturing"}],
            "donor_pools": [{"pool": "supply", "donor_group": "any"}],
            "lanes": lanes,
            "centres": centres,
            "demand": demand,
        },
    )
