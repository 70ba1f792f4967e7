from __future__ import annotations

import math

import numpy as np
import pytest

from donornet.figures.outlines import equal_earth, great_circle, joined, outlines
from donornet.figures.outlines.build import world

EDGE = equal_earth(180, 0)[0]


def test_the_projection_keeps_areas():
    """A cell of one degree has on the map the area that it has on the sphere, wherever it is."""
    for latitude in (-55.5, 0.5, 30.5, 70.5):
        (x0, x1), (y0, y1) = (
            equal_earth([10.0, 11.0], latitude)[0],
            equal_earth(10.5, [latitude - 0.5, latitude + 0.5])[1],
        )
        sphere = math.radians(1) * (math.sin(math.radians(latitude + 0.5)) - math.sin(math.radians(latitude - 0.5)))
        assert (x1 - x0) * (y1 - y0) == pytest.approx(sphere, rel=1e-3)


def test_a_great_circle_is_shorter_than_the_parallel():
    ((x, y),) = great_circle((0, 50), (90, 50))
    assert y.max() > equal_earth(0, 50)[1] + 0.1
    assert (x[0], x[-1]) == pytest.approx(tuple(equal_earth([0, 90], 50)[0]))


def test_a_way_across_the_antimeridian_leaves_one_edge_and_enters_at_the_other():
    tokyo_side, american_side = great_circle((140, 36), (-122, 37))
    assert tokyo_side[0][-1] > 0 > american_side[0][0]
    assert tokyo_side[1][-1] == pytest.approx(american_side[1][0])
    for x, y in (tokyo_side, american_side):
        assert np.hypot(np.diff(x), np.diff(y)).max() < 0.2


def test_opposite_places_and_one_place_have_a_way_too():
    assert great_circle((0, 0), (180, 0))
    assert great_circle((5, 5), (5, 5))


def test_no_line_of_the_world_crosses_the_map():
    for x, y in (*outlines().lines, *outlines().land):
        assert max(map(abs, x)) <= EDGE + 1e-3
        steps = np.hypot(np.diff(x), np.diff(y))
        assert len(steps) == 0 or steps.max() < 0.6


def test_known_places_lie_on_land_and_at_sea():
    """The even-odd rule over all rings: inside an odd number of them is land."""
    for longitude, latitude, is_land in [(2.35, 48.85, True), (139.7, 36.0, True), (-60, -10, True), (-30, 40, False),
                                         (175, 67, True), (-172, 66.2, True), (80, -20, False)]:  # fmt: skip
        px, py = (float(value) for value in equal_earth(longitude, latitude))
        crossings = 0
        for x, y in outlines().land:
            ends = zip(x, y, [*x[1:], x[0]], [*y[1:], y[0]], strict=True)
            crossings += sum(
                (y0 > py) != (y1 > py) and px < x0 + (py - y0) / (y1 - y0) * (x1 - x0) for x0, y0, x1, y1 in ends
            )
        assert (crossings % 2 == 1) == is_land, (longitude, latitude)


def test_only_lines_that_touch_the_view_are_joined():
    near, far = ([0.0, 0.1], [0.0, 0.1]), ([2.0, 2.1], [0.0, 0.1])
    assert joined((near, far), (-1, 1, -1, 1)) == ([0.0, 0.1, None], [0.0, 0.1, None])


def test_building_cuts_a_ring_at_the_antimeridian():
    ring = [[1790, 0], [20, 0], [0, 100], [-20, 0], [0, -100]]  # 179° to 181° east, that is 179° west, and back
    wrapped = [[1790, 0], [-3580, 0], [0, 100], [3580, 0], [0, -100]]
    for arc in (ring, wrapped):
        topology = {
            "transform": {"scale": [0.1, 0.1], "translate": [0, 0]}, "arcs": [arc],
            "objects": {"land": {"type": "Polygon", "arcs": [[0]]}, "countries": {"geometries": [{"arcs": [[0]]}]}},
        }  # fmt: skip
        built = world(topology)
        assert len(built["land"]) == 2
        east, west = sorted(built["land"], key=lambda flat: -flat[0])
        assert min(east[::2]) > 0 > max(west[::2])
