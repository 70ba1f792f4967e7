"""The horizon period by period: doses, donors, facilities, money."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from donornet.figures.frame import SMALL, Missing, amounts_axis, figure, periods_axis
from donornet.figures.names import STEPS, currency_of, step_name
from donornet.figures.palette import Palette, Theme
from donornet.figures.text import compact

if TYPE_CHECKING:
    from donornet.solution import Result

INVESTMENT = ("opening", "steps", "licences")
"""Terms of the cost that are paid once to have something for good."""


def series_of(result: Result) -> pd.DataFrame:
    """Return the figures of each period.

    One row per period; columns doses (by arrival), unmet, donations, recruits, one per stage (facilities open), cost
    and investment (both undiscounted).

    Raises
    ------
    Missing
        The result has no design.
    """
    if result.solution is None or "facilities" not in result.tables:
        raise Missing(f"a result with status {result.status.value} has no design")
    facilities = result.table("facilities")
    periods = sorted({int(period) for period in facilities["period"]})
    found = {"doses": _by_period(result.table("chains"), "doses")}
    found["unmet"] = _by_period(result.table("unmet"), "unmet")
    found["donations"] = _by_period(result.table("donations"), "donations")
    found["recruits"] = _by_period(result.table("donors"), "recruits")
    for stage in STEPS:
        mine = facilities[facilities["stage"] == stage]
        if len(mine):
            found[stage] = _by_period(mine, "open")
    costs = result.table("costs")
    found["cost"] = _by_period(costs, "undiscounted")
    found["investment"] = _by_period(costs[costs["term"].isin(INVESTMENT)], "undiscounted")
    frame = pd.DataFrame({name: column.reindex(periods, fill_value=0.0) for name, column in found.items()})
    return frame.rename_axis("period").reset_index()


def _by_period(frame: pd.DataFrame, amount: str) -> pd.Series:
    return frame.groupby(frame["period"].astype(int))[amount].sum().astype(float)


def series(result: Result, *, theme: Theme = "light") -> go.Figure:
    """Return six small charts by period: doses, unmet, donors, facilities, cost and investment.

    Raises
    ------
    Missing
        The result has no design, or one period only.
    """
    rows = series_of(result)
    if len(rows) < 2:
        raise Missing("the horizon has one period: there is no series")
    currency = currency_of(result)
    panels = {
        "Doses served": ["doses"], "Doses not served": ["unmet"], "Facilities open": [s for s in STEPS if s in rows],
        "Donations and recruits": ["donations", "recruits"], f"Cost, {currency}": ["cost"],
        f"Investment, {currency}": ["investment"],
    }  # fmt: skip
    framed, colours = figure(theme, height=470, margin=(8, 12, 48, 8), showlegend=False)
    layout = framed.layout
    made = make_subplots(rows=2, cols=3, horizontal_spacing=0.09, vertical_spacing=0.2)
    made.update_layout(layout)
    for place, (title, columns) in enumerate(panels.items()):
        row, col = divmod(place, 3)
        _panel(made, rows, columns, (row + 1, col + 1), colours)
        highest = float(rows[columns].to_numpy().max())
        made.update_yaxes(row=row + 1, col=col + 1, **amounts_axis(0.0, highest, 4))
        axis = "" if not place else str(place + 1)
        made.add_annotation(
            x=0, y=1, xref=f"x{axis} domain", yref=f"y{axis} domain", text=title, showarrow=False, xanchor="left",
            yanchor="bottom", yshift=20, font={"color": colours.ink, "size": SMALL + 1},
        )  # fmt: skip
        if len(columns) > 1:
            told = "  ".join(
                f"<span style='color:{_colour(c, colours)}'>●</span> {step_name(c).lower()}" for c in columns
            )
            made.add_annotation(
                x=0, y=1, xref=f"x{axis} domain", yref=f"y{axis} domain", text=told, showarrow=False, xanchor="left",
                yanchor="bottom", yshift=4, font={"color": colours.muted, "size": SMALL - 2},
            )  # fmt: skip
    ticks = {"color": colours.muted, "size": SMALL - 1}
    made.update_xaxes(
        tickfont=ticks,
        showgrid=False,
        fixedrange=True,
        automargin=True,
        linecolor=colours.grid,
        **periods_axis(rows["period"].tolist()),
    )
    made.update_yaxes(
        tickfont=ticks, gridcolor=colours.grid, fixedrange=True, zerolinecolor=colours.grid, automargin=True
    )
    return made


def _colour(column: str, colours: Palette) -> str:
    if column in STEPS:
        return colours.step(column)
    return {"unmet": colours.penalty, "donations": colours.donor, "recruits": colours.testing}.get(column, colours.good)


def _panel(made: go.Figure, rows: pd.DataFrame, columns: list[str], at: tuple[int, int], colours: Palette) -> None:
    for column in columns:
        told = [
            f"{step_name(column).lower()} in {period}: {compact(amount, 4)}"
            for period, amount in zip(rows["period"], rows[column], strict=True)
        ]
        common = {"x": rows["period"].tolist(), "y": rows[column].tolist(), "hovertext": told, "hoverinfo": "text"}
        colour = _colour(column, colours)
        if len(columns) == 1:
            made.add_bar(row=at[0], col=at[1], marker={"color": colour}, name=column, **common)
        else:
            made.add_scatter(
                row=at[0], col=at[1], mode="lines+markers", line={"color": colour, "width": 2}, name=column,
                marker={"size": 6, "color": colour}, **common,
            )  # fmt: skip
