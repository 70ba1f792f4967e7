"""Sites, pools and centres: one namespace of places, and where they lie."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from donornet.instance import Finding, Instance
from donornet.validation.report import each

PLACES = {"sites": "site", "donor_pools": "pool", "centres": "centre"}
"""Tables of places and the columns of their ids."""
EARTH_RADIUS_KM = 6371.0088
_FAR_KM, _NEAR_KM = 5000.0, 1500.0
"""A place this far from its neighbours, and this near with its coordinates swapped, has them swapped."""


def places(instance: Instance) -> pd.DataFrame:
    """Return every place: table, place, jurisdiction, latitude, longitude [degrees]; indexed by row in its table."""
    parts = []
    for table, key in PLACES.items():
        rows = instance.table(table).rename(columns={key: "place"})
        parts.append(rows[["place", "jurisdiction", "latitude", "longitude"]].assign(table=table))
    return pd.concat(parts)


def homes(instance: Instance, table: str, ids: pd.Series) -> list[str]:
    """Return the jurisdictions of places of one table; blank for a place that is not there."""
    rows = instance.table(table).drop_duplicates(PLACES[table])
    home = dict(zip(rows[PLACES[table]], rows["jurisdiction"], strict=True))
    return [home.get(place, "") for place in ids]


def kilometres(
    latitude: np.ndarray, longitude: np.ndarray, to_latitude: np.ndarray, to_longitude: np.ndarray
) -> np.ndarray:
    """Return great-circle distances of coordinates in degrees, which broadcast [km]."""
    south, west, north, east = (np.radians(degrees) for degrees in (latitude, longitude, to_latitude, to_longitude))
    half_chord = np.sin((north - south) / 2) ** 2 + np.cos(south) * np.cos(north) * np.sin((east - west) / 2) ** 2
    return np.asarray(2 * EARTH_RADIUS_KM * np.arcsin(np.sqrt(np.clip(half_chord, 0.0, 1.0))))


def check_places(instance: Instance) -> Iterator[Finding]:
    """Check that sites, pools and centres share one namespace: an id names one place only."""
    every = places(instance)
    first = every.drop_duplicates("place").set_index("place")["table"]
    for table, key in PLACES.items():
        rows = every[every["table"] == table]
        owner = rows["place"].map(first)
        yield from each(
            rows.assign(owner=owner),
            ((owner != table) & (rows["place"] != "")).to_numpy(),
            (table, key),
            "place-clash",
            lambda cells: (
                f"{cells['place']!r} is also in {cells['owner']}; sites, pools and centres need different ids"
            ),
        )


def check_coordinates(instance: Instance) -> Iterator[Finding]:
    """Find coordinates that are half filled, zero, or apparently swapped."""
    for table, key in PLACES.items():
        rows = instance.table(table)
        latitude, longitude = rows["latitude"].to_numpy(dtype=float), rows["longitude"].to_numpy(dtype=float)
        yield from each(
            rows,
            np.isnan(latitude) != np.isnan(longitude),
            (table, "latitude"),
            "half-coordinate",
            lambda cells: (
                f"{cells[cells['key']]!r} has only one of latitude and longitude: no lane is derived; fill both"
            ),
            "warning",
            key=key,
        )
        yield from each(
            rows,
            (latitude == 0) & (longitude == 0),
            (table, "latitude"),
            "zero-coordinate",
            lambda cells: (
                f"{cells[cells['key']]!r} lies at (0, 0), in the Gulf of Guinea; leave unknown coordinates blank"
            ),
            "warning",
            key=key,
        )
    yield from _swapped(places(instance))


def _swapped(every: pd.DataFrame) -> Iterator[Finding]:
    """Compare each place with the middle of its jurisdiction, as written and with its coordinates swapped."""
    located = every[every["latitude"].between(-90, 90) & every["longitude"].between(-180, 180)]
    middle = located.groupby("jurisdiction")[["latitude", "longitude"]].transform("median").to_numpy(dtype=float)
    crowd = located.groupby("jurisdiction")["place"].transform("size").to_numpy()
    latitude, longitude = located["latitude"].to_numpy(dtype=float), located["longitude"].to_numpy(dtype=float)
    written = kilometres(latitude, longitude, middle[:, 0], middle[:, 1])
    swapped = kilometres(np.clip(longitude, -90, 90), latitude, middle[:, 0], middle[:, 1])
    odd = (crowd >= 3) & (np.abs(longitude) <= 90) & (written > _FAR_KM) & (swapped < _NEAR_KM)
    for table in PLACES:
        of_table = (located["table"] == table).to_numpy()
        yield from each(
            located,
            odd & of_table,
            (table, "latitude"),
            "swapped-coordinates",
            lambda cells: (
                f"{cells['place']!r} at ({cells['latitude']:g}, {cells['longitude']:g}) is far from the rest of "
                "jurisdiction "
                f"{cells['jurisdiction']!r}; latitude and longitude look swapped"
            ),
            "warning",
        )
