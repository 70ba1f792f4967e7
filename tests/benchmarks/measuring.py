"""What a step costs: CPU and wall time and the most memory, each case in a process of its own."""

from __future__ import annotations

import gc
import importlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
MEGABYTE = 2**20


@dataclass
class Meter:
    """What a piece of work costs, as a whole and by step.

    Attributes
    ----------
    cpu_s, wall_s
        Times of the whole.
    peak_mb
        The most memory on top of what the process held before.
    steps
        CPU and wall time by step.
    peaks
        By step, the most memory that the process held [MB].
    """

    cpu_s: float = 0.0
    wall_s: float = 0.0
    peak_mb: float = 0.0
    steps: dict[str, tuple[float, float]] = field(default_factory=dict)
    peaks: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def whole(self) -> Iterator[None]:
        """Measure everything that is done inside."""
        gc.collect()
        before = _status("VmRSS")
        forget_peak()
        wall, cpu = time.perf_counter(), time.process_time()
        yield
        self.cpu_s, self.wall_s = time.process_time() - cpu, time.perf_counter() - wall
        highest = max([_status("VmHWM"), *(peak * MEGABYTE for peak in self.peaks.values())])
        self.peak_mb = max(0.0, (highest - before) / MEGABYTE)

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Measure a step within."""
        self.peaks[f"before {name}"] = _status("VmHWM") / MEGABYTE
        forget_peak()
        wall, cpu = time.perf_counter(), time.process_time()
        yield
        self.steps[name] = (time.process_time() - cpu, time.perf_counter() - wall)
        self.peaks[name] = _status("VmHWM") / MEGABYTE

    def answer(self) -> dict[str, float]:
        """Return the costs of the whole, and the CPU time of each step."""
        parts = {f"{name}_s": cpu for name, (cpu, _) in self.steps.items()}
        return {"cpu_s": self.cpu_s, "wall_s": self.wall_s, "peak_mb": self.peak_mb, **parts}


def isolated(function: str, timeout: float | None = None, **arguments: Any) -> dict[str, Any]:
    """Return what ``module:function(**arguments)`` returns in a process of its own.

    Parameters
    ----------
    function
        ``module:function`` of this package; arguments and what it returns go through JSON.
    timeout
        Wall time after which the process is stopped [s]; the answer is then ``{"failed": ...}``.
    """
    with tempfile.TemporaryDirectory() as folder:
        answer = Path(folder) / "answer.json"
        words = [sys.executable, "-m", "tests.benchmarks.measuring", function, json.dumps(arguments), str(answer)]
        try:
            done = subprocess.run(words, cwd=ROOT, timeout=timeout, check=False, env={**os.environ, **ONE_THREAD})
        except subprocess.TimeoutExpired:
            return {"failed": f"stopped after {timeout:.0f} s"}
        if done.returncode or not answer.exists():
            return {"failed": f"ended with code {done.returncode}"}
        found: dict[str, Any] = json.loads(answer.read_text(encoding="utf-8"))
        return found


def isolated_rows(function: str, timeout: float | None = None, **arguments: Any) -> list[dict[str, Any]]:
    """Return the rows that a function returns in a process of its own; one row that says so if it failed."""
    found: Any = isolated(function, timeout, **arguments)
    return found if isinstance(found, list) else [{**arguments, **found}]


ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")


def _status(key: str) -> float:
    """Return a figure of the process from the kernel [bytes]."""
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith(f"{key}:"):
            return float(line.split()[1]) * 1024
    raise KeyError(key)


def forget_peak() -> None:
    """Let the kernel forget the most memory that the process has held."""
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")


def main(function: str, arguments: str, answer: str) -> None:
    """Run one case and leave what it returns as JSON."""
    module, name = function.split(":")
    outcome = getattr(importlib.import_module(f"tests.benchmarks.{module}"), name)(**json.loads(arguments))
    Path(answer).write_text(json.dumps(outcome), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
