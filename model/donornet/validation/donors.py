"""Donor pools: registries and what keeps them."""

from __future__ import annotations

from collections.abc import Iterator

from donornet.instance import Finding, Instance
from donornet.validation.report import each, warning


def check_unlimited_registries(instance: Instance) -> Iterator[Finding]:
    """Check that a blank registry is unlimited supply: nothing recruits into it, nothing leaves it."""
    pools = instance.table("donor_pools")
    unlimited = pools["registry"].isna()
    for column in ("recruits_per_year", "recruitment_cost", "attrition_per_year"):
        yield from each(
            pools,
            unlimited & (pools[column] != 0),
            ("donor_pools", column),
            "unlimited-registry",
            lambda row: (
                f"pool {row['pool']!r} has a blank registry (unlimited) and {row['column']} {row[row['column']]:g}; "
                "fill registry "
                f"(0 where no donor is registered yet) or clear {row['column']}"
            ),
            column=column,
        )
    yield from each(
        pools,
        unlimited & (pools["donations_per_year"] != 1),
        ("donor_pools", "donations_per_year"),
        "unused-cell",
        lambda row: (
            f"donations_per_year {row['donations_per_year']:g} counts nowhere: pool {row['pool']!r} has a blank "
            "registry, "
            "which is unlimited supply"
        ),
        "warning",
    )


def check_attrition(instance: Instance) -> Iterator[Finding]:
    """Check that a registry cannot lose more than itself in a period."""
    pools = instance.table("donor_pools")
    yield from each(
        pools,
        pools["attrition_per_year"] * instance.years > 1,
        ("donor_pools", "attrition_per_year"),
        "attrition-above-one",
        lambda row: (
            f"{row['attrition_per_year']:g} per year is {row['attrition_per_year'] * instance.years:g} in a period of "
            f"{instance.days:g} days: pool {row['pool']!r} would lose more donors than it has; use shorter "
            "periods or a lower figure"
        ),
        "warning",
    )


def check_donors_are_used(instance: Instance) -> Iterator[Finding]:
    """Find pools where no therapy takes donations."""
    if instance.has("donor_pools") and not (instance.table("therapies")["modality"] == "allogeneic").any():
        yield warning("unused-row", "no therapy is allogeneic: nothing uses the donor pools", "donor_pools")
