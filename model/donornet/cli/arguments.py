"""Arguments that several verbs share, and how they are read."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from donornet.cli.failures import ExitCode
from donornet.cli.text import count

if TYPE_CHECKING:
    from donornet.instance import Instance

instance_argument = click.argument("instance", type=click.Path(path_type=Path))

Command = Callable[..., Any]

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


def change_options(command: Command) -> Command:
    """Give a verb the options ``--scenario`` and ``--set``, parameters `scenarios` and `edits`."""
    command = click.option(
        "--set",
        "edits",
        multiple=True,
        metavar="EDIT",
        help="Edit to apply, after the scenarios: 'demand.doses*=1.2 where therapy=allo-*', 'recognition remove where "
        "stage=testing;market=JP', 'recognition add where stage=testing;...'; may be given several times.",
    )(command)
    return click.option(
        "--scenario",
        "scenarios",
        multiple=True,
        metavar="NAME",
        help="Scenario to apply first; may be given several times.",
    )(command)


def changed(instance: Instance, scenarios: tuple[str, ...], edits: tuple[str, ...]) -> Instance:
    """Return the instance with the scenarios and then the edits applied, checked again.

    Raises
    ------
    InvalidInstanceError
        A scenario is unknown, an edit cannot be read or matches nothing, or they leave an instance with errors.
    """
    if not scenarios and not edits:
        return instance
    from donornet.validation import validated

    return validated(applied(instance, scenarios, edits))


def applied(instance: Instance, scenarios: tuple[str, ...], edits: tuple[str, ...]) -> Instance:
    """Return the instance with the scenarios and then the edits applied, not checked.

    Raises
    ------
    InvalidInstanceError
        A scenario is unknown, an edit cannot be read or matches nothing.
    """
    from donornet.exceptions import InvalidInstanceError
    from donornet.instance import Finding
    from donornet.instance.edit_text import is_name

    told = "this is no edit; write table.column=value where ..., or --scenario for the name of a scenario"
    stray = [Finding("bad-edit", told, source=f"--set {text!r}") for text in edits if is_name(text.strip())]
    try:
        after = instance.apply(*scenarios, *(text for text in edits if not is_name(text.strip())))
    except InvalidInstanceError as error:
        stray += error.findings
    if stray:
        raise InvalidInstanceError(stray)
    return after


def echo_json(value: Any) -> None:
    """Write a value to stdout as JSON."""
    click.echo(json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False))


def leave(ctx: click.Context, code: ExitCode) -> None:
    """End the verb with an exit code."""
    if code is not ExitCode.DONE:
        ctx.exit(int(code))
