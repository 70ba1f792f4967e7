"""How long it takes to read and check one million lanes, sound or partly broken."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np

import donornet.io as dio
from donornet.io.collector import Collector, Place
from donornet.io.folder import read_csv
from donornet.io.template import template_instance
from tests.benchmarks.measuring import Meter


def lanes_csv(rows: int, bad: float = 0.0, seed: int = 1) -> bytes:
    """Return a table of `rows` lanes between 3000 sites; a share `bad` of their days is no number."""
    rng = np.random.default_rng(seed)
    origins = rng.integers(0, 3000, rows)
    costs = rng.uniform(10, 5000, rows).round(2)
    days = np.where(rng.random(rows) < bad, "1;5", rng.uniform(0, 5, rows).round(3).astype(str))
    lines = [
        f"s{origin},s{row % 3000},mode-{row // 3000},*,{cost},{day},,open"
        for row, (origin, cost, day) in enumerate(zip(origins.tolist(), costs.tolist(), days.tolist(), strict=True))
    ]
    return ("from,to,mode,therapy,unit_cost,days,max_units_per_year,status\n" + "\n".join(lines) + "\n").encode()


def read(rows: int) -> list[dict[str, Any]]:
    """Return one row per step."""
    sound, faulty = lanes_csv(rows), lanes_csv(rows, bad=0.01)
    place, meter = Place("lanes", "lanes.csv"), Meter()
    with tempfile.TemporaryDirectory() as name, meter.whole():
        with meter.step("read and check the cells"):
            read_csv(sound, place, Collector())
        with meter.step("the same with 1 % of bad cells"):
            read_csv(faulty, place, Collector())
        folder = Path(name) / "instance"
        dio.write(template_instance(), folder)
        sites = "".join(f"s{number},home\n" for number in range(3000))
        (folder / "sites.csv").write_text("site,jurisdiction\nnorth,home\nsouth,home\n" + sites, encoding="utf-8")
        (folder / "lanes.csv").write_bytes(sound)
        with meter.step("read the folder, cells only"):
            dio.read_with_findings(folder, validate=False)
        with meter.step("read the folder, all checks"):
            instance, _ = dio.read_with_findings(folder)
        if instance is not None:
            with meter.step("write the folder"):
                dio.write(instance, Path(name) / "copy")
    return [
        {"rows": rows, "step": step, "cpu_s": cpu, "wall_s": wall, "peak_mb": meter.peaks[step]}
        for step, (cpu, wall) in meter.steps.items()
    ]
