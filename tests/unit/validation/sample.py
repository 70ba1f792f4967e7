"""A small instance that uses every table and that no check objects to; tests change one thing about it."""
# ruff: noqa: E501 - tables, wide on purpose

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

import pandas as pd

from donornet.instance import Head, Instance
from donornet.instance.build import typed

Row = Mapping[str, Any]

HEAD: dict[str, Any] = {"name": "sample", "periods": {"count": 3, "days": 365, "first": 2027}}


def table(columns: str, *rows: str) -> list[dict[str, str]]:
    """Return rows from cells separated by blanks; ``-`` is a blank cell."""
    names = columns.split()
    return [dict(zip(names, ("" if cell == "-" else cell for cell in row.split()), strict=True)) for row in rows]


TABLES: dict[str, list[dict[str, str]]] = {
    "jurisdictions": table("jurisdiction", "US", "EU"),
    "sites": table(
        "site jurisdiction organisation latitude longitude",
        "boston US mgh 42 -71", "austin US mgh 30 -98", "paris EU aphp 49 2", "leiden EU lumc 52 4",
    ),
    "facilities": table(
        "site stage status initial opening_cost capacity capacity_unit min_load opens_from",
        "boston collection open existing - 1000 - - -",
        "paris collection candidate - 5 1000 - - -",
        "boston testing open existing - 5000 - - -",
        "austin processing candidate - 9 - - - 2028",
        "boston processing candidate - 9 - - - -",
        "leiden manufacturing candidate - 9 400 - 0.1 -",
        "austin manufacturing candidate - 9 50 slots - -",
    ),
    "capacity_steps": table(
        "site stage step capacity opening_cost", "leiden manufacturing 1 100 3", "leiden manufacturing 2 100 3"
    ),
    "therapies": table(
        "therapy modality route tested vein_to_vein_days shelf_life_days demand_at",
        "allo allogeneic collection>processing>manufacturing - - 400 -",
        "auto autologous collection>manufacturing - 30 - entry",
    ),
    "operations": table(
        "stage therapy site unit_cost days yield load",
        "collection * * 1 1 - -", "testing * * 1 1 - -", "processing allo * 2 1 0.9 -", "manufacturing * * 10 9 0.9 -",
        "manufacturing auto leiden 12 9 0.9 2",
    ),
    "donor_pools": table(
        "pool jurisdiction donor_group risk_class latitude longitude registry recruits_per_year donation_cost",
        "us-a US A low 40 -75 500 20 1", "us-b US B low 40 -90 100 50 1", "eu-a EU A high 48 3 500 - 1",
    ),
    "pass_rates": table("therapy risk_class market pass_rate", "* * * 0.9", "allo high * 0.8"),
    "panels": table("panel markers unit_cost", "basic HIV;HBV 1", "full HIV;HBV;HCV 2"),
    "lab_panels": table("site panel", "boston basic", "boston full"),
    "required_markers": table("market risk_class therapy marker", "* * * HIV", "eu-like high allo HCV"),
    "transport_modes": table(
        "mode carries from_stage to_stage cost cost_per_km km_per_day max_km",
        "visit donor * * 1 - - 9000", "trip patient * * 1 - - -", "courier sample * * 1 - 3000 9000",
        "air material * * 1 0.01 9000 -", "road material processing manufacturing 1 0.01 900 2000", "cold doses * * 1 - 9000 -",
    ),
    "lanes": table(
        "from to mode therapy unit_cost days status",
        "paris boston air * 3 1 open", "boston leiden charter * 3 1 open", "paris boston air allo 3 1 closed",
    ),
    "centres": table("centre jurisdiction latitude longitude", "nyc US 41 -74", "lyon EU 46 5"),
    "demand": table(
        "centre therapy period doses unmet_penalty min_service",
        "nyc allo * 20 - -", "nyc allo 2028 30 - -", "lyon allo * 10 500 0.5", "nyc auto * 10 500 -", "lyon auto * 10 500 -",
    ),
    "recognition": table(
        "stage from market therapy verdict unit_cost days yield valid_from valid_to",
        "* US eu-like * recognised - - - - 2028", "* US eu-like * bridging 2 3 0.9 2029 -", "* EU US * recognised - - - - -",
        "manufacturing EU US allo licence - - - - -",
    ),
    "licences": table("site stage market status opening_cost available_from", "leiden manufacturing US obtainable 5 2028"),
    "prohibitions": table(
        "rule therapy donor risk_class collection testing panel manufacturing market",
        "no-high allo - high - - - - US", "no-eu-to-us - EU - - !US - - US", "full-only allo - - !boston - basic - -",
    ),
    "diversity": table(
        "requirement therapy market period measure of member value level",
        "count-b allo US * min_count - B 5 -", "share-b allo US - min_share - B 0.1 -",
        "hill - - - min_effective_groups - - 1.2 -", "cover - US 2028 match_coverage - white 0.5 -",
        "registered - - * min_count - B 5 registry",
    ),
    "patient_groups": table("market patient_group share", "US white 0.6", "US other 0.4", "EU white 1"),
    "match_classes": table(
        "patient_group match_class weight", "white c1 0.7", "white c2 0.3", "other c2 1",
    ),
    "match_probabilities": table("match_class donor_group probability", "c1 A 0.1", "c2 A 0.01", "c2 B 0.1"),
    "limits": table(
        "limit measure stage site therapy jurisdiction market period scope sense value penalty",
        "few open_facilities manufacturing - - - - * - max 2 -", "served unmet_share - - auto - US - - max 0.5 -",
        "near km - - allo - - - - max 9000 1", "budget investment - - - eu-like - - - max 900 -",
    ),
    "groups": table("group member", "eu-like EU"),
    "scenarios": table(
        "scenario order table where set",
        "boom 1 demand therapy=a*;centre=nyc doses*=1.2", "boom 2 facilities site=leiden capacity+=100",
        "shut 1 facilities site=austin;stage=manufacturing status=closed", "bust 1 demand centre=lyon doses*=0.5",
    ),
    "uncertainty": table("scenario probability", "base 0.5", "bust 0.5"),
}  # fmt: skip


def sample(
    changes: Mapping[str, Iterable[Row] | None] | None = None, head: Mapping[str, Any] | None = None
) -> Instance:
    """Return the sample with some tables replaced; None leaves a table out."""
    changed = {name: None if rows is None else typed(name, rows) for name, rows in (changes or {}).items()}
    frames = {**_typed_tables(), **changed}
    return Instance(
        Head.model_validate({**HEAD, **(head or {})}), {name: rows for name, rows in frames.items() if rows is not None}
    )


@cache
def _typed_tables() -> dict[str, pd.DataFrame]:
    return {name: typed(name, rows) for name, rows in TABLES.items()}


def with_cells(name: str, number: int, **cells: Any) -> list[Row]:
    """Return the rows of a table with some cells of one row, by its number in the file, replaced."""
    return [{**row, **(cells if line == number else {})} for line, row in enumerate(TABLES[name], start=2)]


def with_row(name: str, **cells: Any) -> list[Row]:
    """Return the rows of a table and one more."""
    return [*TABLES[name], cells]
