"""Donor tests: which lab and panel may test a sample from a first-stage site for a market, and what passes."""

from __future__ import annotations

import numpy as np
import pandas as pd

from donornet.admissible.lanes import TOLERANCE_DAYS, undominated
from donornet.admissible.legs import Legs, between
from donornet.admissible.nodes import Nodes
from donornet.instance import Instance
from donornet.instance.matching import ANY, best_match

TEST_COLUMNS = (
    "site", "lab", "panel", "mode", "unit_cost", "panel_cost", "operation_cost", "bridging_cost", "gated",
    "lane_row", "node",
)  # fmt: skip


def offered_panels(instance: Instance) -> pd.DataFrame:
    """Return what labs offer: lab, panel, markers (None: meets every requirement), panel_cost, panel_days."""
    facilities = instance.table("facilities")
    labs = facilities.loc[(facilities["stage"] == "testing") & (facilities["status"] != "closed"), ["site"]]
    if not instance.has("panels"):
        implicit = {"panel": "", "markers": None, "panel_cost": 0.0, "panel_days": 0.0}
        return pd.DataFrame({"lab": labs["site"].to_numpy(dtype=object)}).assign(**implicit)
    panels = instance.table("panels")[["panel", "markers", "unit_cost", "days"]]
    if instance.has("lab_panels"):
        offers = instance.table("lab_panels")[["site", "panel"]].merge(labs, on="site").merge(panels, on="panel")
    else:
        offers = labs.merge(panels, how="cross")
    markers = [frozenset(filter(None, (m.strip() for m in cell.split(";")))) for cell in offers["markers"]]
    offers = offers.assign(markers=markers)
    return offers.rename(columns={"site": "lab", "unit_cost": "panel_cost", "days": "panel_days"})


def meets(markers: pd.Series, required: frozenset[str]) -> np.ndarray:
    """Return which panels contain every required marker; a panel without a list of markers does."""
    return np.array([has is None or required <= has for has in markers], dtype=bool)


def markers_required(instance: Instance, therapy: str, market: str, risk_class: str) -> frozenset[str]:
    """Return the markers a donation of the risk class must be tested for, all matching rows added up."""
    return frozenset(marker_rows(instance, therapy, market, risk_class)["marker"])


def marker_rows(instance: Instance, therapy: str, market: str, risk_class: str) -> pd.DataFrame:
    """Return the rows of required_markers that concern a donation."""
    rows = instance.table("required_markers")
    concerns = (
        rows["risk_class"].isin([risk_class, ANY])
        & _stands_for(rows["market"], market, instance)
        & _stands_for(rows["therapy"], therapy, instance)
    )
    return rows[concerns]


def _stands_for(cells: pd.Series, name: str, instance: Instance) -> pd.Series:
    members = {cell: cell == ANY or name in instance.groups.members(cell) for cell in cells.unique()}
    return cells.map(members).astype(bool)


def pass_rates(instance: Instance, therapy: str, market: str, risk_classes: list[str]) -> np.ndarray:
    """Return the share of donations of each risk class released after testing, shape (risk_classes,)."""
    rates = np.ones(len(risk_classes))
    rows = instance.table("pass_rates")
    if rows.empty:
        return rates
    index = range(len(risk_classes))
    queries = pd.DataFrame({"therapy": therapy, "risk_class": risk_classes, "market": market}, index=index)
    best, _ = best_match(queries, rows, ["therapy", "risk_class", "market"])
    rates[best >= 0] = rows["pass_rate"].to_numpy()[best[best >= 0]]
    return rates


def tests_of(instance: Instance, legs: Legs, nodes: Nodes, therapy: str, market: str, sites: list[str]) -> pd.DataFrame:
    """Return every way to test a sample from `sites`, apart from required markers and prohibitions.

    Returns
    -------
    tests
        Columns `TEST_COLUMNS` and markers; unit_cost is that of the sample lane, ``node`` the lab's row in `nodes`.
    """
    row = instance.table("therapies").set_index("therapy").loc[therapy]
    labs = nodes.of(therapy, market, "testing").rename(
        columns={"site": "lab", "unit_cost": "operation_cost", "days": "operation_days"}
    )[["lab", "node", "operation_cost", "bridging_cost", "operation_days", "gated"]]
    ways = between(legs.of(therapy, "sample"), sites, labs["lab"]).rename(columns={"from": "site", "to": "lab"})
    ways = ways.merge(labs, on="lab").merge(offered_panels(instance), on="lab")
    if row["modality"] == "autologous" and pd.notna(row["vein_to_vein_days"]):
        duration = ways["days"] + ways["operation_days"] + ways["panel_days"]
        ways = ways[duration <= row["vein_to_vein_days"] + TOLERANCE_DAYS]
    return undominated(ways, ["site", "node", "panel"], ["unit_cost"]).reset_index(drop=True)
