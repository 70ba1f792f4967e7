"""The verbs of ``donornet``, found by name and imported when they are asked for."""

from __future__ import annotations

import importlib
from typing import Any

import click

from donornet import __version__
from donornet.cli.failures import answered

VERBS = (
    "new",
    "validate",
    "inspect",
    "diff",
    "solve",
    "check",
    "compare",
    "sweep",
    "value",
    "frontier",
    "alternatives",
    "report",
    "convert",
    "generate",
    "schema",
)
"""In the order in which they are listed; each is the command `command` of the module of its name."""


class LazyGroup(click.Group):
    """A group that imports a verb's module only when the verb is run or listed."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """Return the verbs in the order of their use."""
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Return the verb's command, None where there is no such verb."""
        if cmd_name not in VERBS:
            return None
        command: click.Command = importlib.import_module(f"donornet.cli.{cmd_name}").command
        return command

    def invoke(self, ctx: click.Context) -> Any:
        """Run the verb; every error that it raises becomes a message and an exit code."""
        with answered(ctx):
            return super().invoke(ctx)


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="donornet")
@click.option("--debug", is_flag=True, help="Show the traceback of an internal error.")
def main(debug: bool) -> None:
    r"""Design donor and cell-therapy supply networks across jurisdictions.

    An INSTANCE is a folder with instance.toml and one CSV per table, an .xlsx workbook, or a .json file.

    \b
    Exit codes: 0 solved to the asked gap (or: nothing to complain about), 1 internal error, 2 wrong usage,
    3 invalid instance or result, 4 proven infeasible, 5 limit reached with a design, 6 limit reached without one.
    """
