"""The map: where the network stands, and the largest flows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from donornet.figures.frame import SMALL, Missing, figure
from donornet.figures.legs import KINDS, legs
from donornet.figures.names import STEPS, Names, step_name
from donornet.figures.outlines import View, equal_earth, great_circle, joined, outlines
from donornet.figures.palette import Palette, Theme, faded
from donornet.figures.text import counted, number

if TYPE_CHECKING:
    from donornet.instance import Instance
    from donornet.solution import Result

FLOWS = 300
"""Flows that are drawn; more are a grey mass."""
WIDTHS = (0.6, 1.2, 2.2, 3.8)
"""Widths of flows [px], from the smallest to the largest."""
MARK, RING = 7.0, 5.5
"""Diameter of the mark of a facility, and what each further facility at the site adds around it [px]."""
CLUSTER = 3
"""Sites of a jurisdiction from which on it has a view of its own."""
CLOSEST = 0.06
"""Least height of the piece of the map that is shown, in radii of the Earth (about 380 km)."""
WORLD: View = (-2.72, 2.72, -1.02, 1.32)
"""The map without Antarctica."""
WIDE, LOWEST, TALLEST, LEGEND = 1000, 320, 640, 60
"""Width for which the height is chosen, least and greatest height of the map, height of the legend [px]."""
SPANS = 0.7
"""Share of the map's width from which on all of it is shown."""
WORDS = {
    "donor": ("donors to collection", "donations", "donor"),
    "patient": ("patients to collection", "patients", "collection"),
    "sample": ("samples to labs", "samples", "testing"),
    "material": ("material between stages", "units", "manufacturing"),
    "doses": ("doses to centres", "doses", "centre"),
}
"""Of each kind of flow: what the legend calls it, its unit, the step whose colour it has."""

Coordinates = dict[str, tuple[float, float]]
"""Longitude and latitude of places [degrees]."""


def network_map(
    result: Result, instance: Instance, *, period: int | None = None, flows: int = FLOWS, theme: Theme = "light"
) -> go.Figure:
    """Return a map of the network: facilities, donor pools, centres and the largest flows.

    A facility that is open is a disc in the colour of its stage, one that is not a thin ring; several facilities at
    a site lie around each other. The map shows the piece of the world that the network spans.

    Parameters
    ----------
    result
        A result with a design.
    instance
        The instance that was solved, in its scenario: the result has no coordinates.
    period
        Period in which facilities are open or not; None: the last. Flows are those of the whole horizon.
    flows
        Most flows to draw, largest first.
    theme
        ``light`` or ``dark``.

    Raises
    ------
    Missing
        The result has no design, or no place has coordinates.
    """
    if result.solution is None:
        raise Missing(f"a result with status {result.status.value} has no network to draw")
    where = coordinates(instance)
    if not where:
        raise Missing("no place has coordinates; fill latitude and longitude of sites, donor_pools and centres")
    view = _view(list(where.values()))
    height = LEGEND + min(max(WIDE * (view[3] - view[2]) / (view[1] - view[0]), LOWEST), TALLEST)
    made, colours = figure(theme, height=round(height), margin=(0, 0, 30, 0))
    made.update_xaxes(range=view[:2], visible=False, constrain="domain")
    made.update_yaxes(range=view[2:], visible=False, scaleanchor="x", scaleratio=1, constrain="domain")
    _draw_land(made, view, colours)
    names = Names(result, instance)
    drawn, all_flows = _draw_flows(made, _largest(result, where, flows), where, names, colours)
    _draw_places(made, instance, result, where, names, colours)
    _draw_facilities(made, result, where, names, colours, period or instance.periods[-1])
    made.update_layout(meta={"flows": all_flows, "drawn": drawn, "source": outlines().note})
    return made


def coordinates(instance: Instance) -> Coordinates:
    """Return longitude and latitude of every place that has them [degrees]."""
    found: Coordinates = {}
    for name, key in (("sites", "site"), ("donor_pools", "pool"), ("centres", "centre")):
        rows = instance.table(name).dropna(subset=["latitude", "longitude"])
        ends = zip(rows["longitude"].astype(float), rows["latitude"].astype(float), strict=True)
        found |= dict(zip(rows[key], ends, strict=True))
    return found


def _view(places: list[tuple[float, float]]) -> View:
    """Return the piece of the map that holds all places: the whole width where they span most of it."""
    x, y = equal_earth(*np.array(places).T)
    low, high = float(y.min()), float(y.max())
    left, right = float(x.min()), float(x.max())
    tall = max(high - low, CLOSEST)
    wide = max(right - left, 1.2 * tall)
    around = 0.09 * max(wide, tall)
    centre = ((left + right) / 2, (low + high) / 2)
    view = (
        max(centre[0] - wide / 2 - around, WORLD[0]), min(centre[0] + wide / 2 + around, WORLD[1]),
        max(centre[1] - tall / 2 - around, WORLD[2]), min(centre[1] + tall / 2 + around, WORLD[3]),
    )  # fmt: skip
    return (*WORLD[:2], *view[2:]) if view[1] - view[0] > SPANS * (WORLD[1] - WORLD[0]) else view


def views(instance: Instance) -> dict[str, View]:
    """Return pieces of the map worth a closer look: all of it, and each jurisdiction with several sites on it.

    None where there is nothing to choose from.
    """
    where = coordinates(instance)
    found = {"": _view(list(where.values()))} if where else {}
    sites = instance.table("sites")
    for jurisdiction, rows in sites.groupby("jurisdiction", sort=False):
        places = [where[site] for site in rows["site"] if site in where]
        if jurisdiction and len(places) >= CLUSTER:
            found[str(jurisdiction)] = _view(places)
    return found if len(found) > 2 else {}


def _draw_land(made: go.Figure, view: View, colours: Palette) -> None:
    shapes = outlines()
    common = {"mode": "lines", "hoverinfo": "skip", "showlegend": False}
    x, y = joined(shapes.land, view)
    made.add_scatter(x=x, y=y, fill="toself", fillcolor=colours.land, line={"width": 0}, name="land", **common)
    x, y = joined(shapes.lines, view)
    made.add_scatter(x=x, y=y, line={"width": 0.6, "color": colours.border}, name="outlines", **common)


def _largest(result: Result, where: Coordinates, most: int) -> tuple[pd.DataFrame, int]:
    """Return the largest flows between places on the map, and how many there are."""
    table = legs(result)
    table = table[table["from"].isin(list(where)) & table["to"].isin(list(where))]
    return table.head(most), len(table)


def _draw_flows(
    made: go.Figure, flows: tuple[pd.DataFrame, int], where: Coordinates, names: Names, colours: Palette
) -> tuple[int, int]:
    """Draw flows along great circles, wider where more moves; return how many are drawn and how many there are."""
    table, known = flows
    if table.empty:
        return 0, known
    size = np.sqrt(table["units"] / table["units"].max())
    table = table.assign(width=np.digitize(size, [0.15, 0.35, 0.65]))
    spots: dict[str, list[list[object]]] = {kind: [[], [], []] for kind in KINDS}
    for kind in reversed(KINDS):
        text, unit, step = WORDS[kind]
        first = True
        for width in range(len(WIDTHS)):
            xs: list[float | None] = []
            ys: list[float | None] = []
            chosen = table[(table["kind"] == kind) & (table["width"] == width)]
            for start, end, units in zip(chosen["from"], chosen["to"], chosen["units"], strict=True):
                for x, y in great_circle(where[start], where[end]):
                    xs += [*np.round(x, 4).tolist(), None]
                    ys += [*np.round(y, 4).tolist(), None]
                    middle = len(x) // 2
                    told = f"{names.place(start)} → {names.place(end)}<br>{number(units)} {unit}"
                    for spot, value in zip(spots[kind], (float(x[middle]), float(y[middle]), told), strict=True):
                        spot.append(value)
            if not xs:
                continue
            made.add_scatter(
                x=xs, y=ys, mode="lines", hoverinfo="skip", name=text, legendgroup=kind, showlegend=first,
                line={"width": WIDTHS[width], "color": faded(colours.step(step), 0.5)}, legendrank=20,
            )  # fmt: skip
            first = False
        if not first:
            spot_x, spot_y, texts = spots[kind]
            made.add_scatter(
                x=spot_x, y=spot_y, mode="markers", marker={"size": 9, "opacity": 0}, hovertext=texts, hoverinfo="text",
                legendgroup=kind, showlegend=False, name=text,
            )  # fmt: skip
    return len(table), known


def _draw_places(
    made: go.Figure, instance: Instance, result: Result, where: Coordinates, names: Names, colours: Palette
) -> None:
    """Draw donor pools that give and treatment centres."""
    giving = set(result.table("donations")["pool"])
    pools = [pool for pool in instance.table("donor_pools")["pool"] if pool in giving]
    centres = list(instance.table("centres")["centre"])
    for step, ids, symbol in (("donor", pools, "diamond"), ("centre", centres, "square")):
        there = [place for place in ids if place in where]
        if not there:
            continue
        x, y = equal_earth(*np.array([where[place] for place in there]).T)
        title, one = (
            ("donor pools that give", "donor pool") if step == "donor" else ("treatment centres", "treatment centre")
        )
        made.add_scatter(
            x=np.round(x, 4).tolist(), y=np.round(y, 4).tolist(), mode="markers", name=title, legendrank=30,
            marker={"symbol": symbol, "size": 5, "color": colours.step(step),
                    "line": {"width": 0.5, "color": colours.surface}},
            hovertext=[f"{names.place(place)}<br>{one}" for place in there],
            hoverinfo="text",
        )  # fmt: skip


def _draw_facilities(
    made: go.Figure, result: Result, where: Coordinates, names: Names, colours: Palette, period: int
) -> None:
    """Draw the facilities of each stage: open ones filled, the others hollow."""
    table = result.table("facilities")
    table = table[(table["period"] == period) & table["site"].isin(list(where))]
    stages = [stage for stage in STEPS if (table["stage"] == stage).any()]
    at_site: dict[str, list[str]] = {}
    for stage in stages:
        for site in table.loc[(table["stage"] == stage) & (table["open"] > 0.5), "site"]:
            at_site.setdefault(site, []).append(stage)
    for is_open in (False, True):
        for rank, stage in enumerate(stages):
            here = table[table["stage"] == stage]
            sites = here.loc[(here["open"] > 0.5) == is_open, "site"].tolist()
            x, y = equal_earth(*np.array([where[site] for site in sites]).reshape(-1, 2).T)
            size = [MARK + RING * (len(at_site[s]) - 1 - at_site[s].index(stage)) if is_open else MARK for s in sites]
            colour = colours.step(stage)
            word = "open" if is_open else "not open"
            made.add_scatter(
                x=np.round(x, 4).tolist() or [None], y=np.round(y, 4).tolist() or [None], mode="markers",
                name=f"{step_name(stage)}: {number(len(sites))} of {number(len(here))} open",
                legendgroup=stage, showlegend=is_open, legendrank=rank,
                marker={"size": size, "color": colour if is_open else faded(colour, 0.0),
                        "line": {"width": 1, "color": colours.surface if is_open else colour}},
                hovertext=[f"{names.place(site)}<br>{stage}, {word} in {period}" for site in sites], hoverinfo="text",
            )  # fmt: skip
    made.update_layout(legend={"font": {"size": SMALL}, "itemsizing": "constant", "itemwidth": 30})


def caption(made: go.Figure) -> str:
    """Return what a map made by `network_map` shows of the flows, in a sentence."""
    drawn, known = made.layout.meta["drawn"], made.layout.meta["flows"]
    if drawn < known:
        return f"The {number(drawn)} largest of {counted(known, 'flow')} between places are drawn."
    return f"All {counted(known, 'flow')} between places are drawn." if known else "No flow leaves its place."
