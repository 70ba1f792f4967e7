"""Diversity: what donors must look like."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from donornet.instance import Finding, Instance
from donornet.instance.matching import ANY
from donornet.instance.schema import TABLES
from donornet.validation.demand import outside_horizon
from donornet.validation.ids import known_ids, severity_of
from donornet.validation.places import homes
from donornet.validation.questions import modality_of
from donornet.validation.report import Severity, each, suggestion, warning

SHARES = ("min_share", "max_share", "match_coverage", "coverage_floor")
"""Measures whose value is a share."""
COVERAGES = ("match_coverage", "coverage_floor")
RATIOS = ("min_share", "max_share", "min_effective_groups")
"""Measures that hold for zero donors."""
TOLERANCE = 1e-9


def check_diversity_values(instance: Instance) -> Iterator[Finding]:
    """Check that shares are at most 1, periods in the horizon, and effective numbers within the number of groups."""
    rows = instance.table("diversity")
    yield from each(
        rows,
        rows["measure"].isin(SHARES) & (rows["value"] > 1),
        ("diversity", "value"),
        "share-above-one",
        lambda row: f"{row['measure']} {row['value']:g} is a share, at most 1; write a percentage as a fraction",
    )
    yield from each(
        rows,
        outside_horizon(instance, rows["period"]),
        ("diversity", "period"),
        "unknown-period",
        lambda row: (
            f"period {row['period']} is outside the horizon {instance.periods[0]} to {instance.periods[-1]}: "
            "nothing is required"
        ),
        "warning",
    )
    count = rows["of"].map({of: len(blocks(instance, of)) for of in ("donor_group", "pool", "jurisdiction")})
    yield from each(
        rows.assign(count=count),
        (rows["measure"] == "min_effective_groups") & (rows["value"] > count),
        ("diversity", "value"),
        "too-many-groups",
        lambda row: (
            f"{row['value']:g} effective groups cannot be reached: donor_pools has {row['count']:g} {row['of']}s in all"
        ),
        "warning",
    )


def check_diversity_levels(instance: Instance) -> Iterator[Finding]:
    """Check that recruits and registries belong to no therapy or market; an unlimited registry cannot be counted."""
    rows, pools = instance.table("diversity"), instance.table("donor_pools")
    early = rows["level"].isin(["recruited", "registry"])
    for column in ("therapy", "market"):
        yield from each(
            rows,
            early & (rows[column] != ""),
            ("diversity", column),
            "level-filter",
            lambda row: (
                f"donors at level {row['level']} belong to no {row['column']} yet: clear {row[row['column']]!r}, or "
                "write level = eligible"
            ),
            column=column,
        )
    unlimited = pools[pools["registry"].isna()]

    def counts_unlimited(row: Mapping[str, Any]) -> bool:
        everyone = row["measure"] != "min_count" or row["member"] in ("", ANY) or row["of"] not in unlimited
        return everyone or bool(unlimited[row["of"]].isin(list(instance.groups.members(row["member"]))).any())

    if not unlimited.empty:
        counted = [row["level"] == "registry" and counts_unlimited(row) for row in rows.to_dict("records")]
        yield from each(
            rows,
            np.array(counted, dtype=bool),
            ("diversity", "level"),
            "unlimited-registry",
            lambda row: (
                f"level {row['level']} counts registered donors, but pool {unlimited['pool'].iloc[0]!r} has a blank "
                "registry (unlimited); "
                "fill its registry or write level = eligible"
            ),
        )


def check_diversity_members(instance: Instance) -> Iterator[Finding]:
    """Check that the member is of the kind that the row counts."""
    rows, groups = instance.table("diversity"), set(instance.table("groups")["group"])
    references = {of: f"donor_pools.{of}" for of in ("donor_group", "pool")} | {
        "jurisdiction": "jurisdictions.jurisdiction"
    }
    kinds = rows["of"].map(references).where(~rows["measure"].isin(COVERAGES), "patient_groups.patient_group")
    for reference in kinds.dropna().unique():
        known = known_ids(instance, reference)
        severity: Severity = severity_of(instance, reference)
        if reference == "patient_groups.patient_group":
            severity = "error"
        column = reference.split(".")[1]
        yield from each(
            rows,
            (kinds == reference) & ~rows["member"].isin(["", ANY, *known, *groups]),
            ("diversity", "member"),
            "unknown-id",
            lambda row: (
                f"{row['member']!r} is no {row['column']} or group{suggestion(row['member'], row['known'] | groups)}; "
                f"{row['measure']}"
                f"{'' if row['column'] == 'patient_group' else ' of ' + row['of']} needs one; correct it"
            ),
            severity,
            column=column,
            known=known,
        )


def check_diversity_therapies(instance: Instance) -> Iterator[Finding]:
    """Find requirements on the donors of autologous therapies, which have none."""
    rows, modality = instance.table("diversity"), modality_of(instance)
    own = [name for name, kind in modality.items() if kind == "autologous"]
    yield from each(
        rows,
        rows["therapy"].isin(own),
        ("diversity", "therapy"),
        "no-donors",
        lambda row: f"{row['therapy']!r} is autologous and has no donors: nothing is ever counted",
        "warning",
    )


def check_coverage_tables(instance: Instance) -> Iterator[Finding]:
    """Check that match coverage has its patient groups, match classes and match probabilities."""
    rows = instance.table("diversity")
    wanted = rows[rows["measure"].isin(COVERAGES)]
    missing = [table for table in ("patient_groups", "match_classes", "match_probabilities") if not instance.has(table)]
    yield from each(
        wanted,
        np.full(len(wanted), bool(missing)),
        ("diversity", "measure"),
        "missing-table",
        lambda row: f"{row['measure']} needs the tables {', '.join(missing)}, which have no row",
    )
    if missing:
        return
    groups, classes = instance.table("patient_groups"), set(instance.table("match_classes")["patient_group"])
    by_market = {str(market): set(names) for market, names in groups.groupby("market")["patient_group"]}

    def lacking(row: Mapping[str, Any]) -> list[str]:
        markets = instance.groups.select(row["market"], instance.markets)
        counted = sorted(set().union(*(by_market.get(market, set()) for market in markets)))
        return [name for name in instance.groups.select(row["member"], counted) if name not in classes]

    def has_patients(cell: str) -> bool:
        return any(market in by_market for market in instance.groups.select(cell, instance.markets))

    holes = [", ".join(map(repr, lacking(row))) for row in wanted.to_dict("records")]
    yield from each(
        wanted.assign(holes=pd.Series(holes, index=wanted.index, dtype=object)),
        np.array([bool(names) for names in holes], dtype=bool),
        ("diversity", "measure"),
        "unmatched-group",
        lambda row: (
            f"{row['measure']} of {row['holes']} cannot be computed: add the match classes of these patient groups"
        ),
    )
    yield from each(
        wanted,
        wanted["of"] != "donor_group",
        ("diversity", "of"),
        "unused-cell",
        lambda row: (
            f"{row['measure']} counts donor groups, as match_probabilities does, not {row['of']}; clear the cell"
        ),
        "warning",
    )
    yield from each(
        wanted,
        np.array([bool(cell) and not has_patients(cell) for cell in wanted["market"]], dtype=bool),
        ("diversity", "market"),
        "no-patients",
        lambda row: f"market {row['market']!r} has no patient_groups: nothing is required; add them",
        "warning",
    )


def check_share_sums(instance: Instance) -> Iterator[Finding]:
    """Check that hard minimum shares of different members do not exceed 1 together."""
    rows = instance.table("diversity")
    hard = rows[(rows["measure"] == "min_share") & rows["shortfall_penalty"].isna()]
    for _, alike in hard.groupby(["therapy", "market", "period", "of", "level"], sort=False):
        least: dict[str, float] = {}
        universe = blocks(instance, str(alike["of"].iloc[0]))
        taken: set[str] = set()
        total, count = 0.0, 0
        for member, value in zip(alike["member"], alike["value"].fillna(0.0), strict=True):
            if member in ("", ANY):
                least.update({name: max(value, least.get(name, 0.0)) for name in universe})
            elif not taken & (members := instance.groups.members(member)):
                taken |= members
                total, count = total + value, count + 1
        total += sum(value for name, value in least.items() if name not in taken)
        if total > 1 + TOLERANCE:
            yield Finding(
                "shares-above-one",
                f"minimum shares of different members add up to {total:g}, more than 1: no donor population has "
                "them; lower them "
                "or give a shortfall_penalty",
                "diversity",
                int(alike.index[0]),
                "value",
            )


def check_share_beside_count(instance: Instance) -> Iterator[Finding]:
    """Check that something asks for donors where a share is required, which zero donors meet."""
    rows = instance.table("diversity")
    demand = instance.table("demand")
    asked = demand[(demand["doses"] > 0) & (demand["unmet_penalty"].isna() | (demand["min_service"] > 0))]
    donated = [name for name, kind in modality_of(instance).items() if kind == "allogeneic"]
    markets_asked = homes(instance, "centres", asked["centre"])
    sold = asked.assign(market=pd.Series(markets_asked, index=asked.index, dtype=object))
    sold = sold[sold["therapy"].isin(donated)]
    counts = rows[(rows["measure"] == "min_count") & (rows["value"] > 0)]
    for number, row in rows[
        rows["measure"].isin(RATIOS) & (rows["value"] > 0) & (rows["level"] != "registry")
    ].iterrows():
        therapies = instance.groups.select(row["therapy"], [*donated])
        markets = instance.groups.select(row["market"], instance.markets)
        served = row["level"] == "eligible" and (sold["therapy"].isin(therapies) & sold["market"].isin(markets)).any()
        if served or ((counts["level"] == row["level"]) & (counts["of"] == row["of"])).any():
            continue
        yield warning(
            "share-without-count",
            f"{row['measure']} {row['value']:g} holds for zero donors too, and nothing beside it asks for any: "
            "add a min_count, "
            "a min_service or demand without unmet_penalty",
            "diversity",
            int(str(number)),
            "measure",
        )


def blocks(instance: Instance, of: str) -> list[str]:
    """Return the donor groups, pools or jurisdictions that the pools have; a blank donor group is none."""
    if of not in TABLES["diversity"]["of"].choices:
        return []
    names = instance.table("donor_pools")[of].unique()
    return [str(name) for name in names if name or of == "jurisdiction"]
