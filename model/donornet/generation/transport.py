"""How everything moves: modes with limits, and lanes to the nearest place where the modes do not reach."""

from __future__ import annotations

import numpy as np

from donornet.generation.draft import Draft, Places, Row
from donornet.generation.products import Product

DONOR_KM, PATIENT_KM, SAMPLE_KM, VAN_KM = 200, 40, 900, 700


def carry(draft: Draft, made: list[Product]) -> None:
    """Write transport modes and lanes."""
    own = [product for product in made if product.autologous]
    donated = [product for product in made if not product.autologous]
    several = any(len(product.work) > 1 for product in made)
    rows: list[Row] = []
    if donated:
        rows.append({"mode": "donor-travel", "carries": "donor", "cost": 150, "cost_per_km": 0.3, "max_km": DONOR_KM})
    if own:
        rows.append({"mode": "patient-travel", "carries": "patient", "cost": 60, "cost_per_km": 0.5,
                     "max_km": PATIENT_KM})  # fmt: skip
    if any(product.tested for product in made):
        rows.append({"mode": "sample-courier", "carries": "sample", "cost": 60, "cost_per_km": 0.03,
                     "km_per_day": 3000, "handling_days": 0.4, "max_km": SAMPLE_KM, "co2_kg_per_km": 0.05})  # fmt: skip
    if several:
        rows.append({"mode": "van", "carries": "material", "state": "fresh", "cost": 200, "cost_per_km": 0.7,
                     "km_per_day": 1200, "handling_days": 0.1, "max_km": VAN_KM, "co2_kg_per_km": 0.2})  # fmt: skip
        rows.append({"mode": "cryo-shipper", "carries": "material", "cost": 1400, "cost_per_km": 0.2,
                     "km_per_day": 6000, "handling_days": 1, "co2_kg_per_km": 0.25})  # fmt: skip
    rows.append({"mode": "dose-shipper", "carries": "doses", "cost": 800, "cost_per_km": 0.2, "km_per_day": 6000,
                 "handling_days": 0.7, "co2_kg_per_km": 0.2})  # fmt: skip
    draft.add("transport_modes", rows)
    _reach(draft, own=bool(own), donated=bool(donated), tested=any(product.tested for product in made))
    if draft.every:
        _arrange(draft)


def _reach(draft: Draft, *, own: bool, donated: bool, tested: bool) -> None:
    """Write lanes from places that no mode takes to a facility: to the nearest ones."""
    collection = draft.at["collection"]
    if donated:
        _to_nearest(draft, draft.at["donor"], collection, "donor-travel", DONOR_KM, (400, 0.4, 1))
    if own:
        _to_nearest(draft, draft.at["centre"], collection, "patient-travel", PATIENT_KM, (300, 0.4, 1))
    if tested:
        _to_nearest(draft, collection, draft.at["testing"], "sample-courier", SAMPLE_KM, (150, 0.03, 2))
        hub = _of(draft.at["testing"], 0)
        if len(hub):
            _to_nearest(draft, collection, hub, "sample-courier", SAMPLE_KM, (150, 0.03, 2), domestic=False)


def _of(places: Places, jurisdiction: int) -> Places:
    """Return the places of one jurisdiction."""
    own = np.flatnonzero(places.jurisdictions == jurisdiction)
    return Places(tuple(places.ids[n] for n in own), *(part[own] for part in _parts(places)))


def _parts(places: Places) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    return places.jurisdictions, places.latitude, places.longitude, places.weight


def _to_nearest(
    draft: Draft,
    origins: Places,
    ends: Places,
    mode: str,
    reach: float,
    price: tuple[float, float, float],
    *,
    domestic: bool = True,
) -> None:
    """Write a lane to the nearest end, at home where there is one, unless the mode reaches such an end by itself."""
    km = origins.distance(ends)
    home = origins.jurisdictions[:, None] == ends.jurisdictions[None, :]
    allowed = home | ~home.any(axis=1, keepdims=True) if domestic else np.ones_like(home)
    candidates = np.where(allowed, km, np.inf)
    nearest = np.argmin(candidates, axis=1)
    fixed, per_km, days = price
    listed = {(row["from"], row["to"]) for row in draft.tables.get("lanes", [])}
    for origin, end in enumerate(nearest.tolist()):
        distance = float(candidates[origin, end])
        pair = (origins.ids[origin], ends.ids[end])
        if distance <= reach or pair in listed or pair[0] == pair[1]:
            continue
        cost = round(fixed + per_km * distance)
        draft.add("lanes", [{"from": pair[0], "to": pair[1], "mode": mode, "unit_cost": cost, "days": days}])


def _arrange(draft: Draft) -> None:
    """Write contracts on some corridors from the last stage: cheaper, with a limited number of shipments."""
    stage = "manufacturing"
    plants, centres, dice = draft.at[stage], draft.at["centre"], draft.dice("lanes")
    km = plants.distance(centres)
    for plant in range(len(plants)):
        centre = int(dice.pick(centres.weight, 1)[0])
        cost = round((800 + 0.2 * float(km[plant, centre])) * dice.number(0.6, 0.9))
        capped = dice.chance(0.5)
        draft.add(
            "lanes",
            [
                {
                    "from": plants.ids[plant],
                    "to": centres.ids[centre],
                    "mode": "dose-shipper",
                    "unit_cost": cost,
                    "days": 1.5,
                    "max_units_per_year": 40 if capped else None,
                    "status": None if plant or len(plants) * len(centres) < 12 else "closed",
                }
            ],
        )
