"""The page: chapters set in HTML, with everything that they need inside."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from plotly.offline import get_plotlyjs

import donornet
from donornet.figures.outlines import outlines
from donornet.reporting.chapter import Chapter
from donornet.reporting.chart import dark_colours, payload

TEMPLATES = "templates"


def page(title: str, chapters: Sequence[Chapter], left_out: Sequence[str] = ()) -> str:
    """Return the page.

    Parameters
    ----------
    title
        Its title.
    chapters
        Its chapters.
    left_out
        Names of results that have no chapter of their own.
    """
    drawn = [chart for chapter in chapters for section in chapter.sections for chart in section.charts]
    specs, shared = payload(drawn)
    numbers = {id(chart): position for position, chart in enumerate(drawn)}
    scripts = [plotly_script(), _read("report.js")]
    template = _environment().get_template("report.html")
    return template.render(
        title=title, chapters=chapters, left_out=left_out, specs=specs, shared=shared, number_of=numbers,
        dark=dark_colours(), scripts=scripts, hashes=[script_hash(script) for script in scripts],
        style=_read("report.css"), version=donornet.__version__, source=outlines().note,
        written=datetime.now(UTC).strftime("%Y-%m-%d"), has_map=any(c.title.startswith("Map") for c in drawn),
    )  # fmt: skip


def script_hash(script: str) -> str:
    """Return the hash by which the page's policy knows a script: none else runs."""
    return "sha256-" + base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()


@cache
def plotly_script() -> str:
    """Return Plotly's script in a form that may stand in HTML.

    Raises
    ------
    ValueError
        It holds what would end the element that it stands in.
    """
    script = str(get_plotlyjs()).replace("\r\n", "\n").replace("\r", "\n")
    if "</script" in script.lower() or "<!--" in script:
        raise ValueError("this version of Plotly's script cannot stand within HTML; install another one")
    return script


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader(__package__, TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    environment.filters["plain"] = plain
    environment.filters["objectid"] = id
    return environment


def plain(text: Any) -> str:
    """Return a text for HTML: control characters, which HTML cannot hold, are left out."""
    return "".join(letter for letter in str(text) if letter >= " " or letter in "\n\t")


def _read(name: str) -> str:
    return (files(__package__) / TEMPLATES / name).read_text(encoding="utf-8")
