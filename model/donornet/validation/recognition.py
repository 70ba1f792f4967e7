"""Recognition: verdicts and what belongs to them."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from donornet.instance import Finding, Instance
from donornet.instance.matching import ANY
from donornet.validation.places import homes
from donornet.validation.report import each, warning


def check_validity(instance: Instance) -> Iterator[Finding]:
    """Check that validity begins before it ends, and touches the horizon."""
    rows = instance.table("recognition")
    first, last = instance.periods[0], instance.periods[-1]
    yield from each(
        rows,
        rows["valid_from"] > rows["valid_to"],
        ("recognition", "valid_from"),
        "empty-validity",
        lambda row: f"valid_from {row['valid_from']:g} is after valid_to {row['valid_to']:g}; swap or correct them",
    )
    for column, outside in (("valid_from", rows["valid_from"] > last), ("valid_to", rows["valid_to"] < first)):
        yield from each(
            rows,
            outside & ~(rows["valid_from"] > rows["valid_to"]),
            ("recognition", column),
            "unknown-period",
            lambda row: f"{row['column']} {row[row['column']]:g}: the row never holds in the horizon {first} to {last}",
            "warning",
            column=column,
        )


def check_bridging(instance: Instance) -> Iterator[Finding]:
    """Check that cost, days and yield belong to bridging; bridging of donors and tests has no yield."""
    rows = instance.table("recognition")
    for column, blank in (("unit_cost", 0.0), ("days", 0.0), ("yield", 1.0)):
        yield from each(
            rows,
            (rows["verdict"] != "bridging") & (rows[column] != blank),
            ("recognition", column),
            "unused-cell",
            lambda row: (
                f"{row['column']} {row[row['column']]:g} counts only with verdict bridging, not {row['verdict']}"
            ),
            "warning",
            column=column,
        )
    yield from each(
        rows,
        (rows["verdict"] == "bridging") & rows["stage"].isin(["donor", "testing"]) & (rows["yield"] != 1),
        ("recognition", "yield"),
        "bridging-yield",
        lambda row: f"bridging of {row['stage']} has cost and days only, not yield {row['yield']:g}; leave yield blank",
    )


def check_licence_verdicts(instance: Instance) -> Iterator[Finding]:
    """Check that a verdict of licence can be met: not for donors, and somebody holds or can obtain the licence."""
    rows = instance.table("recognition")
    donated = bool((instance.table("therapies")["modality"] == "allogeneic").any())
    asks = rows["verdict"] == "licence"
    yield from each(
        rows,
        asks & ((rows["stage"] == "donor") | ((rows["stage"] == ANY) & donated)),
        ("recognition", "verdict"),
        "donor-licence",
        lambda _: (
            "licences belong to facilities, so donors can never have one: write never, or another verdict for "
            "stage donor"
        ),
        "warning",
    )
    yield from each(
        rows,
        asks & (rows["stage"] != "donor") & ~_can_be_licensed(instance, rows),
        ("recognition", "verdict"),
        "no-licence",
        lambda row: (
            f"no {'facility' if row['stage'] == ANY else row['stage'] + ' facility'} in {row['from']!r} holds "
            "or can obtain a "
            f"licence for {row['market']!r}: the verdict is as never; add licences"
        ),
        "warning",
    )
    if instance.head.default_recognition == "licence" and donated:
        message = "default_recognition licence: donors of other jurisdictions can never have a licence; name a "
        "verdict for stage donor"
        named = bool((rows["stage"].isin(["donor", ANY])).any())
        if not named:
            yield warning("donor-licence", message, "instance", None, "default_recognition")


def _can_be_licensed(instance: Instance, rows: pd.DataFrame) -> pd.Series:
    """Return whether any licence is one that the row may ask for."""
    licences = instance.table("licences")
    held = set(zip(licences["stage"], homes(instance, "sites", licences["site"]), licences["market"], strict=True))
    held |= {(ANY, home_of, market) for _, home_of, market in held}
    return pd.Series(
        [
            any((stage, home_of, market) in held for home_of in members(origin) for market in members(destination))
            for members in [instance.groups.members]
            for stage, origin, destination in zip(rows["stage"], rows["from"], rows["market"], strict=True)
        ],
        index=rows.index,
        dtype=bool,
    )
