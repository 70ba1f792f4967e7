"""A test case of one check: something wrong, and the nearest instance that is right."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from donornet.instance import Finding, Instance
from tests.unit.validation.sample import sample

Place = tuple[str, int | None, str]


@dataclass(frozen=True)
class Case:
    """What one check says.

    Parameters
    ----------
    name
        What is wrong.
    check
        The check.
    bad, good
        Tables that replace the sample's; `good` is the nearest that the check accepts.
    code, place, text
        Code, place (table, row, column) and part of the message of the finding.
    severity
        Its severity.
    more
        Places of further findings with the same code.
    bad_head, good_head
        Fields of the head that replace the sample's.
    """

    name: str
    check: Callable[[Instance], Iterator[Finding]]
    bad: Mapping[str, Any]
    code: str
    place: Place
    text: str
    good: Mapping[str, Any] = field(default_factory=dict)
    severity: str = "error"
    more: tuple[Place, ...] = ()
    bad_head: Mapping[str, Any] = field(default_factory=dict)
    good_head: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.check.__name__}: {self.name}"

    def findings(self) -> list[Finding]:
        """Return what the check says about the wrong instance."""
        return list(self.check(sample(self.bad, self.bad_head)))

    def objections(self) -> list[Finding]:
        """Return what the check says about the right one."""
        return list(self.check(sample(self.good, self.good_head)))
