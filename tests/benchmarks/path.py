"""The whole path, step by step: read, validate, compile, write the rows, assemble, solve, evaluate, check, write."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import donornet as dn
import donornet.io as dio
from donornet.formulation import Choices, assemble, build_model
from tests.benchmarks.cases import instance_of
from tests.benchmarks.measuring import Meter


def walk(case: str, gap: float, limit: float) -> list[dict[str, Any]]:
    """Return one row per step, its share of the time to the gap, and the most memory the process held in it."""

    dn.solve(dn.generate("tiny"))  # imports, and what libraries do at their first call
    meter = Meter()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "instance"
        dn.write(instance_of(case), folder)
        with meter.whole():
            with meter.step("read"):
                instance, findings = dio.read_with_findings(folder, validate=False)
            if instance is None:
                raise AssertionError(findings)
            with meter.step("validate"):
                dn.validate(instance)
            with meter.step("compile"):
                network = dn.network(instance)
            with meter.step("write the rows"):
                model = build_model(network, Choices(decide_once=True))
            with meter.step("assemble"):
                assemble(model)
            with meter.step("solve"):
                result = dn.solve(model, gap=gap, time_limit=limit, threads=1, check=False)
            if result.solution is not None:
                with meter.step("evaluate and check"):
                    dn.check(instance, result)
                with meter.step("write the result"):
                    dn.write_result(result, Path(name) / "result")
    solving = meter.steps["solve"][0]
    rows = [
        {"case": case, "step": step, "cpu_s": cpu, "wall_s": wall, "share_of_solve": cpu / solving,
         "peak_mb": meter.peaks[step]}
        for step, (cpu, wall) in meter.steps.items()
    ]  # fmt: skip
    return [*rows, {"case": case, "step": f"all, to a gap of {result.gap:.2%}" if result.gap is not None else "all",
                    "cpu_s": meter.cpu_s, "wall_s": meter.wall_s, "peak_mb": max(meter.peaks.values())}]  # fmt: skip
