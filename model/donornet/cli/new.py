"""``donornet new``: a template to start from."""

from __future__ import annotations

from pathlib import Path

import click


@click.command("new", short_help="Write a small commented template instance.")
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--force", is_flag=True, help="Replace an instance that is there.")
def command(path: Path, force: bool) -> None:
    """Write a small commented template instance that solves as it stands.

    PATH is a folder, an .xlsx workbook (with drop-downs and help on every column) or a .json file.
    """
    if path.suffix.lower() not in ("", ".xlsx", ".json"):
        raise click.BadParameter(
            f"{path.suffix} is unknown; name a folder, an .xlsx or a .json file", param_hint="PATH"
        )
    from donornet.io import template

    try:
        template(path, overwrite=force)
    except FileExistsError as error:
        raise click.UsageError(f"{path} is there already; --force replaces it") from error
    click.echo(f"Wrote {path}. Next: donornet solve {path}")
