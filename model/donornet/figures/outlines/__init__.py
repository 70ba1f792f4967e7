"""Outlines of land and countries on a map of the world, shipped with the package: maps need no network."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from donornet.figures.outlines.projection import equal_earth, great_circle

__all__ = ["Outlines", "equal_earth", "great_circle", "outlines"]

Line = tuple[list[float], list[float]]
"""x and y of the points of a line, in radii of the Earth."""
View = tuple[float, float, float, float]
"""Least and greatest x, least and greatest y of a piece of the map."""


@dataclass(frozen=True)
class Outlines:
    """Shapes on the map.

    Parameters
    ----------
    land
        Rings around land; a ring within another one is a lake.
    lines
        Coasts and borders between countries.
    note
        Where they come from.
    """

    land: tuple[Line, ...]
    lines: tuple[Line, ...]
    note: str


@cache
def outlines() -> Outlines:
    """Return the outlines of the world."""
    world = json.loads((files(__package__) / "world.json").read_text(encoding="utf-8"))
    steps = world["steps"]

    def line(flat: list[int]) -> Line:
        return [value / steps for value in flat[::2]], [value / steps for value in flat[1::2]]

    return Outlines(tuple(map(line, world["land"])), tuple(map(line, world["lines"])), world["note"])


def joined(lines: tuple[Line, ...], view: View) -> tuple[list[float | None], list[float | None]]:
    """Return the lines that touch a piece of the map as one, with gaps between them."""
    xs: list[float | None] = []
    ys: list[float | None] = []
    for x, y in lines:
        if max(x) >= view[0] and min(x) <= view[1] and max(y) >= view[2] and min(y) <= view[3]:
            xs += [*x, None]
            ys += [*y, None]
    return xs, ys
