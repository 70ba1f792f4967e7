"""Panels, labs and required markers."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from donornet.instance import Finding, Instance
from donornet.validation.report import each, suggestion


def markers_of(cell: str) -> list[str]:
    """Return the markers of a panel's cell."""
    return [marker for marker in (part.strip() for part in cell.split(";")) if marker]


def check_panels(instance: Instance) -> Iterator[Finding]:
    """Check that a panel names a marker once, and some lab offers it."""
    panels = instance.table("panels")
    repeated = [len(set(markers_of(cell))) < len(markers_of(cell)) for cell in panels["markers"]]
    yield from each(
        panels,
        np.array(repeated, dtype=bool),
        ("panels", "markers"),
        "repeated-marker",
        lambda row: f"{row['markers']!r} names a marker twice",
        "warning",
    )
    if instance.has("lab_panels"):
        yield from each(
            panels,
            ~panels["panel"].isin(instance.table("lab_panels")["panel"]),
            ("panels", "panel"),
            "unused-row",
            lambda row: f"no lab offers panel {row['panel']!r}; add it to lab_panels",
            "warning",
        )


def check_labs(instance: Instance) -> Iterator[Finding]:
    """Check that panels are offered where there is a lab, and every lab offers one."""
    if not instance.has("lab_panels"):
        return
    offers, facilities = instance.table("lab_panels"), instance.table("facilities")
    labs = facilities[facilities["stage"] == "testing"]
    yield from each(
        offers,
        ~offers["site"].isin(labs["site"]),
        ("lab_panels", "site"),
        "no-facility",
        lambda row: f"site {row['site']!r} has no testing facility: nothing uses the row; add testing to facilities",
        "warning",
    )
    yield from each(
        labs,
        ~labs["site"].isin(offers["site"]),
        ("facilities", "site"),
        "lab-without-panel",
        lambda row: f"the lab at {row['site']!r} offers no panel: it can test nothing; name its panels in lab_panels",
        "warning",
    )


def check_required_markers(instance: Instance) -> Iterator[Finding]:
    """Check that some panel contains each marker that is required; something is tested."""
    required = instance.table("required_markers")
    if required.empty:
        return
    known = sorted({marker for cell in instance.table("panels")["markers"] for marker in markers_of(cell)})
    if instance.has("panels"):
        yield from each(
            required,
            ~required["marker"].isin(known) & (required["marker"] != ""),
            ("required_markers", "marker"),
            "untestable-marker",
            lambda row: (
                f"no panel contains marker {row['marker']!r}{suggestion(row['marker'], known)}: whoever must be "
                "tested for it "
                "cannot donate; add it to a panel"
            ),
            "warning",
        )
    if not (instance.table("therapies")["tested"] == "yes").any():
        yield from each(
            required,
            np.ones(len(required), dtype=bool),
            ("required_markers", ""),
            "unused-row",
            lambda _: "no therapy is tested: nothing uses the row",
            "warning",
        )
