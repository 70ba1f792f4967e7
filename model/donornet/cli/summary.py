"""The key figures of a result on one screen."""

from __future__ import annotations

from typing import Any

import pandas as pd

from donornet.cli.text import columns, count, number, seconds, share
from donornet.instance import Instance
from donornet.solution import Result, Status

REASONS = {
    "time": "the time limit",
    "interrupt": "Ctrl-C",
    "nodes": "the limit of nodes",
    "iterations": "the limit of iterations",
    "memory": "the limit of memory",
    "rounds": "the limit of rounds of cuts",
    "tolerance": "the solver's tolerances",
}
"""What stops a solve, in words."""


def summary(instance: Instance, result: Result, gap: float, elapsed: float) -> str:
    """Return the summary of a result.

    Parameters
    ----------
    instance
        What was solved.
    result
        How it ended.
    gap
        The gap that was asked for [share].
    elapsed
        Wall time since the command began [s].
    """
    lines = [headline(instance, result, gap, elapsed)]
    lines += _section("Objectives, one after the other", _objectives(result))
    if result.solution is not None:
        currency = instance.head.currency
        lines += _section(f"Cost [{currency}, discounted]", _costs(result))
        lines += _section("Facilities in the last period", _facilities(instance, result))
        lines += _section("Service", _service(result))
        lines += _section("Donors by group, whole horizon", _donors(instance, result))
        lines += _section("Requirements and limits", _requirements(result))
        lines += ["", _checked(result)]
    return "\n".join(lines)


def headline(instance: Instance, result: Result, gap: float, elapsed: float) -> str:
    """Return the first line: how it ended, and what it costs."""
    name, currency = instance.head.name, instance.head.currency
    reason = REASONS.get(str(result.info.get("stopped_by")), "a limit")
    if result.status is Status.INFEASIBLE:
        return f"{name}: infeasible, no design satisfies every hard requirement (proven in {seconds(elapsed)})"
    if result.status is Status.NO_SOLUTION:
        bound = "" if result.bound is None else f"; no design costs less than {number(result.bound)} {currency}"
        return f"{name}: {reason} was reached before a design was found ({seconds(elapsed)}){bound}"
    cost = f"total cost {number(result.objective)} {currency}"
    bound = "no bound" if result.bound is None else f"bound {number(result.bound)}"
    reached = f"gap {share(result.gap)}, asked {share(gap)}"
    how = "solved" if result.status is Status.OPTIMAL else f"stopped by {reason}"
    return f"{name}: {how} in {seconds(elapsed)}\n{cost} ({bound}, {reached})"


def as_plain(result: Result) -> dict[str, Any]:
    """Return the result's key figures for JSON; numbers that are not finite become None."""
    kpis: list[dict[str, Any]] = []
    if "kpis" in result.tables:
        frame = result.tables["kpis"].astype(object)
        kpis = frame.where(frame.notna(), None).to_dict("records")
    return {
        "status": result.status.value,
        "objective": result.objective,
        "bound": result.bound,
        "gap": result.gap,
        "scenario": result.scenario,
        "kpis": kpis,
        "info": dict(result.info),
    }


def _section(title: str, lines: list[str]) -> list[str]:
    return ["", title, *lines] if lines else []


def _objectives(result: Result) -> list[str]:
    """Return what was reached of each measure that was improved instead of the cost."""
    return columns([
        (aim["measure"], number(aim["value"]), f"bound {number(aim['bound'])}", f"gap {share(aim['gap'])}")
        for aim in result.info.get("objectives", ())
    ])  # fmt: skip


def _costs(result: Result) -> list[str]:
    terms = result.tables["costs"].groupby("term", sort=False)["cost"].sum()
    terms = terms[terms.abs() > 0]
    total = float(terms.sum())
    rows = [
        (str(term).replace("_", " "), number(cost), share(cost / total if total else None))
        for term, cost in terms.items()
    ]
    return columns(rows)


def _facilities(instance: Instance, result: Result) -> list[str]:
    table = result.tables["facilities"]
    last = table[table["period"] == instance.periods[-1]]
    rows: list[tuple[str, ...]] = [("", "open", "of", "opened", "closed", "steps")]
    for stage, group in table.groupby("stage", sort=False):
        here = last[last["stage"] == stage]
        numbers = (here["open"].sum(), len(here), group["opened"].sum(), group["closed"].sum(), here["steps"].sum())
        rows.append((str(stage), *(number(float(value)) for value in numbers)))
    return columns(rows)


def _service(result: Result) -> list[str]:
    kpis = _figures(result)
    rows = []
    for kpi, label in (
        ("doses", "doses delivered"),
        ("unmet_doses", "doses not served"),
        ("cost_per_dose", "cost per dose"),
        ("vein_to_vein_days_mean", "vein to vein, mean days"),
        ("vein_to_vein_days_p90", "vein to vein, 90th percentile days"),
        ("handoffs_per_dose", "hand-offs per dose"),
        ("crossings_per_dose", "crossings per dose"),
        ("km_per_dose", "km per dose"),
    ):
        value = kpis.get((kpi, ""))
        if value is not None and value == value:  # noqa: PLR0124 - not a number: there are no such doses
            rows.append((label, number(value)))
    if ("served_share", "") in kpis:
        rows.insert(1, ("demand served", share(kpis["served_share", ""])))
    return columns(rows)


def _figures(result: Result) -> dict[tuple[str, str], float]:
    table = result.tables["kpis"]
    return {(str(row.kpi), str(row.member)): float(row.value) for row in table.itertuples()}


def _donors(instance: Instance, result: Result) -> list[str]:
    """Return recruits, donors registered at the end and donations of each donor group."""
    pools = instance.table("donor_pools").set_index("pool")["donor_group"]
    donations = result.table("donations")
    given = donations.groupby(donations["pool"].map(pools))["donations"].sum()
    donors = result.table("donors")
    group = donors["pool"].map(pools)
    recruits = donors.groupby(group)["recruits"].sum()
    last = donors[donors["period"] == instance.periods[-1]]
    registry = last.groupby(group[last.index])["registry"].sum()
    frame = pd.DataFrame({"recruits": recruits, "registry": registry, "donations": given}).fillna(0.0)
    frame = frame[(frame["recruits"] > 0) | (frame["donations"] > 0)].sort_values("donations", ascending=False)
    if frame.empty:
        return []
    rows: list[tuple[str, ...]] = [("", "recruited", "registered", "donations")]
    rows += [
        (str(name) or "(no group)", *(number(float(value)) for value in cells))
        for name, cells in zip(frame.index, frame.to_numpy(), strict=True)
    ]
    return columns(rows)


def _requirements(result: Result) -> list[str]:
    """Return the priced requirements and limits that are missed; those that hold are counted."""
    lines = []
    for name, amount, noun in (("diversity", "shortfall", "requirement"), ("limits", "violation", "limit")):
        table = result.tables.get(name)
        if table is None or table.empty:
            continue
        missed = table[table[amount] > 1e-6]
        lines.append(
            f"  {count(len(table) - len(missed), f'{noun} row')} met, {number(len(missed))} missed at a penalty"
        )
    return lines


def _checked(result: Result) -> str:
    if "violations" not in result.info:
        return "not checked (--no-check)"
    violations = result.info["violations"]
    chains = len(result.tables.get("chains", ()))
    return (
        f"checked: {count(chains, 'chain')}, {count(len(violations), 'violation') if violations else 'no violations'}"
    )
