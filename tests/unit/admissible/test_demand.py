"""Demand: who wants what when."""

from __future__ import annotations

from donornet.admissible.demand import Demand, wanting_centres
from tests.oracle.tiny import TWO_YEARS, Tiny


def two_centres() -> Tiny:
    """Return two periods, and a second centre S in another jurisdiction; both centres want doses in both periods."""
    tiny = Tiny(**TWO_YEARS).add("centres", {"centre": "S", "jurisdiction": "B"})
    return tiny.add("demand", {"centre": "S", "therapy": "K", "doses": 3})


def wanted(tiny: Tiny) -> dict[str, list[bool]]:
    return {centre: periods.tolist() for centre, periods in Demand(tiny.build()).periods("K").items()}


def test_row_of_a_period_replaces_that_of_all():
    assert wanted(two_centres()) == {"R": [True, True], "S": [True, True]}
    second = str(two_centres().build().periods[1])
    tiny = two_centres().add("demand", {"centre": "S", "therapy": "K", "period": second, "doses": 0})
    assert wanted(tiny) == {"R": [True, True], "S": [True, False]}


def test_row_of_a_period_beyond_the_horizon_does_not_count():
    after = str(two_centres().build().periods[-1] + 1)
    tiny = two_centres().change("demand", 1, period=after)
    assert wanted(tiny) == {"R": [True, True]}


def test_centres_want_by_market():
    demand = Demand(two_centres().build())
    assert (demand.centres("K"), demand.centres("K", "A"), demand.centres("K", "B")) == (["R", "S"], ["R"], ["S"])
    assert demand.centres("K", "C") == []
    assert wanting_centres(two_centres().change("demand", 0, doses=0).build(), "K") == ["S"]
