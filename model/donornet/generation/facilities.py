"""What may be opened, how large it is, and what that costs: about half of the candidates serve all demand."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from donornet.generation.demand import yearly_need
from donornet.generation.dice import figure
from donornet.generation.draft import Draft, Row
from donornet.generation.products import Product


@dataclass(frozen=True)
class Building:
    """What a facility of a stage costs.

    Parameters
    ----------
    usual
        Capacity of a usual facility [capacity/year].
    opening, yearly
        Cost of a usual facility by itself [currency, currency/year]; smaller ones cost less, but not in proportion.
    opening_per_unit, yearly_per_unit
        And per unit of yearly capacity.
    plenty
        Capacity of all facilities without steps, relative to what serving all demand takes.
    existing
        Share that exists already.
    local
        Share of the capacity that follows the demand nearby; the rest is spread by chance.
    """

    usual: float
    opening: float
    yearly: float
    opening_per_unit: float
    yearly_per_unit: float
    plenty: float
    existing: float
    local: float


BUILDINGS = {
    "collection": Building(300, 900_000, 150_000, 1500, 400, 1.8, 0.4, 0.7),
    "testing": Building(300, 1_500_000, 300_000, 300, 60, 2.0, 0.3, 0.3),
    "processing": Building(600, 3_000_000, 500_000, 2500, 600, 2.0, 0.3, 0.3),
    "manufacturing": Building(1500, 25_000_000, 4_000_000, 12_000, 2500, 2.2, 0.25, 0.2),
    "storage": Building(5000, 1_000_000, 200_000, 20, 10, 2.0, 0.2, 0.3),
}
"""Magnitudes: apheresis chairs and cell-processing labs of hospitals, contract laboratories, plants at 40 000 to 70 000
USD per slot and year (assumptions after the literature)."""
SCALE = 0.6
"""Power of the size in the cost of a facility by itself (the six-tenths rule)."""
WRITTEN_OFF = 5.0
"""Shorter horizons [years] bear the cost of opening in proportion."""
STEPS = (0.55, 0.45)
"""Capacity of the steps relative to the facility, and how likely the second one is."""
COMPANY = 4
"""How many of the nearest facilities share the demand of a place."""


def build(draft: Draft, made: list[Product], wanted: dict[str, np.ndarray]) -> None:
    """Write facilities and capacity steps."""
    for stage in BUILDINGS:
        if stage in draft.at:
            _build_stage(draft, stage, yearly_need(draft, made, wanted, stage).max(axis=1))


def _build_stage(draft: Draft, stage: str, need: np.ndarray) -> None:
    """Write the facilities of one stage, given the load that each centre's demand puts on it [capacity/year]."""
    borne = min(1.0, draft.years * len(draft.periods) / WRITTEN_OFF)
    kind, places, dice = BUILDINGS[stage], draft.at[stage], draft.dice(f"facilities {stage}")
    count = len(places)
    chance = dice.uniform(0.5, 1.5, count)
    weight = kind.local * _nearby(draft, stage, need) + (1 - kind.local) * chance / chance.sum()
    capacity = [max(2.0, figure(amount)) for amount in (kind.plenty * need.sum() * weight).tolist()]
    existing = dice.uniform(0, 1, count) < kind.existing
    index = dice.uniform(0.8, 1.25, count)
    delays = dice.uniform(0, 1, count) < (0.1 if len(draft.periods) > 2 else 0.0)
    picky = dice.uniform(0, 1, count) < (0.1 if draft.every and stage == "manufacturing" else 0.0)
    for number, site in enumerate(places.ids):
        units, price = capacity[number], float(index[number])
        itself = (units / kind.usual) ** SCALE
        opening = figure(borne * price * (itself * kind.opening + kind.opening_per_unit * units), 3)
        yearly = figure(price * (itself * kind.yearly + kind.yearly_per_unit * units), 3)
        row: Row = {"site": site, "stage": stage, "fixed_cost_per_year": yearly, "capacity": units}
        if existing[number]:
            row |= {"initial": "existing", "closing_cost": figure(0.15 * opening)}
        else:
            row |= {"opening_cost": opening}
            row |= {"opens_from": draft.periods[1]} if delays[number] else {}
            row |= {"min_load": 0.1} if picky[number] else {}
        draft.add("facilities", [row])
        ladder = 1 + (dice.number(0, 1) < STEPS[1])
        draft.add(
            "capacity_steps",
            (
                {"site": site, "stage": stage, "step": step + 1, **_step(kind, units, price, borne)}
                for step in range(ladder)
            ),
        )


def _step(kind: Building, units: float, price: float, borne: float) -> Row:
    """Return what a step on top of a facility of so many units adds and costs: less per unit than a new facility."""
    added = max(1.0, figure(STEPS[0] * units))
    itself = 0.6 * (added / units) * (units / kind.usual) ** SCALE
    return {
        "capacity": added,
        "opening_cost": figure(borne * price * (itself * kind.opening + kind.opening_per_unit * added), 3),
        "fixed_cost_per_year": figure(price * (itself * kind.yearly + kind.yearly_per_unit * added), 3),
    }


def _nearby(draft: Draft, stage: str, need: np.ndarray) -> np.ndarray:
    """Return each facility's share of the need when places turn to their nearest facilities."""
    places = draft.at[stage]
    km = draft.at["centre"].distance(places)
    company = min(COMPANY, len(places))
    nearest = np.argsort(km, axis=1, kind="stable")[:, :company]
    share = np.zeros(len(places))
    np.add.at(share, nearest.ravel(), np.repeat(need / company, company))
    return np.asarray(share / share.sum() if share.sum() > 0 else np.full(len(places), 1 / len(places)))
