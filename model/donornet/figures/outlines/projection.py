"""The Equal Earth projection, great circles, and their cut at the antimeridian."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

A1, A2, A3, A4 = 1.340264, -0.081106, 0.000893, 0.003796
"""Coefficients of Šavrič, Patterson and Jenny (2019), The Equal Earth map projection.

International Journal of Geographical Information Science 33(3), doi:10.1080/13658816.2018.1504949.
"""
STEP = 3.0
"""Length of the pieces that a great circle is drawn in [degrees]."""


def equal_earth(longitude: Any, latitude: Any) -> tuple[Floats, Floats]:
    """Return x and y of places on a map of the world, in radii of the Earth.

    Parameters
    ----------
    longitude, latitude
        Coordinates [degrees].
    """
    theta = np.arcsin(np.sqrt(3) / 2 * np.sin(np.radians(latitude)))
    slope = 9 * A4 * theta**8 + 7 * A3 * theta**6 + 3 * A2 * theta**2 + A1
    x = 2 * np.sqrt(3) * np.radians(longitude) * np.cos(theta) / (3 * slope)
    return np.asarray(x), np.asarray(A4 * theta**9 + A3 * theta**7 + A2 * theta**3 + A1 * theta)


def great_circle(start: tuple[float, float], end: tuple[float, float]) -> list[tuple[Floats, Floats]]:
    """Return the shortest way between two places on the map: one line, or two where it crosses the antimeridian.

    Parameters
    ----------
    start, end
        Longitude and latitude [degrees].
    """
    a, b = _vector(*start), _vector(*end)
    angle = float(np.arctan2(np.linalg.norm(np.cross(a, b)), a @ b))
    if angle < 1e-9 or angle > np.pi - 1e-6:  # the same place, or opposite ones: every way is as short
        longitude, latitude = np.array([start[0], end[0]]), np.array([start[1], end[1]])
    else:
        share = np.linspace(0, 1, max(2, int(np.degrees(angle) / STEP) + 2))
        points = (np.outer(np.sin((1 - share) * angle), a) + np.outer(np.sin(share * angle), b)) / np.sin(angle)
        longitude = np.degrees(np.arctan2(points[:, 1], points[:, 0]))
        latitude = np.degrees(np.arcsin(np.clip(points[:, 2], -1, 1)))
    jumps = np.flatnonzero(np.abs(np.diff(longitude)) > 180)
    if not len(jumps):
        return [equal_earth(longitude, latitude)]
    cut = int(jumps[0])
    east = longitude[cut] > longitude[cut + 1]
    edge = 180.0 if east else -180.0
    ahead = edge - longitude[cut]
    beyond = longitude[cut + 1] + 2 * edge - edge
    middle = latitude[cut] + (latitude[cut + 1] - latitude[cut]) * ahead / ((ahead + beyond) or 1.0)
    return [
        equal_earth(np.append(longitude[: cut + 1], edge), np.append(latitude[: cut + 1], middle)),
        equal_earth(np.append(-edge, longitude[cut + 1 :]), np.append(middle, latitude[cut + 1 :])),
    ]


def _vector(longitude: float, latitude: float) -> Floats:
    phi, lam = np.radians(latitude), np.radians(longitude)
    return np.array([np.cos(phi) * np.cos(lam), np.cos(phi) * np.sin(lam), np.sin(phi)])
