"""Instances that came about by changes: checked, and made again from what a result says."""

from __future__ import annotations

from donornet.exceptions import InvalidInstanceError
from donornet.instance import Instance
from donornet.instance.scenarios import changes_of
from donornet.solution import Result
from donornet.validation.checks import validate


def validated(instance: Instance) -> Instance:
    """Return the instance itself: for ``validated(instance.apply(...))``.

    Raises
    ------
    InvalidInstanceError
        It has errors; the exception carries every finding.
    """
    findings = validate(instance)
    if any(finding.is_error for finding in findings):
        raise InvalidInstanceError(findings)
    return instance


def reapplied(instance: Instance, result: Result) -> Instance:
    """Return the instance with what the result says was applied to it; older results say it with their scenario only.

    Raises
    ------
    InvalidInstanceError
        What was applied cannot be applied to this instance, or leaves it with errors.
    """
    applied = result.info.get("applied")
    changes = [str(change) for change in applied] if isinstance(applied, list) else changes_of(result.scenario)
    return validated(instance.apply(*changes)) if changes else instance
