"""Where everything stands: centres by population, sites clustered in and near the larger cities."""

from __future__ import annotations

import numpy as np

from donornet.generation.cities import JURISDICTIONS, KM_PER_DEGREE, cities_of
from donornet.generation.dice import Dice, shares
from donornet.generation.draft import Draft, Places

KINDS = {
    "centre": ("clinic", 0.8, 60.0),
    "collection": ("apheresis", 0.9, 25.0),
    "testing": ("lab", 0.6, 30.0),
    "processing": ("processing", 0.7, 25.0),
    "manufacturing": ("plant", 0.4, 45.0),
    "storage": ("depot", 0.4, 45.0),
}
"""What a place is called, how strongly it seeks large cities (power of the population), how far out it stands [km]."""
SHARED_SITE = 0.5
"""Share of processing that stands at an apheresis unit."""


def choose_jurisdictions(draft: Draft) -> None:
    """Take the first jurisdictions of the list.

    Raises
    ------
    ValueError
        More are asked for than there are.
    """
    if draft.counts.jurisdictions > len(JURISDICTIONS):
        raise ValueError(
            f"jurisdictions: {draft.counts.jurisdictions} asked, cities of {len(JURISDICTIONS)} are known "
            f"({', '.join(JURISDICTIONS)}); ask for at most so many"
        )
    draft.jurisdictions = tuple(JURISDICTIONS)[: draft.counts.jurisdictions]
    draft.add("jurisdictions", ({"jurisdiction": j, "title": JURISDICTIONS[j][0]} for j in draft.jurisdictions))


def appeal(draft: Draft) -> np.ndarray:
    """Return the weight of each jurisdiction: people in its cities, and how many of them are treated."""
    return np.array([float(cities_of(j).people.sum()) * JURISDICTIONS[j][1] for j in draft.jurisdictions])


def stand(draft: Draft, kind: str, count: int) -> Places:
    """Place `count` places of a kind and remember them."""
    label, power, spread = KINDS[kind]
    dice = draft.dice(f"places {kind}")
    numbers = shares(count, appeal(draft) ** power)
    ids: list[str] = []
    where: list[tuple[int, float, float, float]] = []
    taken: dict[str, int] = {}
    for position, number in enumerate(numbers.tolist()):
        cities = cities_of(draft.jurisdictions[position])
        for city in _spread_out(dice, cities.people**power, number).tolist():
            name = f"{cities.names[city]}-{label}"
            taken[name] = taken.get(name, 0) + 1
            ids.append(name if taken[name] == 1 else f"{name}-{taken[name]}")
            latitude, longitude = beside(dice, cities.latitude[city], cities.longitude[city], spread)
            where.append((position, latitude, longitude, float(cities.people[city])))
    spots = np.array(where, dtype=float).reshape(-1, 4)
    weight = spots[:, 3] / np.array([spots[:, 3][spots[:, 3] == people].size for people in spots[:, 3]])
    places = Places(tuple(ids), spots[:, 0].astype(int), spots[:, 1], spots[:, 2], weight)
    draft.at[kind] = places
    return places


def _spread_out(dice: Dice, weights: np.ndarray, count: int) -> np.ndarray:
    """Return `count` positions, the heavier ones more often; none gets much more than its share."""
    steps = (np.arange(count) + float(dice.uniform(0, 1))) / max(count, 1)
    edges = np.cumsum(weights) / weights.sum()
    return np.asarray(np.minimum(np.searchsorted(edges, steps, side="right"), len(weights) - 1))


def beside(dice: Dice, latitude: float, longitude: float, spread: float) -> tuple[float, float]:
    """Return a point at most `spread` kilometres from another, to 0.01 degrees."""
    angle, radius = dice.number(0, 2 * np.pi), spread * dice.number(0, 1) ** 0.5
    north, east = radius * np.sin(angle), radius * np.cos(angle)
    return (
        round(latitude + north / KM_PER_DEGREE, 2),
        round(longitude + east / (KM_PER_DEGREE * np.cos(np.radians(latitude))), 2),
    )


def stand_sites(draft: Draft, stages: dict[str, int]) -> None:
    """Place the facilities of every stage; some processing moves in with apheresis units."""
    for stage, count in stages.items():
        stand(draft, stage, count)
    if "processing" in stages and "collection" in stages:
        _move_in(draft)
    rows: dict[str, dict[str, object]] = {}
    dice = draft.dice("organisations")
    for stage in stages:
        places = draft.at[stage]
        firms = [f"{stage} group {number + 1}" for number in range(max(2, len(places) // 4))]
        for number, site in enumerate(places.ids):
            country = draft.jurisdictions[places.jurisdictions[number]]
            own = f"{country} {dice.one(firms)}"
            rows.setdefault(
                site,
                {
                    "site": site,
                    "jurisdiction": country,
                    "organisation": own,
                    "latitude": places.latitude[number],
                    "longitude": places.longitude[number],
                },
            )
    draft.add("sites", rows.values())


def _move_in(draft: Draft) -> None:
    """Let some processing stand at an apheresis unit of the same jurisdiction."""
    hosts, guests, dice = draft.at["collection"], draft.at["processing"], draft.dice("shared sites")
    ids, latitude, longitude = list(guests.ids), guests.latitude.copy(), guests.longitude.copy()
    km, free = guests.distance(hosts), np.ones(len(hosts), dtype=bool)
    for number in range(len(guests)):
        near = np.where(free & (hosts.jurisdictions == guests.jurisdictions[number]), km[number], np.inf)
        if dice.chance(SHARED_SITE) and np.isfinite(near).any():
            host = int(np.argmin(near))
            free[host] = False
            ids[number], latitude[number], longitude[number] = (
                hosts.ids[host],
                hosts.latitude[host],
                hosts.longitude[host],
            )
    draft.at["processing"] = Places(tuple(ids), guests.jurisdictions, latitude, longitude, guests.weight)


def stand_centres(draft: Draft) -> None:
    """Place the centres and list them."""
    places = stand(draft, "centre", draft.counts.centres)
    draft.add(
        "centres",
        (
            {
                "centre": centre,
                "jurisdiction": draft.jurisdictions[places.jurisdictions[number]],
                "latitude": places.latitude[number],
                "longitude": places.longitude[number],
            }
            for number, centre in enumerate(places.ids)
        ),
    )
