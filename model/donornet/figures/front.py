"""Pareto fronts of two or three measures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from donornet.figures.frame import SMALL, Missing, figure
from donornet.figures.palette import Palette, Theme
from donornet.figures.text import compact, label, words


def front(
    table: pd.DataFrame,
    measures: Sequence[str],
    *,
    units: Mapping[str, str] | None = None,
    dominated: str | None = None,
    theme: Theme = "light",
) -> go.Figure:
    """Return a Pareto front: two measures as axes, a third as colour.

    Parameters
    ----------
    table
        One row per point, one column per measure.
    measures
        Two or three of its columns: horizontal, vertical, colour.
    units
        Units of measures, by name.
    dominated
        A column that is true for points that another one beats; they are drawn faintly and not joined.
    theme
        ``light`` or ``dark``.

    Raises
    ------
    ValueError
        Not two or three measures, or the table lacks one.
    Missing
        The table has no point.
    """
    if len(measures) not in (2, 3):
        raise ValueError(f"a front has two or three measures, not {len(measures)}; draw pairs of them")
    absent = [name for name in (*measures, *([dominated] if dominated else [])) if name not in table.columns]
    if absent:
        raise ValueError(f"the table has no column {', '.join(absent)}; it has {', '.join(map(str, table.columns))}")
    points = table.dropna(subset=list(measures))
    if points.empty:
        raise Missing("the front has no point")
    titles = {name: _title(name, (units or {}).get(name, "")) for name in measures}
    points = points.sort_values(measures[0], kind="stable")
    beaten = points[dominated].astype(bool) if dominated else pd.Series(data=False, index=points.index)
    made, colours = figure(theme, height=440, margin=(8, 20, 34, 8), showlegend=bool(beaten.any()))
    if beaten.any():
        _points(made, points[beaten], measures, titles, {"size": 8, "color": colours.idle, "symbol": "circle-open"})
    best = points[~beaten]
    mark: dict[str, Any] = {"size": 11, "color": colours.good, "line": {"width": 1, "color": colours.surface}}
    if len(measures) == 3:
        mark |= _shading(best[measures[2]], titles[measures[2]], colours)
    joined = len(measures) == 2
    if joined:
        made.add_scatter(
            x=best[measures[0]].tolist(), y=best[measures[1]].tolist(), mode="lines", hoverinfo="skip",
            line={"color": colours.good, "width": 1.5, "shape": "hv", "dash": "dot"}, showlegend=False,
        )  # fmt: skip
    _points(made, best, measures, titles, mark, name="on the front")
    made.update_xaxes(title={"text": titles[measures[0]]}, nticks=7, zeroline=False)
    made.update_yaxes(title={"text": titles[measures[1]]}, nticks=7, zeroline=False)
    return made


def _title(name: str, unit: str) -> str:
    return label(f"{words(name)} [{unit}]" if unit else words(name))


def _shading(values: pd.Series, title: str, colours: Palette) -> dict[str, Any]:
    """Return how a third measure colours the points."""
    return {
        "color": values.astype(float).tolist(), "showscale": True,
        "colorscale": [[0, colours.collection], [1, colours.manufacturing]],
        "colorbar": {"title": {"text": title, "side": "right", "font": {"color": colours.muted, "size": SMALL}},
                     "thickness": 12, "outlinewidth": 0, "tickfont": {"color": colours.muted, "size": SMALL}},
    }  # fmt: skip


def _points(
    made: go.Figure, rows: pd.DataFrame, measures: Sequence[str], titles: Mapping[str, str], mark: dict[str, Any],
    name: str = "dominated, or within the gap",
) -> None:  # fmt: skip
    told = [
        "<br>".join(
            f"{titles[measure]}: {compact(float(value), 4)}" for measure, value in zip(measures, row, strict=True)
        )
        for row in rows[list(measures)].itertuples(index=False, name=None)
    ]  # fmt: skip
    made.add_scatter(
        x=rows[measures[0]].tolist(), y=rows[measures[1]].tolist(), mode="markers", marker=mark, name=name,
        hovertext=told, hoverinfo="text",
    )  # fmt: skip
