"""How much of its capacity each facility uses."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from donornet.figures.frame import ROW, Missing, figure, rows_axis
from donornet.figures.names import STEPS, Names, step_name
from donornet.figures.palette import Theme
from donornet.figures.text import number, share

if TYPE_CHECKING:
    from donornet.instance import Instance
    from donornet.solution import Result

MOST_BARS = 20
"""Facilities up to which each has a bar with its name; more are points in a strip per stage."""
BIN = 0.025
"""Share of capacity within which points of a strip make room for each other."""


def use_of(result: Result) -> pd.DataFrame:
    """Return the use of every facility that is ever open and whose capacity is limited.

    Columns site, stage, mean and peak (share of capacity over the periods in which it is open), use and capacity
    (summed over these periods, in the facility's unit).

    Raises
    ------
    Missing
        The result has no capacities.
    """
    table = result.tables.get("capacity")
    if table is None:
        raise Missing("the result has no table of capacities: it has no design")
    rows = table[table["capacity"].notna() & np.isfinite(table["capacity"].astype(float)) & (table["capacity"] > 0)]
    rows = rows.assign(share=rows["use"] / rows["capacity"])
    groups = rows.groupby(["site", "stage"], sort=False, as_index=False)
    found = groups.agg(use=("use", "sum"), capacity=("capacity", "sum"), peak=("share", "max"))
    return found.assign(mean=found["use"] / found["capacity"])


def utilisation(result: Result, instance: Instance | None = None, *, theme: Theme = "light") -> go.Figure:
    """Return the share of its capacity that each open facility uses, over all periods in which it is open.

    Few facilities have a bar each; many are points, one strip per stage.

    Parameters
    ----------
    result
        A result with a design.
    instance
        The instance, for the titles of sites where the result has none.
    theme
        ``light`` or ``dark``.

    Raises
    ------
    Missing
        No facility has a limited capacity.
    """
    rows = use_of(result)
    if rows.empty:
        raise Missing("no open facility has a limited capacity")
    names = Names(result, instance)
    rows = rows.assign(rank=rows["stage"].map(STEPS.index)).sort_values(["rank", "mean"], ascending=[True, False])
    return _bars(rows, names, theme) if len(rows) <= MOST_BARS else _strips(rows, names, theme)


def _told(row: dict[str, object], names: Names) -> str:
    mean, peak = share(float(str(row["mean"]))), share(float(str(row["peak"])))
    return f"{names.place(str(row['site']))}<br>{row['stage']}: {mean} of capacity, at most {peak}"


def _bars(rows: pd.DataFrame, names: Names, theme: Theme) -> go.Figure:
    made, colours = figure(theme, height=70 + ROW * len(rows), margin=(8, 60, 30, 8), bargap=0.35)
    records = rows.to_dict("records")
    for stage in STEPS:
        mine = [(place, row) for place, row in enumerate(records) if row["stage"] == stage]
        if mine:
            made.add_bar(
                x=[row["mean"] for _, row in mine], y=[place for place, _ in mine], orientation="h",
                name=step_name(stage), marker={"color": colours.step(stage)},
                text=[share(row["mean"], 2) for _, row in mine], textposition="outside", cliponaxis=False,
                hovertext=[_told(row, names) for _, row in mine], hoverinfo="text",
            )  # fmt: skip
    made.update_yaxes(**rows_axis([names.place(row["site"]) for row in records]))
    made.update_xaxes(tickformat=".0%", range=[0, max(1.0, float(rows["mean"].max()))], nticks=6, zeroline=False)
    return made


def _strips(rows: pd.DataFrame, names: Names, theme: Theme) -> go.Figure:
    stages = [stage for stage in STEPS if (rows["stage"] == stage).any()]
    made, colours = figure(theme, height=60 + 96 * len(stages), margin=(8, 16, 8, 8), showlegend=False)
    for place, stage in enumerate(stages):
        mine = rows[rows["stage"] == stage]
        made.add_scatter(
            x=mine["mean"].tolist(), y=[place + shift for shift in _shifts(mine["mean"])], mode="markers",
            name=step_name(stage),
            marker={"size": 9, "color": colours.step(stage), "line": {"width": 1, "color": colours.surface}},
            hovertext=[_told(row, names) for row in mine.to_dict("records")], hoverinfo="text",
        )  # fmt: skip
    labels = []
    for stage in stages:
        mine = rows[rows["stage"] == stage]
        labels.append(f"{step_name(stage)}<br>{number(len(mine))} open, {share(_overall(mine), 2)}")
    made.update_yaxes(**rows_axis(labels))
    made.update_xaxes(
        tickformat=".0%", range=[-0.02, max(1.02, float(rows["mean"].max()) + 0.02)], tickvals=[0, 0.25, 0.5, 0.75, 1],
        zeroline=False,
    )  # fmt: skip
    return made


def _overall(rows: pd.DataFrame) -> float:
    return float(rows["use"].sum() / rows["capacity"].sum())


def _shifts(shares: pd.Series) -> list[float]:
    """Return how far each point moves off the line of its strip, so that equal shares do not hide each other."""
    bins = (shares / BIN).round().astype(int)
    stacked = bins.groupby(bins).cumcount()
    crowd = bins.map(bins.value_counts())
    room = np.minimum(0.075, 0.8 / crowd.clip(lower=1))
    return [float(shift) for shift in (stacked - (crowd - 1) / 2) * room]
