"""Lanes and transport modes: rows that can be part of a chain."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from donornet.instance import Finding, Instance
from donornet.validation.legs import legs_of_instance
from donornet.validation.places import PLACES
from donornet.validation.report import each, suggestion

_CARRIED = {
    ("donor_pools", "sites"): {"donor"},
    ("centres", "sites"): {"patient"},
    ("sites", "sites"): {"material", "sample"},
    ("sites", "centres"): {"doses"},
}
"""What moves between two kinds of places."""


def check_lane_ends(instance: Instance) -> Iterator[Finding]:
    """Check that a lane joins places that a leg can join, by a mode that carries what moves there."""
    lanes = instance.table("lanes")
    if lanes.empty:
        return
    modes = instance.table("transport_modes")
    kinds = {name: table for table, key in PLACES.items() for name in instance.table(table)[key]}
    tail, head = lanes["from"].map(kinds), lanes["to"].map(kinds)
    carries = lanes["mode"].map(modes.drop_duplicates("mode").set_index("mode")["carries"])
    joins = pd.Series(False, index=lanes.index)
    fits = pd.Series(False, index=lanes.index)
    for (start, end), moved in _CARRIED.items():
        ends = (tail == start) & (head == end)
        joins |= ends
        fits |= ends & (carries.isna() | carries.isin(moved))
    known = tail.notna() & head.notna()
    words = {"sites": "a site", "donor_pools": "a donor pool", "centres": "a centre"}
    shown = lanes.assign(tail=tail, head=head, carries=carries)
    yield from each(
        shown,
        known & ~joins,
        ("lanes", "to"),
        "never-a-leg",
        lambda row: (
            f"nothing goes from {words[row['tail']]} ({row['from']!r}) to {words[row['head']]} ({row['to']!r}): "
            "no chain uses the "
            "lane; is it the wrong way round?"
        ),
        "warning",
    )
    yield from each(
        shown,
        known & joins & ~fits,
        ("lanes", "mode"),
        "never-a-leg",
        lambda row: (
            f"mode {row['mode']!r} carries {row['carries']}, which does not move from {words[row['tail']]} "
            f"({row['from']!r}) to "
            f"{words[row['head']]} ({row['to']!r}): no chain uses the lane"
        ),
        "warning",
    )


def check_lane_blanks(instance: Instance) -> Iterator[Finding]:
    """Check that a listed lane replaces the derived one whole: its blank cells are 0, not the mode's figures."""
    lanes, modes = instance.table("lanes"), instance.table("transport_modes")
    if lanes.empty or modes.empty:
        return
    written = instance.tables["lanes"]
    written = written[written["include"] != "no"]
    priced = modes.loc[(modes["cost"] > 0) | (modes["cost_per_km"] > 0), "mode"]
    timed = modes.loc[(modes["handling_days"] > 0) | modes["km_per_day"].notna(), "mode"]
    for column, derived in (("unit_cost", priced), ("days", timed)):
        yield from each(
            lanes,
            written[column].isna() & (lanes["status"] == "open") & lanes["mode"].isin(derived),
            ("lanes", column),
            "blank-lane",
            lambda row: (
                f"{row['column']} is blank, which means 0 on a listed lane, although mode {row['mode']!r} would derive "
                "it from the "
                "distance; fill it, or remove the row to have the derived lane"
            ),
            "warning",
            column=column,
        )


def check_lane_modes(instance: Instance) -> Iterator[Finding]:
    """Check that a mode that differs from a known one only in case is a slip of the pen."""
    lanes, modes = instance.table("lanes"), list(instance.table("transport_modes")["mode"].unique())
    lowered = {mode.lower() for mode in modes}
    names = [name for name in lanes["mode"].unique() if name not in modes and name.lower() in lowered]
    yield from each(
        lanes,
        lanes["mode"].isin(names),
        ("lanes", "mode"),
        "unlisted-mode",
        lambda row: (
            f"mode {row['mode']!r} has no row in transport_modes and carries anything, "
            f"frozen{suggestion(row['mode'], modes)}"
        ),
        "warning",
    )


def check_modes_are_used(instance: Instance) -> Iterator[Finding]:
    """Find modes that carry what no therapy moves between the stages they name."""
    modes = instance.table("transport_modes")
    legs = legs_of_instance(instance)
    used = [
        any(leg.carries == carries and tail in ("*", leg.tail) and head in ("*", leg.head) for leg in legs)
        for carries, tail, head in zip(modes["carries"], modes["from_stage"], modes["to_stage"], strict=True)
    ]
    yield from each(
        modes,
        ~np.array(used, dtype=bool),
        ("transport_modes", "mode"),
        "unused-row",
        lambda row: (
            f"no therapy moves {row['carries']} from {row['from_stage']} to {row['to_stage']}: nothing uses "
            f"mode {row['mode']!r}"
        ),
        "warning",
    )
