"""Who needs what: doses by centre, therapy and period, in proportion to the people around a centre."""

from __future__ import annotations

import numpy as np

from donornet.generation.cities import JURISDICTIONS
from donornet.generation.dice import figure, whole
from donornet.generation.draft import Draft
from donornet.generation.products import Product


def want(draft: Draft, made: list[Product]) -> dict[str, np.ndarray]:
    """Write the demand and return it by therapy, shape (centres, periods) [doses]."""
    centres = draft.at["centre"]
    access = np.array([JURISDICTIONS[j][1] for j in draft.jurisdictions])[centres.jurisdictions]
    people = centres.weight**0.5 * access
    wanted = {}
    for product in made:
        dice = draft.dice(f"demand {product.name}")
        weight = people * dice.uniform(0.6, 1.4, len(centres))
        first = product.doses * draft.years * len(centres) * weight / weight.sum()
        growth = (1 + product.growth) ** (np.arange(len(draft.periods)) * draft.years)
        doses = np.maximum(1, np.floor(np.round(first[:, None] * growth, 6) + 0.5))
        penalty = figure(product.penalty * dice.number(0.9, 1.1))
        wanted[product.name] = doses
        draft.add(
            "demand",
            (
                {
                    "centre": centre,
                    "therapy": product.name,
                    "period": period,
                    "doses": whole(doses[number, position]),
                    "unmet_penalty": penalty,
                }
                for number, centre in enumerate(centres.ids)
                for position, period in enumerate(draft.periods)
            ),
        )
    return wanted


def yearly_need(draft: Draft, made: list[Product], wanted: dict[str, np.ndarray], stage: str) -> np.ndarray:
    """Return the load that serving all demand puts on a stage [capacity/year], shape (centres, periods)."""
    need = np.zeros((len(draft.at["centre"]), len(draft.periods)))
    for product in made:
        load = product.work[stage].load if stage in product.work else 1.0
        need += wanted[product.name] * product.inflow(stage) * load / draft.years
    return need
