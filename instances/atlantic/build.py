"""Write the derived tables of the instance from the files in ``sources/``.

Run ``python instances/atlantic/build.py`` to rewrite them in place, or give another folder as the argument. The tables
that are kept by hand (therapies, transport_modes, prohibitions, pass_rates, diversity, limits, scenarios, uncertainty,
jurisdictions) are not touched. README.md says where every figure comes from.
"""

from __future__ import annotations

import csv
import math
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

HERE = Path(__file__).parent
YEARS = range(2027, 2032)
EARTH_RADIUS_KM = 6371.0088
DAY_TRIP_KM = 90  # the same as max_km of patient-travel
MATRIX_COLUMN = {"US": "US", "EU": "EU", "UK": "UK", "JP": "Japan", "CA": "Canada"}
UNMET_PENALTY = {"cart-auto": 250000, "cart-allo": 150000, "hpc": 200000}  # USD per dose
LICENCE_FEE = {"manufacturing": (2500000, 300000), "testing": (400000, 80000)}  # USD, USD per year
ATTRITION = 0.03  # share of a registry lost per year, mostly by age

Row = dict[str, object]


def source(name: str) -> list[dict[str, str]]:
    """Read one file of ``sources/``."""
    with (HERE / "sources" / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def kilometres(a: dict[str, str], b: dict[str, str]) -> float:
    """Return the great-circle distance between two rows with coordinates [km]."""
    lat_a, lon_a, lat_b, lon_b = (
        math.radians(float(x)) for x in (a["latitude"], a["longitude"], b["latitude"], b["longitude"])
    )
    chord = math.sin((lat_b - lat_a) / 2) ** 2 + math.cos(lat_a) * math.cos(lat_b) * math.sin((lon_b - lon_a) / 2) ** 2
    return 2 * EARTH_RADIUS_KM * math.asin(math.sqrt(chord))


def picked(row: dict[str, str], *columns: str) -> Row:
    """Keep some columns of a row."""
    return {column: row[column] for column in columns}


def sites() -> Iterator[Row]:
    """Name the real sites, their jurisdiction and the organisation that runs them."""
    note = {"found": "name and city found in public sources", "memory": "from memory; check before use"}
    for row in source("sites.csv"):
        columns = picked(row, "site", "jurisdiction", "organisation", "latitude", "longitude", "title")
        yield columns | {"source": note[row["provenance"]]}


def centres() -> Iterator[Row]:
    """Name the treatment centres."""
    for row in source("centres.csv"):
        yield picked(row, "centre", "jurisdiction", "latitude", "longitude", "title")


def hospitals() -> Iterator[Row]:
    """Price collection and processing facilities; capacity in collections (grafts) a year."""
    for row in source("collection.csv"):
        potential = row["initial"] == "potential"
        yield {
            "site": row["site"],
            "stage": "collection",
            "status": "candidate" if potential else "open",
            "initial": row["initial"],
            "opening_cost": 1200000 if potential else "",
            "closing_cost": "",
            "fixed_cost_per_year": 120000 + 500 * int(row["capacity"]),
            "capacity": row["capacity"],
            "opens_from": "",
            "note": "capacity and cost assumed",
        }
        if row["processing"]:
            potential = row["processing_initial"] == "potential"
            yield {
                "site": row["site"],
                "stage": "processing",
                "status": "candidate",
                "initial": row["processing_initial"],
                "opening_cost": 2500000 if potential else "",
                "closing_cost": "" if potential else 200000,
                "fixed_cost_per_year": 150000 + 300 * int(row["processing"]),
                "capacity": row["processing"],
                "note": "capacity and cost assumed",
            }


def labs() -> Iterator[Row]:
    """Price donor testing laboratories; capacity in donors a year."""
    for row in source("labs.csv"):
        yield {
            "site": row["site"],
            "stage": "testing",
            "status": "candidate",
            "initial": "existing",
            "closing_cost": 50000,
            "fixed_cost_per_year": 100000 + 20 * int(row["capacity"]),
            "capacity": row["capacity"],
            "note": "contracted share and cost assumed",
        }


def plants() -> Iterator[Row]:
    """Price manufacturing facilities; capacity in patient batches a year."""
    costs = {row["kind"]: row for row in source("costs.csv")}
    for row in source("plants.csv"):
        capacity = int(row["capacity"])
        fixed = capacity * int(costs[row["kind"]]["fixed"])
        potential = row["initial"] == "potential"
        yield {
            "site": row["site"],
            "stage": "manufacturing",
            "status": row["status"],
            "initial": row["initial"],
            "opening_cost": capacity * int(costs[row["kind"]]["capital"]) if potential else "",
            "closing_cost": "" if potential or row["status"] == "open" else fixed // 4,
            "fixed_cost_per_year": fixed,
            "capacity": capacity,
            "opens_from": row["opens_from"],
            "note": row["note"],
        }


def capacity_steps() -> Iterator[Row]:
    """Price the ladders of apheresis units and plants."""
    for row in source("collection.csv"):
        if row["step"]:
            added = int(row["step"])
            yield {
                "site": row["site"],
                "stage": "collection",
                "step": 1,
                "capacity": added,
                "opening_cost": 3000 * added,
                "fixed_cost_per_year": 800 * added,
            }
    costs = {row["kind"]: row for row in source("costs.csv")}
    for row in source("plants.csv"):
        for step in (1, 2):
            if row[f"step_{step}"]:
                added = int(row[f"step_{step}"])
                yield {
                    "site": row["site"],
                    "stage": "manufacturing",
                    "step": step,
                    "capacity": added,
                    "opening_cost": added * int(costs[row["kind"]]["capital"]),
                    "fixed_cost_per_year": added * int(costs[row["kind"]]["fixed"]),
                }


def operations() -> Iterator[Row]:
    """Give unit costs, times and yields; manufacturing by plant, with the plant's cost index."""
    country = {row["site"]: row["jurisdiction"] for row in source("sites.csv")}
    index = {row["jurisdiction"]: float(row["index"]) for row in source("cost_index.csv")}
    running = {row["kind"]: float(row["running"]) for row in source("costs.csv")}
    makes = {"cart-auto": ("auto", "both"), "cart-allo": ("allo", "both")}
    for row in source("operations.csv"):
        if row["stage"] != "manufacturing":
            yield {**row, "site": "*"}
            continue
        for plant in source("plants.csv"):
            if plant["therapies"] in makes[row["therapy"]]:
                cost = int(row["unit_cost"]) * index[country[plant["site"]]] * running[plant["kind"]]
                yield {**row, "site": plant["site"], "unit_cost": round(cost)}


def pool(row: dict[str, str], registry: float) -> Row:
    """Return the columns that every donor pool takes from its source."""
    return {
        **picked(row, "donor_group", "risk_class"),
        "registry": round(registry),
        "recruits_per_year": round(float(row["recruits_share"]) * registry),
        "attrition_per_year": ATTRITION,
        **picked(row, "recruitment_cost", "donations_per_year", "donation_cost"),
    }


def donor_pools() -> Iterator[Row]:
    """Size the donor pools: the US registry by region and group, then those named in registries.csv."""
    counts: dict[str, float] = {}
    for row in source("registry_counts_21_groups.csv"):
        group = row["nmdp_broad_race_group"]
        counts[group] = counts.get(group, 0) + float(row["Count"])
    for region in source("regions.csv"):
        for row in source("us_groups.csv"):
            group = row["donor_group"]
            yield {
                "pool": f"us-{region['region']}-{group.lower()}",
                "jurisdiction": "US",
                **picked(region, "latitude", "longitude"),
                **pool(row, round(counts[group] * float(region[group]), -2)),
                "title": f"US registry {group}, {region['city']} region",
                "source": "counts: Gragert et al. 2013",
            }
    for row in source("registries.csv"):
        place = picked(row, "pool", "jurisdiction", "latitude", "longitude")
        yield place | pool(row, float(row["registry"])) | picked(row, "title", "source")


def required_markers() -> list[Row]:
    """List markers by market and risk class from the testing matrix.

    R (also R?) and S are required of every donor; C of donors of risk class travel where the marker depends on
    travel or origin. O, H and N ask for no laboratory test.
    """
    marker = {row["test"]: row for row in source("markers.csv")}
    rows: list[Row] = []
    for market, column in MATRIX_COLUMN.items():
        for test in source("donor_testing_matrix.csv"):
            code = test[column].rstrip("?")
            wanted = code in ("R", "S")
            if test["test"] in marker and (wanted or (code == "C" and marker[test["test"]]["travel"])):
                row: Row = {"market": market, "risk_class": "*" if wanted else "travel"}
                rows.append(row | {"marker": marker[test["test"]]["marker"], "source": f"code {test[column]}"})
    return rows


def panels() -> Iterator[Row]:
    """Fill each panel with the markers that its markets require."""
    required = required_markers()
    for row in source("panels.csv"):
        risks = {"*", "travel"} if row["travel"] else {"*"}
        wanted = {r["marker"] for r in required if r["market"] in row["markets"].split() and r["risk_class"] in risks}
        markers = [marker["marker"] for marker in source("markers.csv") if marker["marker"] in wanted]
        yield {
            "panel": row["panel"],
            "markers": ";".join(markers),
            "unit_cost": row["unit_cost"],
            "days": 1,
            "source": row["note"],
        }


def lab_panels() -> Iterator[Row]:
    """Say which laboratory offers which panel."""
    for row in source("labs.csv"):
        for panel in row["panels"].split(";"):
            yield {"site": row["site"], "panel": panel}


def recognition() -> Iterator[Row]:
    """Spread the verdicts over single pairs of jurisdictions."""
    for row in source("recognition.csv"):
        for origin in row["from"].split():
            for market in row["market"].split():
                yield {**row, "from": origin, "market": market}


def licences() -> Iterator[Row]:
    """List held and obtainable licences with their fees."""
    for row in source("licences.csv"):
        opening, yearly = LICENCE_FEE[row["stage"]]
        for status in ("held", "obtainable"):
            for market in row[status].split():
                yield {
                    **picked(row, "site", "stage"),
                    "market": market,
                    "status": status,
                    "opening_cost": opening if status == "obtainable" else "",
                    "fixed_cost_per_year": yearly,
                    "available_from": row["available_from"] if status == "obtainable" else "",
                    "note": row["note"],
                }


def lanes() -> Iterator[Row]:
    """List the journeys that planners arrange one by one, and patients' ways to the two nearest distant sites."""
    places = {row["site"]: row for row in source("sites.csv")} | {row["centre"]: row for row in source("centres.csv")}
    regions = {f"us-{row['region']}": row for row in source("regions.csv")}
    for row in source("journeys.csv"):
        km = kilometres(regions.get(row["from"]) or places[row["from"]], places[row["to"]])
        rest = {
            **picked(row, "to", "mode"),
            "unit_cost": round(float(row["cost"]) + float(row["cost_per_km"]) * km),
            "days": row["days"],
        }
        if row["from"] in regions:
            for group in source("us_groups.csv"):
                yield {"from": f"{row['from']}-{group['donor_group'].lower()}"} | rest
        else:
            yield {"from": row["from"]} | rest
    collection = [places[row["site"]] for row in source("collection.csv")]
    for centre in source("centres.csv"):
        near = [site for site in collection if site["jurisdiction"] == centre["jurisdiction"]]
        reach = sorted((kilometres(centre, site), site["site"]) for site in near)
        if reach[0][0] > DAY_TRIP_KM:
            for km, site in reach[:2]:
                yield {
                    "from": centre["centre"],
                    "to": site,
                    "mode": "patient-travel",
                    "unit_cost": round(400 + 0.4 * km),
                    "days": 1,
                }


def demand() -> Iterator[Row]:
    """Share each market's demand, growing at a constant rate, among its centres by weight."""
    for total in source("demand.csv"):
        first, last = float(total["2027"]), float(total["2031"])
        members = [row for row in source("centres.csv") if row["jurisdiction"] == total["market"]]
        weight = sum(int(row["weight"]) for row in members)
        for centre in members:
            for year in YEARS:
                market = first * (last / first) ** ((year - YEARS[0]) / (len(YEARS) - 1))
                yield {
                    "centre": centre["centre"],
                    "therapy": total["therapy"],
                    "period": year,
                    "doses": max(1, math.floor(market * int(centre["weight"]) / weight + 0.5)),
                    "unmet_penalty": UNMET_PENALTY[total["therapy"]],
                }


def groups() -> Iterator[Row]:
    """Collect the groups that the rules name."""
    plant_rows = source("plants.csv")
    pools = [row["pool"] for row in source("registries.csv")]
    members = {
        "car-t": ["cart-auto", "cart-allo"],
        "autologous-plants": [row["site"] for row in plant_rows if row["therapies"] != "allo"],
        "allogeneic-plants": [row["site"] for row in plant_rows if row["therapies"] != "auto"],
        "donor-centres": [row["site"] for row in source("collection.csv") if row["donor_centre"]],
        "paid-donors": [name for name in pools if name.startswith("paid-")],
        "unpaid-only": ["EU", "UK", "JP", "CA"],
        "under-represented": ["AFA", "API", "HIS", "NAM"],
    }
    for group, names in members.items():
        for name in names:
            yield {"group": group, "member": name}


def write(folder: Path, table: str, rows: Iterable[Row]) -> None:
    """Write one table with the columns of its first row."""
    listed = list(rows)
    with (folder / f"{table}.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(listed[0]), restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(listed)


def main(folder: Path) -> None:
    """Write every derived table into the folder."""
    write(folder, "facilities", [*hospitals(), *labs(), *plants()])
    for make in (
        sites,
        centres,
        capacity_steps,
        operations,
        donor_pools,
        required_markers,
        panels,
        lab_panels,
        recognition,
        licences,
        lanes,
        demand,
        groups,
    ):
        write(folder, make.__name__, make())


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE)
