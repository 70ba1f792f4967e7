"""What stands in the place of a result where there is none."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """Why an item has no result."""

    INVALID = "invalid"
    """Its edits leave an instance with errors."""
    ERROR = "error"
    """Solving it raised an exception."""
    WORKER_DIED = "worker died"
    """The process that solved it died, and died again when the item was tried alone."""
    NOT_RUN = "not run"
    """The sweep ended before its turn, by an interrupt or because the executor broke."""


@dataclass(frozen=True)
class Failure:
    """An item without a result.

    Parameters
    ----------
    kind
        Why there is none.
    message
        What happened, and the remedy where there is one.
    traceback
        Where the exception was raised; empty where there was none.
    """

    kind: Kind
    message: str
    traceback: str = ""
