"""``donornet convert``: between the forms of an instance, and to what other programs read."""

from __future__ import annotations

from pathlib import Path

import click

from donornet.cli.arguments import read_instance

MODEL_SUFFIXES = (".lp", ".mps")
INSTANCE_SUFFIXES = ("", ".xlsx", ".json")


@click.command("convert", short_help="Convert an instance: folder, .xlsx, .json; or to .lp, .mps, .graphml.")
@click.argument("source", metavar="SRC", type=click.Path(path_type=Path))
@click.argument("target", metavar="DST", type=click.Path(path_type=Path))
@click.option("--force", is_flag=True, help="Replace what is there.")
def command(source: Path, target: Path, force: bool) -> None:
    """Convert the instance SRC into the form that the suffix of DST names.

    None (a folder), .xlsx and .json are the three forms of an instance; .lp and .mps write the model (with numbered
    names, and DST.names.csv saying what each stands for), .graphml the admissible network.
    """
    suffix = target.suffix.lower()
    if suffix not in (*INSTANCE_SUFFIXES, *MODEL_SUFFIXES, ".graphml"):
        raise click.BadParameter(
            f"{target.suffix} is unknown; use a folder, .xlsx, .json, .lp, .mps or .graphml", param_hint="DST"
        )
    if target.exists() and not target.is_dir() and not force:
        raise click.UsageError(f"{target} is there already; --force replaces it")
    instance = read_instance(source)
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
            write(instance, target, overwrite=force)
        except FileExistsError as error:
            raise click.UsageError(f"{target} is there already; --force replaces it") from error
    click.echo(f"Wrote {target}", err=True)
