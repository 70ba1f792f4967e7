from __future__ import annotations

import math
from typing import Any

import pytest

from donornet.evaluation import Evaluation, evaluate
from tests.unit.evaluation.small import ALLOGENEIC, codes, instance_of, solution_of, term

POOLS = [
    {
        "pool": "P",
        "jurisdiction": "US",
        "donor_group": "g1",
        "risk_class": "low",
        "registry": 100,
        "recruits_per_year": 10,
    },
    {
        "pool": "Q",
        "jurisdiction": "US",
        "donor_group": "g2",
        "risk_class": "low",
        "registry": 60,
        "recruits_per_year": 10,
    },
    {"pool": "R", "jurisdiction": "EU", "donor_group": "g2", "risk_class": "high"},
]
GIVEN = {("P", 1): 40, ("Q", 1): 20, ("R", 1): 10, ("P", 2): 20}
"""Donations; half of class low and all of class high are released: P 20, Q 10, R 10 in period 1, P 10 in 2."""
RECRUITS = {("P", 1): 4, ("P", 2): 6, ("Q", 2): 5}


def measured(head: dict[str, Any] | None = None, **row: Any) -> Evaluation:
    """Evaluate one requirement on surplus donations for market EU."""
    facilities = [
        {"site": "C", "stage": "collection", "initial": "existing"},
        {"site": "L", "stage": "testing", "initial": "existing"},
    ]
    instance = instance_of(
        ALLOGENEIC, head, donor_pools=POOLS, facilities=facilities, capacity_steps=None, demand=[],
        pass_rates=[{"risk_class": "low", "pass_rate": 0.5}], lanes=[
            *ALLOGENEIC["lanes"], {"from": "Q", "to": "C", "mode": "walk"}, {"from": "R", "to": "C", "mode": "walk"},
        ],
        diversity=[{"requirement": "d", **row}],
        groups=[{"group": "both", "member": "g1"}, {"group": "both", "member": "g2"}],
        patient_groups=[{"market": "EU", "patient_group": name, "share": 0.5} for name in "ab"],
        match_classes=[
            {"patient_group": "a", "match_class": "h1", "weight": 0.75},
            {"patient_group": "a", "match_class": "h2", "weight": 0.25},
            {"patient_group": "b", "match_class": "h2", "weight": 1},
        ],
        match_probabilities=[
            {"match_class": "h1", "donor_group": "g1", "probability": 0.1},
            {"match_class": "h2", "donor_group": "g2", "probability": 0.05},
        ],
    )  # fmt: skip
    common = {"therapy": "allo", "market": "EU", "site": "C"}
    given = [
        {**common, "pool": pool, "mode": "walk", "donor_class": pool, "period": t, "donations": n}
        for (pool, t), n in GIVEN.items()
    ]
    tests = [
        {
            **common,
            "donor_class": pool,
            "lab": "L",
            "panel": "basic",
            "mode": "post",
            "state": "s",
            "period": t,
            "tests": n,
        }
        for (pool, t), n in GIVEN.items()
    ]
    registered = {"P": (104, 110), "Q": (60, 65)}
    donors = [
        {"pool": pool, "period": t, "recruits": RECRUITS.get((pool, t), 0), "registry": registered[pool][t - 1]}
        for pool in "PQ"
        for t in (1, 2)
    ]
    stands = [
        {"site": s, "stage": stage, "period": t, "open": 1}
        for s, stage in (("C", "collection"), ("L", "testing"))
        for t in (1, 2)
    ]
    return evaluate(instance, solution_of({}, facilities=stands, donations=given, tests=tests, donors=donors))


def rows(evaluation: Evaluation) -> list[tuple[Any, ...]]:
    table = evaluation.tables["diversity"]
    return [
        (*row[:4], round(row[4], 9), round(row[5], 9))
        for row in table[["therapy", "market", "period", "member", "level", "shortfall"]].itertuples(
            index=False, name=None
        )
    ]


def test_count_of_all_together_over_the_horizon():
    evaluation = measured(measure="min_count", value=50)
    assert rows(evaluation) == [("", "", "", "", 50, 0)]
    assert evaluation.violations == []
    evaluation = measured(measure="min_count", value=51)
    assert rows(evaluation) == [("", "", "", "", 50, 1)]
    assert codes(evaluation) == {"diversity"}


def test_count_each_period_and_each_member():
    assert rows(measured(measure="min_count", value=15, period="*", member="*")) == [
        ("", "", "1", "g1", 20, 0), ("", "", "1", "g2", 20, 0), ("", "", "2", "g1", 10, 5), ("", "", "2", "g2", 0, 15),
    ]  # fmt: skip


def test_count_of_a_group_as_one_block_and_of_other_attributes():
    assert rows(measured(measure="min_count", value=15, member="both", period=1)) == [("", "", "1", "both", 40, 0)]
    assert rows(measured(measure="min_count", value=15, of="jurisdiction", member="EU")) == [("", "", "", "EU", 10, 5)]
    assert [row[3:5] for row in rows(measured(measure="min_count", value=0, of="pool", member="*"))] == [
        ("P", 30),
        ("Q", 10),
        ("R", 10),
    ]


def test_each_therapy_and_market_separately():
    assert rows(measured(measure="min_count", value=60, therapy="*", market="*")) == [("allo", "EU", "", "", 50, 10)]


def test_shares_are_of_all_groups_and_fall_short_in_donations():
    assert rows(measured(measure="min_share", value=0.5)) == [("", "", "", "g1", 0.6, 0), ("", "", "", "g2", 0.4, 5)]
    assert rows(measured(measure="max_share", value=0.5)) == [("", "", "", "g1", 0.6, 5), ("", "", "", "g2", 0.4, 0)]
    assert rows(measured(measure="max_share", value=0.5, member="both")) == [("", "", "", "both", 1, 25)]
    assert codes(measured(measure="max_share", value=0.6)) == set()


def test_shares_hold_without_any_donation():
    table = measured(measure="min_share", value=0.5, therapy="none").tables["diversity"]
    assert table["shortfall"].tolist() == [0, 0]
    assert table["level"].isna().all()


def test_effective_groups():
    # 30 and 20 of 50: 1 / (0.36 + 0.16) = 1.923; (900 + 400) / 50 - 50 / 2 = 1
    assert rows(measured(measure="min_effective_groups", value=2)) == [("", "", "", "", round(1 / 0.52, 9), 1)]
    assert rows(measured(measure="min_effective_groups", value=2, period=1)) == [("", "", "1", "", 2, 0)]
    assert codes(measured(measure="min_effective_groups", value=1.92)) == set()


def test_levels_of_recruits_and_registry():
    assert rows(measured(measure="min_count", value=15, level="recruited")) == [("", "", "", "", 15, 0)]
    assert rows(measured(measure="min_count", value=15, level="recruited", period="*")) == [
        ("", "", "1", "", 4, 11),
        ("", "", "2", "", 11, 4),
    ]
    assert rows(measured(measure="min_count", value=170, level="registry")) == [
        ("", "", "1", "", 164, 6),
        ("", "", "2", "", 175, 0),
    ]


def test_coverage_by_patient_group_and_its_floor():
    # g1: 30, g2: 20 donations
    h1, h2 = 0.9**30, 0.95**20
    a, b = 1 - 0.75 * h1 - 0.25 * h2, 1 - h2
    assert rows(measured(measure="match_coverage", value=0.8)) == [
        ("", "", "", "a", pytest.approx(a), 0), ("", "", "", "b", pytest.approx(b), pytest.approx(0.8 - b)),
    ]  # fmt: skip
    assert rows(measured(measure="match_coverage", value=0.8, member="a")) == [("", "", "", "a", pytest.approx(a), 0)]
    assert rows(measured(measure="coverage_floor", value=0.8)) == rows(measured(measure="match_coverage", value=0.8))
    assert [row[3:] for row in rows(measured(measure="coverage_floor", value=0.5, period=2, member="b"))] == [
        ("b", 0, 0.5)
    ]


def test_shortfall_with_a_penalty_costs_at_the_first_period_it_covers():
    evaluation = measured(measure="min_count", value=15, period="*", shortfall_penalty=10)
    assert codes(evaluation) == set()
    assert (term(evaluation, "shortfall_penalty", 1), term(evaluation, "shortfall_penalty", 2)) == (0, 50)
    evaluation = measured(measure="min_count", value=53, shortfall_penalty=10)
    assert term(evaluation, "shortfall_penalty", 1) == 30
    without = measured(measure="min_count", value=0)
    assert evaluation.objective == pytest.approx(without.objective + 30)


def test_coverage_is_a_key_figure():
    kpis = measured(measure="min_count", value=0).tables["kpis"].set_index(["kpi", "member"])["value"]
    assert kpis["coverage", "EU/b"] == pytest.approx(1 - 0.95**20)
    assert kpis["test_failures", ""] == 40
    assert kpis["donors_recruited", ""] == 15
    assert math.isnan(kpis["cost_per_dose", ""])
