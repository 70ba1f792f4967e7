"""Places stand in their jurisdiction, near its cities, and more of them where more people live."""

from __future__ import annotations

import numpy as np
import pandas as pd

import donornet as dn
from donornet.generation.cities import JURISDICTIONS, cities_of, kilometres
from donornet.generation.places import KINDS


def test_every_jurisdiction_has_cities_the_largest_first():
    for jurisdiction in JURISDICTIONS:
        people = cities_of(jurisdiction).people
        assert len(people) >= 8
        assert (np.diff(people) <= 0).all()


def test_distances_are_great_circles():
    quarter = kilometres(np.array([0.0]), np.array([0.0]), np.array([0.0, 90.0]), np.array([90.0, 0.0]))
    assert np.allclose(quarter, 6371.0088 * np.pi / 2)


def test_sites_and_centres_stand_near_a_city_of_their_jurisdiction():
    instance = dn.generate("quarter", 4)
    places = pd.concat([instance.table("sites"), instance.table("centres")])
    farthest = max(spread for _, _, spread in KINDS.values())
    for jurisdiction, here in places.groupby("jurisdiction"):
        cities = cities_of(str(jurisdiction))
        km = kilometres(here["latitude"].to_numpy(), here["longitude"].to_numpy(), cities.latitude, cities.longitude)
        assert km.min(axis=1).max() <= farthest + 2  # coordinates are rounded to 0.01 degrees


def test_larger_markets_have_more_centres():
    centres = dn.generate("quarter", 4).table("centres")["jurisdiction"].value_counts()
    assert centres["US"] > centres["CA"] >= 1
