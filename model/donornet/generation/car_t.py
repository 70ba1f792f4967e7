"""The family ``car-t``: an autologous therapy day by day; patients enter on weekdays, plants sell slots."""

from __future__ import annotations

import numpy as np

from donornet.generation.dice import figure, shares
from donornet.generation.draft import Draft, Row
from donornet.generation.places import choose_jurisdictions, stand_centres, stand_sites
from donornet.generation.rules import ODDS, VERDICTS

COLLECTION_DAYS, MAKING_DAYS, SLOT_DAYS, LIMIT_DAYS = 1, 14, 7, 20
"""Days of leukapheresis, of making with release, of those in a slot; longest vein to vein."""
SLOT_DAY = 5800
"""Cost of running a slot [currency/day]: 23.1 k USD a day for 4 lines (Sci Rep 2022;12:17365)."""
PATIENT_KM = 250


def draw_car_t(draft: Draft) -> None:
    """Fill the draft: patients, apheresis units, plants with slots, two speeds of transport.

    Raises
    ------
    ValueError
        More jurisdictions than are known.
    """
    counts = draft.counts
    draft.head |= {
        "title": f"Autologous CAR-T, {counts.patients} patients in {counts.periods} days, seed {draft.seed}",
        "currency": "USD",
        "cost_year": 2025,
        "days_per_year": 365,
        "periods": {"count": counts.periods, "days": 1, "first": 1},
    }
    choose_jurisdictions(draft)
    stand_centres(draft)
    stand_sites(draft, {"collection": counts.collection, "manufacturing": counts.manufacturing})
    draft.add("therapies", [{
        "therapy": "cart", "modality": "autologous", "route": "collection>manufacturing", "tested": "no",
        "fresh_days": 2, "vein_to_vein_days": LIMIT_DAYS, "demand_at": "entry",
    }])  # fmt: skip
    draft.add("operations", [
        {"stage": "collection", "therapy": "cart", "unit_cost": 4500, "days": COLLECTION_DAYS, "occupancy_days": 1},
        {"stage": "manufacturing", "therapy": "cart", "unit_cost": 19800, "days": MAKING_DAYS, "yield": 0.955,
         "occupancy_days": SLOT_DAYS},
    ])  # fmt: skip
    peak = _enter(draft)
    _offer_slots(draft, peak)
    _recognise(draft)
    _carry(draft)


def _enter(draft: Draft) -> np.ndarray:
    """Write who enters when, on weekdays; day 1 is a Monday. Return patients by centre."""
    dice, centres = draft.dice("patients"), draft.at["centre"]
    weekdays = np.array([day for day in draft.periods if (day - 1) % 7 < 5])
    patients = shares(draft.counts.patients, centres.weight**0.5)
    for number, centre in enumerate(centres.ids):
        days = weekdays[dice.pick(np.ones(len(weekdays)), int(patients[number]))]
        entering, times = np.unique(days, return_counts=True)
        draft.add(
            "demand",
            (
                {"centre": centre, "therapy": "cart", "period": int(day), "doses": int(doses), "unmet_penalty": 300_000}
                for day, doses in zip(entering, times, strict=True)
            ),
        )
    return patients


def _offer_slots(draft: Draft, patients: np.ndarray) -> None:
    """Write apheresis units with chairs, and plants whose slots together are twice what is needed on average."""
    days, dice = draft.counts.periods, draft.dice("slots")
    daily = float(patients.sum()) / days
    units, plants, km = (
        draft.at["collection"],
        draft.at["manufacturing"],
        draft.at["centre"].distance(draft.at["collection"]),
    )
    near = np.zeros(len(units))
    np.add.at(near, np.argmin(km, axis=1), patients / days)
    chairs = np.ceil(4 * near + 0.5 * daily / len(units)) + 1
    draft.add(
        "facilities",
        (
            {"site": site, "stage": "collection", "status": "open", "initial": "existing",
             "fixed_cost_per_year": 150_000 * int(chairs[number]), "capacity": int(chairs[number]),
             "capacity_unit": "slots"}
            for number, site in enumerate(units.ids)
        ),
    )  # fmt: skip
    weight = dice.uniform(0.5, 1.5, len(plants))
    slots = np.maximum(1, np.ceil(1.6 * daily * SLOT_DAYS * weight / weight.sum())).astype(int)
    for number, site in enumerate(plants.ids):
        price, count = figure(SLOT_DAY * dice.number(0.85, 1.15)) * days, int(slots[number])
        row: Row = {"site": site, "stage": "manufacturing", "capacity": count, "capacity_unit": "slots"}
        draft.add("facilities", [row | {"opening_cost": price * count}])
        step = max(1, -(-count // 2))
        draft.add(
            "capacity_steps",
            (
                {"site": site, "stage": "manufacturing", "step": turn, "capacity": step,
                 "opening_cost": figure(0.9 * price * step, 4)}
                for turn in (1, 2)
            ),
        )  # fmt: skip


def _recognise(draft: Draft) -> None:
    """Write recognition of plants; every market accepts those of the first jurisdiction."""
    dice = draft.dice("recognition")
    markets = sorted({int(position) for position in draft.at["centre"].jurisdictions})
    for stage in ("collection", "manufacturing"):
        for origin in sorted({int(position) for position in draft.at[stage].jurisdictions}):
            for market in markets:
                if origin == market:
                    continue
                verdict = "recognised" if origin == 0 else dice.one(VERDICTS, ODDS["collection"])
                row: Row = {"stage": stage, "from": draft.jurisdictions[origin], "market": draft.jurisdictions[market]}
                row |= {"verdict": verdict}
                row |= {"unit_cost": 500, "days": 1} if verdict == "bridging" else {}
                draft.add("recognition", [row])


def _carry(draft: Draft) -> None:
    """Write two speeds of transport each way, and patients' journeys to the nearest unit where it is far."""
    draft.add("transport_modes", [
        {"mode": "patient-travel", "carries": "patient", "cost": 100, "cost_per_km": 0.6, "max_km": PATIENT_KM},
        {"mode": "courier", "carries": "material", "state": "fresh", "cost": 350, "cost_per_km": 0.12,
         "km_per_day": 1800, "handling_days": 0.6, "max_km": 2500, "co2_kg_per_km": 0.08},
        {"mode": "premium", "carries": "material", "state": "fresh", "cost": 900, "cost_per_km": 0.4,
         "km_per_day": 12000, "handling_days": 0.3, "co2_kg_per_km": 0.2},
        {"mode": "cryo-courier", "carries": "doses", "cost": 700, "cost_per_km": 0.14, "km_per_day": 1800,
         "handling_days": 0.6, "max_km": 2500, "co2_kg_per_km": 0.1},
        {"mode": "cryo-premium", "carries": "doses", "cost": 1350, "cost_per_km": 0.27, "km_per_day": 12000,
         "handling_days": 0.4, "co2_kg_per_km": 0.25},
    ])  # fmt: skip
    centres, units = draft.at["centre"], draft.at["collection"]
    km = centres.distance(units)
    home = centres.jurisdictions[:, None] == units.jurisdictions[None, :]
    km = np.where(home | ~home.any(axis=1, keepdims=True), km, np.inf)
    draft.add(
        "lanes",
        (
            {"from": centres.ids[number], "to": units.ids[end], "mode": "patient-travel",
             "unit_cost": round(300 + 0.4 * float(km[number, end])), "days": 1}
            for number, end in enumerate(np.argmin(km, axis=1).tolist())
            if km[number, end] > PATIENT_KM
        ),
    )  # fmt: skip
