"""``donornet check``: a result proven right without Pyomo and without a solver."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path

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
from donornet.cli.text import count

MOST_OF_A_KIND = 20
"""Violations of one kind that are written out; the others are counted."""


@click.command("check", short_help="Prove a result right, without a solver.")
@instance_argument
@click.argument("result", type=click.Path(path_type=Path))
@change_options
@json_option
@click.pass_context
def command(
    ctx: click.Context,
    instance: Path,
    result: Path,
    scenarios: tuple[str, ...],
    edits: tuple[str, ...],
    as_json: bool,
) -> None:
    """Re-verify a RESULT folder from the instance and the flows alone.

    Every cost, constraint and key figure is recomputed, and every chain is tested against the rules. Exit code 3: the
    result contradicts the instance, or belongs to another one. Scenarios and edits that the result says
    were applied are applied again, unless others are named.
    """
    from donornet.evaluation import check
    from donornet.io import read_result
    from donornet.validation import reapplied

    design = read_result(result)
    read = read_instance(instance)
    read = changed(read, scenarios, edits) if scenarios or edits else reapplied(read, design)
    violations = check(read, design)
    chains = len(design.tables["chains"]) if "chains" in design.tables else 0
    if as_json:
        found = [{"kind": v.code, "message": v.message, "amount": v.amount} for v in violations]
        echo_json({"violations": found, "chains": chains, "status": design.status.value})
    else:
        for kind, group in groupby(sorted(violations, key=lambda v: v.code), key=lambda v: v.code):
            told = [violation.message for violation in group]
            click.echo(f"{kind} ({len(told)}):")
            for message in told[:MOST_OF_A_KIND]:
                click.echo(f"  {message}")
            if len(told) > MOST_OF_A_KIND:
                click.echo(f"  ... and {len(told) - MOST_OF_A_KIND} more")
        verdict = count(len(violations), "violation") if violations else "no violations"
        checked = (
            count(chains, "chain")
            if design.solution is not None
            else f"a result without a design ({design.status.value})"
        )
        click.echo(f"checked: {checked}, {verdict}")
    leave(ctx, ExitCode.INVALID if violations else ExitCode.DONE)
