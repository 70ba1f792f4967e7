"""A small instance to start from: it solves as it stands, and its notes say what each row is for."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from donornet.instance import Instance
from donornet.instance.build import from_rows
from donornet.io.files import write_text
from donornet.io.writer import write

_HEAD: dict[str, Any] = {
    "name": "template",
    "title": "Two sites, one donor pool, one therapy of each kind",
    "currency": "USD",
    "cost_year": 2025,
    "discount_rate": 0.05,
    "periods": {"count": 2, "days": 365, "first": 2027},
    "default_recognition": "never",
    "note": "All figures are invented; replace them row by row.",
}

_TABLES: dict[str, list[dict[str, Any]]] = {
    "jurisdictions": [
        {"jurisdiction": "home", "title": "Home", "note": "One row per regulator; a jurisdiction recognises itself."},
    ],
    "sites": [
        {"site": "north", "jurisdiction": "home", "organisation": "blood-service", "latitude": 48.1, "longitude": 11.6,
         "title": "Blood service", "note": "Sites, donor pools and centres need different ids."},
        {"site": "south", "jurisdiction": "home", "organisation": "manufacturer", "latitude": 45.5, "longitude": 9.2,
         "title": "Cell factory", "note": "Hand-offs are counted between organisations."},
    ],
    "facilities": [
        {"site": "north", "stage": "collection", "status": "open", "initial": "existing",
         "fixed_cost_per_year": 200_000,
         "capacity": 300, "note": "open: no decision; capacity in units entering per year."},
        {"site": "north", "stage": "testing", "status": "open", "initial": "existing", "fixed_cost_per_year": 100_000,
         "note": "A blank capacity is unlimited."},
        {"site": "north", "stage": "manufacturing", "opening_cost": 6_000_000, "fixed_cost_per_year": 900_000,
         "capacity": 60,
         "note": "A candidate that does not exist yet: the model decides whether to open it."},
        {"site": "south", "stage": "manufacturing", "initial": "existing", "closing_cost": 500_000,
         "fixed_cost_per_year": 1_200_000, "capacity": 40, "note": "A candidate that exists: it may be closed."},
    ],
    "capacity_steps": [
        {"site": "south", "stage": "manufacturing", "step": 1, "capacity": 30, "opening_cost": 2_000_000,
         "fixed_cost_per_year": 300_000, "note": "Adds to the facility's capacity; step 2 would need step 1."},
    ],
    "therapies": [
        {"therapy": "own-cells", "modality": "autologous", "route": "collection>manufacturing", "fresh_days": 3,
         "sample_days": 3, "vein_to_vein_days": 28, "title": "Autologous example",
         "note": "The patient's own cells, in a loop."},
        {"therapy": "donor-cells", "modality": "allogeneic", "route": "collection>manufacturing", "fresh_days": 3,
         "sample_days": 3, "shelf_life_days": 365, "title": "Allogeneic example",
         "note": "Doses may wait for one further period."},
    ],
    "operations": [
        {"stage": "collection", "unit_cost": 2_000, "days": 1, "note": "Blank therapy and site: every one (*)."},
        {"stage": "testing", "unit_cost": 300, "days": 2},
        {"stage": "manufacturing", "therapy": "own-cells", "unit_cost": 40_000, "days": 14, "yield": 0.95,
         "note": "Of 100 patients entering, 95 get a dose."},
        {"stage": "manufacturing", "therapy": "donor-cells", "unit_cost": 90_000, "days": 20, "output": 20,
         "yield": 0.9,
         "load": 1, "holding_cost_per_year": 500, "note": "One donation gives 20 doses, 90 % of them usable."},
    ],
    "donor_pools": [
        {"pool": "donors", "jurisdiction": "home", "donor_group": "group-1", "risk_class": "standard",
         "latitude": 48.4,
         "longitude": 10.9, "registry": 50, "recruits_per_year": 20, "recruitment_cost": 400,
         "attrition_per_year": 0.1,
         "donations_per_year": 1, "donation_cost": 1_500, "note": "A blank registry is unlimited supply."},
    ],
    "pass_rates": [
        {"therapy": "donor-cells", "risk_class": "standard", "pass_rate": 0.9, "note": "Share of donations released."},
        {"therapy": "own-cells", "pass_rate": 1, "note": "The patient's own cells are not discarded."},
    ],
    "panels": [
        {"panel": "basic", "markers": "HIV;HBV;HCV", "unit_cost": 150, "days": 1,
         "note": "Markers are separated by ';'."},
    ],
    "required_markers": [
        {"marker": "HIV", "note": "Blank market, risk class and therapy: required everywhere."},
        {"marker": "HBV"},
        {"marker": "HCV"},
    ],
    "transport_modes": [
        {"mode": "donor-travel", "carries": "donor", "cost": 50, "cost_per_km": 0.3, "km_per_day": 600},
        {"mode": "patient-travel", "carries": "patient", "cost": 100, "cost_per_km": 0.5, "km_per_day": 600},
        {"mode": "sample-courier", "carries": "sample", "cost": 40, "cost_per_km": 0.1, "km_per_day": 1_000},
        {"mode": "cell-courier", "carries": "material", "state": "fresh", "cost": 500, "cost_per_km": 1,
         "km_per_day": 1_000,
         "handling_days": 0.5, "co2_kg_per_km": 0.2, "note": "fresh: bound by the therapy's fresh_days."},
        {"mode": "dose-courier", "carries": "doses", "cost": 800, "cost_per_km": 1, "km_per_day": 1_000,
         "handling_days": 0.5,
         "co2_kg_per_km": 0.2},
    ],
    "centres": [
        {"centre": "hospital", "jurisdiction": "home", "latitude": 47.4, "longitude": 8.5, "title": "Hospital",
         "note": "Its jurisdiction is its market."},
    ],
    "demand": [
        {"centre": "hospital", "therapy": "own-cells", "period": "*", "doses": 25, "unmet_penalty": 400_000,
         "note": "Blank unmet_penalty: must be served."},
        {"centre": "hospital", "therapy": "donor-cells", "period": "2027", "doses": 80, "unmet_penalty": 250_000,
         "min_service": 0.5},
        {"centre": "hospital", "therapy": "donor-cells", "period": "2028", "doses": 120, "unmet_penalty": 250_000,
         "min_service": 0.5},
    ],
}  # fmt: skip

_README = """\
# A template instance

Two sites, one donor pool, one hospital; one autologous and one allogeneic therapy; two years. All figures are invented.

    donornet validate {name}
    donornet inspect {name}
    donornet solve {name}

`instance.toml` holds name, currency and periods; each CSV is one table. The column `note` says what a row is for; every
table also takes `source` (where a figure comes from) and `include` (`no` keeps a row without using it). A blank cell
means the default, which `donornet schema` lists for every column, with its unit. Tables that are not here (recognition,
licences, prohibitions, diversity, limits, ...) are added as further files of those names.
"""


def template_instance() -> Instance:
    """Return the template: an instance that solves as it stands."""
    return from_rows(_HEAD, _TABLES)


def template(path: str | os.PathLike[str], overwrite: bool = False) -> None:
    """Write the template instance as a folder (with a README), an ``.xlsx`` workbook or a ``.json`` file.

    Parameters
    ----------
    path
        Where to; the suffix says in which form.
    overwrite
        Whether an instance that is there may be replaced.

    Raises
    ------
    FileExistsError
        Something is there and `overwrite` is false.
    """
    path = Path(path)
    write(template_instance(), path, overwrite=overwrite)
    if path.is_dir() and (overwrite or not (path / "README.md").exists()):
        write_text(path / "README.md", _README.format(name=path.name))
