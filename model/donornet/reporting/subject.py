"""What a chapter is about: a result, and the instance that it belongs to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from donornet.evaluation import check
from donornet.figures.names import Names, currency_of
from donornet.validation import reapplied

if TYPE_CHECKING:
    from donornet.instance import Instance
    from donornet.solution import Result


@dataclass(frozen=True, eq=False)
class Subject:
    """A result and what is known of its instance.

    Parameters
    ----------
    name
        What the result is called in this report.
    result
        The result.
    instance
        The instance in the result's scenario; None: not given, or another one.
    remark
        What a reader must know about the instance; blank: nothing.
    violations
        What the check finds: of the instance where it is at hand, else what the result says of itself.
    checked
        Whether the design was checked again for this report.
    """

    name: str
    result: Result
    instance: Instance | None
    remark: str
    violations: tuple[str, ...]
    checked: bool

    @classmethod
    def of(cls, name: str, result: Result, instance: Instance | None) -> Subject:
        """Return the result with the instance in its scenario, if it is the instance that was solved.

        Raises
        ------
        InvalidInstanceError
            The instance has not the scenario, or is invalid in it.
        """
        told = tuple(str(violation) for violation in result.info.get("violations", ()))
        if instance is None:
            remark = (
                "The instance was not given: there is no map, donors are told by pool, and nothing says why demand is "
                "not served. donornet report --instance DIR, or instance= in Python, adds them."
            )
            return cls(name, result, None, remark, told, checked=False)
        mine = in_scenario(instance, result)
        if result.instance_sha256 and mine.sha256 != result.instance_sha256:
            remark = (
                f"The instance {instance.head.name!r} is not the one that was solved, or was changed since: its "
                f"SHA-256 begins with {mine.sha256[:12]}, the result's with {result.instance_sha256[:12]}. It is not "
                "used: there is no map, and nothing says why demand is not served."
            )
            return cls(name, result, None, remark, told, checked=False)
        if result.solution is None:
            return cls(name, result, mine, "", told, checked=False)
        found = tuple(str(violation) for violation in check(mine, result))
        return cls(name, result, mine, "", found, checked=True)

    @property
    def names(self) -> Names:
        """Looks up what ids stand for."""
        return Names(self.result, self.instance)

    @property
    def title(self) -> str:
        """The title of the instance, its name where it has none."""
        if self.instance is None:
            return str(self.result.info.get("instance", "")) or "A donor network"
        return self.instance.head.title or self.instance.head.name

    @property
    def currency(self) -> str:
        """Currency of the costs."""
        return currency_of(self.result) if self.instance is None else self.instance.head.currency


def in_scenario(instance: Instance, result: Result) -> Instance:
    """Return the instance with what the result says was applied to it.

    Raises
    ------
    InvalidInstanceError
        A scenario is unknown, an edit matches nothing, or they leave an instance with errors.
    """
    if instance.sha256 == result.instance_sha256:
        return instance
    return reapplied(instance, result)
