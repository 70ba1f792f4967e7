"""Diversity: what the donors look like against what they must look like."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from donornet.evaluation.constraints_donors import registry_of
from donornet.evaluation.frames import sums
from donornet.evaluation.ledger import Ledger
from donornet.evaluation.violation import Violation, exceeds, place, records
from donornet.instance.instance import Instance
from donornet.instance.matching import ANY

COLUMNS = [
    "requirement", "therapy", "market", "period", "member", "measure", "level", "required", "shortfall", "penalty",
    "first",
    "scale",
]  # fmt: skip
COVERAGE = ("match_coverage", "coverage_floor")


@dataclass(frozen=True)
class _Cell:
    """A filter cell resolved: what stands in the answer, and the ids that it names."""

    name: str
    ids: tuple[str, ...]


def diversity_of(ledger: Ledger) -> pd.DataFrame:
    """Return every requirement, one row per combination that it speaks about.

    Columns requirement, therapy, market, period, member, measure, level (measured, in the unit of the required value),
    required, shortfall (donors or donations; of coverages, share), penalty (NaN: hard), first (period in which the
    penalty counts) and scale (size of the shortfall's terms).
    """
    if not ledger.instance.has("diversity"):
        return pd.DataFrame(columns=COLUMNS)
    counts = _counts(ledger)
    found: list[tuple[Any, ...]] = []
    for row in records(ledger.instance.table("diversity")):
        for therapy, market, period in _combinations(ledger, row):
            frame = counts[row["level"]]
            chosen = frame[frame["period"].astype(str).isin(period.ids)]
            if row["level"] == "eligible":
                chosen = chosen[chosen["therapy"].isin(therapy.ids) & chosen["market"].isin(market.ids)]
            donors = chosen.groupby("pool")["donors"].sum()
            markets = market.ids if row["level"] == "eligible" else ledger.instance.markets
            for member, level, short, scale in _measured(ledger.instance, row, donors, markets):
                found.append((
                    row["requirement"], therapy.name, market.name, period.name, member, row["measure"], level,
                    row["value"],
                    max(0.0, short), row["shortfall_penalty"], min(map(int, period.ids)), scale,
                ))  # fmt: skip
    return pd.DataFrame(found, columns=COLUMNS)


def diversity_violations(rows: pd.DataFrame) -> Iterator[Violation]:
    """Yield the hard requirements that are not met."""
    hard = rows[rows["penalty"].isna() & exceeds(rows["shortfall"].astype(float), 0.0, rows["scale"].astype(float))]
    for row in records(hard):
        where = place(row, "requirement", "therapy", "market", "period", "member")
        told = f"{row['measure']} is {row['level']:g}, required {row['required']:g}, short by {row['shortfall']:g}"
        yield Violation("diversity", f"{where}: {told}", row["shortfall"])


def _counts(ledger: Ledger) -> dict[str, pd.DataFrame]:
    """Return donors (donations) by level: pool and period, eligible ones by therapy and market too."""
    eligible = sums(ledger.donations, ["pool", "period", "therapy", "market"], "eligible")
    registry = registry_of(ledger)
    return {
        "eligible": eligible.rename(columns={"eligible": "donors"}),
        "recruited": registry[["pool", "period", "recruits"]].rename(columns={"recruits": "donors"}),
        "registry": registry[["pool", "period", "registry"]].rename(columns={"registry": "donors"}),
    }


def _combinations(ledger: Ledger, row: dict[str, Any]) -> Iterator[tuple[_Cell, _Cell, _Cell]]:
    """Yield therapy, market and period of each row that the requirement stands for."""
    instance = ledger.instance
    therapies = [therapy for therapy in ledger.rules.therapies if not ledger.rules.autologous(therapy)]
    period = ANY if row["level"] == "registry" and row["period"] == "" else row["period"]
    for therapy in _cells(instance, row["therapy"], therapies):
        for market in _cells(instance, row["market"], list(instance.markets)):
            for when in _cells(instance, period, [str(period) for period in instance.periods]):
                if when.ids:
                    yield therapy, market, when


def _cells(instance: Instance, cell: str, universe: list[str]) -> list[_Cell]:
    """Return what a filter cell stands for: ``*`` each member separately, anything else together."""
    if cell == ANY:
        return [_Cell(name, (name,)) for name in universe]
    return [_Cell(cell, tuple(instance.groups.select(cell, universe)))]


def _measured(
    instance: Instance, row: dict[str, Any], donors: pd.Series, markets: tuple[str, ...]
) -> Iterator[tuple[str, float, float, float]]:
    """Yield member, measured level, shortfall (negative: to spare) and scale of one requirement."""
    if row["measure"] in COVERAGE:
        yield from _coverage_rows(instance, row, donors, markets)
        return
    pools = instance.table("donor_pools")
    per_pool = pools["pool"].map(donors).fillna(0.0).to_numpy(dtype=float)
    blocks = pd.Series(per_pool).groupby(pools[row["of"]].to_numpy(dtype=object)).sum()
    total, value = float(per_pool.sum()), float(row["value"])
    if row["measure"] == "min_effective_groups":
        squares = float((blocks.to_numpy(dtype=float) ** 2).sum())
        effective = total**2 / squares if squares > 0 else 0.0
        concentration = squares / total if total > 0 else 0.0
        short = concentration - total / value if value > 0 else 0.0
        yield row["member"], effective, short, total
        return
    together = row["member"] == "" and row["measure"] == "min_count"
    each = row["member"] in ("", ANY) and not together
    members = [_Cell(name, (name,)) for name in blocks.index] if each else [
        _Cell(row["member"], tuple(instance.groups.select(row["member"], list(blocks.index))))
    ]  # fmt: skip
    for member in members:
        count = float(blocks.reindex(list(member.ids)).sum())
        share = count / total if total > 0 else float("nan")
        if row["measure"] == "min_count":
            yield member.name, count, value - count, value
        else:
            short = value * total - count
            yield member.name, share, short if row["measure"] == "min_share" else -short, total


def _coverage_rows(
    instance: Instance, row: dict[str, Any], donors: pd.Series, markets: tuple[str, ...]
) -> Iterator[tuple[str, float, float, float]]:
    groups = instance.table("patient_groups")
    known = list(dict.fromkeys(groups[groups["market"].isin(markets)]["patient_group"]))
    chosen = instance.groups.select(row["member"], known)
    for group in chosen:
        level = coverage(instance, group, donors)
        yield group, level, row["value"] - level, 1.0


def coverage(instance: Instance, patient_group: str, donors: pd.Series) -> float:
    """Return the share of a patient group that finds a match: 1 − Σ_h weight_h Π_g (1 − p_hg)^n_g.

    Parameters
    ----------
    instance, patient_group
        Where the match tables stand, and for whom.
    donors
        Donors (donations) by pool.
    """
    pools = instance.table("donor_pools").set_index("pool")["donor_group"]
    per_group = donors.groupby(donors.index.map(pools)).sum() if len(donors) else donors
    classes = instance.table("match_classes")
    classes = classes[classes["patient_group"] == patient_group]
    chances = instance.table("match_probabilities")
    missed = 0.0
    for name, weight in zip(classes["match_class"], classes["weight"], strict=True):
        rows = chances[chances["match_class"] == name]
        count = rows["donor_group"].map(per_group).fillna(0.0).to_numpy(dtype=float)
        missed += weight * float(np.prod((1.0 - rows["probability"].to_numpy(dtype=float)) ** count))
    return 1.0 - missed
