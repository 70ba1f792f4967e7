"""Items among what the network owns: facilities, their capacity, their licences."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd

from donornet.instance import Instance
from donornet.study.values.items import Effect, Item, adding, rows_that_count, spending_must, where
from donornet.study.values.use import Use


def facility_items(instance: Instance, use: Use) -> Iterator[Item]:
    """Yield each facility as though it were not there, and each closed one as a candidate.

    ``closed`` costs nothing, not even the closing of an existing facility; so the optimum may fall without a
    facility that must be open, or that costs something to close.
    """
    for _, row in rows_that_count(instance, "facilities"):
        place = _place(row)
        free = row["initial"] == "potential" or row["closing_cost"] == 0
        if row["status"] != "closed":
            effect: Effect = "stricter" if free and row["status"] == "candidate" else "either"
            edit = f"facilities.status=closed where {place}"
            yield Item("facilities", _name(row), "not there", (edit,), True, effect, use.facilities[_key(row)])
        else:
            edit = f"facilities.status=candidate where {place}"
            effect = "laxer" if free else "either"
            yield Item("facilities", _name(row), "a candidate", (edit,), False, effect, sum(use.demand.values()))


def capacity_items(instance: Instance, use: Use, more: float) -> Iterator[Item]:
    """Yield each limited capacity with `more` of it [share] and without limit, and each step with those above gone."""
    cheaper: Effect = "either" if spending_must(instance) else "laxer"
    steps = instance.table("capacity_steps")
    for _, row in rows_that_count(instance, "facilities"):
        if row["status"] == "closed" or pd.isna(row["capacity"]):
            continue
        place, doses = _place(row), use.facilities[_key(row)]
        own = steps[(steps["site"] == row["site"]) & (steps["stage"] == row["stage"])]
        name = f"capacity {_name(row)}"
        if row["capacity"] > 0:
            edit = f"facilities.capacity*={1 + more:.10g} where {place}"
            effect: Effect = "laxer" if row["min_load"] == 0 else "either"
            yield Item("capacity", name, f"{100 * more:.4g} % more", (edit,), False, effect, doses)
        edits = [f"facilities.capacity=; min_load=0 where {place}"]
        edits += [f"capacity_steps remove where {place}"] if len(own) else []
        yield Item("capacity", name, "unlimited", tuple(edits), False, cheaper, doses)
        numbers = sorted(int(step) for step in own["step"])
        for step in numbers:
            edits = [f"capacity_steps remove where {place}; step={above}" for above in numbers if above >= step]
            words = "not for sale" if step == numbers[-1] else "not for sale, nor those above"
            yield Item("capacity", f"step {step} of {_name(row)}", words, tuple(edits), True, "stricter", doses)


def licence_items(instance: Instance, use: Use) -> Iterator[Item]:
    """Yield each licence not to be had, each obtainable one held at no fee, and each that could exist but does not."""
    free: Effect = "either" if spending_must(instance) else "laxer"
    known = set()
    for _, row in rows_that_count(instance, "licences"):
        known.add((*_key(row), row["market"]))
        name, which = f"{_name(row)} for {row['market']}", f"{_place(row)}; {where(market=row['market'])}"
        doses = use.markets[(*_key(row), row["market"])]
        unpaid = row["status"] == "obtainable" or row["fixed_cost_per_year"] == 0
        edit = f"licences remove where {which}"
        yield Item(
            "licences", f"{name}: {row['status']}", "not to be had", (edit,), True, "stricter" if unpaid else "either",
            doses,
        )  # fmt: skip
        if row["status"] == "obtainable":
            edit = f"licences.status=held; opening_cost=0; fixed_cost_per_year=0 where {which}"
            wanted = use.demand.get(row["market"], 0.0)
            yield Item("licences", f"{name}: obtainable", "held at no fee", (edit,), False, free, wanted)
    for site, stage, market in _conceivable(instance, use):
        if (site, stage, market) not in known:
            cells = {"site": site, "stage": stage, "market": market, "status": "held"}
            name = f"{site} {stage} for {market}: none"
            wanted = use.demand.get(market, 0.0)
            yield Item(
                "licences", name, "held at no fee", (adding("licences", cells),), False, "laxer", wanted
            )  # fmt: skip


def _conceivable(instance: Instance, use: Use) -> list[tuple[str, str, str]]:
    """Return (site, stage, market) of facilities where a verdict of licence asks for one."""
    verdicts = use.verdicts.table.query("verdict == 'licence'")[["stage", "from", "market"]].drop_duplicates()
    sites = instance.table("sites")[["site", "jurisdiction"]].rename(columns={"jurisdiction": "from"})
    there = instance.table("facilities").query("status != 'closed'")[["site", "stage"]].merge(sites, on="site")
    rows = there.merge(verdicts, on=["stage", "from"])
    return list(zip(rows["site"], rows["stage"], rows["market"], strict=True))


def _place(row: dict[str, Any]) -> str:
    return where(site=row["site"], stage=row["stage"])


def _key(row: dict[str, Any]) -> tuple[str, str]:
    return row["site"], row["stage"]


def _name(row: dict[str, Any]) -> str:
    return f"{row['site']} {row['stage']}"
