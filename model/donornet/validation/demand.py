"""Demand: its periods, its service levels, and how much there is."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from donornet.instance import Finding, Instance
from donornet.instance.matching import ANY
from donornet.validation.report import each, figure


def check_demand_periods(instance: Instance) -> Iterator[Finding]:
    """Check that demand lies in the horizon."""
    rows = instance.table("demand")
    yield from each(
        rows,
        outside_horizon(instance, rows["period"]),
        ("demand", "period"),
        "unknown-period",
        lambda row: (
            f"period {row['period']} is outside the horizon {instance.periods[0]} to {instance.periods[-1]}; "
            "correct it or lengthen the horizon in the head"
        ),
    )


def check_service(instance: Instance) -> Iterator[Finding]:
    """Check that a share to be served needs a price for the rest; whole units cannot meet fractions."""
    rows = instance.table("demand")
    yield from each(
        rows,
        (rows["min_service"] > 0) & rows["unmet_penalty"].isna(),
        ("demand", "min_service"),
        "unused-cell",
        lambda row: (
            f"min_service {row['min_service']:g} counts only beside an unmet_penalty: without one all of the "
            "demand must be met"
        ),
        "warning",
    )
    therapies = instance.table("therapies")
    entering = therapies[(therapies["indivisible"] == "yes") & (therapies["demand_at"] == "entry")]["therapy"]
    doses = rows["doses"].to_numpy(dtype=float)
    fractional = np.isfinite(doses) & (doses != np.floor(np.where(np.isfinite(doses), doses, 0.0)))
    yield from each(
        rows,
        fractional & rows["unmet_penalty"].isna().to_numpy() & rows["therapy"].isin(entering).to_numpy(),
        ("demand", "doses"),
        "fractional-demand",
        lambda row: (
            f"{row['doses']:g} patients of the indivisible therapy {row['therapy']!r} must enter: no whole "
            "number is equal to it, "
            "so nothing is feasible; round it or give an unmet_penalty"
        ),
        "warning",
    )


def check_demand_is_there(instance: Instance) -> Iterator[Finding]:
    """Find centres and therapies that no demand names."""
    demand = instance.table("demand")
    for table, column in (("centres", "centre"), ("therapies", "therapy")):
        rows = instance.table(table)
        yield from each(
            rows,
            ~rows[column].isin(demand[column]),
            (table, column),
            "unused-row",
            lambda row: f"no row of demand names {row['column']} {row[row['column']]!r}",
            "warning",
            column=column,
        )


def outside_horizon(instance: Instance, cells: pd.Series) -> np.ndarray:
    """Return which cells of a column of periods name a period that the horizon lacks; blank and ``*`` do not."""
    numbers = pd.to_numeric(cells.where(~cells.isin(["", ANY])), errors="coerce").to_numpy(dtype=float)
    with np.errstate(invalid="ignore"):
        return np.asarray((numbers < instance.periods[0]) | (numbers > instance.periods[-1]))


def doses_wanted(instance: Instance, therapy: str, *, must: bool) -> np.ndarray:
    """Return the demand for a therapy in each period, shape (periods,) [doses].

    Parameters
    ----------
    therapy
        The therapy.
    must
        Count only what must be served: demand without a penalty, and the minimum service of the rest.
    """
    rows = instance.table("demand")
    rows = rows[rows["therapy"] == therapy]
    doses = rows["doses"].fillna(0.0)
    if must:
        doses = doses.where(rows["unmet_penalty"].isna(), doses * rows["min_service"])
    everywhere = rows["period"] == ANY
    usual = doses[everywhere].groupby(rows.loc[everywhere, "centre"]).first()
    wanted = np.full(len(instance.periods), float(usual.sum()))
    special = ~everywhere & ~outside_horizon(instance, rows["period"])
    periods = pd.to_numeric(rows.loc[special, "period"], errors="coerce")
    known = periods.notna() & ~pd.DataFrame({"c": rows.loc[special, "centre"], "p": periods}).duplicated()
    change = doses[special] - rows.loc[special, "centre"].map(usual).fillna(0.0)
    np.add.at(
        wanted, (periods[known] - instance.periods[0]).astype(int).to_numpy(), change[known].to_numpy(dtype=float)
    )
    return wanted


def must_or_may(amount: float, must: float, capacity: float) -> str:
    """Return in words what becomes of demand beyond what can be supplied [doses]."""
    if must > capacity:
        return f"{figure(must)} of them must be served: the instance is infeasible as it stands"
    return f"at least {figure(amount - capacity)} will go unmet"
