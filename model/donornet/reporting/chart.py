"""Figures as the page holds them: data without markup, each colour told by its place in the palette."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Any

import plotly.graph_objects as go

from donornet.figures.palette import DARK, LIGHT

SHARED = ("land", "outlines")
"""Traces that several maps have in common."""
DIGITS = 7
"""Significant digits of numbers in figures."""
_UNSAFE = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}


@dataclass(frozen=True)
class Chart:
    """A figure with its words.

    Parameters
    ----------
    figure
        The figure, in the light theme.
    title
        What it is about.
    caption
        What to see in it, in a sentence or two.
    least
        Least width at which it can be read [px]; on narrower screens it scrolls.
    views
        Pieces of it to look at closely: name, least and greatest x, least and greatest y.
    keeps_shape
        Whether its height shrinks with its width.
    """

    figure: go.Figure
    title: str
    caption: str
    least: int = 0
    views: tuple[tuple[str, tuple[float, float, float, float]], ...] = ()
    keeps_shape: bool = False

    @property
    def height(self) -> int:
        """Height of the figure [px]."""
        return int(self.figure.layout.height)


def payload(charts: Iterable[Chart]) -> tuple[list[str], str]:
    """Return the figures as JSON that cannot end the script it stands in, and what they share."""
    shared: dict[str, Any] = {}
    texts = []
    for chart in charts:
        spec = _plain(chart.figure.to_plotly_json())
        spec["layout"].pop("meta", None)
        spec["data"] = [_reference(trace, shared) for trace in spec["data"]]
        texts.append(safe_json({"data": spec["data"], "layout": spec["layout"]}))
    return texts, safe_json(shared)


def dark_colours() -> str:
    """Return the dark colour of every light one, as JSON."""
    pairs = {getattr(LIGHT, field.name): getattr(DARK, field.name) for field in fields(LIGHT)}
    return safe_json(pairs)


def safe_json(value: Any) -> str:
    """Return a value as JSON that is inert within HTML."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for letter, escape in _UNSAFE.items():
        text = text.replace(letter, escape)
    return text


def _reference(trace: dict[str, Any], shared: dict[str, Any]) -> dict[str, Any]:
    """Return a trace, or the name of the equal one that is held once for all figures."""
    if trace.get("name") not in SHARED or trace.get("hoverinfo") != "skip":
        return trace
    text = json.dumps(trace, sort_keys=True)
    for key, known in shared.items():
        if json.dumps(known, sort_keys=True) == text:
            return {"shared": key}
    key = str(len(shared))
    shared[key] = trace
    return {"shared": key}


def _plain(value: Any) -> Any:
    """Return a figure's attributes as JSON holds them, numbers rounded to what can be seen."""
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    if hasattr(value, "tolist"):
        return _plain(value.tolist())
    if isinstance(value, float):
        return float(f"{value:.{DIGITS}g}") if math.isfinite(value) else None
    return value
