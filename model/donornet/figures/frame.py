"""The frame of every figure: one theme, light and dark."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go

from donornet.figures.palette import Palette, Theme, palette
from donornet.figures.text import compact

FONT = "Inter, 'Segoe UI', 'Helvetica Neue', Helvetica, Arial, 'DejaVu Sans', sans-serif"
TEXT, SMALL = 13, 12
"""Sizes of text [px]."""
ROW = 26
"""Height of a row of a bar chart [px]."""


class Missing(ValueError):  # noqa: N818 - it names what the caller lacks
    """A figure cannot be drawn from what there is; the message says what is missing."""


def figure(
    theme: Theme, *, height: int, margin: tuple[int, int, int, int] = (8, 16, 8, 8), **layout: Any
) -> tuple[go.Figure, Palette]:
    """Return an empty figure in the theme, and the theme's colours.

    Parameters
    ----------
    theme
        ``light`` or ``dark``.
    height
        Height [px]; the width is that of the place where the figure stands.
    margin
        Left, right, top, bottom [px]; axes make room for their labels themselves.
    layout
        Further attributes of Plotly's layout.
    """
    colours = palette(theme)
    axis = {
        "automargin": True, "showline": False, "gridcolor": colours.grid,
        "linecolor": colours.grid, "zerolinecolor": colours.grid,
        "tickfont": {"color": colours.muted, "size": SMALL},
        "title": {"font": {"color": colours.muted, "size": SMALL}},
        "fixedrange": True,
    }  # fmt: skip
    left, right, top, bottom = margin
    made = go.Figure()
    made.update_layout(
        template="none", height=height, autosize=True, margin={"l": left, "r": right, "t": top, "b": bottom},
        paper_bgcolor=colours.surface, plot_bgcolor=colours.surface,
        font={"family": FONT, "size": TEXT, "color": colours.ink},
        colorway=list(colours.series), xaxis=axis, yaxis=axis, separators=".\u202f",
        legend={
            "orientation": "h", "x": 0, "xanchor": "left", "y": 1, "yanchor": "bottom",
            "bgcolor": colours.surface, "font": {"color": colours.ink, "size": SMALL},
        },
        hoverlabel={"bgcolor": colours.surface, "bordercolor": colours.muted,
                    "font": {"color": colours.ink, "size": SMALL, "family": FONT}, "align": "left"},
        hovermode="closest", dragmode=False,
    )  # fmt: skip
    made.update_layout(**layout)
    return made, colours


def rows_axis(names: Sequence[str]) -> dict[str, Any]:
    """Return the vertical axis of a chart with one row per name, the first on top.

    Rows stand at the numbers 0, 1, 2, ...: two that bear the same name stay two, and a name is never taken for a
    number or a date.
    """
    return {
        "tickmode": "array", "tickvals": list(range(len(names))), "ticktext": list(names), "showgrid": False,
        "zeroline": False, "range": [len(names) - 0.4, -0.6], "ticks": "",
    }  # fmt: skip


def periods_axis(periods: Sequence[int]) -> dict[str, Any]:
    """Return the horizontal axis of a chart by period: at most twelve of them are named."""
    step = max(1, -(-len(periods) // 12))
    return {"tickmode": "array", "tickvals": list(periods[::step]), "ticktext": [str(p) for p in periods[::step]]}


def amounts_axis(low: float, high: float, ticks: int = 5) -> dict[str, Any]:
    """Return an axis of amounts whose ticks are told in words from a million on.

    Parameters
    ----------
    low, high
        Least and greatest amount; the axis holds zero.
    ticks
        About how many ticks.
    """
    low, high = min(low, 0.0), max(high, 0.0)
    if high - low <= 0:
        high = 1.0
    rough = (high - low) / ticks
    scale = 10.0 ** math.floor(math.log10(rough))
    step = scale * next(nice for nice in (1, 2, 2.5, 5, 10) if nice * scale >= rough * (1 - 1e-9))
    values = [place * step for place in range(math.floor(low / step), math.ceil(high / step) + 1)]
    return {
        "tickmode": "array", "tickvals": values, "ticktext": [compact(value) for value in values],
        "range": [values[0] if low < 0 else 0, values[-1] + 0.02 * step],
    }  # fmt: skip
