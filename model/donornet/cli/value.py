"""``donornet value``: what each rule, licence, requirement, site and capacity is worth."""

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
from donornet.cli.options import engine_option, gap_option, jobs_option, out_option, seed_option, time_option
from donornet.cli.solve import CODES
from donornet.cli.sweep import describe

if TYPE_CHECKING:
    from donornet.instance import Instance
    from donornet.study import Values


@click.command("value", short_help="Tell what each rule, licence, site and capacity is worth.")
@instance_argument
@change_options
@click.option(
    "--what",
    metavar="KINDS",
    help="Some of recognition, agreements, licences, prohibitions, requirements, facilities, capacity, separated by "
    "commas.  [default: all]",
)
@click.option(
    "--agreement",
    "agreements",
    multiple=True,
    metavar="'NAME: A>B; B>A'",
    help="Set of directions, from a jurisdiction to a market that recognises it, in the place of every two "
    "jurisdictions; may be given several times.",
)
@click.option(
    "--most",
    type=click.IntRange(min=0),
    default=20,
    show_default=True,
    help="Most counterfactuals of each kind to solve, those with the largest use first.",
)
@click.option("--all", "every", is_flag=True, help="Solve all of them.")
@jobs_option
@engine_option
@out_option("-value")
@gap_option()
@time_option("each solve")
@seed_option
@json_option
@click.pass_context
def command(  # noqa: PLR0913, PLR0917 - one parameter per option
    ctx: click.Context,
    instance: Path,
    scenarios: tuple[str, ...],
    edits: tuple[str, ...],
    what: str | None,
    agreements: tuple[str, ...],
    most: int,
    every: bool,
    jobs: int | None,
    place: str,
    out: Path | None,
    gap: float,
    time_limit: float | None,
    seed: int,
    as_json: bool,
) -> None:
    """Tell what things in INSTANCE are worth: the cost without each less the cost with it, re-solved and ranked.

    A difference that the gaps could explain is not reported as a finding. values.csv holds the edits of each
    counterfactual, to be solved by hand with --set. The same command again goes on where it was stopped.
    """
    read = changed(read_instance(instance), scenarios, edits)
    folder = out or Path("results") / f"{read.head.name}-value"
    options: dict[str, Any] = {
        "agreements": directions(agreements) or None,
        "most": None if every else most,
        "workers": jobs,
        "folder": folder,
        "gap": gap,
        "time_limit": time_limit,
        "seed": seed,
    }
    values = valued(read, place, {**options, **({"what": what} if what else {})})
    values.write(folder)
    draw(values, folder / "values.html")
    if as_json:
        echo_json(values.as_plain())
    else:
        click.echo(str(values))
        click.echo(f"\nWritten to {folder}/ (values.html, values.csv, values.json, the designs in results/)")
    leave(ctx, CODES[values.base.status.value])


def valued(instance: Instance, place: str, options: dict[str, Any]) -> Values:
    """Return the values, with a live line on stderr while they are found."""
    from donornet.study import value
    from donornet.study.sweeps.engine import engine

    line = LiveLine(sys.stderr, describe)
    try:
        with engine(place) as executor:
            return value(instance, executor=executor, progress=line, **options)
    except (ValueError, ModuleNotFoundError) as error:
        raise click.UsageError(str(error)) from error
    finally:
        line.close()


def draw(values: Values, path: Path) -> None:
    """Write the ranking as a picture that opens in a browser without a network; nothing where nothing has a worth."""
    from donornet import figures
    from donornet.figures.frame import Missing

    try:
        made = figures.ranking(values.table)
    except Missing:
        return
    made.write_html(path, include_plotlyjs=True)


def directions(texts: tuple[str, ...]) -> dict[str, list[tuple[str, str]]]:
    """Return named sets of (from, market) from texts such as ``EU-US: EU>US; US>EU``; the name may be left out."""
    found = {}
    for text in texts:
        name, colon, listed = text.rpartition(":")
        pairs = [tuple(end.strip() for end in part.split(">")) for part in listed.split(";") if part.strip()]
        if not pairs or any(len(pair) != 2 or not all(pair) for pair in pairs):
            told = f"{text!r} is no agreement; write 'NAME: A>B; B>A'"
            raise click.BadParameter(told, param_hint="--agreement")
        found[name.strip() if colon else listed.strip()] = [(home, market) for home, market in pairs]
    return found
