"""``donornet alternatives``: what near-optimal designs have in common."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from donornet.cli.arguments import (
    change_options,
    changed,
    echo_json,
    instance_argument,
    json_option,
    leave,
    read_instance,
)
from donornet.cli.live import LiveLine
from donornet.cli.options import gap_option, out_option, seed_option, time_option, total_time_option
from donornet.cli.solve import CODES

if TYPE_CHECKING:
    from donornet.instance import Instance
    from donornet.study import Alternatives


@click.command("alternatives", short_help="Tell what is in every, some or no near-optimal design.")
@instance_argument
@change_options
@click.option(
    "--within",
    type=click.FloatRange(min=0),
    default=0.02,
    show_default=True,
    help="Additional cost that is allowed; 0.02 is 2 %.",
)
@click.option(
    "--what", default="facilities,licences", show_default=True, metavar="KINDS", help="facilities, licences or both."
)
@click.option(
    "--designs",
    type=click.IntRange(min=0),
    default=5,
    show_default=True,
    help="Designs to write, as different as found.",
)
@gap_option()
@time_option("each solve")
@total_time_option
@seed_option
@out_option("-alternatives")
@json_option
@click.pass_context
def command(  # noqa: PLR0913, PLR0917 - one parameter per option
    ctx: click.Context,
    instance: Path,
    scenarios: tuple[str, ...],
    edits: tuple[str, ...],
    within: float,
    what: str,
    designs: int,
    gap: float,
    time_limit: float | None,
    total_time: float | None,
    seed: int,
    out: Path | None,
    as_json: bool,
) -> None:
    """Tell which facilities and licences are in every, some or none of the designs of INSTANCE that cost hardly more.

    "Every" and "none" are proven, "some" is shown by designs; what a limit leaves open is "not decided". Some designs
    that differ much are written as results. Ctrl-C keeps what is known.
    """
    read = changed(read_instance(instance), scenarios, edits)
    folder = out or Path("results") / f"{read.head.name}-alternatives"
    options: dict[str, Any] = {
        "within": within,
        "what": what,
        "designs": designs,
        "gap": gap,
        "time_limit": time_limit,
        "total_time": total_time,
        "seed": seed,
    }
    found = searched(read, options)
    found.write(folder)
    if as_json:
        echo_json(found.as_plain())
    else:
        click.echo(str(found))
        click.echo(f"\nWritten to {folder}/ (alternatives.csv, alternatives.json, one folder for each design)")
    leave(ctx, CODES[found.best.status.value])


def searched(instance: Instance, options: dict[str, Any]) -> Alternatives:
    """Return the alternatives, with a live line on stderr while they are found."""
    from donornet.study import alternatives

    line = LiveLine(sys.stderr, str)
    try:
        return alternatives(instance, progress=line, **options)
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    finally:
        line.close()
