"""Chains and their journeys: when each stage is entered and how much is left."""

from __future__ import annotations

import math
from dataclasses import dataclass

from donornet.evaluation.lanes import Lane
from donornet.evaluation.violation import DAYS_TOLERANCE


@dataclass(frozen=True)
class Chain:
    """One way from donor or patient to a centre, or its beginning.

    Parameters
    ----------
    therapy, market
        What is made, and for which market.
    sites
        Site of each stage of the route, in order; fewer than the route has: the chain ends there, its material is
        discarded.
    modes
        Mode of each leg: donor or patient leg first, dose leg last.
    pool
        Donor pool; blank: autologous.
    centre
        The centre; blank: never delivered.
    lab, panel, sample_mode
        Where, with which panel the sample is tested and how it travels; blank lab: not tested.
    """

    therapy: str
    market: str
    sites: tuple[str, ...]
    modes: tuple[str, ...]
    pool: str = ""
    centre: str = ""
    lab: str = ""
    panel: str = ""
    sample_mode: str = ""

    def __str__(self) -> str:
        places = [self.pool or self.centre, *self.sites, *([self.centre] if self.centre else [])]
        text = places[0]
        for mode, name in zip(self.modes, places[1:], strict=False):
            text += f" -{mode}-> {name}" if mode else f" -> {name}"
        tested = f", tested at {self.lab}" + (f" with {self.panel}" if self.panel else "") if self.lab else ""
        return f"{self.therapy} for market {self.market or '(unnamed)'}: {text}{tested}"


@dataclass(frozen=True)
class Verdict:
    """What a market says about a stage done in a jurisdiction.

    Parameters
    ----------
    name
        recognised, bridging, licence or never.
    unit_cost, days, gain
        Of bridging: cost [currency/unit], time [days] and yield [share]; 0, 0 and 1 otherwise.
    """

    name: str
    unit_cost: float = 0.0
    days: float = 0.0
    gain: float = 1.0


@dataclass(frozen=True)
class Operation:
    """What a stage does to a unit of a therapy at a site.

    Parameters
    ----------
    unit_cost
        Per unit entering [currency/unit].
    days
        Duration [days].
    gain
        Units that leave per unit entering, before bridging: output × yield.
    load
        Capacity used per unit entering [units/unit].
    occupancy_days
        Days that a unit holds a slot [days].
    max_units_per_year
        Most units of the therapy entering; infinite: unlimited [units/year].
    holding_cost_per_year
        Of a finished dose in stock [currency/dose/year].
    """

    unit_cost: float = 0.0
    days: float = 0.0
    gain: float = 1.0
    load: float = 1.0
    occupancy_days: float = 0.0
    max_units_per_year: float = math.inf
    holding_cost_per_year: float = 0.0


@dataclass(frozen=True)
class Stop:
    """A stage on a journey.

    Parameters
    ----------
    stage, site
        Where.
    entry
        Period in which it is entered.
    offset
        Time since the journey began [days].
    units
        Units entering per donation (patient).
    operation, verdict
        What is done there and what the market says about it.
    """

    stage: str
    site: str
    entry: int
    offset: float
    units: float
    operation: Operation
    verdict: Verdict


@dataclass(frozen=True)
class Leg:
    """A leg of a journey; `lane` is None where there is no such lane, `units` are per donation (patient)."""

    carries: str
    origin: str
    origin_stage: str
    target: str
    target_stage: str
    mode: str
    lane: Lane | None
    units: float


@dataclass(frozen=True)
class Journey:
    """A chain in time.

    Parameters
    ----------
    stops, legs
        Its stages and its legs, in order, the sample's leg left out.
    gain
        Doses per donation (patient).
    days
        Time from the start of the first stage to arrival [days].
    arrival
        Period of arrival, where nothing waits in stock on the way.
    """

    stops: tuple[Stop, ...]
    legs: tuple[Leg, ...]
    gain: float
    days: float
    arrival: int


def whole_periods(days: float, length: float) -> int:
    """Return how many whole periods of `length` days pass in `days`."""
    return math.floor(days / length + DAYS_TOLERANCE)
