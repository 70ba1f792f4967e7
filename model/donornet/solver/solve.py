"""`solve`: a model or an instance in, a `Result` out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pyomo.environ as pyo

from donornet.evaluation import evaluate
from donornet.exceptions import SolverError
from donornet.formulation import Choices, assemble, build_model, extract, refine, start_values
from donornet.formulation.matrix import Matrix
from donornet.formulation.measures import form_of, known
from donornet.instance import Instance
from donornet.instance.plain_text import plain_text
from donornet.solution import Result, Solution
from donornet.solver.aims import Aims, conclusion, pursued
from donornet.solver.clock import Clock, Stopwatch
from donornet.solver.finish import bound_and_gap, disagreement, facts, load_values, origin, status_of
from donornet.solver.interrupt import Interrupt
from donornet.solver.memory import Memory
from donornet.solver.optimum import Optimum, Ran, Run
from donornet.solver.other import OtherSearch
from donornet.solver.outcome import Outcome
from donornet.solver.progress import Listener, Snapshot
from donornet.solver.search import Refine, Search
from donornet.solver.settings import Settings

CUT_MEASURES = frozenset({"min_effective_groups", "match_coverage", "coverage_floor"})
"""Diversity measures that cuts describe, added in rounds."""


@plain_text
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
    scenario: str | None = None,
    objective: str | Sequence[str] | None = None,
    method: str = "auto",
    options: Mapping[str, Any] | None = None,
    memory: Memory | None = None,
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
        Threads of the solver. None: one, which makes runs repeatable, and a second one for the relaxation of very large
        models of several periods while designs are looked for.
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
        Name that the result carries. None: what was applied to the instance, ``base`` if nothing was.
    objective
        What is minimised (of some measures: maximised) instead of the cost: the name of a measure of
        `donornet.formulation.MEASURES`, or several, each kept at its best while the next is improved; the cost comes
        last even if it is not named. ``info["objectives"]`` has the value, bound and gap of each; the result's
        ``objective`` is still the cost, and has no bound then. An objective on the model is put aside meanwhile.
    method
        ``plain``: branch and bound from the start; ``dive``: first look for designs near the relaxation, which
        certifies small gaps sooner on large instances; ``few``: Benders' decomposition, for much flow behind few
        decisions; ``auto``: whichever pays. ``info["method"]`` has the one that was used. Another solver than HiGHS has
        its own.
    options
        Options of the solver by their own names.
    memory
        What earlier solves of the same model have left, to which this one adds; `donornet.prepare` keeps one.

    Raises
    ------
    SolverError
        The model is no donornet model, is not linear, is unbounded, or the solver failed.
    TypeError
        Neither a model nor an instance.
    ValueError
        `gap`, `time_limit`, `threads`, `seed` or `method` out of range; or `objective` is unknown, or
        means nothing here.
    """
    settings = Settings(gap, time_limit, threads, seed, options or {}, method)
    watch = Stopwatch()
    aims = _aims(objective)
    with watch("build"):
        model = _model(model_or_instance, aims)
    with watch("assemble"):
        matrix = assemble(model)
    own_objective = _is_own_objective(model)
    hint = _start(model, matrix, start)
    optima: list[Optimum] = []
    with watch("solve"):
        if aims:
            outcome, matrix, said, optima = _pursue(model, aims, settings, solver, hint, progress)
            own_objective = False
        else:
            outcome, matrix, said = _run(model, matrix, settings, solver, hint, progress, memory)
    info = {
        **origin(model.instance),
        **facts(settings, matrix, said.pop("method")),
        **said,
        "nodes": outcome.nodes,
        "stopped_by": outcome.stopped_by,
    }
    label = model.instance.scenario if scenario is None else scenario
    result = Result(status_of(outcome), None, None, None, None, {}, info, label, model.instance.sha256)
    if outcome.values is None:
        bound, _ = bound_and_gap(outcome, None, matrix)
        result = replace(result, bound=bound if own_objective else None)
    else:
        load_values(matrix, outcome.values)
        with watch("evaluate"):
            result = _evaluated(result, model, matrix, outcome, own_objective=own_objective, check=check)
        result = pursued(result, optima, check=check) if optima else result
    return replace(
        result, info={**result.info, "times": {step: round(seconds, 3) for step, seconds in watch.seconds.items()}}
    )


def _aims(objective: str | Sequence[str] | None) -> list[str]:
    """Return the names of the measures to improve in turn, the cost among them; none: the model's own objective."""
    if objective is None:
        return []
    names = [measure.name for measure in known(objective)]
    return names if "total_cost" in names else [*names, "total_cost"]


def _pursue(
    model: Any, names: list[str], settings: Settings, solver: str, start: np.ndarray | None, progress: Listener | None
) -> tuple[Outcome, Matrix, dict[str, Any], list[Optimum]]:
    """Return the outcome of improving one measure after the other, as `_run` does, and each measure's optimum."""
    with Aims(model, runner(model, settings, solver, progress), settings.gap) as aims:
        found = aims.one_by_one([form_of(model, name) for name in names], start)
    return *conclusion(found, len(names)), found


def runner(model: Any, settings: Settings, solver: str = "highs", progress: Listener | None = None) -> Run:
    """Return what solves a model as it stands, again and again, within the time of all runs together."""
    clock = Clock(settings.time_limit)

    def run(values: np.ndarray | None, gap: float | None) -> Ran:
        matrix, hint = assemble(model), None
        if values is not None:
            hint = np.full(len(matrix.cost), np.nan)
            hint[: model.width] = values[: model.width]
        left = None if settings.time_limit is None else max(clock.remaining, 0.01)
        asked = replace(settings, gap=settings.gap if gap is None else gap, time_limit=left)
        return Ran(*_run(model, matrix, asked, solver, hint, progress))

    return run


def design_of(model: Any, ran: Ran, settings: Settings, scenario: str, *, check: bool = True) -> Result:
    """Return the result of one run on a model whose objective has given way to an aim."""
    said = dict(ran.said)
    info = {
        **origin(model.instance),
        **facts(settings, ran.matrix, said.pop("method")),
        **said,
        "nodes": ran.outcome.nodes,
        "stopped_by": ran.outcome.stopped_by,
    }
    result = Result(status_of(ran.outcome), None, None, None, None, {}, info, scenario, model.instance.sha256)
    if ran.outcome.values is None:
        return result
    return _evaluated(result, model, ran.matrix, ran.outcome, own_objective=False, check=check)


def _model(model_or_instance: Any, measures: Sequence[str] = ()) -> Any:
    if isinstance(model_or_instance, Instance):
        return build_model(model_or_instance, Choices(decide_once=True), measures=measures)
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
    model: Any,
    matrix: Matrix,
    settings: Settings,
    solver: str,
    start: np.ndarray | None,
    progress: Listener | None,
    memory: Memory | None = None,
) -> tuple[Outcome, Matrix, dict[str, Any]]:
    """Return the outcome, the matrix with its cuts, and what is to be said about how it came about."""
    clock = Clock(settings.time_limit)
    cutting = _refine_of(model)
    if solver != "highs":
        other = OtherSearch(solver, model, matrix, settings, clock, cutting)
        return other.run(), other.matrix, {"method": solver, "rounds": other.rounds, "cuts": other.cuts}
    with Interrupt() as interrupt:
        listener = _signed(progress, matrix.sense)
        search = Search(model, matrix, settings, interrupt, clock, listener, cutting, memory or Memory())
        outcome = search.run(start)
    said = {"method": search.method, "solver": "highs", "rounds": search.rounds, "cuts": search.cuts}
    said["start_accepted"] = search.start_accepted
    return outcome, search.matrix, said


def _refine_of(model: Any) -> Refine | None:
    """Return what adds cuts to the model, None where the instance asks for nothing that needs them."""
    measures = {requirement.measure for requirement in model.requirements}
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
