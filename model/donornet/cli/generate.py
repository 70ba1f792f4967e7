"""``donornet generate``: synthetic instances of any size."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

COUNTS = (
    "pools", "collection", "labs", "processing", "manufacturing", "storage", "centres", "jurisdictions", "therapies",
    "periods", "patients",
)  # fmt: skip


def count_options(command: Any) -> Any:
    """Give a command one option per count."""
    for name in reversed(COUNTS):
        command = click.option(f"--{name}", type=click.IntRange(min=1), help=f"Number of {name}.", metavar="N")(command)
    return command


@click.command("generate", short_help="Write a seeded synthetic instance of any size.")
@click.argument("path", metavar="OUT", type=click.Path(path_type=Path))
@click.option(
    "--size",
    type=click.Choice(["tiny", "small", "quarter", "half", "full"]),
    default="small",
    show_default=True,
    help="Counts to start from.",
)
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Same seed, same bytes.")
@click.option(
    "--family",
    type=click.Choice(["atlas", "facility-location", "two-stage", "car-t"]),
    default="atlas",
    show_default=True,
    help="Whole networks, classical location problems, or autologous loops day by day.",
)
@click.option(
    "--modality",
    type=click.Choice(["both", "allogeneic", "autologous"]),
    default="both",
    show_default=True,
    help="Whose cells (atlas).",
)
@click.option(
    "--tables",
    type=click.Choice(["every", "core"]),
    default="every",
    show_default=True,
    help="With or without requirements, limits, prohibitions, scenarios (atlas).",
)
@click.option("--uncapacitated", is_flag=True, help="Without capacities (facility-location, two-stage).")
@count_options
@click.option("--force", is_flag=True, help="Replace an instance that is there.")
def command(path: Path, uncapacitated: bool, force: bool, **words: Any) -> None:
    """Write a synthetic instance to OUT, a folder, an .xlsx workbook or a .json file.

    The counts (--pools, --centres, ...) replace those of the size. Places stand in and near real cities; everything
    else is invented in plausible magnitudes.
    """
    if path.suffix.lower() not in ("", ".xlsx", ".json"):
        raise click.BadParameter(f"{path.suffix} is unknown; name a folder, an .xlsx or a .json file", param_hint="OUT")
    from donornet.generation import generate
    from donornet.io import write

    try:
        instance = generate(**words, capacitated=not uncapacitated)
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    try:
        write(instance, path, overwrite=force)
    except FileExistsError as error:
        raise click.UsageError(f"{path} is there already; --force replaces it") from error
    click.echo(f"{instance}\nWrote {path}. Next: donornet solve {path}", err=True)
