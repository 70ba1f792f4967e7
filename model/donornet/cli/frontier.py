"""``donornet frontier``: what more of one measure costs in another."""

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
from donornet.cli.failures import ExitCode
from donornet.cli.live import LiveLine
from donornet.cli.options import gap_option, out_option, seed_option, time_option, total_time_option
from donornet.cli.text import count

if TYPE_CHECKING:
    from donornet.instance import Instance
    from donornet.study import Front


@click.command("frontier", short_help="Draw the Pareto front of two or three measures.")
@instance_argument
@change_options
@click.option(
    "--measure",
    "measures",
    multiple=True,
    metavar="NAME",
    help="A measure, two or three times: total_cost, spending, unmet, crossings, fragmentation, co2, "
    "smallest_group_share, ...  [default: spending and unmet]",
)
@click.option(
    "--points",
    type=click.IntRange(min=2),
    default=10,
    show_default=True,
    help="Values to which each measure but the first is bounded.",
)
@gap_option(1e-3)
@time_option("each point")
@total_time_option
@seed_option
@out_option("-frontier")
@json_option
@click.pass_context
def command(  # noqa: PLR0913, PLR0917 - one parameter per option
    ctx: click.Context,
    instance: Path,
    scenarios: tuple[str, ...],
    edits: tuple[str, ...],
    measures: tuple[str, ...],
    points: int,
    gap: float,
    time_limit: float | None,
    total_time: float | None,
    seed: int,
    out: Path | None,
    as_json: bool,
) -> None:
    """Find designs of INSTANCE that can be better in one measure only by being worse in another.

    Every solve is kept in the folder as soon as it ends: the same command goes on where it was stopped. Ctrl-C keeps
    the points found.
    """
    read = changed(read_instance(instance), scenarios, edits)
    folder = out or Path("results") / f"{read.head.name}-frontier"
    options: dict[str, Any] = {
        "points": points,
        "gap": gap,
        "time_limit": time_limit,
        "total_time": total_time,
        "seed": seed,
        "out": folder,
    }
    front = searched(read, measures or ("spending", "unmet"), options)
    front.write(folder)
    draw(front, folder / "front.html")
    if as_json:
        echo_json({**front.as_plain(), "folder": str(folder)})
    else:
        click.echo(str(front))
        click.echo(f"\nWritten to {folder}/ (front.html, front.csv, front.json, one folder for each point)")
    leave(ctx, code_of(front))


def searched(instance: Instance, measures: tuple[str, ...], options: dict[str, Any]) -> Front:
    """Return the front, with a live line on stderr while it is found."""
    from donornet.study import frontier

    line = LiveLine(sys.stderr, str)
    try:
        return frontier(instance, measures, progress=line, **options)
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    finally:
        line.close()


def draw(front: Front, path: Path) -> None:
    """Write the front as a picture that opens in a browser without a network; nothing where it has no point."""
    from donornet import figures

    if not front.points.empty:
        made = figures.front(
            front.points, [measure.name for measure in front.measures], units=front.units, dominated="dominated"
        )
        made.write_html(path, include_plotlyjs=True)


def code_of(front: Front) -> ExitCode:
    """Return the exit code of a front: that of its worst point."""
    broken = [violation for result in front.every for violation in result.info.get("violations", ())]
    if broken:
        click.echo(f"designs do not stand the check, {count(len(broken), 'violation')}: {broken[0]}", err=True)
        return ExitCode.INTERNAL
    if front.points.empty:
        return ExitCode.INFEASIBLE if front.info["infeasible"] else ExitCode.NOTHING
    whole = not front.info["stopped_by"] and (front.points["status"] == "optimal").all()
    return ExitCode.DONE if whole else ExitCode.LIMIT
