"""What the design must achieve beside serving: diversity of donors, coverage of patients, limits; nearly all priced."""

from __future__ import annotations

import numpy as np

from donornet.generation.dice import figure
from donornet.generation.donors import COMMON, GROUPS
from donornet.generation.draft import Draft, Row
from donornet.generation.products import Product

PER_DONATION, PER_COVERAGE = 30_000, 20_000_000
"""Price of a donation, or of all of a patient group's coverage, that a requirement is short of [currency]."""


def require(draft: Draft, made: list[Product], wanted: dict[str, np.ndarray]) -> None:
    """Write diversity with its tables, and limits."""
    donated = [product for product in made if not product.autologous]
    if donated:
        _require_diversity(draft, donated[0], wanted[donated[0].name])
        _describe_patients(draft)
        _require_coverage(draft, donated[0], wanted[donated[0].name])
    _limit(draft, made)


def _markets(draft: Draft) -> list[str]:
    """Return the jurisdictions with centres."""
    return [draft.jurisdictions[p] for p in sorted({int(p) for p in draft.at["centre"].jurisdictions})]


def _require_diversity(draft: Draft, product: Product, doses: np.ndarray) -> None:
    """Write requirements on the donors of one therapy, market by market."""
    groups = {row["donor_group"] for row in draft.tables["donor_pools"]}
    for position, market in enumerate(draft.jurisdictions):
        donors = _eligible(draft, product, doses, position)
        if not donors.any():
            continue
        ranked = sorted((g for g in GROUPS if g in groups), key=lambda g: -COMMON[market][GROUPS.index(g)])
        for group in ranked[1:3]:
            share = figure(0.5 * COMMON[market][GROUPS.index(group)] + 0.02, 1)
            count = max(1.0, figure(share * float(donors.min())))
            tag = f"{market.lower()}-{group.lower()}"
            draft.add("diversity", [
                _row(f"{tag}-count", product, market, "min_count", group, count, "*"),
                _row(f"{tag}-share", product, market, "min_share", group, share, "*"),
            ])  # fmt: skip
        if len(groups) > 1 and position < 4:
            name = f"{market.lower()}-mix"
            draft.add("diversity", [_row(name, product, market, "min_effective_groups", None, 1.3, None)])
    first = _markets(draft)[0]
    draft.add("diversity", [
        _row(f"{first.lower()}-one-pool", product, first, "max_share", "*", 0.5, None) | {"of": "pool"},
        _row(f"{first.lower()}-pools", product, first, "min_count", None, 5, None) | {"of": "pool"},
    ])  # fmt: skip


def _row(
    name: str, product: Product, market: str, measure: str, member: str | None, value: float, period: str | None
) -> Row:
    return {
        "requirement": name,
        "therapy": product.name,
        "market": market,
        "period": period,
        "measure": measure,
        "member": member,
        "value": value,
        "shortfall_penalty": PER_DONATION,
    }


def _patient_groups(market: str) -> list[str]:
    """Return the three largest groups of a market's patients."""
    return sorted(GROUPS, key=lambda group: -COMMON[market][GROUPS.index(group)])[:3]


def _describe_patients(draft: Draft) -> None:
    """Write patient groups, their match classes and the probabilities of a match."""
    dice = draft.dice("patients")
    groups = [g for g in GROUPS if g in {row["donor_group"] for row in draft.tables["donor_pools"]}]
    for market in _markets(draft):
        largest = _patient_groups(market)
        common = [COMMON[market][GROUPS.index(group)] for group in largest]
        share = [round(part / sum(common), 3) for part in common]
        share[0] = round(1 - sum(share[1:]), 3)
        for group, part in zip(largest, share, strict=True):
            name = f"{market.lower()}-{group.lower()}-patients"
            draft.add("patient_groups", [{"market": market, "patient_group": name, "share": part}])
            for label, weight, level in (("common", 0.6, 0.02), ("rare", 0.4, 0.002)):
                match_class = f"{name}-{label}"
                draft.add("match_classes", [{"patient_group": name, "match_class": match_class, "weight": weight}])
                draft.add(
                    "match_probabilities",
                    (
                        {"match_class": match_class, "donor_group": donors,
                         "probability": figure(level * (1.0 if donors == group else 0.15) * dice.number(0.6, 1.4))}
                        for donors in groups
                    ),
                )  # fmt: skip


def _eligible(draft: Draft, product: Product, doses: np.ndarray, market: int) -> np.ndarray:
    """Return the eligible donations that serving all of a market's demand takes, shape (periods,)."""
    own = draft.at["centre"].jurisdictions == market
    return np.asarray(doses[own].sum(axis=0) * product.inflow("testing") * min(product.released.values()))


def _require_coverage(draft: Draft, product: Product, doses: np.ndarray) -> None:
    """Ask for nine tenths of the coverage that a third group of patients has with donors like the population."""
    probability = {
        (row["match_class"], row["donor_group"]): row["probability"] for row in draft.tables["match_probabilities"]
    }
    for market in _markets(draft)[:3]:
        group = f"{market.lower()}-{_patient_groups(market)[-1].lower()}-patients"
        donors = float(_eligible(draft, product, doses, draft.jurisdictions.index(market)).sum())
        covered = 0.0
        for row in draft.tables["match_classes"]:
            if row["patient_group"] == group:
                missed = 1.0
                for name, share in zip(GROUPS, COMMON[market], strict=True):
                    missed *= (1 - probability.get((row["match_class"], name), 0.0)) ** (share * donors)
                covered += row["weight"] * (1 - missed)
        value = max(0.01, round(0.9 * covered, 2))
        row = _row(f"{group}-coverage", product, market, "match_coverage", group, value, None)
        draft.add("diversity", [row | {"shortfall_penalty": PER_COVERAGE}])


def _limit(draft: Draft, made: list[Product]) -> None:
    """Write limits on money, on new plants, on unmet demand by market and on hand-offs."""
    new = [row["opening_cost"] for row in draft.tables["facilities"] if row.get("opening_cost")]
    steps = [row["opening_cost"] for row in draft.tables["capacity_steps"]]
    plants = len(draft.at["manufacturing"])
    money = (0.45 + 0.5 / plants) * sum(new) + 0.3 * sum(steps)
    loops = any(product.autologous for product in made)
    draft.add(
        "limits",
        [
            {"limit": "capital", "measure": "investment", "sense": "max", "value": figure(money)},
            {"limit": "new-plants", "measure": "openings", "stage": "manufacturing", "sense": "max",
             "value": max(1, -(-2 * plants // 3)), "penalty": 20_000_000},
            {"limit": "served-everywhere", "measure": "unmet_share", "market": "*", "scope": "each", "sense": "max",
             "value": 0.1, "penalty": 40_000},
            {"limit": "hand-offs", "measure": "handoffs", "sense": "max", "value": 2.0, "penalty": 1000},
        ],
    )  # fmt: skip
    if loops:
        draft.add("limits", [{"limit": "vein-to-vein", "measure": "vein_to_vein_mean", "sense": "max", "value": 30,
                              "penalty": 500}])  # fmt: skip
