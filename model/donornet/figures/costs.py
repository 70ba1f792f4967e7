"""What a design costs, by term and by period."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import plotly.graph_objects as go

from donornet.figures.frame import ROW, Missing, amounts_axis, figure, periods_axis, rows_axis
from donornet.figures.names import currency_of
from donornet.figures.palette import Palette, Theme
from donornet.figures.text import compact, share, words

if TYPE_CHECKING:
    from donornet.solution import Result

FAMILIES: dict[str, tuple[str, ...]] = {
    "facilities": ("opening", "closing", "steps", "licences", "fixed"),
    "donors": ("recruitment", "donation"),
    "care": ("testing", "operations", "bridging", "holding"),
    "transport": ("transport",),
    "penalties": ("unmet_penalty", "shortfall_penalty"),
}
"""Terms of the cost by what they are paid for."""
FAMILY_OF = {term: family for family, terms in FAMILIES.items() for term in terms}
TERMS = {
    "fixed": "fixed yearly cost", "steps": "capacity steps", "donation": "donations", "opening": "opening",
    "unmet_penalty": "penalty for unmet demand", "shortfall_penalty": "penalty for shortfalls",
}  # fmt: skip
"""Names of terms for people, where they are not the term's own."""
NOTHING = 1e-9
"""Share of the total below which a term is rounding."""


def family_colours(colours: Palette) -> dict[str, str]:
    """Return the colour of each family of terms."""
    return {
        "facilities": colours.centre, "donors": colours.donor, "care": colours.processing,
        "transport": colours.transport, "penalties": colours.penalty,
    }  # fmt: skip


def term_name(term: str) -> str:
    """Return the name of a term for people."""
    return TERMS.get(term, words(term))


def costs_of(result: Result) -> pd.DataFrame:
    """Return the costs of a result by term, family and period, without terms that are nothing but rounding.

    Raises
    ------
    Missing
        The result has no costs.
    """
    table = result.tables.get("costs")
    if table is None or table.empty:
        raise Missing("the result has no costs: it has no design, or nothing in it costs anything")
    summed = table.groupby(["term", "period"], sort=False, as_index=False)["cost"].sum()
    by_term = summed.groupby("term")["cost"].sum().abs()
    kept = by_term[by_term > NOTHING * by_term.sum()].index
    summed = summed[summed["term"].isin(list(kept))]
    return summed.assign(family=summed["term"].map(lambda term: FAMILY_OF.get(term, "care")))


def cost_breakdown(result: Result, *, theme: Theme = "light") -> go.Figure:
    """Return the discounted cost by term, largest first; the colour tells what a term is paid for.

    Raises
    ------
    Missing
        The result has no costs.
    """
    rows = costs_of(result)
    terms = rows.groupby(["term", "family"], sort=False)["cost"].sum().sort_values(ascending=False)
    total, currency = float(terms.sum()), currency_of(result)
    made, colours = figure(theme, height=60 + ROW * len(terms), margin=(8, 150, 30, 8), bargap=0.35)
    shades = family_colours(colours)
    order = list(terms.index)
    for family in FAMILIES:
        mine = [(place, term) for place, (term, its) in enumerate(order) if its == family]
        if not mine:
            continue
        costs = [float(terms.iloc[place]) for place, _ in mine]
        text = [f"{compact(cost)}  {share(cost / total, 2)}" if total else compact(cost) for cost in costs]
        made.add_bar(
            x=costs, y=[place for place, _ in mine], orientation="h", name=family, marker={"color": shades[family]},
            text=text, textposition="outside", cliponaxis=False, textfont={"color": colours.ink},
            hovertext=[
                f"{term_name(term)}: {compact(cost, 4)} {currency}"
                for (_, term), cost in zip(mine, costs, strict=True)
            ],
            hoverinfo="text",
        )  # fmt: skip
    made.update_yaxes(**rows_axis([term_name(term) for term, _ in order]))
    made.update_xaxes(showticklabels=False, showgrid=False, zeroline=False)
    return made


def cost_by_period(result: Result, *, theme: Theme = "light") -> go.Figure:
    """Return the discounted cost by period, stacked by what it is paid for.

    Raises
    ------
    Missing
        The result has no costs.
    """
    rows = costs_of(result)
    made, colours = figure(theme, height=320, margin=(8, 16, 34, 8), bargap=0.4, barmode="relative")
    shades, currency = family_colours(colours), currency_of(result)
    periods = sorted({int(period) for period in rows["period"]})
    for family in FAMILIES:
        mine = rows[rows["family"] == family].groupby("period")["cost"].sum()
        if mine.empty:
            continue
        costs = [float(mine.get(period, 0.0)) for period in periods]
        made.add_bar(
            x=periods, y=costs, name=family, marker={"color": shades[family]}, hoverinfo="text",
            hovertext=[
                f"{family} in {period}: {compact(cost, 4)} {currency}"
                for period, cost in zip(periods, costs, strict=True)
            ],
        )  # fmt: skip
    made.update_xaxes(showgrid=False, **periods_axis(periods))
    sums = rows.groupby("period")["cost"].sum()
    made.update_yaxes(title={"text": f"{currency}, discounted"}, **amounts_axis(float(sums.min()), float(sums.max())))
    return made
