"""Write the derived tables of the instance from the files in ``sources/``.

Run ``python instances/car-t/build.py`` to rewrite them in place, or give another folder as the argument. The tables
that are kept by hand (jurisdictions, therapies, operations, transport_modes, recognition, licences, scenarios) are not
touched. README.md says where every figure comes from.
"""

from __future__ import annotations

import csv
import random
import sys
from pathlib import Path

HERE = Path(__file__).parent
DAYS = 90
SEED = 20270101
UNMET_PENALTY = 300000

# Cost of running slots [USD per slot and day]: small plants 23.1 k a day for 4 lines, medium 57.8 k for 10 (Sci Rep
# 2022;12:17365); about 5 800 a slot at either size. Reservations are paid for the whole quarter.
SLOT_DAY = 5800
COST_INDEX = {"US": 1.0, "EU": 0.88, "CH": 1.05}  # assumption after the regional comparison of Harrison et al. 2019

Row = dict[str, object]


def source(name: str) -> list[dict[str, str]]:
    """Read one file of ``sources/``."""
    with (HERE / "sources" / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def sites() -> list[Row]:
    """Real plants and apheresis units."""
    keep = ("site", "jurisdiction", "organisation", "latitude", "longitude", "title")
    note = {"found": "name and city found in public sources", "memory": "from memory; check before use"}
    return [{**{k: row[k] for k in keep}, "source": note[row["provenance"]]} for row in source("sites.csv")]


def facilities() -> tuple[list[Row], list[Row]]:
    """Apheresis units, plants and the ladders of further slots."""
    country = {row["site"]: row["jurisdiction"] for row in source("sites.csv")}
    rows: list[Row] = [
        {
            "site": row["collection"],
            "stage": "collection",
            "status": "open",
            "initial": "existing",
            "fixed_cost_per_year": 600000,
            "capacity": 4,
            "capacity_unit": "slots",
            "note": "four chairs for this therapy; assumption",
        }
        for row in source("centres.csv")
        if row["collection"]
    ]
    steps: list[Row] = []
    for row in source("plants.csv"):
        slot_day = round(SLOT_DAY * COST_INDEX[country[row["site"]]])
        slots = int(row["slots"])
        existing = row["initial"] == "existing"
        rows.append(
            {
                "site": row["site"],
                "stage": "manufacturing",
                "status": row["status"],
                "initial": row["initial"],
                "opening_cost": "" if existing else slots * slot_day * DAYS,
                "fixed_cost_per_year": slots * slot_day * 365 if existing else "",
                "capacity": slots,
                "capacity_unit": "slots",
                "note": row["note"] or "slots on offer assumed",
            }
        )
        steps.extend(
            {
                "site": row["site"],
                "stage": "manufacturing",
                "step": number,
                "capacity": row[f"step_{number}"],
                "opening_cost": int(row[f"step_{number}"]) * slot_day * DAYS,
            }
            for number in (1, 2)
            if row[f"step_{number}"]
        )
    return rows, steps


def demand() -> list[Row]:
    """Let each centre's patients of the quarter enter on random weekdays; day 1 is a Monday."""
    rng = random.Random(SEED)  # noqa: S311 (no cryptography)
    weekdays = [day for day in range(1, DAYS + 1) if (day - 1) % 7 < 5]
    rows: list[Row] = []
    for centre in source("centres.csv"):
        entries: dict[int, int] = {}
        for _ in range(int(centre["patients"])):
            day = weekdays[int(rng.random() * len(weekdays))]
            entries[day] = entries.get(day, 0) + 1
        rows.extend(
            {
                "centre": centre["centre"],
                "therapy": "cart",
                "period": day,
                "doses": entries[day],
                "unmet_penalty": UNMET_PENALTY,
            }
            for day in sorted(entries)
        )
    return rows


def write(folder: Path, table: str, rows: list[Row]) -> None:
    """Write one table."""
    columns = list(dict.fromkeys(name for row in rows for name in row))
    with (folder / f"{table}.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def main(folder: Path) -> None:
    """Write every derived table into the folder."""
    facility_rows, step_rows = facilities()
    centre_columns = ("centre", "jurisdiction", "latitude", "longitude", "title")
    tables: dict[str, list[Row]] = {
        "sites": sites(),
        "facilities": facility_rows,
        "capacity_steps": step_rows,
        "centres": [{column: row[column] for column in centre_columns} for row in source("centres.csv")],
        "demand": demand(),
    }
    for table, rows in tables.items():
        write(folder, table, rows)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE)
