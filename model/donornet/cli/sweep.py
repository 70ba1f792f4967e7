"""``donornet sweep``: many scenarios and a grid of edits, in parallel."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from donornet.cli.arguments import changed, echo_json, instance_argument, json_option, leave, read_instance
from donornet.cli.failures import ExitCode
from donornet.cli.live import LiveLine
from donornet.cli.options import engine_option, gap_option, jobs_option, out_option, seed_option, time_option
from donornet.cli.solve import CODES
from donornet.cli.text import columns, count, number, seconds, share

if TYPE_CHECKING:
    from donornet.study import Standing, Study

SEVERITY = (
    ExitCode.INTERNAL,
    ExitCode.INVALID,
    ExitCode.NOTHING,
    ExitCode.INFEASIBLE,
    ExitCode.LIMIT,
    ExitCode.DONE,
)
"""Exit codes of items, the worst first."""
LONGEST = 100
"""Letters of an error that are shown in the table; ``index.csv`` holds all."""


@click.command("sweep", short_help="Solve many scenarios and a grid of edits, in parallel.")
@instance_argument
@click.option(
    "--scenario",
    "scenarios",
    multiple=True,
    metavar="NAME",
    help="Scenario to sweep over, a+b for stacked ones; may be given several times.  [default: all]",
)
@click.option("--no-scenarios", is_flag=True, help="Sweep over no scenario, only over the grid.")
@click.option(
    "--grid",
    multiple=True,
    metavar="EDITS",
    help="Values to combine with every scenario: 'demand.doses*={0.8,1,1.2} where therapy=car-t', or 'LABEL: EDIT' "
    "once per value; several make every combination.",
)
@click.option("--set", "edits", multiple=True, metavar="EDIT", help="Edit of all items; may be given several times.")
@click.option("--no-base", is_flag=True, help="Leave the instance as it stands out of the sweep.")
@jobs_option
@engine_option
@out_option("-sweep")
@gap_option()
@time_option("each item")
@seed_option
@click.option("--cold", is_flag=True, help="Start no item from the design of another.")
@json_option
@click.pass_context
def command(  # noqa: PLR0913, PLR0917 - one parameter per option
    ctx: click.Context,
    instance: Path,
    scenarios: tuple[str, ...],
    no_scenarios: bool,
    grid: tuple[str, ...],
    edits: tuple[str, ...],
    no_base: bool,
    jobs: int | None,
    place: str,
    out: Path | None,
    gap: float,
    time_limit: float | None,
    seed: int,
    cold: bool,
    as_json: bool,
) -> None:
    """Solve INSTANCE in many scenarios, each with every combination of a grid of edits, and write all results.

    The same command again goes on where it was stopped: what is solved to the gap is not solved again. Ctrl-C keeps
    what is finished. Exit code: 0 if every item was solved, else that of the worst item: 1 (failed or not run),
    3 (edits leave an invalid instance), 6, 4, 5 in this order.
    """
    from donornet.study.sweeps.grid_text import parse_grid

    if scenarios and no_scenarios:
        raise click.UsageError("--scenario and --no-scenarios contradict each other; leave one out")
    try:
        axes = parse_grid(grid) or None
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--grid") from None
    read = changed(read_instance(instance), (), edits)
    folder = out or Path("results") / f"{read.head.name}-sweep"
    study = swept(
        read,
        place,
        {
            "scenarios": None if no_scenarios else list(scenarios) or "all",
            "grid": axes,
            "base": not no_base,
            "workers": jobs,
            "folder": folder,
            "warm": not cold,
            "gap": gap,
            "time_limit": time_limit,
            "seed": seed,
        },
    )
    if as_json:
        echo_json(as_plain(study, folder))
    else:
        click.echo("\n".join(table(study)))
        click.echo(f"\nWritten to {folder}/ (start with index.csv)")
    if study.interrupted:
        click.echo("stopped by Ctrl-C; finished results are kept, the same command again goes on from there", err=True)
    leave(ctx, worst(study))


def swept(instance: Any, place: str, options: dict[str, Any]) -> Study:
    """Return the study, with a live line on stderr while it is made."""
    from donornet.study import sweep
    from donornet.study.sweeps.engine import engine

    line = LiveLine(sys.stderr, describe)
    try:
        with engine(place) as executor:
            study: Study = sweep(instance, executor=executor, progress=line, **options)
    except (ValueError, ModuleNotFoundError) as error:
        raise click.UsageError(str(error)) from error
    finally:
        line.close()
    return study


def describe(standing: Standing) -> str:
    """Return one line that says how far a sweep is."""
    words = [f"{standing.solved} of {standing.items} solved"]
    if standing.found:
        words.append(f"{standing.found} of them before")
    if standing.failed:
        words.append(f"{standing.failed} failed")
    running = f"  solving {', '.join(standing.running)}" if standing.running else ""
    return f"{seconds(standing.seconds):>8}  {', '.join(words)}{running}"


def table(study: Study) -> list[str]:
    """Return the summary of a sweep: one line per item, and what went wrong."""
    rows: list[tuple[str, ...]] = [("", "status", "total cost", "gap", "time")]
    for row in study.rows():
        time = "-" if row["seconds"] is None else seconds(row["seconds"])
        rows.append((row["scenario"], row["status"], number(row["objective"]), share(row["gap"]), time))
    lines = columns(rows, indent="")
    told = [(name, " ".join(failure.message.split())) for name, failure in study.failures.items()]
    told += [(name, f"{count(found, 'violation')} in the check") for name, found in _violated(study).items()]
    lines += [f"{name}: {text[:LONGEST]}{'...' if len(text) > LONGEST else ''}" for name, text in told]
    solved = f"{len(study.results)} of {count(len(study.items), 'item')} have a result, {study.solves} solved now"
    return [*lines, "", solved]


def as_plain(study: Study, folder: Path) -> dict[str, Any]:
    """Return a sweep for JSON."""
    items = [
        {
            **row,
            "scenarios": list(item.scenarios),
            "edits": list(item.edits),
            "folder": str(study.folders[item.name]) if item.name in study.folders else None,
        }
        for row, item in zip(study.rows(), study.items.values(), strict=True)
    ]
    return {"folder": str(folder), "items": items, "solves": study.solves, "interrupted": study.interrupted}


def worst(study: Study) -> ExitCode:
    """Return the exit code of the worst item."""
    codes = {CODES[result.status.value] for result in study.results.values()}
    codes |= {
        ExitCode.INVALID if failure.kind.value == "invalid" else ExitCode.INTERNAL
        for failure in study.failures.values()
    }
    if _violated(study):
        codes.add(ExitCode.INTERNAL)
    return next((code for code in SEVERITY if code in codes), ExitCode.DONE)


def _violated(study: Study) -> dict[str, int]:
    """Return how many violations each design has that does not stand the check."""
    found = {name: len(result.info.get("violations", ())) for name, result in study.results.items()}
    return {name: amount for name, amount in found.items() if amount}
