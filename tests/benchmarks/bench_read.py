"""How long it takes to read and check one million lanes: ``python tests/benchmarks/bench_read.py [ROWS]``."""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import donornet.io as dio
from donornet.io.collector import Collector, Place
from donornet.io.folder import read_csv
from donornet.io.template import template_instance


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


def timed(label: str, work: Callable[[], Any]) -> Any:
    """Run `work`, print how long it took [s], and return what it returns."""
    wall, cpu = time.perf_counter(), time.process_time()
    outcome = work()
    print(f"{label:40s} {time.perf_counter() - wall:6.2f} s wall {time.process_time() - cpu:6.2f} s CPU")
    return outcome


def main(rows: int) -> None:
    """Print the timings."""
    sound, faulty = lanes_csv(rows), lanes_csv(rows, bad=0.01)
    print(f"{rows} rows, {len(sound) / 1e6:.0f} MB")
    place = Place("lanes", "lanes.csv")
    timed("read and check the cells", lambda: read_csv(sound, place, Collector()))
    collector = Collector()
    timed("the same with 1 % of bad cells", lambda: read_csv(faulty, place, collector))
    print("  ", collector.findings[0], "\n  ", collector.findings[-1])
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "instance"
        dio.write(template_instance(), folder)
        sites = "".join(f"s{number},home\n" for number in range(3000))
        (folder / "sites.csv").write_text("site,jurisdiction\nnorth,home\nsouth,home\n" + sites)
        (folder / "lanes.csv").write_bytes(sound)
        timed("read the folder, cells only", lambda: dio.read_with_findings(folder, validate=False))
        instance, findings = timed("read the folder, all checks", lambda: dio.read_with_findings(folder))
        print(f"   {len(findings)} findings")
        if instance is not None:
            timed("write the folder", lambda: dio.write(instance, Path(name) / "copy"))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
