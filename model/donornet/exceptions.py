"""The exception tree of donornet.

::

    DonornetError
    ├── InvalidInstanceError     the tables contradict the format; carries every finding
    ├── ResultError              a results folder cannot be read or does not belong to the instance
    └── SolverError              the solver refused the model or ended in a state nobody foresaw

An infeasible model or a limit reached is no exception but a status of the result.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from donornet.instance.findings import Finding


class DonornetError(Exception):
    """Base of all errors that donornet raises on purpose."""


class InvalidInstanceError(DonornetError):
    """An instance that cannot be read or that contradicts itself.

    Parameters
    ----------
    findings
        Every finding of the reader or of the checks, errors and warnings.
    """

    def __init__(self, findings: Sequence[Finding]) -> None:
        self.findings = tuple(findings)
        errors = [finding for finding in self.findings if finding.is_error]
        noun = "error" if len(errors) == 1 else "errors"
        super().__init__("\n".join([f"invalid instance, {len(errors)} {noun}:", *map(str, errors)]))


class ResultError(DonornetError):
    """A results folder that is missing, unreadable or of another instance."""


class SolverError(DonornetError):
    """The solver refused the model or ended in an unforeseen state."""
