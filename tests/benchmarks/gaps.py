"""The gap over time: donornet, plain HiGHS on the same rows, plain HiGHS on aggregated rows without the strong ones.

Donornet goes first; its cuts (coverage, effective groups) are rows of the programs that plain HiGHS gets, so that all
three solve the same problem. Gaps are against each contender's own bound.
"""

from __future__ import annotations

import tempfile
import time
from dataclasses import fields
from pathlib import Path
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.ticker import PercentFormatter
from scipy.sparse import csr_array, load_npz, save_npz

import donornet as dn
from donornet.formulation import Choices, Matrix, assemble, build_model
from donornet.solver.clock import Clock
from donornet.solver.highs import Program
from donornet.solver.interrupt import Interrupt
from donornet.solver.settings import Settings
from tests.benchmarks.cases import instance_of
from tests.benchmarks.measuring import isolated
from tests.benchmarks.weak import aggregated

PLAIN = {"plain HiGHS, same rows": "strong", "plain HiGHS, aggregated rows": "weak"}
MARKS = (0.05, 0.02, 0.01)
"""Gaps whose times are reported."""
Trace = list[tuple[float, float, float | None, float | None]]
"""Wall time, CPU time [s], incumbent, bound."""


def run(case: str, gap: float, limit: float, plain_limit: float) -> tuple[list[dict[str, Any]], dict[str, Trace]]:
    """Return one row per contender and their traces.

    Parameters
    ----------
    case
        Name of the instance.
    gap
        Gap to stop at [share].
    limit, plain_limit
        Wall time for donornet and for plain HiGHS [s].
    """
    rows, traces = [], {}
    with tempfile.TemporaryDirectory() as folder:
        found = {"donornet": isolated("gaps:ours", case=case, gap=gap, limit=limit, folder=folder)}
        for contender, kind in PLAIN.items():
            found[contender] = isolated("gaps:plain", kind=kind, gap=gap, limit=plain_limit, folder=folder)
    ours = found["donornet"]
    for contender, outcome in found.items():
        trace = outcome.pop("trace", [])
        traces[contender] = trace
        rows.append({"case": case, "contender": contender, **outcome, **summary(trace)})
    for mark in MARKS:
        name = f"cpu_s_to_{mark:.0%}"
        best = next((row.get(name) for row in rows if row["contender"] == "donornet"), None)
        for row in rows:
            if best and row["contender"] != "donornet":
                row[f"times_ours_to_{mark:.0%}"] = _ratio(row, name, best)
    if "failed" in ours:
        rows[0]["failed"] = ours["failed"]
    return rows, traces


def _ratio(row: dict[str, Any], name: str, best: float) -> str:
    """Return how many times longer a contender took, at least where it did not get there."""
    reached = row.get(name)
    if reached is not None:
        return f"{reached / best:.3g}"
    return f"> {row['cpu_s'] / best:.3g}" if "cpu_s" in row else ""


def ours(case: str, gap: float, limit: float, folder: str) -> dict[str, Any]:
    """Solve with donornet; leave the rows, its cuts among them, for the others."""

    started = time.process_time()
    model = build_model(instance_of(case), Choices(decide_once=True))
    built = time.process_time() - started
    watcher = Watcher()
    result = dn.solve(model, gap=gap, time_limit=limit, threads=1, progress=watcher)
    solving = time.process_time() - watcher.cpu
    matrix = assemble(model)
    _save(Path(folder) / "strong", matrix)
    _save(Path(folder) / "weak", aggregated(model, matrix))
    end = (time.perf_counter() - watcher.wall, solving, result.objective, result.bound)
    return {
        "columns": len(matrix.cost),
        "integers": int(matrix.integer.sum()),
        "rows": matrix.rows.shape[0],
        "nonzeros": matrix.rows.nnz,
        "build_cpu_s": built,
        "cpu_s": solving,
        "trace": [*watcher.trace, end],
    }


def plain(kind: str, gap: float, limit: float, folder: str) -> dict[str, Any]:
    """Give the rows to HiGHS as they are."""

    matrix, watcher = _load(Path(folder) / kind), Watcher()
    outcome = Program(matrix, Settings(gap, limit, 1), Interrupt(), Clock(limit), watcher).solve()
    solving = time.process_time() - watcher.cpu
    objective = outcome.objective if outcome.values is not None else None
    end = (time.perf_counter() - watcher.wall, solving, objective, outcome.bound)
    return {
        "columns": len(matrix.cost),
        "integers": int(matrix.integer.sum()),
        "rows": matrix.rows.shape[0],
        "nonzeros": matrix.rows.nnz,
        "cpu_s": solving,
        "trace": [*watcher.trace, end],
    }


class Watcher:
    """Notes every snapshot of a solve with the CPU time."""

    def __init__(self) -> None:
        self.wall, self.cpu = time.perf_counter(), time.process_time()
        self.trace: Trace = []

    def __call__(self, snapshot: Any) -> None:
        self.trace.append(
            (
                time.perf_counter() - self.wall,
                time.process_time() - self.cpu,
                _finite(snapshot.incumbent),
                _finite(snapshot.bound),
            )
        )


def _finite(value: float | None) -> float | None:
    return None if value is None or not np.isfinite(value) else float(value)


def gaps_of(trace: Trace) -> list[tuple[float, float, float]]:
    """Return wall time, CPU time and gap of the best incumbent against the best bound so far."""
    found, best, bound = [], np.inf, -np.inf
    for wall, cpu, incumbent, limit in trace:
        best = min(best, np.inf if _finite(incumbent) is None else float(incumbent or 0.0))
        bound = max(bound, -np.inf if _finite(limit) is None else float(limit or 0.0))
        if np.isfinite(best) and np.isfinite(bound):
            found.append((wall, cpu, max(best - bound, 0.0) / max(abs(best), 1e-10)))
    return found


def summary(trace: Trace) -> dict[str, Any]:
    """Return when the first design and the gaps of interest came, and the end."""
    gaps = gaps_of(trace)
    if not gaps:
        return {"final_gap": None}
    row: dict[str, Any] = {"first_design_cpu_s": gaps[0][1], "first_gap": gaps[0][2]}
    for mark in MARKS:
        row[f"cpu_s_to_{mark:.0%}"] = next((cpu for _, cpu, gap in gaps if gap <= mark), None)
    best = min(incumbent for _, _, incumbent, _ in trace if incumbent is not None)
    bound = max(bound for *_, bound in trace if bound is not None and np.isfinite(bound))
    return {**row, "final_gap": gaps[-1][2], "objective": best, "bound": bound}


def plot(traces: dict[str, Trace], path: Path, title: str) -> None:
    """Draw gap over CPU time."""

    mpl.use("Agg")

    figure, axes = plt.subplots(figsize=(7, 4), layout="constrained")
    for (contender, trace), style in zip(traces.items(), ("-", "--", ":"), strict=False):
        gaps = gaps_of(trace)
        if gaps:
            axes.step([cpu for _, cpu, _ in gaps], [max(gap, 1e-4) for *_, gap in gaps], style, where="post",
                      label=contender, linewidth=1.8)  # fmt: skip
    axes.set(xscale="log", yscale="log", xlabel="CPU time [s]", ylabel="gap", title=title)
    axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=None))
    axes.axhline(0.01, color="0.6", linewidth=0.8)
    axes.grid(visible=True, which="both", alpha=0.2)
    axes.legend()
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)
    plt.close(figure)


def _save(path: Path, matrix: Matrix) -> None:
    arrays = {field.name: getattr(matrix, field.name) for field in fields(Matrix)}
    arrays.pop("variables")
    save_npz(path.with_suffix(".rows.npz"), csr_array(arrays.pop("rows")), compressed=False)
    np.savez(path.with_suffix(".npz"), **arrays)


def _load(path: Path) -> Matrix:
    arrays: dict[str, Any] = dict(np.load(path.with_suffix(".npz")))
    arrays |= {"offset": float(arrays["offset"]), "sense": int(arrays["sense"])}
    return Matrix(variables=[], rows=csr_array(load_npz(path.with_suffix(".rows.npz"))), **arrays)
