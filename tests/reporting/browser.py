"""A headless Chromium without a network, told what to do over its DevTools protocol."""

from __future__ import annotations

import asyncio
import base64
import os
import shutil
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

choreographer = pytest.importorskip("choreographer", reason="the extra `export` is not installed")

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
READY = "document.readyState === 'complete'"
DRAWN = "[...document.querySelectorAll('.chart')].every(c => c.dataset.drawn !== undefined)"
SCROLL = """(async () => {
  for (let y = 0; y < document.body.scrollHeight; y += 500) {
    scrollTo(0, y);
    await new Promise(r => setTimeout(r, 60));
  }
  scrollTo(0, 0);
})()"""
QUIET = ("--disable-background-networking", "--disable-component-update", "--no-first-run", "--disable-sync")


def chromium() -> str | None:
    """Return the path of an installed Chromium or Chrome; None: there is none."""
    named = os.environ.get("BROWSER_PATH")
    return named or next((found for name in NAMES if (found := shutil.which(name))), None)


class Page:
    """A page in the browser, and what went wrong on it."""

    def __init__(self, tab: Any) -> None:
        self._tab = tab
        self.errors: list[str] = []
        self.requests: list[str] = []
        self.failures: list[str] = []

    async def open(self, url: str, *, dark: bool = False, width: int = 1200, height: int = 900) -> None:
        """Open a file with the network off and draw every chart."""
        send = self._tab.send_command
        for event, note in {
            "Runtime.exceptionThrown": self._thrown,
            "Runtime.consoleAPICalled": self._console,
            "Log.entryAdded": self._log,
            "Network.requestWillBeSent": self._request,
            "Network.loadingFailed": self._failure,
        }.items():
            self._tab.subscribe(event, note, repeating=True)
        for domain in ("Runtime", "Log", "Network", "Page"):
            await send(f"{domain}.enable")
        offline = {"offline": True, "latency": 0, "downloadThroughput": 0, "uploadThroughput": 0}
        await send("Network.emulateNetworkConditions", offline)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        await send("Emulation.setEmulatedMedia", {"features": [scheme]})
        await self.resize(width, height)
        await send("Page.navigate", {"url": url})
        await self.until(READY)
        await self.run(SCROLL)
        await self.until(DRAWN)

    async def resize(self, width: int, height: int) -> None:
        """Set the size of the window [px]."""
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500}
        await self._tab.send_command("Emulation.setDeviceMetricsOverride", size)

    async def run(self, script: str) -> Any:
        """Return the value of an expression, a promise's once it is kept."""
        told = {"expression": script, "awaitPromise": True, "returnByValue": True}
        answer = (await self._tab.send_command("Runtime.evaluate", told))["result"]
        if "exceptionDetails" in answer:
            raise AssertionError(str(answer["exceptionDetails"]))
        return answer["result"].get("value")

    async def until(self, condition: str, patience: float = 60.0) -> None:
        """Wait until an expression is true [s]."""
        for _ in range(int(patience / 0.1)):
            if await self.run(condition):
                return
            await asyncio.sleep(0.1)
        raise AssertionError(f"still not so after {patience:g} s: {condition}")

    async def screenshot(self, top: int = 0, height: int = 1600) -> bytes:
        """Return a picture of a stretch of the page [px], as PNG."""
        width = await self.run("document.documentElement.clientWidth")
        clip = {"x": 0, "y": top, "width": width, "height": height, "scale": 1}
        told = {"format": "png", "captureBeyondViewport": True, "clip": clip}
        shot = await self._tab.send_command("Page.captureScreenshot", told)
        return base64.b64decode(shot["result"]["data"])

    async def pdf(self) -> bytes:
        """Return the page as it is printed, as PDF."""
        printed = await self._tab.send_command("Page.printToPDF", {"preferCSSPageSize": True, "printBackground": False})
        return base64.b64decode(printed["result"]["data"])

    async def _thrown(self, event: dict[str, Any]) -> None:
        self.errors.append(str(event["params"]["exceptionDetails"]))

    async def _request(self, event: dict[str, Any]) -> None:
        self.requests.append(event["params"]["request"]["url"])

    async def _failure(self, event: dict[str, Any]) -> None:
        self.failures.append(str(event["params"]))

    async def _console(self, event: dict[str, Any]) -> None:
        if event["params"]["type"] in ("error", "warning", "assert"):
            self.errors.append(str(event["params"]["args"]))

    async def _log(self, event: dict[str, Any]) -> None:
        if event["params"]["entry"]["level"] in ("error", "warning"):
            self.errors.append(str(event["params"]["entry"]))


def in_browser(task: Callable[[Page], Awaitable[Any]]) -> Any:
    """Return what a task does with a fresh page."""

    async def run() -> Any:
        async with choreographer.Browser(path=chromium(), headless=True, enable_sandbox=False) as browser:
            return await task(Page(await browser.create_tab("about:blank")))

    return asyncio.run(run())
