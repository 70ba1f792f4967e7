"""``donornet report``: results as one page that people open."""

from __future__ import annotations

from pathlib import Path

import click

from donornet.cli.arguments import read_instance

OUT = "report.html"


@click.command("report", short_help="Write one HTML file about results.")
@click.argument("results", metavar="RESULT...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--instance",
    "source",
    metavar="INSTANCE",
    type=click.Path(path_type=Path),
    help="The instance that was solved, without its scenario: it gives the map, donor groups, and why demand is not "
    "served.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    help=f"The file to write.  [default: {OUT} in the result's folder; of several results, here]",
)
def command(results: tuple[Path, ...], source: Path | None, out: Path | None) -> None:
    """Write a report of RESULT folders: one HTML file that opens without a network, also in print and on a phone.

    Several results are compared, the first being the one that the others are compared with, and each has a chapter.
    """
    from donornet.io import read_result
    from donornet.reporting import report
    from donornet.study.naming import distinct

    found = [read_result(folder) for folder in results]
    names = distinct([result.scenario for result in found], [str(folder) for folder in results])
    instance = None if source is None else read_instance(source)
    folder = results[0] if results[0].is_dir() else results[0].parent
    path = report(
        dict(zip(names, found, strict=True)), out or (folder / OUT if len(found) == 1 else Path(OUT)), instance
    )
    click.echo(f"{path} ({path.stat().st_size / 1e6:.1f} MB)")
