"""Options of every verb that solves."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

Option = Callable[[Callable[..., Any]], Callable[..., Any]]

seed_option = click.option(
    "--seed", type=click.IntRange(0, 2**31 - 1), default=0, show_default=True, help="Seed of the solver."
)
jobs_option = click.option(
    "-j", "--jobs", type=click.IntRange(min=1), help="Items to solve at once.  [default: one per processor]"
)
engine_option = click.option(
    "--engine",
    "place",
    default="local",
    show_default=True,
    metavar="NAME",
    help="local (processes), serial, or dask:ADDRESS of a scheduler whose workers have one thread each.",
)
total_time_option = click.option(
    "--total-time", type=click.FloatRange(min=0, min_open=True), metavar="SECONDS", help="Wall time for all solves."
)


def gap_option(default: float = 1e-4) -> Option:
    """Return the option ``--gap``."""
    return click.option(
        "--gap",
        type=click.FloatRange(min=0),
        default=default,
        show_default=True,
        help="Relative gap to stop at; 0.01 is 1 %.",
    )


def time_option(of: str) -> Option:
    """Return the option ``--time-limit``, for `of` what."""
    return click.option(
        "--time-limit", type=click.FloatRange(min=0, min_open=True), metavar="SECONDS", help=f"Wall time for {of}."
    )


def out_option(suffix: str = "") -> Option:
    """Return the option ``--out``; the default folder has the instance's name and `suffix`."""
    return click.option(
        "--out",
        type=click.Path(path_type=Path, file_okay=False),
        help=f"Folder to write to.  [default: results/<name>{suffix}]",
    )
