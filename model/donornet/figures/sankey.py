"""The Sankey diagram: doses from their donors or patients through the stages to the centres."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import TYPE_CHECKING, Literal

import pandas as pd
import plotly.graph_objects as go

from donornet.figures.frame import FONT, SMALL, Missing, figure
from donornet.figures.names import Names, step_name
from donornet.figures.palette import Theme, faded
from donornet.figures.text import label, number

if TYPE_CHECKING:
    from donornet.instance import Instance
    from donornet.solution import Result

MOST_PLACES = 9
"""Places of a step that are shown one by one; where any step has more, all are drawn by jurisdiction."""
COLUMNS = ("donor", "collection", "processing", "manufacturing", "storage", "centre")
"""Columns from left to right. Testing runs in parallel and is none."""
PATIENTS = "patients"
TOP, BOTTOM, PAD = 36, 12, 16
"""Margins above and below, and the least space between nodes [px]."""


def sankey(
    result: Result,
    instance: Instance | None = None,
    *,
    by: Literal["place", "jurisdiction"] | None = None,
    theme: Theme = "light",
) -> go.Figure:
    """Return where doses come from and which way they go, donor group or patients first and centres last.

    Every link is as wide as the doses that its chains deliver, so nothing appears or vanishes on the way.

    Parameters
    ----------
    result
        A result with the table of chains.
    instance
        The instance; without it donors are drawn by jurisdiction and titles are ids.
    by
        Whether sites and centres are drawn one by one or by jurisdiction; None: one by one where they are few.
    theme
        ``light`` or ``dark``.

    Raises
    ------
    Missing
        The result has no chains.
    """
    chains = result.tables.get("chains")
    if chains is None or chains.empty:
        raise Missing("the result has no chains to draw: nothing is delivered")
    names = Names(result, instance)
    if by is None:
        most = max(chains[step].nunique() for step in (*COLUMNS[1:-1], "centre") if step in chains)
        by = "place" if most <= MOST_PLACES else "jurisdiction"
    nodes, links = _parts(chains, names, by)
    order = sorted(nodes, key=lambda node: (COLUMNS.index(node[0]), -nodes[node]))
    number_of = {node: position for position, node in enumerate(order)}
    depth = [step for step in COLUMNS if any(node[0] == step for node in order)]
    tallest = max(sum(1 for node in order if node[0] == step) for step in depth)
    height = max(340, 40 * tallest)
    made, colours = figure(theme, height=height + TOP + BOTTOM, margin=(8, 8, TOP, BOTTOM))
    made.add_sankey(
        arrangement="snap", valuesuffix=" doses", valueformat=",.4~s",
        node={
            "label": [_node_name(node, names, by) for node in order], "pad": PAD, "thickness": 14,
            "color": [colours.step(step) for step, _ in order], "line": {"width": 0},
            "x": [0.001 + 0.998 * depth.index(step) / max(len(depth) - 1, 1) for step, _ in order],
            "y": _heights(order, nodes, depth, height), "hovertemplate": "%{label}<br>%{value}<extra></extra>",
        },
        link={
            "source": [number_of[a] for a, _ in links], "target": [number_of[b] for _, b in links],
            "value": list(links.values()), "color": [faded(colours.step(a[0]), 0.28) for a, _ in links],
            "customdata": [f"{_node_name(a, names, by)} → {_node_name(b, names, by)}" for a, b in links],
            "hovertemplate": "%{customdata}<br>%{value}<extra></extra>",
        },
        textfont={"family": FONT, "size": SMALL, "color": colours.ink, "shadow": "none"},
    )  # fmt: skip
    for position, step in enumerate(depth):
        name = "Donors and patients" if step == "donor" and _has_patients(order) else step_name(step)
        name = "Patients" if step == "donor" and all(key == PATIENTS for s, key in order if s == "donor") else name
        made.add_annotation(
            x=position / max(len(depth) - 1, 1), y=1, xref="paper", yref="paper", yanchor="bottom", yshift=8,
            xanchor="left" if not position else "right" if position == len(depth) - 1 else "center",
            text=name, showarrow=False, font={"size": SMALL, "color": colours.muted},
        )  # fmt: skip
    total = float(chains["doses"].sum())
    made.update_layout(meta={"by": by, "doses": number(total), "steps": depth})
    return made


Node = tuple[str, str]
"""Step and key: a place or a jurisdiction; for donors a group."""


def _parts(chains: pd.DataFrame, names: Names, by: str) -> tuple[dict[Node, float], dict[tuple[Node, Node], float]]:
    """Return the doses through every node and along every link."""
    nodes: dict[Node, float] = {}
    links: dict[tuple[Node, Node], float] = {}
    key = _key(names, by)
    for chain in chains.to_dict("records"):
        pool, doses = chain.get("pool", ""), float(chain["doses"])
        ends = chain["jurisdictions"].split(">") if chain.get("jurisdictions") else []
        donor = (names.group(pool) if names.groups else (ends[0] if ends else pool)) if pool else PATIENTS
        way: list[Node] = [("donor", donor)]
        way += [(step, key(chain[step], "")) for step in COLUMNS[1:-1] if chain.get(step)]
        way.append(("centre", key(chain["centre"], chain["market"])))
        for node in way:
            nodes[node] = nodes.get(node, 0.0) + doses
        for link in pairwise(way):
            links[link] = links.get(link, 0.0) + doses
    return nodes, links


def _key(names: Names, by: str) -> Callable[[str, str], str]:
    def key(place: str, known: str) -> str:
        if by == "place":
            return place
        jurisdiction = names.jurisdiction_of(place)
        return known if jurisdiction is None else jurisdiction

    return key


def _node_name(node: Node, names: Names, by: str) -> str:
    step, key = node
    if step == "donor":
        return "Patients' own cells" if key == PATIENTS else label(key if names.groups else f"donors {key}", 26)
    return label(names.title(key), 34) if by == "place" else names.jurisdiction(key)


def _has_patients(order: list[Node]) -> bool:
    return ("donor", PATIENTS) in order


def _heights(order: list[Node], nodes: dict[Node, float], depth: list[str], height: float) -> list[float]:
    """Return the vertical middles of nodes, in shares of the height: each column in the middle, the largest on top."""
    columns = [[node for node in order if node[0] == step] for step in depth]
    scale = min((height - PAD * (len(mine) - 1)) / sum(nodes[node] for node in mine) for mine in columns)
    found: dict[Node, float] = {}
    for mine in columns:
        free = height - scale * sum(nodes[node] for node in mine)
        gap = min(free / max(len(mine) - 1, 1), 2.5 * PAD)
        top = (free - gap * (len(mine) - 1)) / 2
        for node in mine:
            found[node] = min(max((top + scale * nodes[node] / 2) / height, 0.001), 0.999)
            top += scale * nodes[node] + gap
    return [found[node] for node in order]
