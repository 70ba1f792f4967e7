"""Several results side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import pandas as pd
import plotly.graph_objects as go

from donornet.figures.costs import FAMILIES, costs_of, family_colours
from donornet.figures.frame import ROW, SMALL, Missing, amounts_axis, figure, rows_axis
from donornet.figures.names import STEPS, Names, currency_of
from donornet.figures.palette import Theme
from donornet.figures.text import compact, label
from donornet.study.naming import distinct

if TYPE_CHECKING:
    from donornet.solution import Result

MOST_FACILITIES = 60
"""Facilities in the matrix of those that differ."""


def named(results: Mapping[str, Result] | Sequence[Result]) -> dict[str, Result]:
    """Return results by name: their scenario where they bear no name, numbered where it is not unique."""
    if isinstance(results, Mapping):
        return dict(results)
    return dict(zip(distinct([result.scenario for result in results]), results, strict=True))


def compare_costs(results: Mapping[str, Result] | Sequence[Result], *, theme: Theme = "light") -> go.Figure:
    """Return the discounted cost of several results, stacked by what it is paid for.

    Raises
    ------
    Missing
        No result has costs.
    """
    given = {name: result for name, result in named(results).items() if "costs" in result.tables}
    if not given:
        raise Missing("none of the results has costs")
    made, colours = figure(
        theme, height=90 + int(1.5 * ROW) * len(given), margin=(8, 110, 34, 8), bargap=0.35, barmode="relative"
    )
    shades = family_colours(colours)
    frames = {name: costs_of(result).groupby("family")["cost"].sum() for name, result in given.items()}
    currency = currency_of(next(iter(given.values())))
    for family in FAMILIES:
        costs = [float(frame.get(family, 0.0)) for frame in frames.values()]
        if any(costs):
            made.add_bar(
                x=costs, y=list(range(len(costs))), orientation="h", name=family, marker={"color": shades[family]},
                hovertext=[f"{family}: {compact(cost, 4)} {currency}" for cost in costs], hoverinfo="text",
            )  # fmt: skip
    totals = [float(frame.sum()) for frame in frames.values()]
    for place, total in enumerate(totals):
        made.add_annotation(
            x=total, y=place, text=compact(total, 4), showarrow=False, xanchor="left", xshift=6,
            font={"color": colours.ink, "size": SMALL},
        )  # fmt: skip
    made.update_yaxes(**rows_axis([label(name, 34) for name in given]))
    axis = amounts_axis(min(totals), max(totals))
    made.update_xaxes(title={"text": f"{currency}, discounted"}, zeroline=False, **axis)
    return made


def openings_of(results: Mapping[str, Result] | Sequence[Result]) -> pd.DataFrame:
    """Return the first period in which each facility is open: index site and stage, one column per result.

    Missing where it is never open in that result.
    """
    columns = {}
    for name, result in named(results).items():
        if result.solution is None:
            continue
        table = result.table("facilities")
        is_open = table[table["open"] > 0.5]
        never = table.groupby(["site", "stage"], sort=False)["period"].min().astype(float) * float("nan")
        first = is_open.groupby(["site", "stage"])["period"].min().astype(float)
        last = table["period"].max()
        still = is_open[is_open["period"] == last].groupby(["site", "stage"])["period"].max()
        columns[name] = never.fillna(first.where(first.index.isin(still.index)))
    return pd.DataFrame(columns)


def compare_facilities(results: Mapping[str, Result] | Sequence[Result], *, theme: Theme = "light") -> go.Figure:
    """Return which facilities are open in the last period in which result: those in which the results differ.

    Raises
    ------
    Missing
        Fewer than two results have a design, or all have the same facilities.
    """
    given = {name: result for name, result in named(results).items() if result.solution is not None}
    if len(given) < 2:
        raise Missing("fewer than two results have a design")
    table = openings_of(given).notna()
    differing = table[(table.any(axis=1) & ~table.all(axis=1)).to_numpy()]
    if differing.empty:
        raise Missing("all results keep the same facilities open")
    names = Names(next(iter(given.values())))
    rows = sorted(differing.index, key=lambda key: (STEPS.index(key[1]), names.title(key[0])))[:MOST_FACILITIES]
    made, colours = figure(theme, height=90 + int(0.85 * ROW * len(rows)), margin=(8, 16, 40, 8))
    for stage in STEPS:
        for is_open in (True, False):
            spots = [
                (column, place, key)
                for place, key in enumerate(rows)
                for column, name in enumerate(given)
                if key[1] == stage and bool(differing.at[key, name]) == is_open
            ]
            if not spots:
                continue
            colour = colours.step(stage)
            made.add_scatter(
                x=[spot[0] for spot in spots], y=[spot[1] for spot in spots], mode="markers", name=stage,
                legendgroup=stage, showlegend=is_open, hoverinfo="text",
                marker={"size": 13 if is_open else 9, "symbol": "circle" if is_open else "circle-open", "color": colour,
                        "opacity": 1.0 if is_open else 0.45},
                hovertext=[
                    f"{names.place(key[0])}, {stage}: {'open' if is_open else 'not open'}" for _, _, key in spots
                ],
            )  # fmt: skip
    made.update_yaxes(**rows_axis([names.place(site) for site, _ in rows]) | {"showgrid": True})
    made.update_xaxes(
        tickvals=list(range(len(given))), ticktext=[label(name, 22) for name in given], side="top", showgrid=False,
        range=[-0.6, len(given) - 0.4], zeroline=False, tickangle=0 if len(given) <= 6 else -35,
    )  # fmt: skip
    made.update_layout(
        legend={"y": 0, "yanchor": "top"}, margin={"b": 40},
        meta={"differing": len(differing), "all": len(table), "drawn": len(rows)},
    )  # fmt: skip
    return made
