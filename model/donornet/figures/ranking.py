"""What things are worth: a ranking with intervals."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from donornet.figures.frame import ROW, Missing, amounts_axis, figure, rows_axis
from donornet.figures.palette import Theme
from donornet.figures.text import compact, label

MOST = 40
"""Items that are drawn, those worth most first."""
COLUMNS = ("item", "worth", "low", "high", "verdict")


CLEAR, OPEN, NEEDED = "worth, with its interval", "within the gaps: no finding", "no design without it"
"""What the legend calls the kinds of items."""


def ranking(table: pd.DataFrame, *, unit: str = "", most: int = MOST, theme: Theme = "light") -> go.Figure:
    """Return values as points with intervals, the largest on top.

    An interval that holds zero is no finding: the gaps of the two solves are wider than the difference. Its item is
    drawn hollow, at its worth or in the middle of the interval.

    Parameters
    ----------
    table
        Columns item, worth, low, high (ends of the interval, in the unit of the worth) and, if there, verdict. A worth
        may be infinite: there is no design without the item. Rows with neither a worth nor an interval are left out.
    unit
        The unit of worth, low and high.
    most
        Most items to draw.
    theme
        ``light`` or ``dark``.

    Raises
    ------
    Missing
        No row has a worth.
    ValueError
        A column is missing.
    """
    absent = [column for column in COLUMNS[:4] if column not in table.columns]
    if absent:
        raise ValueError(f"a ranking needs the columns {', '.join(COLUMNS[:4])}; missing: {', '.join(absent)}")
    rows = _ranked(table).head(most).reset_index(drop=True)
    if rows.empty:
        raise Missing("no item has a worth")
    finite = rows[rows["kind"] != NEEDED]
    axis = amounts_axis(
        float(finite[["low", "at"]].min().min()) if len(finite) else 0.0,
        float(finite[["high", "at"]].max().max()) if len(finite) else 1.0,
    )
    rows["at"] = rows["at"].where(rows["kind"] != NEEDED, axis["range"][1])
    made, colours = figure(theme, height=84 + ROW * len(rows), margin=(8, 20, 34, 8))
    looks = {
        CLEAR: (colours.good, "circle"),
        OPEN: (colours.idle, "circle-open"),
        NEEDED: (colours.bad, "triangle-right"),
    }
    for kind, (colour, symbol) in looks.items():
        mine = rows[rows["kind"] == kind]
        if mine.empty:
            continue
        made.add_scatter(
            x=mine["at"].tolist(), y=mine.index.tolist(), mode="markers", hoverinfo="text", name=kind, cliponaxis=False,
            marker={"size": 10, "color": colour, "symbol": symbol},
            error_x=None if kind == NEEDED else {
                "type": "data", "symmetric": False, "thickness": 1.4, "width": 4, "color": colour,
                "array": (mine["high"] - mine["at"]).clip(lower=0).tolist(),
                "arrayminus": (mine["at"] - mine["low"]).clip(lower=0).tolist(),
            },
            hovertext=[_told(row, unit) for row in mine.to_dict("records")],
        )  # fmt: skip
    made.add_vline(x=0, line={"color": colours.muted, "width": 1})
    made.update_yaxes(**rows_axis([label(str(item)) for item in rows["item"]]) | {"showgrid": True})
    made.update_xaxes(title={"text": unit}, zeroline=False, **axis)
    return made


def _ranked(table: pd.DataFrame) -> pd.DataFrame:
    """Return the rows that can be drawn, the largest first, with ``kind`` and ``at``, where their points stand."""
    rows = table.assign(**{name: table[name].astype(float) for name in ("worth", "low", "high")})
    rows = rows[rows["worth"].notna() | (np.isfinite(rows["low"]) & np.isfinite(rows["high"]))].copy()
    at = rows["worth"].fillna((rows["low"] + rows["high"]) / 2)
    rows["low"], rows["high"] = (rows[end].where(np.isfinite(rows[end]), at) for end in ("low", "high"))
    is_clear = (rows["low"] > 0) | (rows["high"] < 0) | ((rows["low"] == rows["high"]) & (at != 0))
    kind = np.where(is_clear & rows["worth"].notna(), CLEAR, OPEN)
    rows = rows.assign(at=at, kind=np.where(np.isposinf(at), NEEDED, kind))
    return rows[~np.isneginf(at)].sort_values("at", ascending=False, kind="stable")


def _told(row: Mapping[Hashable, Any], unit: str) -> str:
    lines = [label(str(row["item"]))]
    if row["kind"] == NEEDED:
        lines.append(NEEDED)
    else:
        lines.append(f"between {compact(float(row['low']), 4)} and {compact(float(row['high']), 4)} {unit}")
    lines += [label(str(row["verdict"]), 80)] if row.get("verdict") else []
    return "<br>".join(lines)
