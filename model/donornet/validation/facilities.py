"""Facilities, their capacity and its ladders, their licences."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from donornet.instance import Finding, Instance
from donornet.validation.questions import stages_of
from donornet.validation.report import each, suggestion
from donornet.validation.supply import operations_at

_PLACE = ["site", "stage"]


def check_steps(instance: Instance) -> Iterator[Finding]:
    """Check that a ladder stands at a facility of limited capacity, and its steps are numbered 1, 2, ..."""
    steps = instance.table("capacity_steps")
    if steps.empty:
        return
    facility = _facility_of(instance, steps)
    yield from _no_facility(instance, "capacity_steps", steps)
    unlimited = facility["there"] & facility["capacity"].isna().to_numpy()
    yield from each(
        steps,
        unlimited,
        ("capacity_steps", "capacity"),
        "unlimited-capacity",
        lambda row: f"{_name(row)} has no limited capacity to add to; fill capacity in facilities or remove its steps",
    )
    count = steps.groupby(_PLACE, sort=False)["step"].transform("count")
    yield from each(
        steps.assign(count=count),
        (steps["step"] > count).to_numpy(),
        ("capacity_steps", "step"),
        "step-order",
        lambda row: (
            f"step {row['step']:g} of {_name(row)}, which has {row['count']:g} in all: number the steps 1, 2, "
            "... without gaps"
        ),
    )


def check_min_load(instance: Instance) -> Iterator[Finding]:
    """Check that min_load is a share of a limited capacity."""
    facilities = instance.table("facilities")
    yield from each(
        facilities,
        (facilities["min_load"] > 0) & facilities["capacity"].isna(),
        ("facilities", "min_load"),
        "unlimited-capacity",
        lambda row: f"min_load {row['min_load']:g} of {_name(row)} is a share of an unlimited capacity; fill capacity",
    )


def check_zero_capacity(instance: Instance) -> Iterator[Finding]:
    """Find usable facilities that can do nothing, step or no step."""
    facilities, steps = instance.table("facilities"), instance.table("capacity_steps")
    added = steps.groupby(_PLACE)["capacity"].sum().rename("added").reset_index()
    total = (
        facilities["capacity"].to_numpy()
        + facilities.merge(added, on=_PLACE, how="left")["added"].fillna(0.0).to_numpy()
    )
    yield from each(
        facilities,
        (total == 0) & (facilities["status"] != "closed").to_numpy(),
        ("facilities", "capacity"),
        "zero-capacity",
        lambda row: f"{_name(row)} has capacity 0 and no step: it can do nothing; unlimited is a blank cell",
        "warning",
    )


def check_slots(instance: Instance) -> Iterator[Finding]:
    """Check that units hold slots for some time, and that loads stand where capacity is in units per year."""
    at = operations_at(instance)
    if at.empty:
        return
    limited = at[at["capacity"].notna()]
    slots = limited["capacity_unit"] == "slots"
    idle = limited[slots & (limited["occupancy_days"] == 0)].drop_duplicates("facility_row").set_index("facility_row")
    yield from each(
        idle,
        np.ones(len(idle), dtype=bool),
        ("facilities", "capacity"),
        "slots-without-days",
        lambda row: (
            f"{_name(row)} counts slots, but a unit of {row['therapy']!r} holds one for 0 days: its capacity "
            "never binds; "
            "fill days or occupancy_days in operations"
        ),
        "warning",
    )
    operations = instance.table("operations")
    loaded = operations[(operations["load"] != 1) & operations.index.isin(limited.loc[slots, "operation_row"])]
    yield from each(
        loaded,
        ~loaded.index.isin(limited.loc[~slots, "operation_row"]),
        ("operations", "load"),
        "unused-cell",
        lambda row: f"load {row['load']:g} counts nowhere: the facilities count slots; fill occupancy_days",
        "warning",
    )


def check_opening_periods(instance: Instance) -> Iterator[Finding]:
    """Check that opens_from and available_from lie in the horizon, and existing facilities are there at its start."""
    first, last = instance.periods[0], instance.periods[-1]
    for table, column in (("facilities", "opens_from"), ("licences", "available_from")):
        rows = instance.table(table)
        yield from each(
            rows,
            (rows[column] < first) | (rows[column] > last),
            (table, column),
            "unknown-period",
            lambda row: (
                f"period {row[row['column']]:g} is outside the horizon {first} to {last}: {_name(row)} is "
                + (
                    "never usable"
                    if row[row["column"]] > last
                    else "usable from the first period on, as with a blank cell"
                )
            ),
            "warning",
            column=column,
        )
    rows = instance.table("facilities")
    late = (rows["initial"] == "existing") & (rows["opens_from"] > first) & (rows["opens_from"] <= last)
    yield from each(
        rows,
        late,
        ("facilities", "opens_from"),
        "late-existing",
        lambda row: (
            f"{_name(row)} exists but opens only in period {row['opens_from']:g}; if it is yet to be built, "
            "write initial = potential"
        ),
        "warning",
    )


def check_facilities_are_used(instance: Instance) -> Iterator[Finding]:
    """Find facilities whose stage no therapy passes, and sites without a facility."""
    facilities, sites = instance.table("facilities"), instance.table("sites")
    passed = {stage for stages in stages_of(instance).values() for stage in stages}
    yield from each(
        facilities,
        ~facilities["stage"].isin(passed),
        ("facilities", "stage"),
        "unused-row",
        lambda row: f"no therapy passes {row['stage']}: {_name(row)} is never used",
        "warning",
    )
    yield from each(
        sites,
        ~sites["site"].isin(facilities["site"]),
        ("sites", "site"),
        "unused-row",
        lambda row: f"site {row['site']!r} has no facility",
        "warning",
    )


def check_licences(instance: Instance) -> Iterator[Finding]:
    """Check that a licence belongs to a facility, and that a fee is one that is paid."""
    licences = instance.table("licences")
    yield from _no_facility(instance, "licences", licences)
    yield from each(
        licences,
        (licences["status"] == "held") & (licences["opening_cost"] > 0),
        ("licences", "opening_cost"),
        "unused-cell",
        lambda row: (
            f"opening_cost {row['opening_cost']:g} is never paid: the licence is held; write obtainable or clear it"
        ),
        "warning",
    )


def _facility_of(instance: Instance, rows: pd.DataFrame) -> pd.DataFrame:
    """Return for each row the capacity of the facility at its site and stage, and whether it is ``there``."""
    facilities = instance.table("facilities").drop_duplicates(_PLACE)
    joined = rows[_PLACE].merge(facilities[[*_PLACE, "capacity"]], on=_PLACE, how="left", indicator="found")
    return joined.assign(there=(joined["found"] == "both").to_numpy(dtype=bool))


def _no_facility(instance: Instance, table: str, rows: pd.DataFrame) -> Iterator[Finding]:
    facilities = instance.table("facilities")
    stages = {str(site): list(group) for site, group in facilities.groupby("site")["stage"]}
    yield from each(
        rows,
        ~_facility_of(instance, rows)["there"].to_numpy(),
        (table, "stage"),
        "no-facility",
        lambda row: (
            f"there is no facility {_name(row)}{suggestion(row['stage'], stages.get(row['site'], []))}; "
            f"{_offer(stages.get(row['site'], []))}"
        ),
    )


def _offer(stages: list[str]) -> str:
    return (
        f"the site has {', '.join(stages)}; add the facility or correct the row" if stages else "add it to facilities"
    )


def _name(row: Mapping[str, Any]) -> str:
    return f"{row['stage']} at {row['site']!r}"
