"""``donornet inspect``: the admissible network, before anything is optimised."""

from __future__ import annotations

from pathlib import Path

import click

from donornet.cli.arguments import change_options, changed, echo_json, instance_argument, json_option, read_instance

TRACED = ("pool", "centre", "therapy")


@click.command("inspect", short_help="Show the admissible network: counts, chains, who can serve whom.")
@instance_argument
@click.option(
    "--trace",
    nargs=3,
    metavar="pool:X centre:Y therapy:Z",
    help="Say which rule blocks each kind of chain from a pool (autologous: pool:-) to a centre.",
)
@click.option("--graphml", type=click.Path(path_type=Path, dir_okay=False), help="Write the network as GraphML.")
@change_options
@json_option
def command(
    instance: Path,
    trace: tuple[str, str, str] | None,
    graphml: Path | None,
    scenarios: tuple[str, ...],
    edits: tuple[str, ...],
    as_json: bool,
) -> None:
    """Show the admissible network: counts, chains, reach, who can serve whom, cut sites."""
    wanted = None if trace is None else parse_trace(trace)
    from donornet.admissible import network as compiled

    network = compiled(changed(read_instance(instance), scenarios, edits))
    if graphml is not None:
        network.write_graphml(graphml)
        click.echo(f"wrote {graphml}", err=True)
    if wanted is not None:
        try:
            text = network.trace(wanted["pool"], wanted["centre"], wanted["therapy"])
        except (KeyError, ValueError) as error:
            raise click.BadParameter(str(error.args[0] if error.args else error), param_hint="--trace") from error
        if as_json:
            echo_json({**wanted, "trace": str(text).splitlines()})
        else:
            click.echo(text)
    elif as_json:
        echo_json(network.to_json())
    elif graphml is None:
        click.echo(network.summary())


def parse_trace(words: tuple[str, ...]) -> dict[str, str]:
    """Return pool, centre and therapy from words such as ``centre:C1``, in any order; ``-`` stands for no pool."""
    found: dict[str, str] = {}
    for word in words:
        key, colon, value = word.partition(":")
        if not colon or key not in TRACED or key in found or not value:
            raise click.BadParameter(
                f"{word!r} is not understood; write pool:X centre:Y therapy:Z", param_hint="--trace"
            )
        found[key] = "" if (key, value) == ("pool", "-") else value
    return found
