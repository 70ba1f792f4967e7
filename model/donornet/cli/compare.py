"""``donornet compare``: results side by side."""

from __future__ import annotations

from pathlib import Path

import click

from donornet.cli.arguments import echo_json, json_option


@click.command("compare", short_help="Show results side by side.")
@click.argument("results", metavar="RESULT...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--baseline", metavar="NAME", help="Scenario or folder that the others are compared with.  [default: the first]"
)
@click.option("--xlsx", type=click.Path(path_type=Path, dir_okay=False), help="Write a workbook as well.")
@json_option
def command(results: tuple[Path, ...], baseline: str | None, xlsx: Path | None, as_json: bool) -> None:
    """Show RESULT folders side by side: costs, facilities, capacity, donors, service, times, crossings, coverage.

    Differences are those to the baseline, with what they mean: lower or higher is better, and a difference of costs
    that the gaps could explain is not a finding. Results of one scenario are told apart by their folders.
    """
    from donornet.io import read_result
    from donornet.study.comparison.compare import compare
    from donornet.study.naming import distinct

    found = [read_result(folder) for folder in results]
    names = distinct([result.scenario for result in found], [str(folder) for folder in results])
    by_folder = {str(folder): name for folder, name in zip(results, names, strict=True)}
    wanted = by_folder.get(str(Path(baseline)), baseline) if baseline is not None else None
    try:
        comparison = compare(dict(zip(names, found, strict=True)), wanted)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--baseline") from error
    if xlsx is not None:
        comparison.to_xlsx(xlsx)
        click.echo(f"wrote {xlsx}", err=True)
    if as_json:
        echo_json(comparison.as_plain())
    else:
        click.echo(str(comparison))
