"""Donor pools: groups in cities, registries that suffice with some recruiting, and what testing lets pass."""

from __future__ import annotations

import numpy as np

from donornet.generation.cities import JURISDICTIONS, cities_of
from donornet.generation.dice import figure, shares
from donornet.generation.draft import Draft, Places
from donornet.generation.places import appeal
from donornet.generation.products import Product

GROUPS = ("CAU", "API", "HIS", "AFA", "MIX")
COMMON = {
    "US": (0.6, 0.08, 0.18, 0.13, 0.03),
    "EU": (0.84, 0.05, 0.03, 0.06, 0.02),
    "JP": (0.01, 0.97, 0.005, 0.005, 0.01),
    "UK": (0.8, 0.1, 0.01, 0.05, 0.04),
    "CA": (0.68, 0.22, 0.03, 0.04, 0.03),
    "KR": (0.01, 0.97, 0.005, 0.005, 0.01),
    "AU": (0.75, 0.19, 0.02, 0.01, 0.03),
    "BR": (0.45, 0.02, 0.4, 0.08, 0.05),
    "CH": (0.88, 0.05, 0.02, 0.03, 0.02),
    "MX": (0.1, 0.01, 0.84, 0.02, 0.03),
    "TR": (0.9, 0.05, 0.01, 0.01, 0.03),
    "ZA": (0.08, 0.03, 0.01, 0.8, 0.08),
}
"""Share of each donor group in a jurisdiction (rounded; assumption)."""
DONATIONS_PER_DONOR = 0.02
"""Donations a registered donor is asked for in a year."""
PLENTY = 1.6
"""Donations that the registries allow at the start, relative to what the last period takes."""


def gather(draft: Draft, made: list[Product], wanted: dict[str, np.ndarray]) -> None:
    """Write donor pools and pass rates."""
    donated = [product for product in made if not product.autologous]
    if not donated:
        return
    draft.at["donor"] = places = _stand_pools(draft)
    need = sum(float(wanted[product.name][:, -1].sum()) * product.inflow(product_first(product)) for product in donated)
    dice = draft.dice("donors")
    weight = places.weight * dice.uniform(0.7, 1.3, len(places))
    donors = PLENTY * need / draft.years / DONATIONS_PER_DONOR * weight / weight.sum()
    travels = dice.uniform(0, 1, len(places)) < 0.3
    travels[:2] = (False, True)[: len(places)]  # both classes are there
    for number, pool in enumerate(places.ids):
        group = pool.rsplit("-", 1)[1]
        scarce = group.upper() != "CAU"
        draft.add(
            "donor_pools",
            [
                {
                    "pool": pool,
                    "jurisdiction": draft.jurisdictions[places.jurisdictions[number]],
                    "donor_group": group.upper(),
                    "risk_class": "travel" if travels[number] else "general",
                    "latitude": places.latitude[number],
                    "longitude": places.longitude[number],
                    "registry": max(10.0, figure(float(donors[number]))),
                    "recruits_per_year": max(5.0, figure(0.12 * float(donors[number]))),
                    "recruitment_cost": 60 if scarce else 45,
                    "attrition_per_year": 0.03,
                    "donations_per_year": DONATIONS_PER_DONOR,
                    "donation_cost": round(dice.number(5000, 9000), -2),
                }
            ],
        )
    _list_pass_rates(draft, donated)


def product_first(product: Product) -> str:
    """Return the first stage of a therapy."""
    return next(iter(product.work))


def _stand_pools(draft: Draft) -> Places:
    """Place the pools: every group of a city before the next city's, by population within a jurisdiction."""
    numbers = shares(draft.counts.pools, appeal(draft) ** 0.8)
    ids: list[str] = []
    where: list[tuple[int, float, float, float]] = []
    for position, number in enumerate(numbers.tolist()):
        name = draft.jurisdictions[position]
        cities, common = cities_of(name), np.array(COMMON[name])
        size = cities.people[:, None] * common[None, :] ** 0.6
        order = np.argsort(-size.ravel(), kind="stable")
        for turn in range(number):
            city, group = divmod(int(order[turn % size.size]), len(GROUPS))
            again = "" if turn < size.size else f"{turn // size.size + 1}-"
            ids.append(f"{cities.names[city]}-{again}{GROUPS[group].lower()}")
            people = float(cities.people[city] * common[group] ** 0.7) * JURISDICTIONS[name][1]
            where.append((position, cities.latitude[city], cities.longitude[city], people))
    spots = np.array(where, dtype=float).reshape(-1, 4)
    return Places(tuple(ids), spots[:, 0].astype(int), spots[:, 1], spots[:, 2], spots[:, 3])


def _list_pass_rates(draft: Draft, donated: list[Product]) -> None:
    """Write the share of donations that testing releases; one market is stricter."""
    present = list(dict.fromkeys(row["risk_class"] for row in draft.tables["donor_pools"]))
    for product in donated:
        for risk in present:
            rate = product.released[risk]
            draft.add("pass_rates", [{"therapy": product.name, "risk_class": risk, "pass_rate": rate}])
    markets = {int(position) for position in draft.at["centre"].jurisdictions}
    strict = draft.jurisdictions[max(markets)]
    draft.add(
        "pass_rates",
        (
            {"therapy": donated[0].name, "risk_class": risk, "market": strict,
             "pass_rate": round(donated[0].released[risk] - 0.05, 2)}
            for risk in present
        ),
    )  # fmt: skip
