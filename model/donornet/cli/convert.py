"""``donornet convert``: between the forms of an instance, and to what other programs read."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from donornet.cli.arguments import change_options, changed, read_instance

if TYPE_CHECKING:
    from donornet.instance import Instance

MODEL_SUFFIXES = (".lp", ".mps")
INSTANCE_SUFFIXES = ("", ".xlsx", ".json")


@click.command("convert", short_help="Convert an instance: folder, .xlsx, .json; or to .lp, .mps, .graphml.")
@click.argument("source", metavar="SRC", type=click.Path(path_type=Path))
@click.argument("target", metavar="DST", type=click.Path(path_type=Path))
@change_options
@click.option("--force", is_flag=True, help="Replace what is there.")
def command(source: Path, target: Path, scenarios: tuple[str, ...], edits: tuple[str, ...], force: bool) -> None:
    """Convert the instance SRC into the form that the suffix of DST names.

    None (a folder), .xlsx and .json are the three forms of an instance; .lp and .mps write the model (with numbered
    names, and DST.names.csv saying what each stands for), .graphml the admissible network.
    With --scenario or --set the instance is written as these leave it.
    """
    suffix = target.suffix.lower()
    if suffix not in (*INSTANCE_SUFFIXES, *MODEL_SUFFIXES, ".graphml"):
        raise click.BadParameter(
            f"{target.suffix} is unknown; use a folder, .xlsx, .json, .lp, .mps or .graphml", param_hint="DST"
        )
    if target.exists() and not target.is_dir() and not force:
        raise click.UsageError(f"{target} is there already; --force replaces it")
    instance = changed(read_instance(source), scenarios, edits)
    if suffix in MODEL_SUFFIXES:
        from donornet.formulation import build_model
        from donornet.solver.export import write_model

        write_model(build_model(instance), target)
    elif suffix == ".graphml":
        from donornet.admissible import network

        network(instance).write_graphml(target)
    else:
        from donornet.io import write

        try:
            write(_standing(instance), target, overwrite=force)
        except FileExistsError as error:
            raise click.UsageError(f"{target} is there already; --force replaces it") from error
    click.echo(f"Wrote {target}", err=True)


def _standing(instance: Instance) -> Instance:
    """Return the instance as one that can be read again: without scenarios whose edits do not find their rows now."""
    from donornet.validation import validate

    own = replace(instance, applied=(), base_sha256="")
    if not instance.applied or not any(finding.is_error for finding in validate(own)):
        return own
    click.echo("the tables scenarios and uncertainty are left out: their edits do not apply any more", err=True)
    kept = {name: rows for name, rows in own.tables.items() if name not in {"scenarios", "uncertainty"}}
    return replace(own, tables=kept)
