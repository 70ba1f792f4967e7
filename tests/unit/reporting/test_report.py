"""The page without a browser: whole, safe, small, and readable by programs."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from importlib.resources import files
from itertools import pairwise
from pathlib import Path

import pytest

import donornet as dn
from donornet.reporting.page import plotly_script, script_hash

HOSTILE = "</script><script>alert('x')</script><img src=x onerror=alert(1)>"
NAMES = [HOSTILE, "=1+1", "مستشفى الملك", "N" * 200, "a\x00\x1bb"]
MOST_BYTES = 6_000_000
VOID = {"meta", "img", "br", "link", "input", "hr"}


class Page(HTMLParser):
    """The elements, texts and scripts of a page; fails where tags do not match."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: list[tuple[dict[str, str | None], str]] = []
        self.words: list[str] = []
        self.feed(text)
        self.close()
        assert not self.open

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag == "script":
            self.scripts.append((dict(attrs), ""))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] == "script":
            attributes, text = self.scripts[-1]
            self.scripts[-1] = (attributes, text + data)
        elif self.open and self.open[-1] != "style":
            self.words.append(data)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        """Return the attributes of every element of a kind."""
        return [attributes for name, attributes in self.elements if name == tag]

    @property
    def text(self) -> str:
        """What is read."""
        return " ".join(" ".join(self.words).split())


@pytest.fixture(scope="session")
def written(toy_instance, toy_result, tmp_path_factory) -> Path:
    return dn.report(toy_result, tmp_path_factory.mktemp("report") / "toy.html", toy_instance)


@pytest.fixture(scope="session")
def page(written: Path) -> Page:
    return Page(written.read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def hostile(toy_instance, toy_result, tmp_path_factory) -> Page:
    tables = dict(toy_instance.tables)
    for start, name in enumerate(("sites", "centres", "donor_pools", "jurisdictions")):
        rows = tables[name].copy()
        rows["title"] = [NAMES[(3 * start + place) % len(NAMES)] for place in range(len(rows))]
        tables[name] = rows
    head = toy_instance.head.model_copy(update={"title": HOSTILE})
    instance = replace(toy_instance, head=head, tables=tables)
    assert instance.sha256 == toy_result.instance_sha256
    titles = dict(zip(tables["sites"]["site"], tables["sites"]["title"], strict=True))
    facilities = toy_result.tables["facilities"]
    facilities = facilities.assign(title=facilities["site"].map(titles))
    result = replace(toy_result, tables={**toy_result.tables, "facilities": facilities})
    path = tmp_path_factory.mktemp("report") / "hostile.html"
    dn.report(dict.fromkeys(NAMES[:3], result), path, instance)
    return Page(path.read_text(encoding="utf-8"))


def test_the_file_is_small(written):
    assert written.stat().st_size < MOST_BYTES


def test_nothing_is_loaded_from_anywhere(page):
    for tag, attributes in page.elements:
        for name in ("src", "href", "srcset", "data", "action", "poster"):
            assert (attributes.get(name) or "#").startswith("#"), (tag, attributes)
    assert not page.all("link")
    assert not re.search(r"url\(|@import", (files("donornet.reporting") / "templates/report.css").read_text())


def test_the_policy_of_the_page_lets_only_its_own_scripts_run(page):
    policy = next(a["content"] for a in page.all("meta") if a.get("http-equiv") == "Content-Security-Policy")
    running = [text for attributes, text in page.scripts if attributes.get("type") != "application/json"]
    assert "default-src 'none'" in policy
    assert sorted(re.findall(r"sha256-[\w+/=]+", policy)) == sorted(map(script_hash, running))
    assert len(running) == 2


def test_every_chart_has_data_words_and_a_picture_role(page):
    specs = {a["id"] for a, _ in page.scripts if "id" in a}
    charts = [a for a in page.all("div") if a.get("class") == "chart"]
    assert len(charts) >= 5
    for chart in charts:
        assert chart["data-spec"] in specs
        assert chart["role"] == "img"
        assert len(chart["aria-label"] or "") > 20


def test_every_section_is_there(page):
    for title in ("Where the network stands", "Which way the doses go", "What it costs", "How full it runs",
                  "Who gives, and for whom", "What is not served, and why"):  # fmt: skip
        assert title in page.text, title


def test_the_head_says_what_it_serves_costs_and_how_sure_that_is(page, toy_result):
    assert "114 doses served at 4 188 USD; no design is cheaper." in page.text
    assert "no violations" in page.text


def test_tables_have_captions_heads_and_a_way_to_scroll(page):
    assert len(page.all("caption")) == len(page.all("table")) > 4
    assert all(a.get("scope") in ("col", "row") for a in page.all("th"))
    regions = [a for a in page.all("div") if a.get("role") == "region"]
    assert all(a["tabindex"] == "0" and a["aria-label"] for a in regions)


def test_headings_do_not_skip_a_level(page, hostile):
    for each in (page, hostile):
        levels = [int(tag[1]) for tag, _ in each.elements if re.fullmatch(r"h[1-6]", tag)]
        assert levels[0] == 1
        assert levels.count(1) == 1
        assert all(after - before <= 1 for before, after in pairwise(levels))


def test_ids_are_unique_and_links_lead_somewhere(page, hostile):
    for each in (page, hostile):
        ids = [a["id"] for _, a in each.elements if "id" in a]
        assert len(set(ids)) == len(ids)
        assert {(a["href"] or "")[1:] for a in each.all("a")} <= set(ids)


def test_hostile_names_are_read_and_do_nothing(hostile):
    assert HOSTILE in hostile.text
    assert not hostile.all("img")
    assert "=1+1" in hostile.text
    assert len([a for a, _ in hostile.scripts if a.get("type") != "application/json"]) == 2
    assert "\x00" not in hostile.text


def test_what_charts_hold_is_json_that_cannot_end_its_script(hostile):
    for attributes, text in hostile.scripts:
        if attributes.get("type") == "application/json":
            assert "<" not in text
            json.loads(text)


def test_right_to_left_names_are_isolated(hostile):
    assert len(hostile.all("bdi")) > 20


def test_several_results_are_compared_and_have_a_chapter_each(hostile):
    assert "2 results compared with" in hostile.text
    assert len(hostile.all("article")) == 4


def test_without_the_instance_all_but_the_map_is_there(toy_result, tmp_path):
    page = Page(dn.report(toy_result, tmp_path / "r.html").read_text(encoding="utf-8"))
    assert "The instance was not given" in page.text
    assert "Chains with most doses" in page.text


def test_another_instance_is_noticed(toy_instance, toy_result, tmp_path):
    other = toy_instance.apply("no-eastern-plant")
    page = Page(dn.report(toy_result, tmp_path / "r.html", other).read_text(encoding="utf-8"))
    assert "is not the one that was solved" in page.text
    assert toy_result.instance_sha256[:12] in page.text


def test_a_result_of_a_scenario_is_reported_in_it(toy_instance, tmp_path):
    result = dn.solve(toy_instance.apply("no-eastern-plant"), gap=0, scenario="no-eastern-plant")
    page = Page(dn.report(result, tmp_path / "r.html", toy_instance).read_text(encoding="utf-8"))
    assert "Checked again for this report" in page.text


def test_violations_are_told_first(toy_instance, toy_result, tmp_path):
    costs = toy_result.tables["costs"]
    tables = {**toy_result.tables, "costs": costs.assign(cost=costs["cost"] * 2)}
    wrong = replace(toy_result, tables=tables)
    page = Page(dn.report(wrong, tmp_path / "r.html", toy_instance).read_text(encoding="utf-8"))
    assert "does not stand the check" in page.text
    assert page.text.index("does not stand") < page.text.index("Total cost")


def test_a_result_without_a_design_says_so(toy_instance, toy_result, tmp_path):
    nothing = replace(
        toy_result, status=dn.Status.INFEASIBLE, solution=None, tables={}, objective=None, bound=None, gap=None
    )
    page = Page(dn.report(nothing, tmp_path / "r.html", toy_instance).read_text(encoding="utf-8"))
    assert "No design satisfies every hard requirement" in page.text


def test_nothing_to_report_is_refused(tmp_path):
    with pytest.raises(ValueError, match="nothing to report"):
        dn.report([], tmp_path / "r.html")


def test_plotlys_script_may_stand_in_html():
    assert "</script" not in plotly_script().lower()
