"""Single points of failure: places without which a therapy no longer reaches centres that it reaches now.

Every chain passes exactly one place at each step of its route. So a place is a single point of failure for a centre if
and only if no chain of that centre passes another place at the same step.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from donornet.admissible.words import count, several

if TYPE_CHECKING:
    from donornet.admissible.network import AdmissibleNetwork

NOUNS = {"donor": "pool", "testing": "lab"}
"""What stands at a step that is no material stage."""
VERBS = {
    "donor": "gives for", "collection": "collects for", "testing": "tests for", "processing": "processes for",
    "manufacturing": "manufactures for", "storage": "stores for",
}  # fmt: skip


@dataclass(frozen=True)
class SinglePoint:
    """A place that all chains of some centres pass.

    Parameters
    ----------
    therapy, market
        What the chains serve.
    step
        ``donor`` (a pool), ``testing`` (a lab) or a stage.
    place
        The pool or site.
    centres
        The centres that would no longer be reached.
    reached
        How many centres of the market the therapy reaches now.
    """

    therapy: str
    market: str
    step: str
    place: str
    centres: tuple[str, ...]
    reached: int

    def __str__(self) -> str:
        everyone = len(self.centres) == self.reached
        whom, named = count(len(self.centres), "centre"), f" ({several(self.centres)})"
        if everyone and self.reached > 1:
            whom, named = f"all {whom}", ""
        only = f"only {self.place} {VERBS[self.step]} {self.therapy} in {self.market or 'the unnamed market'}"
        return f"{only}: without it {whom}{named} lose{'s' if len(self.centres) == 1 else ''} the therapy"


def failures(points: list[SinglePoint]) -> Iterator[str]:
    """Yield single points of failure as text: one line for those of a therapy, market and step."""
    alike: dict[tuple[str, str, str], list[SinglePoint]] = {}
    for point in points:
        alike.setdefault((point.therapy, point.market, point.step), []).append(point)
    for (therapy, market, step), group in alike.items():
        if len(group) == 1:
            yield str(group[0])
            continue
        dependent = sum(len(point.centres) for point in group)
        named = several((f"{point.place} for {several(point.centres)}" for point in group), separator="; ")
        where = f"{therapy} in {market or 'the unnamed market'}"
        noun = NOUNS.get(step, f"{step} site")
        yield f"{where}: {dependent} of {count(group[0].reached, 'centre')} depend on a single {noun} each: {named}"


def single_points(network: AdmissibleNetwork) -> list[SinglePoint]:
    """Return every single point of failure, those that most centres depend on first within a therapy and market."""
    centres: dict[tuple[str, str, str, str], list[str]] = {}
    reached: dict[tuple[str, str], int] = {}
    for reach in network.reaches:
        if not reach.serving:
            continue
        key = (reach.therapy, reach.market)
        reached[key] = reached.get(key, 0) + 1
        for step, places in reach.serving.items():
            if len(places) == 1:
                centres.setdefault((*key, step, next(iter(places))), []).append(reach.centre)
    return sorted(_points(centres, reached), key=lambda p: (p.therapy, p.market, -len(p.centres), p.step, p.place))


def _points(
    centres: dict[tuple[str, str, str, str], list[str]], reached: dict[tuple[str, str], int]
) -> Iterator[SinglePoint]:
    for (therapy, market, step, place), dependent in centres.items():
        yield SinglePoint(therapy, market, step, place, tuple(dependent), reached[therapy, market])
