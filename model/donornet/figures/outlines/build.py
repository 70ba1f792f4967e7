"""Build ``world.json`` from Natural Earth's 1:110m countries: ``python -m donornet.figures.outlines.build FILE``.

FILE is ``countries-110m.json`` of the npm package world-atlas 2.0.2 (``npm pack world-atlas@2.0.2``), which holds
Natural Earth 4.1 (https://www.naturalearthdata.com), in the public domain, as TopoJSON. Shapes are projected once,
rounded to 1/2000 of the Earth's radius, about three kilometres, and cut at the antimeridian: world-atlas joins there
what Natural Earth cuts, and a line from one edge of the map to the other would be a stray one.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

from donornet.figures.outlines.projection import equal_earth

STEPS = 2000
"""Units of a coordinate per radius of the Earth."""
SOUTH = -60.0
"""Latitude south of which nothing is drawn [degrees]."""
EDGE = 180.0
"""The antimeridian [degrees]."""
NOTE = "Natural Earth 4.1, 1:110m, public domain (naturalearthdata.com); Equal Earth projection"

Point = tuple[float, float]


def world(topology: dict[str, Any]) -> dict[str, Any]:
    """Return rings of land, and lines along coasts and between countries, projected."""
    arcs = [list(_decoded(arc, topology["transform"])) for arc in topology["arcs"]]
    rings = [
        part
        for ring in _rings(topology["objects"]["land"], arcs)
        if max(lat for _, lat in ring) > SOUTH
        for part in _cut_ring(ring)
    ]
    used = Counter(
        index if index >= 0 else ~index
        for country in topology["objects"]["countries"]["geometries"]
        for index in _indices(country["arcs"])
    )
    lines = [part for index in used for part in _cut_line(arcs[index]) if max(lat for _, lat in part) > SOUTH]
    return {"note": NOTE, "steps": STEPS, "land": list(map(_flat, rings)), "lines": list(map(_flat, lines))}


def _decoded(arc: Iterable[list[int]], transform: dict[str, list[float]]) -> Iterator[Point]:
    """Yield the points of an arc [degrees], which is stored as differences."""
    x = y = 0
    for dx, dy in arc:
        x, y = x + dx, y + dy
        yield (
            x * transform["scale"][0] + transform["translate"][0],
            y * transform["scale"][1] + transform["translate"][1],
        )


def _indices(nested: Any) -> Iterator[int]:
    for inner in nested:
        if isinstance(inner, int):
            yield inner
        else:
            yield from _indices(inner)


def _rings(geometry: dict[str, Any], arcs: list[list[Point]]) -> Iterator[list[Point]]:
    for part in geometry.get("geometries", [geometry]):
        polygons = part["arcs"] if part["type"] == "MultiPolygon" else [part["arcs"]]
        for polygon in polygons:
            for ring in polygon:
                points: list[Point] = []
                for index in ring:
                    arc = arcs[index] if index >= 0 else arcs[~index][::-1]
                    points += arc[1:] if points else arc
                yield points


def _unwrapped(line: list[Point]) -> list[Point]:
    """Return a line whose longitudes do not jump at the antimeridian but go on beyond it."""
    found, turns = line[:1], 0.0
    for before, after in pairwise(line):
        if abs(after[0] - before[0]) > EDGE:
            turns += 2 * EDGE if after[0] < before[0] else -2 * EDGE
        found.append((after[0] + turns, after[1]))
    return found


def _cut_ring(ring: list[Point]) -> Iterator[list[Point]]:
    """Yield the parts of a ring on either side of the antimeridian."""
    whole = _unwrapped(ring)
    for shift in (-2 * EDGE, 0.0, 2 * EDGE):
        moved = [(longitude + shift, latitude) for longitude, latitude in whole]
        part = _clipped(_clipped(moved, EDGE, 1.0), -EDGE, -1.0)
        if len(part) > 2:
            yield part


def _clipped(ring: list[Point], edge: float, side: float) -> list[Point]:
    """Return the part of a ring whose longitudes are at most (`side` 1) or at least (-1) the edge."""
    found: list[Point] = []
    for before, after in pairwise([*ring, ring[0]] if ring else []):
        inside, goes_on = ((point[0] - edge) * side <= 0 for point in (before, after))
        found += [before] if inside else []
        found += [_crossing(before, after, edge)] if inside != goes_on else []
    return found


def _cut_line(line: list[Point]) -> Iterator[list[Point]]:
    """Yield the parts of a line between its jumps at the antimeridian, without what runs along it."""
    part = line[:1]
    for before, after in pairwise(line):
        if abs(after[0] - before[0]) > EDGE:
            edge = EDGE if after[0] < before[0] else -EDGE
            latitude = _crossing(before, (after[0] + 2 * edge, after[1]), edge)[1]
            yield [*part, (edge, latitude)]
            part = [(-edge, latitude)]
        elif abs(before[0]) == abs(after[0]) == EDGE:
            if len(part) > 1:
                yield part
            part = []
        part.append(after)
    if len(part) > 1:
        yield part


def _crossing(before: Point, after: Point, edge: float) -> Point:
    """Return where the way from one point to the next crosses a meridian."""
    if before[0] == after[0]:
        return edge, before[1]
    return edge, before[1] + (after[1] - before[1]) * (edge - before[0]) / (after[0] - before[0])


def _flat(line: list[Point]) -> list[int]:
    """Return the points of a line as x, y, x, y, ..., those dropped that round to the one before."""
    found: list[int] = []
    for longitude, latitude in line:
        x, y = equal_earth(longitude, latitude)
        point = [round(STEPS * float(x)), round(STEPS * float(y))]
        if found[-2:] != point:
            found += point
    return found


if __name__ == "__main__":
    built = world(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))
    text = json.dumps(built, separators=(",", ":"))
    Path(__file__).with_name("world.json").write_text(text + "\n", encoding="utf-8")
