"""The distinct instances of a sweep: items with the same instance are one job."""

from __future__ import annotations

from collections.abc import Sequence

from donornet.exceptions import InvalidInstanceError
from donornet.instance import Instance
from donornet.instance.findings import Finding
from donornet.study.sweeps.failure import Failure, Kind
from donornet.study.sweeps.items import Item
from donornet.study.sweeps.request import Request


class Jobs:
    """What is to be solved, in the order of the items.

    Parameters
    ----------
    instance
        The instance without edits.
    items
        The items.
    request
        What is asked of each.
    warm
        Whether jobs start from their parents.

    Attributes
    ----------
    keys
        Key of each item that can be solved, by name.
    first
        The first item with each key: it gives the job its name and its parent.
    parents
        Key of each job's parent, or None. Parents stand before their children.
    failures
        Items whose edits cannot be applied, by name.

    Raises
    ------
    InvalidInstanceError
        A scenario or an edit can be applied in no item.
    """

    def __init__(self, instance: Instance, items: Sequence[Item], request: Request, *, warm: bool) -> None:
        self.items = list(items)
        self.keys: dict[str, str] = {}
        self.first: dict[str, Item] = {}
        self.failures: dict[str, Failure] = {}
        for item in self.items:
            try:
                changed = instance.apply(*item.applied)
            except InvalidInstanceError as error:
                self.failures[item.name] = Failure(Kind.INVALID, str(error))
                continue
            self.keys[item.name] = request.key(changed)
            self.first.setdefault(self.keys[item.name], item)
        self._refuse_misspelt(instance)
        self.parents = {key: self._parent(item) if warm else None for key, item in self.first.items()}

    def _refuse_misspelt(self, instance: Instance) -> None:
        """Raise what is wrong with the scenarios and edits that no item could take, and the instance neither."""
        good = {part for item in self.items if item.name in self.keys for part in item.applied}
        findings: list[Finding] = []
        for part in dict.fromkeys(part for item in self.items for part in item.applied if part not in good):
            try:
                instance.apply(part)
            except InvalidInstanceError as error:
                findings += error.findings
        if findings:
            raise InvalidInstanceError(findings)

    def _parent(self, item: Item) -> str | None:
        """Return the key of the nearest ancestor that is a job of its own; None: there is none."""
        by_name = {other.name: other for other in self.items}
        parent = item.parent
        while parent is not None and (parent not in self.keys or self.keys[parent] == self.keys[item.name]):
            parent = by_name[parent].parent
        return None if parent is None else self.keys[parent]
