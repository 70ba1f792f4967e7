"""Small Pyomo models with known ends, for the tests of the solver."""

from __future__ import annotations

import numpy as np
import pyomo.environ as pyo


def knapsack() -> pyo.ConcreteModel:
    """Optimum 4.55: x[0] and x[2] taken, y at its half."""
    m = pyo.ConcreteModel()
    m.x = pyo.Var(range(4), domain=pyo.Binary)
    m.y = pyo.Var(bounds=(0, 10))
    m.cover = pyo.Constraint(expr=sum((i + 1.3) * m.x[i] for i in range(4)) + m.y >= 5.1)
    m.cost = pyo.Objective(expr=sum((i + 1) * m.x[i] for i in range(4)) + 1.1 * m.y)
    return m


def location(facilities: int, customers: int, seed: int = 0) -> pyo.ConcreteModel:
    """A capacitated location problem, hard to prove optimal from about 40 x 80 on."""
    random = np.random.default_rng(seed)
    demand = random.uniform(5, 35, customers)
    capacity = random.uniform(10, 160, facilities)
    capacity *= 5 * demand.sum() / capacity.sum()
    fixed = random.uniform(0, 90, facilities) + random.uniform(100, 110, facilities) * np.sqrt(capacity)
    places, homes = random.random((2, facilities, 1)), random.random((2, 1, customers))
    distance = 10 * np.hypot(*(places - homes))
    m = pyo.ConcreteModel()
    m.open = pyo.Var(range(facilities), domain=pyo.Binary)
    m.ship = pyo.Var(range(facilities), range(customers), bounds=(0, None))
    m.serve = pyo.Constraint(
        range(customers), rule=lambda m, j: sum(m.ship[i, j] for i in range(facilities)) == float(demand[j])
    )
    m.capacity = pyo.Constraint(
        range(facilities),
        rule=lambda m, i: sum(m.ship[i, j] for j in range(customers)) <= float(capacity[i]) * m.open[i],
    )
    m.cost = pyo.Objective(
        expr=sum(float(fixed[i]) * m.open[i] for i in range(facilities))
        + sum(float(distance[i, j]) * m.ship[i, j] for i in range(facilities) for j in range(customers))
    )
    return m


def round_disc(whole: bool) -> pyo.ConcreteModel:
    """Minimise -x - 2 y on the disc of radius 5 that only cuts describe, x whole if `whole`."""
    m = pyo.ConcreteModel()
    m.x = pyo.Var(domain=pyo.NonNegativeIntegers if whole else pyo.NonNegativeReals, bounds=(0, 5))
    m.y = pyo.Var(domain=pyo.NonNegativeReals, bounds=(0, 5))
    m.cuts = pyo.ConstraintList()
    m.cost = pyo.Objective(expr=-m.x - 2 * m.y)
    return m


def disc_cut(m: pyo.ConcreteModel, values: np.ndarray) -> int:
    """Add the tangent of the disc that cuts the point off; 0 where it lies inside."""
    radius = float(np.hypot(*values))
    if radius <= 5 + 1e-7:
        return 0
    m.cuts.add(float(values[0]) * m.x + float(values[1]) * m.y <= 5 * radius)
    return 1
