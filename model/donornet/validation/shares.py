"""Shares and probabilities that must add up to 1, and the match tables that hang together."""

from __future__ import annotations

from collections.abc import Iterator

from donornet.instance import Finding, Instance
from donornet.validation.report import each, figure

TOLERANCE = 1e-6
"""Sums this near to 1 are 1."""


def check_shares(instance: Instance) -> Iterator[Finding]:
    """Check that shares of patient groups, weights of match classes and scenario probabilities add up to 1."""
    for table, column, by in (
        ("patient_groups", "share", "market"),
        ("match_classes", "weight", "patient_group"),
        ("uncertainty", "probability", ""),
    ):
        rows = instance.table(table)
        if rows.empty:
            continue
        sums = rows.groupby(by, sort=False)[column].transform("sum") if by else rows[column] * 0.0 + rows[column].sum()
        first = ~rows.duplicated(by) if by else rows.index == rows.index[0]
        cells = [f"{column} cells of {by} {name!r}" for name in rows[by]] if by else f"{column} cells"
        yield from each(
            rows.assign(sum=sums, cells=cells),
            (abs(sums - 1) > TOLERANCE) & first,
            (table, column),
            "wrong-sum",
            lambda row: f"the {row['cells']} add up to {figure(row['sum'])}, not 1; correct them",
        )


def check_match_tables(instance: Instance) -> Iterator[Finding]:
    """Check that patient groups have match classes, match classes probabilities, and markets of patients centres."""
    groups, classes = instance.table("patient_groups"), instance.table("match_classes")
    probabilities = instance.table("match_probabilities")
    if instance.has("match_classes"):
        yield from each(
            groups,
            ~groups["patient_group"].isin(classes["patient_group"]) & ~groups.duplicated("patient_group"),
            ("patient_groups", "patient_group"),
            "unmatched-group",
            lambda row: f"patient group {row['patient_group']!r} has no match class; add its classes to match_classes",
            "warning",
        )
        yield from each(
            classes,
            ~classes["match_class"].isin(probabilities["match_class"]) & ~classes.duplicated("match_class"),
            ("match_classes", "match_class"),
            "unmatched-class",
            lambda row: (
                f"match class {row['match_class']!r} has no probability: no donor matches it; add it to "
                "match_probabilities"
            ),
            "warning",
        )
    yield from each(
        groups,
        ~groups["market"].isin(instance.markets),
        ("patient_groups", "market"),
        "unused-row",
        lambda row: f"no centre is in market {row['market']!r}",
        "warning",
    )
