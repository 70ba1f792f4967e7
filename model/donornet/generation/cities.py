"""The cities that generated places stand in or near."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

EARTH_RADIUS_KM = 6371.0088
KM_PER_DEGREE = EARTH_RADIUS_KM * np.pi / 180
JURISDICTIONS = {
    "US": ("United States", 1.0),
    "EU": ("European Union", 0.7),
    "JP": ("Japan", 0.6),
    "UK": ("United Kingdom", 0.7),
    "CA": ("Canada", 0.8),
    "KR": ("Korea", 0.5),
    "AU": ("Australia", 0.8),
    "BR": ("Brazil", 0.25),
    "CH": ("Switzerland", 1.0),
    "MX": ("Mexico", 0.2),
    "TR": ("Türkiye", 0.25),
    "ZA": ("South Africa", 0.2),
}
"""Title, and advanced therapies per head relative to the first (assumption), in the order in which they are taken."""


@dataclass(frozen=True)
class Cities:
    """Cities of one jurisdiction, the largest first.

    Parameters
    ----------
    names, titles
        Ids and names for people.
    latitude, longitude
        Coordinates [degrees].
    people
        Population of the agglomeration.
    """

    names: tuple[str, ...]
    titles: tuple[str, ...]
    latitude: np.ndarray
    longitude: np.ndarray
    people: np.ndarray


@cache
def cities_of(jurisdiction: str) -> Cities:
    """Return the cities of a jurisdiction."""
    with (Path(__file__).parent / "cities.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["jurisdiction"] == jurisdiction]
    latitude, longitude, people = (
        np.array([float(row[column]) for row in rows]) for column in ("latitude", "longitude", "population")
    )
    return Cities(tuple(row["city"] for row in rows), tuple(row["title"] for row in rows), latitude, longitude, people)


def kilometres(
    latitude: np.ndarray, longitude: np.ndarray, to_latitude: np.ndarray, to_longitude: np.ndarray
) -> np.ndarray:
    """Return great-circle distances [km], shape (places, places to)."""
    lat, lon = np.radians(latitude)[:, None], np.radians(longitude)[:, None]
    to_lat, to_lon = np.radians(to_latitude)[None, :], np.radians(to_longitude)[None, :]
    chord = np.sin((to_lat - lat) / 2) ** 2 + np.cos(lat) * np.cos(to_lat) * np.sin((to_lon - lon) / 2) ** 2
    return np.asarray(2 * EARTH_RADIUS_KM * np.arcsin(np.sqrt(np.minimum(chord, 1.0))))
