"""``donornet schema``: the reference of the instance format."""

from __future__ import annotations

import click

from donornet.cli.arguments import echo_json


@click.command("schema", short_help="Print the reference of the instance format.")
@click.option("--json", "as_json", is_flag=True, help="Print the JSON Schema of the JSON form instead.")
def command(as_json: bool) -> None:
    """Print the reference of the instance format: every table and column with unit, default and meaning."""
    from donornet.io import json_schema, schema_reference

    if as_json:
        echo_json(json_schema())
    else:
        click.echo(schema_reference().rstrip("\n"))
