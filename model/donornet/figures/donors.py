"""Who gives: recruits and donations by donor group."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from donornet.figures.frame import ROW, SMALL, Missing, figure, rows_axis
from donornet.figures.names import UNNAMED, Names
from donornet.figures.palette import Theme
from donornet.figures.text import compact, label, number

if TYPE_CHECKING:
    from donornet.instance import Instance
    from donornet.solution import Result

MOST = 24
"""Groups that are drawn, those with most donations first."""
PANELS = (("donations", "Donations"), ("recruits", "Recruited"), ("registry", "Registered at the end"))
"""Columns of `donors_of` that are drawn, and their titles."""


def donors_of(result: Result, instance: Instance | None = None) -> pd.DataFrame:
    """Return donations, recruits and donors registered at the end by donor group (without an instance by pool).

    Columns group, donations, recruits, registry; groups without a finite registry have none there.

    Raises
    ------
    Missing
        The result has no design.
    """
    if result.solution is None:
        raise Missing(f"a result with status {result.status.value} has no donors")
    names = Names(result, instance)
    given, donors = result.table("donations"), result.table("donors")
    last = donors[donors["period"] == donors["period"].max()] if len(donors) else donors
    frame = pd.DataFrame({
        "donations": given.groupby(given["pool"].map(names.group).astype(object))["donations"].sum(),
        "recruits": donors.groupby(donors["pool"].map(names.group).astype(object))["recruits"].sum(),
        "registry": last.groupby(last["pool"].map(names.group).astype(object))["registry"].sum(),
    })  # fmt: skip
    frame = frame.rename_axis("group").reset_index().fillna({"donations": 0.0, "recruits": 0.0})
    return frame.sort_values(["donations", "recruits"], ascending=False, ignore_index=True)


def donors(result: Result, instance: Instance | None = None, *, theme: Theme = "light") -> go.Figure:
    """Return donations, recruits and registered donors by donor group, each on its own scale.

    Raises
    ------
    Missing
        The result has no donors.
    """
    rows = donors_of(result, instance)
    rows = rows[(rows["donations"] > 0) | (rows["recruits"] > 0)].head(MOST)
    if rows.empty:
        raise Missing("nobody donates: the therapies are autologous, or nothing is delivered")
    panels = [(column, title) for column, title in PANELS if rows[column].fillna(0.0).max() > 0]
    made, colours = figure(theme, height=80 + ROW * len(rows), showlegend=False)
    layout = made.layout
    made = make_subplots(cols=len(panels), shared_yaxes=True, horizontal_spacing=0.07, figure=None)
    made.update_layout(layout, margin={"l": 8, "r": 64, "t": 34, "b": 8}, bargap=0.35)
    for place, (column, title) in enumerate(panels, start=1):
        amounts = rows[column].fillna(0.0).astype(float).tolist()
        made.add_bar(
            x=amounts, y=list(range(len(rows))), orientation="h", row=1, col=place, name=title,
            marker={"color": colours.donor}, text=[compact(amount) if amount else "–" for amount in amounts],
            textposition="outside", cliponaxis=False, textfont={"color": colours.ink, "size": SMALL},
            hovertext=[
                f"{label(group)}: {number(amount)}" for group, amount in zip(rows["group"], amounts, strict=True)
            ],
            hoverinfo="text",
        )  # fmt: skip
        made.update_xaxes(
            showticklabels=False, showgrid=False, zeroline=False, range=[0, 1.3 * max(amounts)], col=place
        )
        made.add_annotation(
            x=0, y=1, xref=f"x{place if place > 1 else ''} domain", yref="paper", text=title, showarrow=False,
            xanchor="left", yanchor="bottom", yshift=8, font={"color": colours.muted, "size": SMALL},
        )  # fmt: skip
    made.update_yaxes(**rows_axis([label(str(group) or UNNAMED, 26) for group in rows["group"]]), fixedrange=True)
    made.update_yaxes(automargin=True, showline=False, tickfont={"color": colours.muted, "size": SMALL})
    made.update_xaxes(fixedrange=True, showline=False)
    return made
