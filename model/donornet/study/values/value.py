"""`value`: what each rule, licence, requirement, site and capacity is worth, by solving without or with it."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import replace
from typing import Any

from donornet.evaluation import evaluate
from donornet.exceptions import DonornetError, InvalidInstanceError
from donornet.instance import Instance
from donornet.solution import Result
from donornet.study.sweeps.crew import Serial
from donornet.study.sweeps.items import BASE
from donornet.study.sweeps.request import NOT_SOLVED
from donornet.study.sweeps.standing import SweepListener
from donornet.study.sweeps.sweep import sweep
from donornet.study.values.assets import capacity_items, facility_items, licence_items
from donornet.study.values.bounds import NOISE, Reach
from donornet.study.values.items import Item
from donornet.study.values.rules import (
    Agreements,
    agreement_items,
    prohibition_items,
    recognition_items,
    requirement_items,
)
from donornet.study.values.use import Use
from donornet.study.values.values import Outcome, Values
from donornet.validation import validate

KINDS = ("recognition", "agreements", "licences", "prohibitions", "requirements", "facilities", "capacity")
"""What can be valued."""
USED_OR_NOT = frozenset({"recognition", "agreements", "facilities"})
"""Kinds of which chains that use the thing are broken without it: no need to look whether the base design holds."""
MORE = 0.1
"""Additional capacity whose worth is asked for [share]."""


def value(  # noqa: PLR0913 - every argument but the first has a name and a default
    instance: Instance,
    what: str | Sequence[str] = KINDS,
    *,
    agreements: Agreements | None = None,
    most: int | None = 20,
    executor: Executor | Callable[[], Executor] | None = None,
    workers: int | None = None,
    folder: str | os.PathLike[str] | None = None,
    gap: float = 1e-4,
    time_limit: float | None = None,
    threads: int | None = None,
    seed: int = 0,
    progress: SweepListener | None = None,
) -> Values:
    """Return what things are worth: the cost of the best design without each less the cost of the best with it.

    Of what exists the counterfactual is the case without it; of what could exist, or could be more, the case with it.
    So what saves money has a positive worth, and a requirement that costs money a negative one. Each worth comes with
    an interval that both solves prove; where it holds zero (beyond the accuracy of the costs) there is no finding,
    whatever the difference of the two designs. What no network can do without, and what keeps every network from
    being, are findings of their own.

    What the base design does not need is not solved for: where the edits only take designs away, and `evaluate` finds
    that the base design breaks nothing in the counterfactual and costs the same there, it is as good there as in the
    base, so that the worth lies between zero and the distance of the base design from its bound - exactly zero if it
    is optimal.

    Parameters
    ----------
    instance
        A valid instance, scenarios applied.
    what
        Kinds of things: some of recognition (its rows), agreements (all that two jurisdictions recognise of each
        other), licences, prohibitions, requirements (diversity, limits, required markers, least service), facilities,
        capacity; a list or a text with commas.
    agreements
        Named sets of (from, market) in the place of the pairs of jurisdictions.
    most
        Most counterfactuals of each kind to solve: first what the base design would lose, then what it could gain,
        those with the largest use in it before the others; the rest is listed as not tried. None: all.
    executor, workers, folder
        As for `sweep`; with a folder the study can be resumed.
    gap, time_limit, threads, seed
        As for `solve`, for every solve.
    progress
        Called with a `Standing` as by `sweep`.

    Raises
    ------
    DonornetError
        The base instance could not be solved for another reason than that it is infeasible or a limit was reached.
    ValueError
        `what` names an unknown kind, an agreement an unknown jurisdiction or market, or `most` is negative.
    """
    kinds = _kinds(what)
    _refuse_unknown(instance, agreements)
    if most is not None and most < 0:
        raise ValueError(f"most must be at least 0 or None, not {most!r}")
    asked: dict[str, Any] = {"gap": gap, "time_limit": time_limit, "threads": threads, "seed": seed}
    with _folder(folder) as place:
        study = sweep(instance, None, executor=Serial(), folder=place, **asked)
        if BASE in study.failures:
            raise DonornetError(f"the base case cannot be valued: {study.failures[BASE].message}")
        base = study.results[BASE]
        items = _items(instance, base, kinds, agreements)
        outcomes = {item: _screened(instance, base, item) for item in items}
        tried = _chosen([item for item in items if outcomes[item] is None and item.edits], most)
        grid: dict[str, tuple[str, ...] | None] = {BASE: None, **{_label(item): item.edits for item in tried}}
        if tried:
            study = sweep(
                instance, None, {"": grid}, executor=executor, workers=workers, folder=place, progress=progress, **asked
            )
    for item in tried:
        found = study.results.get(_label(item))
        failure = study.failures.get(_label(item))
        outcomes[item] = (
            Outcome(Reach.of(found), found.status.value)
            if found is not None
            else Outcome(None, failure.kind.value if failure else "not run", failure.message if failure else "")
        )
    listed = [(item, outcome or _left_out(item, most)) for item, outcome in outcomes.items()]
    return Values.of(instance, base, listed, gap)


def _kinds(what: str | Sequence[str]) -> list[str]:
    asked = [kind.strip() for kind in what.split(",")] if isinstance(what, str) else list(what)
    unknown = [kind for kind in asked if kind not in KINDS]
    if unknown or not asked:
        raise ValueError(f"what must be some of {', '.join(KINDS)}, not {', '.join(map(repr, unknown)) or 'nothing'}")
    return list(dict.fromkeys(asked))


def _refuse_unknown(instance: Instance, agreements: Agreements | None) -> None:
    directions = [pair for pairs in (agreements or {}).values() for pair in pairs]
    wrong = [
        f"{home!r} -> {market!r}"
        for home, market in directions
        if home not in instance.jurisdictions or market not in instance.markets or home == market
    ]
    if wrong:
        raise ValueError(
            f"agreements go from a jurisdiction to another one that is a market, not {', '.join(wrong)}; "
            f"the markets are {', '.join(instance.markets)}"
        )


@contextlib.contextmanager
def _folder(folder: str | os.PathLike[str] | None) -> Iterator[str | os.PathLike[str]]:
    """Yield the folder, or one that is gone afterwards."""
    if folder is not None:
        yield folder
        return
    with tempfile.TemporaryDirectory(prefix="donornet-value-") as place:
        yield place


def _items(instance: Instance, base: Result, kinds: Sequence[str], agreements: Agreements | None) -> list[Item]:
    """Return the items of the kinds, what is used and could go first, no two with the same name and counterfactual."""
    use = Use(instance, base)
    makers: dict[str, Callable[[], Iterator[Item]]] = {
        "recognition": lambda: recognition_items(instance, use),
        "agreements": lambda: agreement_items(instance, use, agreements),
        "licences": lambda: licence_items(instance, use),
        "prohibitions": lambda: prohibition_items(instance),
        "requirements": lambda: requirement_items(instance),
        "facilities": lambda: facility_items(instance, use),
        "capacity": lambda: capacity_items(instance, use, MORE),
    }
    named: dict[str, Item] = {}
    for kind in kinds:
        for item in sorted(makers[kind](), key=lambda item: (not item.use or item.effect != "stricter", -item.use)):
            number, own = 1, item
            while _label(own) in named:
                number += 1
                own = replace(item, name=f"{item.name} ({number})")
            named[_label(own)] = own
    return list(named.values())


def _label(item: Item) -> str:
    return f"{item.kind}: {item.name}: {item.counterfactual}"


def _screened(instance: Instance, base: Result, item: Item) -> Outcome | None:
    """Return the outcome of a counterfactual in which the base design is as good as in the base; None: to be solved.

    The edits are stricter, so no design got cheaper and none was added. The base design breaks nothing in the
    counterfactual and costs no more there. Hence its optimum lies between the base's bound and the base design's cost.
    """
    if item.effect != "stricter" or not item.edits or base.solution is None or base.objective is None:
        return None
    if base.info.get("violations") or (item.use > 0 and item.kind in USED_OR_NOT):
        return None
    try:
        changed = instance.apply(*item.edits)
    except InvalidInstanceError:
        return None
    judged = {name: rows for name, rows in changed.tables.items() if name not in NOT_SOLVED}
    if any(finding.is_error for finding in validate(replace(changed, tables=judged))):
        return None
    evaluation = evaluate(changed, base.solution)
    if evaluation.violations or evaluation.objective > base.objective + NOISE * abs(base.objective):
        return None
    bound = Reach.of(base).low
    return Outcome(Reach(min(bound, base.objective), base.objective), "base design holds")


def _chosen(items: Sequence[Item], most: int | None) -> list[Item]:
    """Return the first items of each kind."""
    if most is None:
        return list(items)
    count: dict[str, int] = {}
    chosen = []
    for item in items:
        count[item.kind] = count.get(item.kind, 0) + 1
        if count[item.kind] <= most:
            chosen.append(item)
    return chosen


def _left_out(item: Item, most: int | None) -> Outcome:
    if not item.edits:
        return Outcome(None, "not tried", "its row cannot be told apart from another one by patterns")
    return Outcome(None, "not tried", f"beyond the {most} that matter most to the design; raise most")
