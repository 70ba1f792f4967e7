"""Location problems: ours against a strong formulation written by hand and given to HiGHS directly.

The hand-written one is what a practitioner with arrays would write: ``x_ij <= y_j`` for every pair, one capacity row
per facility that holds ``y_j``, one row per customer.
"""

from __future__ import annotations

import time
from typing import Any

import highspy
import numpy as np

import donornet as dn
from donornet.instance import Instance
from tests.benchmarks.cases import instance_of
from tests.oracle.orlib import FOLDER, as_instance, read


def orlib(names: tuple[str, ...] = ()) -> list[dict[str, Any]]:
    """Return one row per problem of the OR-Library and one for all, solved to optimality."""
    dn.solve(dn.generate("tiny"))  # imports, and what libraries do at their first call
    rows = []
    for name in names or sorted(path.stem for path in FOLDER.glob("cap*.txt")):
        problem = read(name)
        instance = as_instance(problem)
        wanted = problem.demand > 0
        cost, demand = problem.cost[wanted], problem.demand[wanted]
        rows.append(compare(name, instance, (cost, demand, problem.fixed_cost, problem.capacity), gap=1e-6))
    total: dict[str, Any] = {"case": "all of cap"}
    for column in ("ours_cpu_s", "ours_solve_s", "direct_cpu_s"):
        total[column] = sum(row[column] for row in rows)
    return [*rows, _rated(total)]


def large(case: str, gap: float, limit: float) -> dict[str, Any]:
    """Return the row of one generated facility-location problem."""
    dn.solve(dn.generate("tiny"))
    instance = instance_of(case)
    return compare(case, instance, arrays_of(instance), gap=gap, limit=limit)


def staged(case: str, gap: float, limit: float) -> dict[str, Any]:
    """Return the row of one two-stage problem: ours alone."""
    dn.solve(dn.generate("tiny"))
    row = _ours(instance_of(case), gap, limit)
    return {"case": case, **row}


def compare(
    case: str, instance: Instance, arrays: tuple[np.ndarray, ...], *, gap: float, limit: float = 300.0
) -> dict[str, Any]:
    """Return times and objectives of both ways."""
    row = {"case": case, **_ours(instance, gap, limit), **_direct(*arrays, gap=gap, limit=limit)}
    same = abs(row["ours_objective"] - row["direct_objective"]) / abs(row["direct_objective"])
    return _rated({**row, "difference": same})


def _rated(row: dict[str, Any]) -> dict[str, Any]:
    """Return the row with ratios: solver time alone, and the whole way from tables to the checked result."""
    return {
        **row,
        "solve_ratio": row["ours_solve_s"] / row["direct_cpu_s"],
        "whole_ratio": row["ours_cpu_s"] / row["direct_cpu_s"],
    }


def _ours(instance: Instance, gap: float, limit: float) -> dict[str, Any]:
    cpu, wall = time.process_time(), time.perf_counter()
    result = dn.solve(instance, gap=gap, time_limit=limit, threads=1)
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    share = result.info["times"]["solve"] / max(sum(result.info["times"].values()), 1e-9)
    return {
        "columns": result.info["sizes"]["columns"],
        "ours_cpu_s": cpu,
        "ours_solve_s": cpu * share,
        "ours_wall_s": wall,
        "ours_gap": result.gap,
        "ours_objective": result.objective,
    }


def arrays_of(instance: Instance) -> tuple[np.ndarray, ...]:
    """Return cost of serving all of a customer, demand, fixed costs and capacities of a generated problem."""
    demand = instance.table("demand").groupby("centre", sort=False)["doses"].sum()
    facilities = instance.table("facilities").set_index("site")
    lanes = instance.table("lanes")
    lanes = lanes[lanes["from"].isin(facilities.index)]
    unit = lanes.pivot(index="to", columns="from", values="unit_cost").loc[demand.index, facilities.index]
    wanted = demand.to_numpy()
    return (
        unit.to_numpy() * wanted[:, None],
        wanted,
        facilities["opening_cost"].to_numpy(),
        facilities["capacity"].to_numpy(),
    )


def _direct(
    cost: np.ndarray, demand: np.ndarray, fixed: np.ndarray, capacity: np.ndarray, *, gap: float, limit: float
) -> dict[str, Any]:
    """Solve with the hand-written formulation: columns y_j, then x_ij by customer."""

    begun = time.process_time()
    customers, sites = cost.shape
    x = sites + np.arange(customers * sites).reshape(customers, sites)
    lines = [  # columns, values, lower, upper of each family of rows
        (x, np.ones(x.shape), np.ones(customers), np.ones(customers)),
        (
            np.column_stack([np.arange(sites), x.T]),
            np.column_stack([-capacity, np.tile(demand, (sites, 1))]),
            np.full(sites, -np.inf),
            np.zeros(sites),
        ),
        (
            np.column_stack([x.ravel(), np.tile(np.arange(sites), customers)]),
            np.tile([1.0, -1.0], (customers * sites, 1)),
            np.full(customers * sites, -np.inf),
            np.zeros(customers * sites),
        ),
    ]
    index = np.concatenate([columns.ravel() for columns, *_ in lines]).astype(np.int32)
    value = np.concatenate([values.ravel() for _, values, *_ in lines])
    length = np.concatenate([np.full(len(columns), columns.shape[1]) for columns, *_ in lines])
    start = np.concatenate([[0], np.cumsum(length)]).astype(np.int32)
    lower, upper = (np.concatenate([line[side] for line in lines]) for side in (2, 3))
    width = sites + customers * sites
    highs = highspy.Highs()
    for option, setting in {"output_flag": False, "mip_rel_gap": gap, "threads": 1, "parallel": "off",
                            "time_limit": limit}.items():  # fmt: skip
        highs.setOptionValue(option, setting)
    highs.passModel(
        width, len(lower), len(index), int(highspy.MatrixFormat.kRowwise), int(highspy.ObjSense.kMinimize), 0.0,
        np.concatenate([fixed, cost.ravel()]), np.zeros(width), np.ones(width), lower, upper, start, index, value,
        np.concatenate([np.ones(sites), np.zeros(width - sites)]).astype(np.int32),
    )  # fmt: skip
    highs.run()
    info = highs.getInfo()
    return {
        "direct_cpu_s": time.process_time() - begun,
        "direct_gap": float(info.mip_gap),
        "direct_objective": float(info.objective_function_value),
    }
