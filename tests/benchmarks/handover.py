"""From tables in memory to HiGHS holding the model: ours, stock Pyomo's interfaces, linopy, raw arrays.

Every contender hands over the same program in a process of its own. There are three kinds:

- donornet compiles the network, writes the rows and hands over, starting from the instance's tables;
- the same Pyomo model (its rows expand when they are asked for) goes through Pyomo's own interfaces;
- plain Pyomo rules, linopy and raw arrays start from finished arrays of coefficients: no joins, no rules, no network.
  What they are measured at is variables, rows and hand-over alone, so the comparison favours them.

`pass` is the hand-over itself, `write` what comes before it without the compilation of the network.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import highspy
import numpy as np
import pyomo.environ as pyo
from pyomo.contrib import appsi
from pyomo.contrib.solver.solvers.highs import Highs
from scipy.sparse import csr_array, load_npz, save_npz

import donornet as dn
from donornet.formulation import Choices, assemble, build_model
from donornet.solver.clock import Clock
from donornet.solver.highs import Program
from donornet.solver.interrupt import Interrupt
from donornet.solver.settings import Settings
from tests.benchmarks.cases import instance_of
from tests.benchmarks.measuring import Meter, isolated

NOTHING = 1e-9
"""Coefficients that HiGHS takes for zero."""
OURS = ("donornet", "donornet's model by appsi_highs", "donornet's model by pyomo highs")
CONTENDERS = (*OURS, "plain rules by appsi_highs", "plain rules by pyomo highs", "linopy", "raw arrays")


def run(case: str, contenders: tuple[str, ...] = CONTENDERS, timeout: float = 900.0) -> list[dict[str, Any]]:
    """Return one row per contender."""
    with tempfile.TemporaryDirectory() as folder:
        size = isolated("handover:prepare", case=case, folder=folder)
        rows = []
        for contender in contenders:
            found = isolated("handover:hand_over", timeout, case=case, contender=contender, folder=folder)
            rows.append({"case": case, "contender": contender, **size, **found})
    return with_ratios(rows)


def with_ratios(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the rows with time per nonzero and ratios to ours: of hand-over, of writing and hand-over, of memory."""
    best = next((row for row in rows if row["contender"] == "donornet" and "cpu_s" in row), None)
    for row in rows:
        if "cpu_s" not in row:
            continue
        layer = row.get("write_s", 0.0) + row["pass_s"]
        row["us_per_nonzero"] = layer / row["nonzeros"] * 1e6
        if best is not None:
            row["pass_ratio"] = row["pass_s"] / best["pass_s"]
            row["write_and_pass_ratio"] = layer / (best["write_s"] + best["pass_s"])
            row["memory_ratio"] = row["peak_mb"] / best["peak_mb"]
    return rows


def prepare(case: str, folder: str) -> dict[str, int]:
    """Leave the arrays of a case in a folder and return their size."""

    matrix = assemble(build_model(instance_of(case), Choices(decide_once=True)))
    path, rows = Path(folder), csr_array(matrix.rows)
    rows.data[np.abs(rows.data) <= NOTHING] = 0.0
    rows.eliminate_zeros()
    save_npz(path / "rows.npz", rows, compressed=False)
    np.savez(
        path / "arrays.npz",
        cost=matrix.cost,
        lower=matrix.lower,
        upper=matrix.upper,
        integer=matrix.integer,
        row_lower=matrix.row_lower,
        row_upper=matrix.row_upper,
    )
    return {
        "columns": len(matrix.cost),
        "integers": int(matrix.integer.sum()),
        "rows": rows.shape[0],
        "nonzeros": rows.nnz,
    }


def hand_over(case: str, contender: str, folder: str) -> dict[str, Any]:
    """Measure one contender."""
    if contender in OURS:
        return _ours(case, contender)
    rows, arrays = load_npz(Path(folder) / "rows.npz"), dict(np.load(Path(folder) / "arrays.npz"))
    work: Callable[[Any, dict[str, np.ndarray], Meter], int] = {
        "raw arrays": _raw,
        "linopy": _linopy,
        "plain rules by appsi_highs": _appsi,
        "plain rules by pyomo highs": _stock,
    }[contender]
    work(*_smallest(), Meter())  # imports, and what libraries do at their first call
    meter = Meter()
    with meter.whole():
        held = work(rows, arrays, meter)
    if held != rows.nnz:
        raise AssertionError(f"{contender} handed over {held} of {rows.nnz} nonzeros")
    return meter.answer()


def _smallest() -> tuple[csr_array, dict[str, np.ndarray]]:
    """Return the arrays of ``min x + y, 1 <= x + y <= 2, x, y >= 0, y whole``."""
    arrays = {"cost": [1.0, 1.0], "lower": [0.0, 0.0], "upper": [np.inf, 5.0], "integer": [False, True],
              "row_lower": [1.0], "row_upper": [2.0]}  # fmt: skip
    return csr_array(np.ones((1, 2))), {name: np.array(values) for name, values in arrays.items()}


def _ours(case: str, contender: str) -> dict[str, Any]:

    take = {OURS[0]: _take, OURS[1]: _appsi_takes, OURS[2]: _stock_takes}[contender]
    dn.solve(dn.generate("tiny"))  # imports, and what libraries do at their first call
    take(build_model(dn.generate("tiny")))
    instance, meter = instance_of(case), Meter()
    with meter.whole():
        with meter.step("compile"):
            network = dn.network(instance)
        with meter.step("write"):
            model = build_model(network, Choices(decide_once=True))
        with meter.step("pass"):
            take(model)
    return meter.answer()


def _take(model: Any) -> int:

    return int(Program(assemble(model), Settings(), Interrupt(), Clock())._highs.getNumNz())


def _appsi_takes(model: Any) -> int:

    solver = appsi.solvers.Highs()
    solver.set_instance(model)
    return int(solver._solver_model.getNumNz())


def _stock_takes(model: Any) -> int:

    solver = Highs()
    solver.set_instance(model)
    return int(solver._solver_model.getNumNz())


def _raw(rows: Any, arrays: dict[str, np.ndarray], meter: Meter) -> int:

    with meter.step("pass"):
        highs = highspy.Highs()
        highs.setOptionValue("output_flag", False)
        highs.passModel(
            len(arrays["cost"]), rows.shape[0], rows.nnz, int(highspy.MatrixFormat.kRowwise),
            int(highspy.ObjSense.kMinimize), 0.0, arrays["cost"], arrays["lower"], arrays["upper"],
            arrays["row_lower"], arrays["row_upper"], rows.indptr.astype(np.int32), rows.indices.astype(np.int32),
            rows.data, arrays["integer"].astype(np.uint8),
        )  # fmt: skip
    return int(highs.getNumNz())


def _linopy(rows: Any, arrays: dict[str, np.ndarray], meter: Meter) -> int:
    """Write the rows in blocks of one length: no padding, linopy's best case."""
    import linopy
    import xarray

    with meter.step("write"):
        model, whole = linopy.Model(), arrays["integer"].astype(bool)
        columns = np.arange(len(whole))
        for name, part in (("flow", columns[~whole]), ("decision", columns[whole])):
            bounds = [xarray.DataArray(arrays[key][part], dims=[name]) for key in ("lower", "upper")]
            if len(part):
                model.add_variables(*bounds, name=name, integer=name == "decision")
        label = np.empty(len(whole), dtype=int)
        label[~whole], label[whole] = np.arange((~whole).sum()), (~whole).sum() + np.arange(whole.sum())
        lengths = np.diff(rows.indptr)
        for length in np.unique(lengths[lengths > 0]).tolist():
            chosen = np.flatnonzero(lengths == length)
            entries = rows.indptr[chosen][:, None] + np.arange(length)[None, :]
            block = f"row{length}"
            data = xarray.Dataset(
                {
                    "coeffs": ([block, "_term"], rows.data[entries]),
                    "vars": ([block, "_term"], label[rows.indices[entries]]),
                    "const": ([block], np.zeros(len(chosen))),
                },
                coords={block: np.arange(len(chosen))},
            )
            body = linopy.LinearExpression(data, model)
            low, high = arrays["row_lower"][chosen], arrays["row_upper"][chosen]
            equal = low == high
            for sign, kept, side in (
                ("==", equal, low),
                ("<=", ~equal & np.isfinite(high), high),
                (">=", ~equal & np.isfinite(low), low),
            ):
                if kept.any():
                    here = {block: np.flatnonzero(kept)}
                    right = xarray.DataArray(side[kept], dims=[block], coords={block: np.flatnonzero(kept)})
                    model.add_constraints(body.isel(here), sign, right)
        cost = xarray.DataArray(arrays["cost"][~whole], dims=["flow"])
        fixed = xarray.DataArray(arrays["cost"][whole], dims=["decision"])
        model.add_objective(
            (model.variables["flow"] * cost).sum() + (model.variables["decision"] * fixed).sum()
            if whole.any()
            else (model.variables["flow"] * cost).sum()
        )
    with meter.step("pass"):
        highs = model.to_highspy()
    return int(highs.getNumNz())


def _plain(rows: Any, arrays: dict[str, np.ndarray]) -> Any:
    """Return the plain Pyomo model: one rule per row that adds products up."""

    model = pyo.ConcreteModel()
    bounds = [
        (None if low == -np.inf else low, None if high == np.inf else high)
        for low, high in zip(arrays["lower"].tolist(), arrays["upper"].tolist(), strict=True)
    ]
    domains = [pyo.Integers if whole else pyo.Reals for whole in arrays["integer"].tolist()]
    model.x = pyo.Var(
        range(len(bounds)), bounds=lambda _, column: bounds[column], domain=lambda _, column: domains[column]
    )
    start, index, value = rows.indptr.tolist(), rows.indices.tolist(), rows.data.tolist()
    low, high = arrays["row_lower"].tolist(), arrays["row_upper"].tolist()

    def row(m: Any, number: int) -> Any:
        body = sum(value[entry] * m.x[index[entry]] for entry in range(start[number], start[number + 1]))
        if low[number] == high[number]:
            return body == high[number]
        if low[number] == -np.inf:
            return body <= high[number]
        return body >= low[number] if high[number] == np.inf else (low[number], body, high[number])

    model.row = pyo.Constraint(range(len(low)), rule=row)
    cost = arrays["cost"].tolist()
    model.cost = pyo.Objective(expr=sum(c * model.x[column] for column, c in enumerate(cost) if c))
    return model


def _appsi(rows: Any, arrays: dict[str, np.ndarray], meter: Meter) -> int:
    with meter.step("write"):
        model = _plain(rows, arrays)
    with meter.step("pass"):
        return _appsi_takes(model)


def _stock(rows: Any, arrays: dict[str, np.ndarray], meter: Meter) -> int:
    with meter.step("write"):
        model = _plain(rows, arrays)
    with meter.step("pass"):
        return _stock_takes(model)
