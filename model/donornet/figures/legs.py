"""What moves between places over the whole horizon, by what moves."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from donornet.solution import Result

KINDS = ("donor", "patient", "sample", "material", "doses")
"""What moves: donors (as donations) to their first stage, patients to theirs, samples to labs, material between stages,
doses to centres."""


def legs(result: Result) -> pd.DataFrame:
    """Return what moves between two different places: kind, from, to, units.

    Units are donations, patients, tests, units leaving a stage, and doses, summed over therapies, modes and periods.
    """
    parts = [
        _named(result, "donations", "donor", "pool", "site", "donations"),
        _named(result, "tests", "sample", "site", "lab", "tests"),
        _named(result, "flows", "material", "from", "to", "units"),
        _named(result, "deliveries", "doses", "from", "centre", "doses"),
        _of_loops(result),
    ]
    rows = [row for part in parts for row in part if row[1] != row[2]]
    frame = pd.DataFrame(rows, columns=["kind", "from", "to", "units"]).astype({"units": float})
    summed = frame.groupby(["kind", "from", "to"], sort=True, as_index=False)["units"].sum()
    return summed[summed["units"] > 0].sort_values("units", ascending=False, ignore_index=True)


Row = tuple[str, str, str, float]


def _named(result: Result, table: str, kind: str, start: str, end: str, amount: str) -> list[Row]:
    frame = result.table(table)
    return [(kind, a, b, float(c)) for a, b, c in zip(frame[start], frame[end], frame[amount], strict=True)]


def _of_loops(result: Result) -> list[Row]:
    """Return the legs of loops; each is counted with the patients who enter it."""
    loops = result.table("loops")
    rows: list[Row] = []
    for centre, path, patients in zip(loops["centre"], loops["sites"], loops["patients"], strict=True):
        sites = str(path).split(">")
        ways = zip([centre, *sites], [*sites, centre], strict=True)
        kinds = ["patient", *["material"] * (len(sites) - 1), "doses"]
        rows += [(kind, a, b, float(patients)) for kind, (a, b) in zip(kinds, ways, strict=True)]
    return rows
