"""Demand, as far as chains are concerned: which centres want a therapy, and when."""

from __future__ import annotations

import numpy as np

from donornet.instance import Instance
from donornet.instance.matching import ANY


class Demand:
    """Who wants doses of which therapy in which periods.

    A row that names a period replaces, for that period, the row for every period.

    Parameters
    ----------
    instance
        A valid instance.
    """

    def __init__(self, instance: Instance) -> None:
        centres, rows = instance.table("centres"), instance.table("demand")
        self._markets = dict(zip(centres["centre"], centres["jurisdiction"], strict=True))
        self._therapies = {therapy: number for number, therapy in enumerate(instance.table("therapies")["therapy"])}
        number = {centre: row for row, centre in enumerate(self._markets)}
        therapy = np.array([self._therapies[name] for name in rows["therapy"]], dtype=int)
        centre = np.array([number[name] for name in rows["centre"]], dtype=int)
        some = rows["doses"].to_numpy(dtype=float) > 0
        periods = [None if period == ANY else int(float(period)) - instance.periods[0] for period in rows["period"]]
        count = len(instance.periods)
        always = np.array([period is None for period in periods], dtype=bool)
        in_time = np.array([period is not None and 0 <= period < count for period in periods], dtype=bool)
        at = np.array([period for period, fits in zip(periods, in_time, strict=True) if fits], dtype=int)
        self._wanted = np.zeros((len(self._therapies), len(number), count), dtype=bool)
        self._wanted[therapy[always], centre[always]] = some[always, None]
        self._wanted[therapy[in_time], centre[in_time], at] = some[in_time]

    def centres(self, therapy: str, market: str | None = None) -> list[str]:
        """Return the centres (of a market) that want doses of a therapy in any period."""
        wants = self._wanted[self._therapies[therapy]].any(axis=1)
        homes = self._markets.items()
        return [c for (c, home), some in zip(homes, wants, strict=True) if some and market in (None, home)]

    def periods(self, therapy: str) -> dict[str, np.ndarray]:
        """Return by centre in which periods it wants doses of a therapy, shape (periods,)."""
        wanted = self._wanted[self._therapies[therapy]]
        return {centre: periods for centre, periods in zip(self._markets, wanted, strict=True) if periods.any()}


def wanting_centres(instance: Instance, therapy: str) -> list[str]:
    """Return the centres that want doses of a therapy in any period."""
    return Demand(instance).centres(therapy)
