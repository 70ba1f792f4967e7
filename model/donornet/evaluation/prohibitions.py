"""Prohibitions: rules that forbid the chains which match every filled cell."""

from __future__ import annotations

from collections.abc import Mapping

from donornet.evaluation.violation import records
from donornet.instance.instance import Instance
from donornet.instance.matching import ANY
from donornet.instance.schema import STAGES

CELLS = ("therapy", "donor", "risk_class", *STAGES, "panel", "market")
"""What a rule may look at."""


class Prohibitions:
    """The rules of an instance.

    A cell ``X`` matches a chain where one of the chain's names in that place is X or belongs to the group X, ``*``
    matches any name, and ``!`` negates. A cell never matches a chain that has nothing in that place.
    """

    def __init__(self, instance: Instance) -> None:
        self._rules: list[tuple[str, list[tuple[str, bool, frozenset[str]]]]] = []
        for row in records(instance.table("prohibitions")):
            cells = []
            for cell in CELLS:
                name = row[cell].removeprefix("!")
                if row[cell] != "":
                    cells.append(
                        (cell, row[cell] != name, frozenset({ANY}) if name == ANY else instance.groups.members(name))
                    )
            self._rules.append((row["rule"], cells))

    @property
    def about_tests(self) -> bool:
        """Whether any rule looks at the lab or the panel."""
        return any(cell in ("testing", "panel") for _, cells in self._rules for cell, _, _ in cells)

    def matching(self, chain: Mapping[str, frozenset[str]]) -> list[str]:
        """Return the rules that forbid a chain.

        Parameters
        ----------
        chain
            The chain's names by cell; a cell that the chain lacks is absent.
        """
        return [rule for rule, cells in self._rules if all(_matches(chain.get(cell), no, of) for cell, no, of in cells)]


def _matches(names: frozenset[str] | None, negated: bool, wanted: frozenset[str]) -> bool:
    if names is None:
        return False
    return (ANY in wanted or not names.isdisjoint(wanted)) != negated
