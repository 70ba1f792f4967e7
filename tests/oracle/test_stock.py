"""Stock with a shelf life against a linear program in which every dose carries the period of its making."""

from __future__ import annotations

import random

import numpy as np
import pytest
from scipy.optimize import linprog

import donornet as dn
from donornet.instance import Instance
from donornet.instance.build import from_rows
from tests.oracle.path_model import solve_by_paths

DAYS = 10.0
PERIODS = 6
SEEDS = range(12)


class Seasons:
    """One plant, two markets, demand that comes and goes, little capacity, and a price of waiting.

    Parameters
    ----------
    seed
        Seed of the dice.
    """

    def __init__(self, seed: int) -> None:
        dice = random.Random(seed)
        self.capacity = dice.randint(6, 14)
        self.wait = dice.choice((0, 1, 1, 2, 3))
        self.holding = dice.choice((0.3, 1.0, 4.0))
        self.discount = dice.choice((0.0, 0.05, 0.3))
        self.penalty = dice.choice((6.0, 15.0, 60.0))
        self.making = dice.choice((2.0, 5.0))
        self.shipping = (1.0, dice.choice((1.0, 3.0)))
        self.lag = (0, dice.choice((0, 1)))
        self.demand = [[dice.choice((0, 0, 3, 8, 15)) for _ in range(PERIODS)] for _ in range(2)]

    def instance(self) -> Instance:
        """Return the case in the instance format."""
        places = (("A", "R1"), ("B", "R2"))
        demand = [
            {"centre": centre, "therapy": "cells", "period": period + 1, "doses": doses, "unmet_penalty": self.penalty}
            for (_, centre), wanted in zip(places, self.demand, strict=True)
            for period, doses in enumerate(wanted)
        ]
        lanes = [
            {"from": "M", "to": centre, "mode": "van", "unit_cost": cost, "days": lag * DAYS}
            for (_, centre), cost, lag in zip(places, self.shipping, self.lag, strict=True)
        ]
        return from_rows(
            {
                "name": "seasons",
                "days_per_year": DAYS,
                "discount_rate": self.discount,
                "default_recognition": "recognised",
                "periods": {"count": PERIODS, "days": DAYS, "first": 1},
            },
            {
                "sites": [{"site": "M", "jurisdiction": "A"}],
                "facilities": [{"site": "M", "stage": "manufacturing", "status": "open", "capacity": self.capacity}],
                "therapies": [
                    {
                        "therapy": "cells",
                        "modality": "allogeneic",
                        "route": "manufacturing",
                        "shelf_life_days": self.wait * DAYS or None,
                    }
                ],
                "operations": [
                    {"stage": "manufacturing", "unit_cost": self.making, "holding_cost_per_year": self.holding}
                ],
                "donor_pools": [{"pool": "P", "jurisdiction": "A", "donor_group": "any"}],
                "lanes": [{"from": "P", "to": "M", "mode": "van"}, *lanes],
                "centres": [{"centre": centre, "jurisdiction": market} for market, centre in places],
                "demand": demand,
            },
        )

    def optimum(self) -> float:
        """Return the optimum of the program over doses (made, shipped, for whom) and unmet demand."""
        now = [(1 + self.discount) ** -period for period in range(PERIODS)]
        doses = [
            (made, shipped, market)
            for market in range(2)
            for made in range(PERIODS)
            for shipped in range(made, min(made + self.wait, PERIODS - 1) + 1)
            if shipped + self.lag[market] < PERIODS
        ]
        unmet = [(market, period) for market in range(2) for period in range(PERIODS)]
        cost = [
            now[made] * self.making + sum(now[made:shipped]) * self.holding + now[shipped] * self.shipping[market]
            for made, shipped, market in doses
        ] + [now[period] * self.penalty for _, period in unmet]
        made_in = np.zeros((PERIODS, len(cost)))
        served = np.zeros((len(unmet), len(cost)))
        for column, (made, shipped, market) in enumerate(doses):
            made_in[made, column] = 1
            served[unmet.index((market, shipped + self.lag[market])), column] = 1
        served[:, len(doses) :] = np.eye(len(unmet))
        wanted = [self.demand[market][period] for market, period in unmet]
        found = linprog(cost, A_ub=made_in, b_ub=np.full(PERIODS, self.capacity), A_eq=served, b_eq=wanted)
        assert found.status == 0
        return float(found.fun)


@pytest.mark.parametrize("seed", SEEDS)
def test_stock_costs_what_doses_of_known_age_cost(seed: int):
    case = Seasons(seed)
    result = dn.solve(case.instance(), gap=1e-9)
    assert result.status == dn.Status.OPTIMAL
    assert result.objective == pytest.approx(case.optimum(), rel=1e-7)
    assert not result.info["violations"]


@pytest.mark.parametrize("seed", SEEDS)
def test_the_oracle_agrees_about_stock(seed: int):
    case = Seasons(seed)
    assert solve_by_paths(case.instance()).objective == pytest.approx(case.optimum(), rel=1e-7)


def test_waiting_pays_in_most_cases():
    cases = [Seasons(seed) for seed in SEEDS]
    without = []
    for seed in SEEDS:
        case = Seasons(seed)
        case.wait = 0
        without.append(case.optimum())
    assert sum(case.optimum() < cost - 1e-6 for case, cost in zip(cases, without, strict=True)) >= 4
