"""Limits: each measure with the filters that it can use."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from donornet.instance import Finding, Instance
from donornet.instance.schema import LIMIT_MEASURES
from donornet.validation.demand import outside_horizon
from donornet.validation.questions import modality_of
from donornet.validation.report import each

FILTERS = ("stage", "site", "therapy", "jurisdiction", "market", "period")
_FACILITY = frozenset({"stage", "site", "jurisdiction", "period"})
_CENTRE = frozenset({"site", "therapy", "jurisdiction", "market", "period"})
_LEGS = frozenset({"therapy", "market", "period"})
USABLE: dict[str, frozenset[str]] = {
    "open_facilities": _FACILITY,
    "openings": _FACILITY,
    "investment": _FACILITY,
    "total_cost": frozenset({"period"}),
    "recruits": frozenset({"jurisdiction", "period"}),
    "donations": frozenset(FILTERS),
    "doses": frozenset(FILTERS),
    "unmet": _CENTRE,
    "unmet_share": _CENTRE,
} | dict.fromkeys(("handoffs", "crossings", "km", "co2", "vein_to_vein_mean"), _LEGS)
"""Filters that each measure can use."""


def check_limit_filters(instance: Instance) -> Iterator[Finding]:
    """Check that a filter that the measure cannot use would be ignored in silence."""
    rows = instance.table("limits")
    for column in FILTERS:
        useless = [measure for measure in LIMIT_MEASURES if column not in USABLE[measure]]
        yield from each(
            rows,
            rows["measure"].isin(useless) & (rows[column] != ""),
            ("limits", column),
            "unusable-filter",
            lambda row: (
                f"{row['measure']} cannot be filtered by {row['column']} ({row[row['column']]!r}), only by "
                f"{', '.join(name for name in FILTERS if name in USABLE[row['measure']])}; clear the cell"
            ),
            column=column,
        )


def check_limit_values(instance: Instance) -> Iterator[Finding]:
    """Check that measures are not negative, shares at most 1, periods in the horizon."""
    rows = instance.table("limits")
    yield from each(
        rows,
        rows["value"] < 0,
        ("limits", "value"),
        "out-of-range",
        lambda row: f"{row['value']:g}: {row['measure']} is never negative; allowed is a number, 0 or more",
    )
    yield from each(
        rows,
        (rows["measure"] == "unmet_share") & (rows["value"] > 1),
        ("limits", "value"),
        "share-above-one",
        lambda row: f"unmet_share {row['value']:g} is a share, at most 1; write a percentage as a fraction",
    )
    yield from each(
        rows,
        outside_horizon(instance, rows["period"]),
        ("limits", "period"),
        "unknown-period",
        lambda row: (
            f"period {row['period']} is outside the horizon {instance.periods[0]} to {instance.periods[-1]}: "
            "nothing is limited"
        ),
        "warning",
    )


def check_limits_that_bind(instance: Instance) -> Iterator[Finding]:
    """Check that a filter that selects nothing makes a limit of nothing."""
    rows = instance.table("limits")
    facilities, modality = instance.table("facilities"), modality_of(instance)
    ends = {
        "donations": {route[0] for name, route in instance.routes.items() if modality[name] == "allogeneic"},
        "doses": {route[-1] for route in instance.routes.values()},
    }
    centres = set(instance.table("centres")["centre"])
    pools = instance.table("donor_pools")

    def universe(measure: str, column: str) -> set[str] | None:
        """Return what a filter of a measure can select; None: whatever is known."""
        if column == "site" and measure not in ("total_cost", "recruits"):
            return centres if measure in ("unmet", "unmet_share") else set(facilities["site"])
        if column == "stage":
            return ends[measure] if measure in ends else set(facilities["stage"])
        if column == "market":
            return set(instance.markets)
        if column == "therapy" and measure in ("donations", "vein_to_vein_mean"):
            kind = "allogeneic" if measure == "donations" else "autologous"
            return {name for name, of in modality.items() if of == kind}
        if column == "jurisdiction":
            table = "donor_pools" if measure in ("recruits", "donations") else "sites"
            return set(instance.table("centres" if measure.startswith("unmet") else table)["jurisdiction"])
        return None

    def selects(measure: str, column: str, cell: str) -> bool:
        if not cell or column not in USABLE.get(measure, ()):
            return True
        names = universe(measure, column)
        return names is None or bool(instance.groups.select(cell, names))

    for column in FILTERS[:-1]:
        empty = [not selects(*cells) for cells in zip(rows["measure"], [column] * len(rows), rows[column], strict=True)]
        yield from each(
            rows,
            np.array(empty, dtype=bool),
            ("limits", column),
            "empty-filter",
            lambda row: (
                f"{row['measure']} has nothing at {row['column']} {row[row['column']]!r}: the limit is about nothing"
            ),
            "warning",
            column=column,
        )
    unlimited = pools["registry"].isna().all() and len(pools) > 0
    yield from each(
        rows,
        (rows["measure"] == "recruits").to_numpy() & unlimited,
        ("limits", "measure"),
        "empty-filter",
        lambda row: (
            f"{row['measure']}: every pool has a blank registry (unlimited) and recruits nobody: the limit is "
            "about nothing"
        ),
        "warning",
    )
