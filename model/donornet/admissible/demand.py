"""Demand, as far as chains are concerned: which centres want a therapy, and when."""

from __future__ import annotations

import numpy as np

from donornet.instance import Instance
from donornet.instance.matching import ANY


def wanting_centres(instance: Instance, therapy: str, market: str | None = None) -> list[str]:
    """Return the centres (of a market) that want doses of a therapy in any period."""
    centres, wanted = instance.table("centres"), demand_periods(instance, therapy)
    here = centres["centre"] if market is None else centres["centre"][centres["jurisdiction"] == market]
    return [centre for centre in here if centre in wanted]


def demand_periods(instance: Instance, therapy: str) -> dict[str, np.ndarray]:
    """Return by centre in which periods it wants doses of a therapy, shape (periods,).

    A row that names a period replaces, for that period, the row for every period.
    """
    rows = instance.table("demand")
    rows = rows[rows["therapy"] == therapy]
    wanted = {centre: np.zeros(len(instance.periods), dtype=bool) for centre in rows["centre"]}
    first = instance.periods[0]
    for general in (True, False):
        chosen = rows[(rows["period"] == ANY) == general]
        for centre, period, doses in zip(chosen["centre"], chosen["period"], chosen["doses"], strict=True):
            if general:
                wanted[centre][:] = doses > 0
            elif int(float(period)) in instance.periods:
                wanted[centre][int(float(period)) - first] = doses > 0
    return {centre: periods for centre, periods in wanted.items() if periods.any()}
