"""Arguments that several verbs share, and how they are read."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from donornet.cli.failures import ExitCode
from donornet.cli.text import count

if TYPE_CHECKING:
    from donornet.instance import Instance

instance_argument = click.argument("instance", type=click.Path(path_type=Path))
BASE, BETWEEN_SCENARIOS = "base", "+"
"""Name of a result without a scenario; what stands between the names of several."""

json_option = click.option("--json", "as_json", is_flag=True, help="Write JSON to stdout, for programs.")


def read_instance(path: Path) -> Instance:
    """Return the instance at `path`; its warnings are counted on stderr.

    Raises
    ------
    InvalidInstanceError
        It has errors.
    """
    from donornet.exceptions import InvalidInstanceError
    from donornet.io import read_with_findings

    instance, findings = read_with_findings(path)
    if instance is None:
        raise InvalidInstanceError(findings)
    if findings:
        click.echo(f"{count(len(findings), 'warning')}; 'donornet validate {path}' shows them", err=True)
    return instance


def in_scenario(instance: Instance, names: tuple[str, ...]) -> Instance:
    """Return the instance with the named scenarios applied, checked again.

    Raises
    ------
    InvalidInstanceError
        A scenario is unknown, matches nothing, or leaves an instance with errors.
    """
    if not names:
        return instance
    from donornet.exceptions import InvalidInstanceError
    from donornet.validation import validate

    changed = instance.apply(*names)
    judged = {name: rows for name, rows in changed.tables.items() if name not in {"scenarios", "uncertainty"}}
    findings = validate(replace(changed, tables=judged))  # what is left to apply need not match any more
    if any(finding.is_error for finding in findings):
        raise InvalidInstanceError(findings)
    return changed


def echo_json(value: Any) -> None:
    """Write a value to stdout as JSON."""
    click.echo(json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False))


def leave(ctx: click.Context, code: ExitCode) -> None:
    """End the verb with an exit code."""
    if code is not ExitCode.DONE:
        ctx.exit(int(code))
