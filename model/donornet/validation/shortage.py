"""Demand that no capacity and no donors can meet, with the numbers, and penalties that make serving not worth while."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from donornet.instance import Finding, Instance
from donornet.validation.demand import doses_wanted, must_or_may
from donornet.validation.questions import modality_of, stages_of
from donornet.validation.report import each, figure, warning
from donornet.validation.supply import Gains, capacity_by_period, donations_by_period, gains_of, operations_at

TOLERANCE = 1e-6
"""Shortages below this share of the demand are rounding."""
TRANSIT_DAYS = 30.0
"""Transit that a chain may take on top of its operations when asking whether it lasts longer than a period [days]."""


def check_capacity(instance: Instance) -> Iterator[Finding]:
    """Check, per therapy, stage and period, that the demand fits the capacity of all facilities with every step."""
    at = operations_at(instance)
    at = at[at["status"] != "closed"]
    gains = gains_of(instance, at)
    entering = _entering(instance)
    for therapy, stages in stages_of(instance).items():
        pooled = _is_pooled(instance, at, therapy)
        wanted, must = (doses_wanted(instance, therapy, must=only_must) for only_must in (False, True))
        for stage in dict.fromkeys(stages):
            here = at[(at["therapy"] == therapy) & (at["stage"] == stage)]
            first = stage in {instance.routes[therapy][0], "testing"}
            if here.empty or (therapy in entering and pooled and not first):
                continue  # without facility: said elsewhere; or some patients reach the stage only after the horizon
            supply = capacity_by_period(instance, here, _worth(gains[therapy], stage, here, entry=therapy in entering))
            short = _shortage(instance, wanted, must, supply, pooled=pooled)
            if short:
                when, amount, hard, most = short
                message = (
                    f"{therapy!r}, {when}: {figure(amount)} doses are wanted, but every {stage} facility together "
                    f"allows at most {figure(most)} (all steps bought, nothing else made); "
                    f"{must_or_may(amount, hard, most)}"
                )
                yield warning("capacity-below-demand", message, "demand", _first_row(instance, therapy), "doses")


def _worth(gains: Gains, stage: str, here: pd.DataFrame, *, entry: bool) -> np.ndarray:
    """Return the doses (where demand counts at entry: patients) per unit entering each facility, at best."""
    if not entry:
        return gains.doses_per_unit(stage, here["gain"].to_numpy(dtype=float))
    with np.errstate(divide="ignore"):
        return np.asarray(1.0 / np.full(len(here), gains.units_per_patient(stage)))


def check_donors(instance: Instance) -> Iterator[Finding]:
    """Check, per period, that the pools can give the donations that demand for allogeneic therapies needs at least."""
    if not instance.has("donor_pools"):
        return
    at = operations_at(instance)
    gains, modality = gains_of(instance, at), modality_of(instance)
    needed, must = (np.zeros(len(instance.periods)) for _ in range(2))
    donated = [therapy for therapy in instance.routes if modality[therapy] == "allogeneic"]
    for therapy in donated:
        doses = float(gains[therapy].doses_per_unit("testing", np.ones(1))[0])
        for total, only_must in ((needed, False), (must, True)):
            wanted = doses_wanted(instance, therapy, must=only_must)
            total += np.where(wanted > 0, wanted / doses if doses > 0 else np.inf, 0.0)
    pooled = any(_is_pooled(instance, at, therapy) for therapy in donated)
    short = _shortage(instance, needed, must, donations_by_period(instance), pooled=pooled)
    if short:
        when, amount, hard, most = short
        outcome = "the instance is infeasible as it stands" if hard > most else "part of the demand will go unmet"
        yield warning(
            "donors-below-demand",
            f"{when}: the demand for {', '.join(map(repr, donated))} takes at least {figure(amount)} donations, "
            f"but the pools with every recruit give at most {figure(most)}; {outcome}",
            "donor_pools",
            None,
            "registry",
        )


def check_penalties(instance: Instance) -> Iterator[Finding]:
    """Find penalties below what a dose costs even at the cheapest facilities."""
    at = operations_at(instance)
    at = at[at["status"] != "closed"]
    gains, modality, entering = gains_of(instance, at), modality_of(instance), _entering(instance)
    pools = instance.table("donor_pools")
    given = float(pools["donation_cost"].min()) if len(pools) else 0.0
    cheapest = {}
    for therapy, gain in gains.items():
        least = at[at["therapy"] == therapy].groupby("stage")["unit_cost"].min()
        costs = {str(stage): float(cost) for stage, cost in least.items() if cost > 0}
        donation = (given if modality[therapy] == "allogeneic" else 0.0) + costs.get("testing", 0.0)
        cheapest[therapy] = (
            _per_patient(gain, costs, donation) if therapy in entering else _per_dose(gain, costs, donation)
        )
    demand = instance.table("demand")
    bound = np.array([cheapest.get(therapy, 0.0) for therapy in demand["therapy"]], dtype=float)
    yield from each(
        demand.assign(least=bound),
        (demand["unmet_penalty"] < bound * (1 - TOLERANCE)) & (demand["doses"] > 0) & (demand["min_service"] == 0),
        ("demand", "unmet_penalty"),
        "penalty-below-cost",
        lambda row: (
            f"{figure(row['unmet_penalty'])} per dose is less than the cheapest dose of {row['therapy']!r} costs in "
            f"donation and operations alone, {figure(row['least'])}: it is cheaper to serve nobody; raise the penalty "
            "or give a min_service"
        ),
        "warning",
    )


def _per_dose(gains: Gains, costs: dict[str, float], donation: float) -> float:
    """Return a lower bound of what one dose costs: donation and operations, each at its cheapest [currency/dose]."""
    parts = [(stage, costs[stage]) for stage in gains.route if stage in costs]
    total = 0.0
    for stage, cost in [*parts, ("testing", donation)]:
        doses = float(gains.doses_per_unit(stage, np.full(1, gains.most.get(stage, 1.0)))[0])
        total += cost / doses if doses > 0 else np.inf if cost else 0.0
    return total


def _per_patient(gains: Gains, costs: dict[str, float], donation: float) -> float:
    """Return a lower bound of what one patient who enters costs [currency/patient]."""
    return donation + sum(costs.get(stage, 0.0) * gains.units_per_patient(stage) for stage in gains.route)


def _entering(instance: Instance) -> set[str]:
    """Return the therapies of which demand counts when patients enter."""
    therapies = instance.table("therapies")
    return set(therapies.loc[therapies["demand_at"] == "entry", "therapy"])


def _is_pooled(instance: Instance, at: pd.DataFrame, therapy: str) -> bool:
    """Whether periods help each other out: by stock, or because a chain may last longer than a period."""
    therapies = instance.table("therapies")
    shelf = float(therapies.loc[therapies["therapy"] == therapy, "shelf_life_days"].fillna(0.0).max())
    here = at[at["therapy"] == therapy]
    longest = float(here.groupby("stage")[["days", "occupancy_days"]].max().max(axis=1).sum()) if len(here) else 0.0
    return shelf >= instance.days or longest + TRANSIT_DAYS >= instance.days


def _shortage(
    instance: Instance, wanted: np.ndarray, must: np.ndarray, supply: np.ndarray, *, pooled: bool
) -> tuple[str, float, float, float] | None:
    """Return when demand exceeds supply most, the demand then, what of it must be served, the supply; None if never."""
    spans = [f"period {period}" for period in instance.periods]
    if pooled:
        wanted, must, supply = (np.array([amounts.sum()]) for amounts in (wanted, must, supply))
        spans = ["all periods together"]
    short = wanted > supply * (1 + TOLERANCE) + TOLERANCE
    if not short.any():
        return None
    hard = short & (must > supply * (1 + TOLERANCE) + TOLERANCE)
    with np.errstate(invalid="ignore"):
        worst = int(np.argmax(np.where(hard if hard.any() else short, wanted - supply, -np.inf)))
    others = int(short.sum()) - 1
    when = spans[worst] + (f" (and {others} more)" if others else "")
    return when, float(wanted[worst]), float(must[worst]), float(supply[worst])


def _first_row(instance: Instance, therapy: str) -> int | None:
    demand = instance.table("demand")
    rows = demand.index[demand["therapy"] == therapy]
    return int(rows[0]) if len(rows) else None
