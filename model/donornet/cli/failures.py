"""Exit codes, and what is said when something goes wrong."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum

import click

from donornet.exceptions import DonornetError, InvalidInstanceError, SolverError


class ExitCode(IntEnum):
    """What ``donornet`` tells the shell."""

    DONE = 0
    """Solved to the gap that was asked for; or: nothing to complain about."""
    INTERNAL = 1
    """A defect of donornet or of a solver, or an interrupt by the user before anything was found."""
    USAGE = 2
    """The command line is wrong."""
    INVALID = 3
    """The instance is invalid, or the result contradicts it or cannot be read."""
    INFEASIBLE = 4
    """Proven: no design satisfies every hard requirement."""
    LIMIT = 5
    """A limit was reached; the best design is written."""
    NOTHING = 6
    """A limit was reached before a design was found."""


@contextmanager
def answered(ctx: click.Context) -> Iterator[None]:
    """Turn exceptions into one readable message on stderr and an exit code."""
    try:
        yield
    except (click.ClickException, click.exceptions.Exit, click.Abort):
        raise
    except InvalidInstanceError as error:
        click.echo(str(error), err=True)
        ctx.exit(ExitCode.INVALID)
    except SolverError as error:
        _say(ctx, str(error))
        ctx.exit(ExitCode.INTERNAL)
    except DonornetError as error:
        _say(ctx, str(error))
        ctx.exit(ExitCode.INVALID)
    except BrokenPipeError:
        # Whoever read our output has read enough; Python must not complain about that when it flushes.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        ctx.exit(ExitCode.DONE)
    except KeyboardInterrupt:
        click.echo("interrupted; nothing was written", err=True)
        ctx.exit(ExitCode.INTERNAL)
    except OSError as error:
        raise click.ClickException(f"{error.filename or ''}: {error.strerror or error}".removeprefix(": ")) from error
    except Exception as error:  # noqa: BLE001 - the last line of defence: users get a sentence, not a traceback
        _say(ctx, f"internal error: {type(error).__name__}: {error}", hint=True)
        ctx.exit(ExitCode.INTERNAL)


def _say(ctx: click.Context, message: str, *, hint: bool = False) -> None:
    """Print an error in one line, or with its traceback where that was asked for."""
    debug = bool(ctx.find_root().params.get("debug"))
    if debug:
        click.echo(traceback.format_exc(), err=True, nl=False)
    click.echo(" ".join(f"Error: {message}".split()) if hint else f"Error: {message}", err=True)
    if hint and not debug:
        click.echo("This is a defect of donornet; run 'donornet --debug ...' for the traceback.", err=True)
