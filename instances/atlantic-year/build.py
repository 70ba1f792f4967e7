"""Write this instance: one representative year of ``instances/atlantic``, with its centres gathered into regions.

Run ``python instances/atlantic-year/build.py`` to rewrite the folder in place, or give another folder as the argument.
README.md says what is gathered, scaled and left out.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd

import donornet as dn
from donornet.instance import Instance

HERE = Path(__file__).parent
YEAR = 2031
REGIONS = (
    *("newyork", "atlanta", "chicago", "houston", "losangeles", "seattle", "toronto", "vancouver"),
    *("london", "manchester", "paris", "cologne", "milan", "madrid", "warsaw", "tokyo", "kyoto"),
)
"""Centres that stand for their surroundings."""
HUBS = (
    *(
        "newyork-msk",
        "atlanta-winship",
        "chicago-uchicago",
        "houston-mdanderson",
        "duarte-cityofhope",
        "seattle-fredhutch",
    ),
    *("toronto-pmh", "vancouver-vgh", "london-uclh", "manchester-christie", "paris-saintlouis", "cologne-cellex"),
    *("milan-sanraffaele", "madrid-12octubre", "warsaw-wum", "tokyo-toranomon", "kyoto-university"),
    *("singapore-sgh", "melbourne-petermac", "petahtikva-ezermizion", "rio-inca"),
)
"""Collection sites that stand for those of their region."""
INSTALMENT = 0.05 / (1 - 1.05**-10)
"""What a year pays of one unit of opening money: ten yearly instalments at 5 %."""
NEAR = 1.0
"""A hub within this distance of a centre collects from its patients [degrees]."""
EARLIER = 4
"""Years before this one in which the registries have recruited all they could [years]."""
YEARS = 5
"""Horizon of the source: its five-year totals become yearly ones."""


def main(target: Path) -> None:
    """Write the tables below `target`."""
    source = dn.read(HERE.parent / "atlantic")
    tables = {name: rows.copy() for name, rows in source.tables.items()}
    regions = _nearest(tables["centres"], "centre", REGIONS)
    hubs = _nearest(tables["sites"], "site", HUBS)
    tables["demand"] = _demand(tables["demand"], regions)
    tables["centres"] = tables["centres"][tables["centres"]["centre"].isin(REGIONS)]
    tables["facilities"] = _facilities(tables["facilities"], hubs)
    _follow_patients(tables)
    tables["capacity_steps"] = _steps(tables["capacity_steps"], hubs)
    tables["recognition"] = _recognition(tables["recognition"])
    tables["licences"]["available_from"] = np.nan
    for name, columns in {
        "facilities": ("opening_cost", "closing_cost"),
        "capacity_steps": ("opening_cost",),
        "licences": ("opening_cost",),
    }.items():
        for column in columns:
            tables[name][column] = (tables[name][column] * INSTALMENT).round(-2)
    _to_one_year(tables)
    tables["scenarios"] = tables["scenarios"][~tables["scenarios"]["scenario"].str.startswith("demand-")]
    tables["uncertainty"] = tables["uncertainty"].iloc[:0]
    _leave_out(tables)
    head = source.head.model_copy(
        update={
            "name": "atlantic-year",
            "title": f"One year of the transatlantic donor network, by region ({YEAR})",
            "periods": source.head.periods.model_copy(update={"count": 1, "first": YEAR}),
        }
    )
    dn.write(Instance(head, {name: rows for name, rows in tables.items() if len(rows)}), target, overwrite=True)


def _nearest(places: pd.DataFrame, key: str, kept: tuple[str, ...]) -> dict[str, str]:
    """Map every place to the nearest kept one of its jurisdiction, itself where it is kept or alone."""
    nearest: dict[str, str] = {}
    for _, rows in places.groupby("jurisdiction"):
        targets = rows[rows[key].isin(kept)]
        for row in rows.to_dict("records"):
            if targets.empty:
                nearest[row[key]] = row[key]
                continue
            east = (targets["longitude"] - row["longitude"]) * np.cos(np.radians(row["latitude"]))
            distance = np.hypot(targets["latitude"] - row["latitude"], east)
            nearest[row[key]] = str(targets[key].iloc[int(distance.to_numpy().argmin())])
    return nearest


def _demand(demand: pd.DataFrame, regions: dict[str, str]) -> pd.DataFrame:
    """Gather the year's demand by region."""
    rows = demand[demand["period"].astype(str) == str(YEAR)].assign(
        centre=lambda rows: rows["centre"].map(regions), period="*"
    )
    sums = rows.groupby(["centre", "therapy"], sort=False)["doses"].sum()
    rows = rows.drop_duplicates(["centre", "therapy"])
    return rows.assign(doses=[sums[key] for key in rows[["centre", "therapy"]].itertuples(index=False, name=None)])


def _facilities(facilities: pd.DataFrame, hubs: dict[str, str]) -> pd.DataFrame:
    """Gather collection and processing at the hubs: capacities and costs add up."""
    local = facilities["stage"].isin(["collection", "processing"])
    rows = facilities[local].assign(site=facilities.loc[local, "site"].map(hubs))
    rows = rows.assign(first=rows["initial"].ne("existing")).sort_values("first", kind="stable").drop(columns="first")
    sums = rows.groupby(["site", "stage"], sort=False)[["capacity", "fixed_cost_per_year", "closing_cost"]].sum()
    kept = rows.drop_duplicates(["site", "stage"]).set_index(["site", "stage"])
    kept.update(sums)
    others = facilities[~local].assign(opens_from=np.nan)
    return pd.concat([kept.reset_index()[facilities.columns], others], ignore_index=True)


def _follow_patients(tables: dict[str, pd.DataFrame]) -> None:
    """Give a hub at least its patients' share of the jurisdiction's collection: patients do not travel far."""
    patients = tables["demand"].groupby("centre")["doses"].sum()
    at = tables["centres"].assign(patients=tables["centres"]["centre"].map(patients))
    at = at.merge(tables["sites"][["site", "latitude", "longitude"]], how="cross", suffixes=("", "_site"))
    near = np.hypot(at["latitude"] - at["latitude_site"], at["longitude"] - at["longitude_site"]) < NEAR
    share = at[near & at["site"].isin(HUBS)].groupby(["jurisdiction", "site"])["patients"].sum()
    share /= share.groupby("jurisdiction").transform("sum")
    facilities = tables["facilities"]
    for _, shares in share.groupby("jurisdiction"):
        sites = shares.droplevel("jurisdiction")
        mine = (facilities["stage"] == "collection") & facilities["site"].isin(sites.index)
        for column, digits in (("capacity", -1), ("fixed_cost_per_year", -3)):
            total = facilities.loc[mine, column].sum()
            spread = facilities.loc[mine, "site"].map(sites) * total
            facilities.loc[mine, column] = np.maximum(spread, facilities.loc[mine, column]).round(digits)


def _steps(steps: pd.DataFrame, hubs: dict[str, str]) -> pd.DataFrame:
    """Keep the ladders of the hubs and of all other stages."""
    return steps[(steps["stage"] != "collection") | (steps["site"].map(hubs) == steps["site"])]


def _recognition(recognition: pd.DataFrame) -> pd.DataFrame:
    """Keep what is valid in the year."""
    return recognition[~(recognition["valid_to"] < YEAR)].assign(valid_from=np.nan, valid_to=np.nan)


def _to_one_year(tables: dict[str, pd.DataFrame]) -> None:
    """Age the registries, and turn totals over the source's horizon into those of a year."""
    pools = tables["donor_pools"]
    kept = (1 - pools["attrition_per_year"].fillna(0.0)) ** EARLIER
    pools["registry"] = (pools["registry"] * kept + EARLIER * pools["recruits_per_year"].fillna(0.0)).round(-1)
    diversity = tables["diversity"]
    total = (diversity["measure"] == "min_count") & (diversity["period"] == "")
    diversity.loc[total, "value"] = np.ceil(diversity.loc[total, "value"] / YEARS)
    limits = tables["limits"]
    invested = limits["measure"] == "investment"
    limits.loc[invested, "value"] = (limits.loc[invested, "value"] * INSTALMENT).round(-5)
    limits.loc[invested, "note"] = "yearly instalments of the capital budget (assumption)"


def _leave_out(tables: dict[str, pd.DataFrame]) -> None:
    """Drop sites without a facility, and every row that names one."""
    used = set(tables["facilities"]["site"])
    gone = set(tables["sites"]["site"]) - used
    gone |= set(dn.read(HERE.parent / "atlantic").tables["centres"]["centre"]) - set(REGIONS)
    for name, columns in {
        "sites": ("site",),
        "operations": ("site",),
        "licences": ("site",),
        "lab_panels": ("site",),
        "lanes": ("from", "to"),
        "groups": ("member",),
    }.items():
        for column in columns:
            tables[name] = tables[name][~tables[name][column].isin(gone)]


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE)
