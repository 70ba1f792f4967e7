"""``donornet validate``: every finding at once."""

from __future__ import annotations

from dataclasses import asdict
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

import click

from donornet.cli.arguments import applied, change_options, echo_json, instance_argument, json_option, leave
from donornet.cli.failures import ExitCode
from donornet.cli.text import count

if TYPE_CHECKING:
    from donornet.instance import Finding, Instance


@click.command("validate", short_help="Show every finding in an instance at once.")
@instance_argument
@change_options
@json_option
@click.pass_context
def command(
    ctx: click.Context, instance: Path, scenarios: tuple[str, ...], edits: tuple[str, ...], as_json: bool
) -> None:
    """Show every finding in an instance, with file, row, column, value and remedy.

    Errors stop a solve (exit code 3), warnings do not.
    """
    from donornet.io import read_with_findings

    read, findings = read_with_findings(instance)
    if read is not None and (scenarios or edits):
        read, findings = _with_changes(read, scenarios, edits)
    errors = [finding for finding in findings if finding.is_error]
    if as_json:
        echo_json({"valid": not errors, "findings": [asdict(finding) for finding in findings]})
    else:
        warnings = [finding for finding in findings if not finding.is_error]
        for line in [*_grouped("error", errors), *_grouped("warning", warnings)]:
            click.echo(line)
        if not errors:
            click.echo(f"valid: {read}")
    leave(ctx, ExitCode.INVALID if errors else ExitCode.DONE)


def _with_changes(
    instance: Instance, scenarios: tuple[str, ...], edits: tuple[str, ...]
) -> tuple[Instance, list[Finding]]:
    """Return the changed instance and its findings; the unchanged one and what is wrong with the changes."""
    from donornet.exceptions import InvalidInstanceError
    from donornet.validation import validate

    try:
        after = applied(instance, scenarios, edits)
    except InvalidInstanceError as error:
        return instance, list(error.findings)
    return after, validate(after)


def _grouped(severity: str, findings: list[Finding]) -> list[str]:
    """Return the findings as lines, those of one file together."""
    if not findings:
        return []
    lines = [f"{count(len(findings), severity)}:"]
    for place, group in groupby(sorted(findings, key=_place), key=_place):
        lines.append(f"  {place or 'the whole instance'}")
        lines += [f"    {str(finding).removeprefix(place).lstrip(':, ')}" for finding in group]
    return lines


def _place(finding: Finding) -> str:
    return finding.source or finding.table
