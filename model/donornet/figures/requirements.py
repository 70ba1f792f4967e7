"""Diversity requirements against what the design reaches, and how many patients of each group find a donor."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from donornet.figures.frame import ROW, Missing, figure, rows_axis
from donornet.figures.palette import Theme
from donornet.figures.text import label, number, share, words

if TYPE_CHECKING:
    from donornet.solution import Result

MOST = 40
"""Requirements that are drawn, those with the least to spare first."""
RATIO = 3.0
"""Greatest multiple of what is required that has its own place; more stands at the edge."""
SHARES = ("min_share", "max_share", "match_coverage", "coverage_floor")
"""Measures that are shares."""


def requirements_of(result: Result) -> pd.DataFrame:
    """Return every requirement at the period, and where it is one of at most so much the member, with least to spare.

    Columns requirement, member, measure, therapy, market, period, level, required, shortfall, met, ratio (level over
    required) and spare (what is left before it is missed, as a share of what is required).

    Raises
    ------
    Missing
        The result knows of no requirement.
    """
    table = result.tables.get("diversity")
    if table is None or table.empty:
        raise Missing("the instance has no diversity requirements")
    level, required = table["level"].astype(float), table["required"].astype(float)
    ratio = pd.Series(np.where(required != 0, level / required.replace(0.0, np.nan), np.nan), index=table.index)
    sense = np.where(table["measure"].astype(str).str.startswith("max"), -1.0, 1.0)
    rows = table.assign(ratio=ratio, spare=sense * (ratio - 1.0), met=table["shortfall"].astype(float) <= 1e-6)
    rows = rows.assign(_member=rows["member"].where(sense > 0, ""))
    keys = ["requirement", "_member", "measure", "therapy", "market"]
    rows = rows.sort_values(["met", "spare"], kind="stable").drop_duplicates(keys, keep="first")
    return rows.drop(columns="_member").reset_index(drop=True)


def amount_text(measure: str, value: float) -> str:
    """Return a level as people read it: shares as percentages."""
    return share(value) if measure in SHARES else number(value)


def requirements(result: Result, *, theme: Theme = "light") -> go.Figure:
    """Return how far every diversity requirement is met, in the period in which it has least to spare.

    100 % is exactly what is required; requirements of at least so much are met to the right of it, those of at most
    so much to the left.

    Raises
    ------
    Missing
        The result knows of no requirement.
    """
    rows = requirements_of(result).head(MOST)
    made, colours = figure(theme, height=84 + int(0.8 * ROW * len(rows)), margin=(8, 20, 34, 8))
    records = rows.to_dict("records")
    made.add_vline(x=1, line={"color": colours.muted, "width": 1.2})
    for met in (True, False):
        for most in (False, True):
            mine = [
                (place, row)
                for place, row in enumerate(records)
                if bool(row["met"]) == met and str(row["measure"]).startswith("max") == most
            ]
            if not mine:
                continue
            made.add_scatter(
                x=[RATIO if np.isnan(row["ratio"]) else min(row["ratio"], RATIO) for _, row in mine],
                y=[place for place, _ in mine], mode="markers", hoverinfo="text",
                name=f"{'at most' if most else 'at least'}, {'met' if met else 'missed'}",
                marker={"size": 10, "color": colours.good if met else colours.bad,
                        "symbol": "triangle-left" if most else "triangle-right"},
                hovertext=[_told(row) for _, row in mine],
            )  # fmt: skip
    made.update_yaxes(**rows_axis([_name(row) for row in records]) | {"showgrid": True})
    high = min(RATIO, max(1.2, float(rows["ratio"].fillna(RATIO).max())))
    ticks = [tick for tick in (0, 0.5, 1, 1.5, 2, 2.5, 3) if tick <= high + 0.05]
    texts = [f"{100 * tick:.0f} %" + (" or more" if tick == RATIO else "") for tick in ticks]
    made.update_xaxes(range=[-0.05, high + 0.1], tickvals=ticks, ticktext=texts, zeroline=False)
    return made


def _name(row: dict[str, object]) -> str:
    parts = dict.fromkeys(str(row[key]) for key in ("requirement", "member") if row.get(key))
    return label(", ".join(parts), 44)


def _told(row: dict[str, object]) -> str:
    measure = str(row["measure"])
    period = f" in {row['period']}" if row.get("period") not in ("", None) else ""
    level, required = (amount_text(measure, float(str(row[key]))) for key in ("level", "required"))
    return f"{_name(row)}<br>{words(measure)}: {level}{period}, required {required}"


def coverage_of(result: Result) -> pd.DataFrame:
    """Return the chance of patients to find a matching donor: market, group, coverage (share).

    Raises
    ------
    Missing
        The instance has no patient groups.
    """
    table = result.tables.get("kpis")
    rows = table[table["kpi"] == "coverage"] if table is not None else pd.DataFrame()
    if rows.empty:
        raise Missing("the instance has no patient groups")
    parts = rows["member"].astype(str).str.split("/", n=1, expand=True)
    return pd.DataFrame({"market": parts[0], "group": parts[1], "coverage": rows["value"].astype(float)})


def coverage(result: Result, *, theme: Theme = "light") -> go.Figure:
    """Return the share of patients of each group and market who find a matching donor.

    Raises
    ------
    Missing
        The instance has no patient groups.
    """
    rows = coverage_of(result).sort_values(["market", "coverage"]).reset_index(drop=True)
    made, colours = figure(theme, height=70 + ROW * len(rows), showlegend=False, bargap=0.4, margin=(8, 60, 8, 8))
    made.add_bar(
        x=rows["coverage"].tolist(), y=list(range(len(rows))), orientation="h", marker={"color": colours.donor},
        text=[share(value) for value in rows["coverage"]], textposition="outside", cliponaxis=False, hoverinfo="skip",
    )  # fmt: skip
    names = [label(f"{market}, {group}") for market, group in zip(rows["market"], rows["group"], strict=True)]
    made.update_yaxes(**rows_axis(names))
    made.update_xaxes(range=[0, 1], tickformat=".0%", nticks=6, zeroline=False)
    return made
