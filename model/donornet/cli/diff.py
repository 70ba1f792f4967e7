"""``donornet diff``: what is different between two instances, row by row."""

from __future__ import annotations

from pathlib import Path

import click

from donornet.cli.arguments import change_options, changed, echo_json, instance_argument, json_option, read_instance


@click.command("diff", short_help="Show what differs between two instances, or what a scenario changes.")
@instance_argument
@click.argument("other", required=False, type=click.Path(path_type=Path))
@change_options
@click.option("--all", "every", is_flag=True, help="Write out every row; without it, the first of each table.")
@json_option
def command(
    instance: Path,
    other: Path | None,
    scenarios: tuple[str, ...],
    edits: tuple[str, ...],
    every: bool,
    as_json: bool,
) -> None:
    """Show row by row what is different in OTHER, or what scenarios and edits change in INSTANCE.

    Rows are compared as the model sees them: by their keys, with defaults filled in, without rows that do not count,
    titles, sources and notes.
    """
    is_changed = bool(scenarios or edits)
    if is_changed == (other is not None):
        raise click.UsageError("name either another instance, or scenarios (--scenario) and edits (--set)")
    before = read_instance(instance)
    after = changed(before, scenarios, edits) if other is None else read_instance(other)
    difference = before.diff(after)
    if as_json:
        echo_json({"different": bool(difference), "rows": difference.table.to_dict("records")})
    else:
        click.echo(difference.text(None) if every else difference.text())
