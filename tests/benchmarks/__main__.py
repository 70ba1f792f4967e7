"""``python -m tests.benchmarks [PART ...]``: measure, and write the tables."""

from __future__ import annotations

import platform
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import click

from tests.benchmarks import gaps, handover, tables
from tests.benchmarks.measuring import isolated, isolated_rows

HERE = Path(__file__).parent
Rows = list[dict[str, Any]]


def measure_handover(large: bool, out: Path, limit: float) -> Rows:
    """Measure from tables to HiGHS holding the model."""
    small = handover.run("nonzeros-0.3M")
    return small + (handover.run("nonzeros-2.5M") if large else [])


def measure_orlib(large: bool, out: Path, limit: float) -> Rows:
    """Measure the OR-Library against a hand-written strong formulation."""
    names = () if large else ("cap41", "cap64", "cap74", "cap84", "cap104", "cap111", "cap131", "cap134")
    return isolated_rows("classical:orlib", names=names)


def measure_classical(large: bool, out: Path, limit: float) -> Rows:
    """Measure location problems of classical sizes to a gap of 1 %."""
    rows = [isolated("classical:large", case="facility-location-100x1000", gap=0.01, limit=limit)]
    sizes = ["20x20x30x3", "50x100x200x3"] + (["100x200x400x3"] if large else [])
    return rows + [isolated("classical:staged", case=f"two-stage-{s}", gap=0.01, limit=limit) for s in sizes]


def measure_gaps(large: bool, out: Path, limit: float) -> Rows:
    """Measure the gap over time against plain HiGHS on the same rows and on aggregated ones; draw it."""
    rows: Rows = []
    for case in ("quarter", "half") if large else ("quarter",):
        found, traces = gaps.run(case, 0.01, limit, limit)
        gaps.plot(traces, out / f"gaps-{case}.png", f"atlas, {case} size")
        rows += found
    return rows


def measure_resolves(large: bool, out: Path, limit: float) -> Rows:
    """Measure solving again against building afresh."""
    return isolated_rows("resolves:compare", case="quarter" if large else "small", gap=0.02, limit=limit)


def measure_path(large: bool, out: Path, limit: float) -> Rows:
    """Measure the whole path by step, with memory."""
    return isolated_rows("path:walk", case="half" if large else "quarter", gap=0.01, limit=limit)


def measure_full(large: bool, out: Path, limit: float) -> Rows:
    """Measure the whole path at full size (asked for by name only)."""
    return isolated_rows("path:walk", case="full", gap=0.01, limit=max(limit, 900.0))


def measure_loops(large: bool, out: Path, limit: float) -> Rows:
    """Measure the car-t family grown."""
    cases = ["car-t-1000", "car-t-3000"] + (["car-t-6000"] if large else [])
    return [isolated("loops:solve", case=case, gap=1e-4, limit=limit) for case in cases]


def measure_reading(large: bool, out: Path, limit: float) -> Rows:
    """Measure reading a million lanes."""
    return isolated_rows("reading:read", rows=1_000_000 if large else 100_000)


PARTS: dict[str, tuple[Callable[[bool, Path, float], Rows], str]] = {
    "handover": (measure_handover, "From tables in memory to HiGHS holding the model"),
    "orlib": (measure_orlib, "OR-Library to optimality, against a hand-written strong formulation"),
    "classical": (measure_classical, "Location problems to a gap of 1 %"),
    "gaps": (measure_gaps, "Gap over time"),
    "resolves": (measure_resolves, "Solving again after a change, against building afresh"),
    "path": (measure_path, "The whole path by step"),
    "loops": (measure_loops, "Autologous therapies day by day"),
    "reading": (measure_reading, "Reading tables"),
    "full": (measure_full, "The whole path at full size"),
}
"""What is measured, and the heading of its table."""
DEFAULT = tuple(name for name in PARTS if name != "full")


@click.command()
@click.argument("parts", nargs=-1, type=click.Choice(list(PARTS)))
@click.option("--large", is_flag=True, help="The sizes that take long as well.")
@click.option("--limit", type=float, default=240.0, show_default=True, help="Wall time of one solve [s].")
@click.option(
    "--out", type=click.Path(path_type=Path), default=HERE / "tables", show_default="tables/ beside this file"
)
def main(parts: tuple[str, ...], large: bool, limit: float, out: Path) -> None:
    """Measure PARTS (all but `full` if none is named) and write a table of each, in Markdown and CSV.

    Every case runs in a process of its own, with one thread. Times are CPU seconds unless a column says otherwise.
    """
    for part in parts or DEFAULT:
        measure, heading = PARTS[part]
        rows = measure(large, out, limit)
        stamp = f"`python -m tests.benchmarks {part}{' --large' if large else ''} --limit {limit:g}`, {machine()}"
        tables.write(out, part, rows, f"## {heading}\n\n{stamp}")


def machine() -> str:
    """Return what the figures depend on."""
    names = ("pyomo", "highspy", "linopy", "pandas", "numpy")
    return f"Python {platform.python_version()}, " + ", ".join(f"{name} {version(name)}" for name in names)


if __name__ == "__main__":
    main()
