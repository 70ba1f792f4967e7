"""`solve`: a model or an instance in, a `Result` out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pyomo.environ as pyo

from donornet.evaluation import evaluate
from donornet.exceptions import SolverError
from donornet.formulation import Choices, assemble, build_model, extract, refine, start_values
from donornet.formulation.matrix import Matrix
from donornet.instance import Instance
from donornet.solution import Result, Solution
from donornet.solver.clock import Clock, Stopwatch
from donornet.solver.finish import bound_and_gap, disagreement, facts, load_values, status_of
from donornet.solver.interrupt import Interrupt
from donornet.solver.other import OtherSearch
from donornet.solver.outcome import Outcome
from donornet.solver.progress import Listener, Snapshot
from donornet.solver.search import Refine, Search
from donornet.solver.settings import Settings

CUT_MEASURES = frozenset({"min_effective_groups", "match_coverage", "coverage_floor"})
"""Diversity measures that cuts describe, added in rounds."""


def solve(  # noqa: PLR0913 - every argument but the first has a name and a default
    model_or_instance: Any,
    *,
    gap: float = 1e-4,
    time_limit: float | None = None,
    threads: int | None = None,
    seed: int = 0,
    start: Result | Solution | None = None,
    progress: Listener | None = None,
    solver: str = "highs",
    check: bool = True,
    scenario: str = "base",
    options: Mapping[str, Any] | None = None,
) -> Result:
    """Return the cheapest design, or how far the solve came.

    That no design exists, or that a limit was reached, is a status of the result and no exception. Ctrl-C stops the
    solve and keeps the best design so far; a second Ctrl-C gives up. (Only with HiGHS.)

    Parameters
    ----------
    model_or_instance
        An instance, or a model of `build_model`, to which constraints may have been added. The variables of a model
        hold the design's values afterwards.
    gap
        Relative gap between the design's cost and the proven bound at which to stop [share].
    time_limit
        Wall time for solving [s]; building the model and checking the design come on top. None: no limit.
    threads
        Threads of the solver. None: one, which makes runs repeatable.
    seed
        Seed of the solver's random choices.
    start
        An earlier design to start from, of this instance or a similar one.
    progress
        Called with a `Snapshot` about every second and at every better design.
    solver
        ``highs``, or the name of a solver that Pyomo knows, for example ``cbc`` or ``gurobi``.
    check
        Whether the design is verified against the instance; ``result.info["violations"]`` lists what contradicts it.
    scenario
        Name that the result carries.
    options
        Options of the solver by their own names.

    Raises
    ------
    SolverError
        The model is no donornet model, is not linear, is unbounded, or the solver failed.
    TypeError
        Neither a model nor an instance.
    ValueError
        `gap`, `time_limit`, `threads` or `seed` out of range.
    """
    settings = Settings(gap, time_limit, threads, seed, options or {})
    watch = Stopwatch()
    with watch("build"):
        model = _model(model_or_instance)
    with watch("assemble"):
        matrix = assemble(model)
    own_objective = _is_own_objective(model)
    hint = _start(model, matrix, start)
    with watch("solve"):
        outcome, matrix, said = _run(model, matrix, settings, solver, hint, progress)
    info = {
        **facts(settings, matrix, said.pop("method")),
        **said,
        "nodes": outcome.nodes,
        "stopped_by": outcome.stopped_by,
    }
    result = Result(status_of(outcome), None, None, None, None, {}, info, scenario, model.instance.sha256)
    if outcome.values is None:
        bound, _ = bound_and_gap(outcome, None, matrix)
        result = replace(result, bound=bound if own_objective else None)
    else:
        load_values(matrix, outcome.values)
        with watch("evaluate"):
            result = _evaluated(result, model, matrix, outcome, own_objective=own_objective, check=check)
    return replace(
        result, info={**result.info, "times": {step: round(seconds, 3) for step, seconds in watch.seconds.items()}}
    )


def _model(model_or_instance: Any) -> Any:
    if isinstance(model_or_instance, Instance):
        return build_model(model_or_instance, Choices(decide_once=True))
    if not isinstance(model_or_instance, pyo.ConcreteModel):
        raise TypeError(
            f"solve takes an instance or a model, not {type(model_or_instance).__name__}; "
            "read a file with dn.read(path) first"
        )
    if not isinstance(getattr(model_or_instance, "instance", None), Instance):
        raise SolverError(
            "this model was not made by dn.build_model, so its variables mean nothing to donornet; build it from "
            "an instance and add your constraints to it, or solve it with Pyomo"
        )
    return model_or_instance


def _is_own_objective(model: Any) -> bool:
    """Whether the model minimises the sum of its named cost terms, and nothing that a user put in their place."""
    active = list(model.component_data_objects(pyo.Objective, active=True, descend_into=True))
    if len(active) != 1 or active[0] is not model.component("total_cost") or active[0].sense != pyo.minimize:
        return False
    terms = [model.component(term.local_name) for term in model.component_objects(pyo.Expression, descend_into=False)]
    return all(any(part is term for term in terms) for part in active[0].expr.args)


def _start(model: Any, matrix: Matrix, start: Result | Solution | None) -> np.ndarray | None:
    """Return the values that an earlier design gives to the columns, NaN where it says nothing."""
    solution = start.solution if isinstance(start, Result) else start
    if solution is None:
        return None
    values = np.full(len(matrix.cost), np.nan)
    known = start_values(model, solution)
    values[: len(known)] = known
    return values


def _run(
    model: Any, matrix: Matrix, settings: Settings, solver: str, start: np.ndarray | None, progress: Listener | None
) -> tuple[Outcome, Matrix, dict[str, Any]]:
    """Return the outcome, the matrix with its cuts, and what is to be said about how it came about."""
    clock = Clock(settings.time_limit)
    cutting = _refine_of(model)
    if solver != "highs":
        other = OtherSearch(solver, model, matrix, settings, clock, cutting)
        return other.run(), other.matrix, {"method": solver, "rounds": other.rounds, "cuts": other.cuts}
    with Interrupt() as interrupt:
        search = Search(model, matrix, settings, interrupt, clock, _signed(progress, matrix.sense), cutting)
        outcome = search.run(start)
    said = {"method": "highs", "rounds": search.rounds, "cuts": search.cuts, "start_accepted": search.start_accepted}
    return outcome, search.matrix, said


def _refine_of(model: Any) -> Refine | None:
    """Return what adds cuts to the model, None where the instance asks for nothing that needs them."""
    measures = set(model.instance.table("diversity")["measure"])
    return refine if measures & CUT_MEASURES else None


def _signed(listener: Listener | None, sense: int) -> Listener | None:
    """Return a listener that hears the objective as the model states it, though HiGHS always minimises."""
    if listener is None or sense == 1:
        return listener

    def told(snapshot: Snapshot) -> None:
        incumbent = None if snapshot.incumbent is None else -snapshot.incumbent
        listener(replace(snapshot, incumbent=incumbent, bound=None if snapshot.bound is None else -snapshot.bound))

    return told


def _evaluated(
    result: Result, model: Any, matrix: Matrix, outcome: Outcome, *, own_objective: bool, check: bool
) -> Result:
    """Return the result with the design, its costs and tables, recomputed from the instance alone."""
    assert outcome.values is not None  # noqa: S101 - the caller has looked
    solution = extract(model, outcome.values)
    evaluation = evaluate(model.instance, solution)
    objective = float(evaluation.objective)
    info = {**result.info, "solver_objective": matrix.sense * outcome.objective}
    if own_objective:
        bound, gap = bound_and_gap(outcome, objective, matrix)
    else:
        solver_bound, gap = bound_and_gap(outcome, outcome.objective, matrix)
        info["solver_bound"] = None if solver_bound is None else matrix.sense * solver_bound
        info["solver_gap"] = gap
        bound = None
    if check:
        violations = [str(violation) for violation in evaluation.violations]
        info["violations"] = violations + (disagreement(outcome.objective, objective) if own_objective else [])
    return replace(
        result, objective=objective, bound=bound, gap=gap, solution=solution, tables=evaluation.tables, info=info
    )
