"""``donornet solve``: design the network."""

from __future__ import annotations

import re
import sys
import time
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
from donornet.cli.options import gap_option, out_option, seed_option, time_option
from donornet.cli.text import count

if TYPE_CHECKING:
    from donornet.instance import Instance
    from donornet.solution import Result

CODES = {
    "optimal": ExitCode.DONE,
    "limit": ExitCode.LIMIT,
    "infeasible": ExitCode.INFEASIBLE,
    "no_solution": ExitCode.NOTHING,
}
"""Exit code of each status."""
MOST_VIOLATIONS = 10
"""Violations that are written out after a solve; `donornet check` shows all."""
LONGEST_STRETCH = 40
"""Letters of an edit that the name of a results folder shows."""


@click.command("solve", short_help="Design the network.")
@instance_argument
@change_options
@gap_option()
@time_option("solving")
@click.option(
    "--threads", type=click.IntRange(min=1), help="Threads of the solver; the default is one, which is repeatable."
)
@seed_option
@out_option()
@click.option("--start", type=click.Path(path_type=Path), help="Results folder of an earlier design to start from.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["csv", "parquet"]),
    default="csv",
    show_default=True,
    help="Form of the tables.",
)
@click.option("--xlsx", is_flag=True, help="Write result.xlsx as well.")
@click.option(
    "--solver", default="highs", show_default=True, metavar="NAME", help="highs, or a solver that Pyomo knows."
)
@click.option(
    "--objective",
    "objectives",
    multiple=True,
    metavar="MEASURE",
    help="Measure to improve instead of the cost (unmet, crossings, co2, ...); of several, each is kept at its best "
    "while the next is improved. The cost comes last.",
)
@click.option(
    "--method",
    type=click.Choice(["auto", "plain", "dive", "few"]),
    default="auto",
    show_default=True,
    help="plain: branch and bound; dive: first look near the relaxation; few: Benders, for few decisions.",
)
@click.option("--no-check", is_flag=True, help="Do not verify the design against the instance.")
@json_option
@click.pass_context
def command(  # noqa: PLR0913, PLR0917 - one parameter per option
    ctx: click.Context,
    instance: Path,
    scenarios: tuple[str, ...],
    edits: tuple[str, ...],
    gap: float,
    time_limit: float | None,
    threads: int | None,
    seed: int,
    out: Path | None,
    start: Path | None,
    form: str,
    xlsx: bool,
    solver: str,
    method: str,
    objectives: tuple[str, ...],
    no_check: bool,
    as_json: bool,
) -> None:
    """Design the network of INSTANCE at least cost, verify the design and write it.

    Ctrl-C stops the solver, keeps the best design so far and writes it.
    """
    began = time.monotonic()
    read = changed(read_instance(instance), scenarios, edits)
    options = {
        "gap": gap,
        "time_limit": time_limit,
        "threads": threads,
        "seed": seed,
        "solver": solver,
        "method": method,
        "objective": objectives or None,
    }
    result = solved(read, start, {**options, "check": not no_check})
    folder = out or Path("results") / folder_name(read)
    write(result, folder, form, xlsx=xlsx)
    violations = list(result.info.get("violations", ()))
    if as_json:
        from donornet.cli.summary import as_plain

        echo_json({**as_plain(result), "folder": str(folder)})
    else:
        from donornet.cli.summary import summary

        click.echo(summary(read, result, gap, time.monotonic() - began))
        click.echo(f"\nWritten to {folder}/ (start with result.json and kpis.csv)")
    if violations:
        click.echo(f"the design does not stand the check, {count(len(violations), 'violation')}:", err=True)
        for violation in violations[:MOST_VIOLATIONS]:
            click.echo(f"  {violation}", err=True)
        click.echo(
            "this is a defect of donornet or of the solver's tolerances; the design is written, do not rely on it",
            err=True,
        )
    leave(ctx, ExitCode.INTERNAL if violations else CODES[result.status.value])


def folder_name(instance: Instance) -> str:
    """Return the name of a results folder: instance and scenarios; of an edit its beginning and some of its hash."""
    import hashlib

    from donornet.instance.edit_text import is_name

    words = [instance.head.name]
    for change in instance.applied:
        digest = hashlib.sha256(change.encode()).hexdigest()[:6]
        stretch = re.sub(r"[^A-Za-z0-9.-]+", "_", change)[:LONGEST_STRETCH].rstrip("_.-")
        words.append(change if is_name(change) else f"{stretch}-{digest}")
    return "+".join(words)


def solved(instance: Instance, start: Path | None, options: dict[str, Any]) -> Result:
    """Return the result of solving with a live line on stderr."""
    from donornet.io import read_result
    from donornet.solver import solve

    begin = None if start is None else read_result(start)
    if begin is not None and begin.solution is None:
        raise click.BadParameter(f"{start} holds no design to start from ({begin.status.value})", param_hint="--start")
    line = LiveLine(sys.stderr)
    try:
        result: Result = solve(instance, start=begin, progress=line, **options)
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    finally:
        line.close()
    if result.info.get("stopped_by") == "interrupt":
        kept = "the best design so far is kept" if result.solution is not None else "there was no design yet"
        click.echo(f"stopped by Ctrl-C; {kept}", err=True)
    if result.info.get("start_accepted") is False:
        click.echo("the start is no design of this instance and was not used", err=True)
    return result


def write(result: Result, folder: Path, form: str, *, xlsx: bool) -> None:
    """Write the result into its folder, also one without a design."""
    from donornet.io import result_to_xlsx, write_result

    write_result(result, folder, format="parquet" if form == "parquet" else "csv")
    if xlsx:
        result_to_xlsx(result, folder / "result.xlsx")
