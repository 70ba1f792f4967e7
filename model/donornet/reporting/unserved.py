"""What is not served, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from donornet.admissible import network
from donornet.figures.text import number, share
from donornet.reporting.subject import Subject

if TYPE_CHECKING:
    from donornet.admissible import AdmissibleNetwork
    from donornet.admissible.reach import Reach
    from donornet.instance import Instance

LARGE = 600_000
"""Sites × centres × therapies × periods beyond which reasons are not looked for: it would take minutes."""
LEAST = 1e-6
"""Doses below which nothing is unmet."""
FULL = 1e-4
"""Share of its capacity that a full facility may leave."""
COLUMNS = ["therapy", "centre", "unmet", "share", "periods", "reason"]


def unserved(subject: Subject) -> pd.DataFrame:
    """Return what is not served by therapy and centre, most first: `COLUMNS`, the share being of the demand."""
    table = subject.result.table("unmet")
    rows = table[table["unmet"] > LEAST]
    if rows.empty:
        return pd.DataFrame(columns=COLUMNS)
    groups = rows.groupby(["therapy", "centre"], sort=False)
    found = groups.agg(unmet=("unmet", "sum"), periods=("period", lambda periods: tuple(sorted(map(int, periods)))))
    found = found.reset_index().sort_values("unmet", ascending=False, ignore_index=True)
    if subject.instance is None:
        return found.assign(share=float("nan"), reason="not known without the instance")[COLUMNS]
    wanted = _wanted(subject.instance)
    keys = list(zip(found["therapy"], found["centre"], strict=True))
    found["share"] = [
        unmet / wanted[key] if wanted.get(key) else float("nan")
        for key, unmet in zip(keys, found["unmet"], strict=True)
    ]
    if is_large(subject.instance):
        return found.assign(reason="not looked for: the instance is large; donornet inspect --trace tells")[COLUMNS]
    reasons = Reasons(subject, network(subject.instance))
    found["reason"] = [reasons.of(*key, periods) for key, periods in zip(keys, found["periods"], strict=True)]
    return found[COLUMNS]


def is_large(instance: Instance) -> bool:
    """Whether the instance is too large to look for reasons while a report is written."""
    sizes = (len(instance.table(name)) for name in ("sites", "centres", "therapies"))
    product = len(instance.periods)
    for size in sizes:
        product *= size
    return product > LARGE


def _wanted(instance: Instance) -> dict[tuple[str, str], float]:
    """Return the demand of the horizon by therapy and centre [doses]."""
    demand = instance.table("demand")
    times = demand["period"].astype(str).map(lambda period: len(instance.periods) if period == "*" else 1)
    amounts = (demand["doses"].astype(float) * times).groupby([demand["therapy"], demand["centre"]]).sum()
    return {(str(therapy), str(centre)): float(doses) for (therapy, centre), doses in amounts.items()}


class Reasons:
    """Finds out why demand is not served.

    Parameters
    ----------
    subject
        The result and its instance.
    admissible
        The admissible network of that instance.
    """

    def __init__(self, subject: Subject, admissible: AdmissibleNetwork) -> None:
        self._names = subject.names
        self._reach = {(reach.therapy, reach.centre): reach for reach in admissible.reaches}
        self._waivers = admissible.waivers
        self._currency = subject.currency
        self._penalties = _penalties(subject)
        facilities, capacity = subject.result.table("facilities"), subject.result.tables["capacity"]
        opened = facilities[facilities["open"] > 0.5]
        self._open = set(zip(opened["stage"], opened["site"], opened["period"].astype(int), strict=True))
        full = capacity[capacity["slack"] <= FULL * capacity["capacity"]]
        self._full = set(zip(full["stage"], full["site"], full["period"].astype(int), strict=True))

    def of(self, therapy: str, centre: str, periods: tuple[int, ...]) -> str:
        """Return why demand of a centre is not served in these periods."""
        reach = self._reach.get((therapy, centre))
        if reach is None or set(periods) <= set(reach.unreached):
            return self._structural(therapy, centre)
        blocked = [step for step in reach.serving if step != "donor" and self._is_tight(reach, step, periods)]
        some = " (in part: no legal chain in some periods)" if set(periods) & set(reach.unreached) else ""
        if blocked:
            return f"Capacity: every open facility that may serve it is full, at {_listed(blocked)}{some}."
        penalty = self._penalties.get((therapy, centre))
        if penalty is None:
            return f"Legal chains and capacity are there; other requirements and limits keep them from use{some}."
        price = f"leaving a dose unserved costs {number(penalty)} {self._currency}"
        least = f"the cheapest legal chain {number(reach.cheapest)} before fixed costs"
        return f"Too dear, or bound by donors or other limits: {price}, {least}{some}."

    def _is_tight(self, reach: Reach, step: str, periods: tuple[int, ...]) -> bool:
        """Whether in each of the periods no open facility of the step that may serve has capacity left."""
        serving = reach.serving[step]
        return all(
            all((step, site, period) not in self._open or (step, site, period) in self._full for site in serving)
            for period in periods
        )

    def _structural(self, therapy: str, centre: str) -> str:
        for waiver in self._waivers:
            if waiver.therapy == therapy and centre in waiver.centres:
                rules = "; ".join(rule.text for rule in waiver.rules) or waiver.reason
                return f"No legal chain reaches it. In the way: {rules}."
        return "No legal chain reaches it."


def _penalties(subject: Subject) -> dict[tuple[str, str], float]:
    """Return the penalty of a dose that is not served by therapy and centre, the least of its periods."""
    if subject.instance is None:
        return {}
    demand = subject.instance.table("demand").dropna(subset=["unmet_penalty"])
    least = demand.groupby(["therapy", "centre"])["unmet_penalty"].min()
    return {(str(therapy), str(centre)): float(penalty) for (therapy, centre), penalty in least.items()}


def _listed(steps: list[str]) -> str:
    return steps[0] if len(steps) == 1 else f"{', '.join(steps[:-1])} and {steps[-1]}"


def told(subject: Subject, rows: pd.DataFrame) -> str:
    """Return the lead of the section: how much is not served."""
    if rows.empty:
        return "All demand is served."
    unmet = number(float(rows["unmet"].sum()))
    where = number(rows["centre"].nunique())
    largest = rows.iloc[0]
    most = share(float(largest["unmet"]) / float(rows["unmet"].sum()), 2)
    return (
        f"{unmet} doses are not served, at {where} centres; {most} of them are {largest['therapy']} at "
        f"{subject.names.title(str(largest['centre']))}."
    )
