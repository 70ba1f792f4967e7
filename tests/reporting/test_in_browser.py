"""The report in headless Chromium with the network off."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

import donornet as dn
from tests.reporting.browser import Page, chromium, in_browser

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(chromium() is None, reason="no Chromium or Chrome here; BROWSER_PATH names one"),
]
AXE = "axe-core@4.14.1"
RUN_AXE = """axe.run(document, {resultTypes: ["violations"]}).then(
  (found) => found.violations.map((v) => v.id + ": " + v.nodes.map((n) => n.html.slice(0, 120)).join(" | "))
)"""


@pytest.fixture(scope="session")
def report(instances, tmp_path_factory) -> Path:
    """A report of two results, in which every kind of chapter is."""
    instance = dn.read(instances / "toy")
    results = [
        dn.solve(instance, gap=0),
        dn.solve(instance.apply("no-eastern-plant"), gap=0, scenario="no-eastern-plant"),
    ]
    return dn.report(results, tmp_path_factory.mktemp("report") / "report.html", instance)


@pytest.fixture(scope="session")
def axe(tmp_path_factory):
    """axe-core's script: the file that AXE_CORE names, or npm's."""
    named = os.environ.get("AXE_CORE")
    if named:
        return Path(named).read_text(encoding="utf-8")
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("no npm to fetch axe-core with; AXE_CORE names its axe.min.js")
    folder = tmp_path_factory.mktemp("axe")
    words = [npm, "install", "--prefix", str(folder), "--no-save", "--no-audit", "--no-fund", AXE]
    fetched = subprocess.run(words, capture_output=True, text=True, timeout=120, check=False)
    if fetched.returncode:
        pytest.skip(f"npm cannot fetch {AXE}: {fetched.stderr.strip()[-200:]}")
    return (folder / "node_modules/axe-core/axe.min.js").read_text(encoding="utf-8")


@pytest.mark.parametrize(("dark", "width"), [(False, 1200), (True, 1200), (False, 375)], ids=["light", "dark", "phone"])
def test_the_page_is_drawn_without_errors_requests_or_overflow(report, dark, width):
    async def task(page: Page) -> Any:
        await page.open(report.as_uri(), dark=dark, width=width)
        assert page.errors == []
        assert page.failures == []
        assert [url for url in page.requests if not url.startswith(("data:", "blob:"))] == [report.as_uri()]
        plots = await page.run("document.querySelectorAll('.chart .main-svg').length")
        assert plots >= await page.run("document.querySelectorAll('.chart').length") > 10
        return await page.run("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")

    whole, seen = in_browser(task)
    assert whole <= seen


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_axe_finds_no_violations(report, axe, dark):
    async def task(page: Page) -> Any:
        await page.open(report.as_uri(), dark=dark)
        await page.run(f"{axe};0")
        return await page.run(RUN_AXE)

    assert in_browser(task) == []


def test_a_heading_sorts_its_table_by_numbers_up_and_down(report):
    async def task(page: Page) -> list[object]:
        await page.open(report.as_uri())
        press = """(() => {
          const table = [...document.querySelectorAll("table")].find((t) => t.caption.textContent.startsWith("Terms"));
          const head = table.querySelectorAll("th")[2];
          head.firstElementChild.click();
          const values = [...table.tBodies[0].rows].map((row) => Number(row.cells[2].dataset.v));
          return [head.getAttribute("aria-sort"), values];
        })()"""
        return [*await page.run(press), *await page.run(press)]

    up, rising, down, falling = in_browser(task)
    assert (up, down) == ("ascending", "descending")
    assert rising == sorted(rising) == falling[::-1]
    assert len(set(rising)) > 3


def test_charts_are_drawn_for_paper_and_in_the_theme_of_the_screen(report):
    async def task(page: Page) -> tuple[str, str, bytes]:
        await page.open(report.as_uri(), dark=True)
        paper = "getComputedStyle(document.querySelector('.chart .main-svg')).backgroundColor"
        dark = await page.run(paper)
        await page.run("window.dispatchEvent(new Event('beforeprint'))")
        return dark, await page.run(paper), await page.pdf()

    dark, light, printed = in_browser(task)
    assert dark == "rgb(21, 28, 34)"
    assert light == "rgb(255, 255, 255)"
    assert printed.startswith(b"%PDF")
