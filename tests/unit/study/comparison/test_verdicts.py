"""What differences mean."""

from __future__ import annotations

import pytest

from donornet.solution import Result, Status
from donornet.study.comparison.verdicts import verdict, verdict_on_cost

NAN = float("nan")


def solved(objective: float, bound: float | None) -> Result:
    return Result(Status.OPTIMAL, objective, bound, None, None)


@pytest.mark.parametrize(
    ("here", "there", "said"),
    [
        ((12.3e6, 12.3e6), (0, 0), "+12.3 M USD: dearer"),
        ((90, 89), (100, 99), "-10 USD: cheaper"),
        ((110, 99), (100, 100), "+10 USD: within the gaps: not a finding"),
        ((110, 100.5), (100, 99), "+10 USD: dearer"),
        ((100, 90), (110, 100.5), "-10 USD: cheaper"),
        ((100, 90), (110, 99.5), "-10 USD: within the gaps: not a finding"),
        ((100, None), (110, 110), "-10 USD: no bound is known: not a finding"),
        ((100, 100), (100, 100), "the same"),
        ((100, 99), (100, 98), "the same"),
    ],
)
def test_costs_differ_only_where_their_ranges_do_not_meet(here, there, said):
    assert verdict_on_cost(solved(*here), solved(*there), "USD") == said


@pytest.mark.parametrize(
    ("value", "baseline", "better", "unit", "said"),
    [
        (3, 2, "lower", "days", "+1 days: worse (lower is better)"),
        (1, 2, "lower", "days", "-1 days: better (lower is better)"),
        (3, 2, "higher", "doses", "+1 doses: better (higher is better)"),
        (0.25, 0.5, "higher", "share", "-25 percentage points: worse (higher is better)"),
        (3, 2, "", "facilities", "+1 facilities: more (no better or worse)"),
        (1, 2, "", "facilities", "-1 facilities: less (no better or worse)"),
        (2 + 1e-9, 2, "lower", "days", "the same"),
        (NAN, 2, "lower", "days", "not in both"),
        (NAN, NAN, "lower", "days", ""),
    ],
)
def test_the_sign_of_a_difference_is_explained(value, baseline, better, unit, said):
    assert verdict(value, baseline, better, unit) == said
