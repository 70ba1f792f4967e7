"""Evaluate a design: every cost, figure and violation, from the instance and the decisions alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pandas as pd

from donornet.evaluation.capacity import capacity_of, use_of
from donornet.evaluation.chains import chain_violations, chains_of, class_violations, packets_of
from donornet.evaluation.constraints_capacity import capacity_violations
from donornet.evaluation.constraints_design import design_violations
from donornet.evaluation.constraints_donors import donor_violations
from donornet.evaluation.constraints_material import material_violations
from donornet.evaluation.costs import costs_of, with_penalties
from donornet.evaluation.diversity import diversity_of, diversity_violations
from donornet.evaluation.kpis import kpis_of
from donornet.evaluation.ledger import Ledger, ledger_of
from donornet.evaluation.limits import limit_violations, limits_of
from donornet.evaluation.rules import RuleEngine
from donornet.evaluation.screen import screen
from donornet.evaluation.violation import Violation
from donornet.instance.instance import Instance
from donornet.instance.plain_text import handed_out, plain_text
from donornet.solution import Solution

INTERNAL = ["penalty", "first", "scale"]
"""Columns of diversity and limits that only the evaluation itself needs."""


@dataclass(frozen=True, eq=False)
class Evaluation:
    """What a design costs, does and breaks.

    Parameters
    ----------
    objective
        Total discounted cost, penalties included [currency].
    tables
        costs, capacity, diversity, limits, licences, facilities, tests, donors,
        donations, chains, kpis.
    violations
        Every requirement that the design breaks; empty: the design is right.
    """

    objective: float
    tables: Mapping[str, pd.DataFrame]
    violations: list[Violation]


@plain_text
def evaluate(instance: Instance, solution: Solution) -> Evaluation:
    """Recompute everything about a design from the instance and the decisions.

    Parameters
    ----------
    instance
        A valid instance.
    solution
        The decisions.

    Returns
    -------
    Evaluation
        Costs, figures, chains and violations; rows that name nothing known are reported and left out.
    """
    rules = RuleEngine(instance)
    screened = screen(rules, solution)
    ledger = ledger_of(rules, screened.tables)
    diversity = diversity_of(ledger)
    costs = costs_of(ledger)
    limits = limits_of(ledger, costs)
    penalties = [_penalties(diversity, "shortfall"), _penalties(limits, "violation")]
    costs = with_penalties(ledger, costs, pd.concat(penalties, ignore_index=True))
    packets, use = packets_of(ledger), use_of(ledger)
    tables = {
        "costs": costs,
        "capacity": capacity_of(ledger, use),
        "diversity": diversity.drop(columns=INTERNAL),
        "limits": limits.drop(columns=INTERNAL),
        "licences": _licences(ledger),
        "facilities": _facilities(ledger, use),
        "tests": screened.tables["tests"],
        "donors": _of_groups(ledger, screened.tables["donors"]),
        "donations": _of_groups(ledger, screened.tables["donations"]),
        "chains": chains_of(ledger, packets),
        "kpis": kpis_of(ledger, costs),
    }
    violations = [*screened.violations, *_violations(ledger, packets, use, diversity, limits)]
    return Evaluation(float(costs["cost"].sum()), handed_out(tables), violations)


def _violations(
    ledger: Ledger, packets: pd.DataFrame, use: pd.DataFrame, diversity: pd.DataFrame, limits: pd.DataFrame
) -> Iterator[Violation]:
    """Yield all violations, constraint family by constraint family."""
    yield from design_violations(ledger)
    yield from donor_violations(ledger)
    yield from material_violations(ledger)
    yield from capacity_violations(ledger, use)
    yield from diversity_violations(diversity)
    yield from limit_violations(limits)
    yield from class_violations(ledger)
    yield from chain_violations(ledger, packets)


def _penalties(rows: pd.DataFrame, amount: str) -> pd.DataFrame:
    """Return what the priced rows cost: period in which the penalty counts, undiscounted [currency]."""
    priced = rows[rows["penalty"].notna()]
    money = priced[amount].astype(float) * priced["penalty"].astype(float)
    return pd.DataFrame({"period": priced["first"].astype(int), "undiscounted": money})


def _facilities(ledger: Ledger, use: pd.DataFrame) -> pd.DataFrame:
    rows = ledger.design.facilities.merge(use, on=["site", "stage", "period"], how="left")
    sites = ledger.instance.table("sites")[["site", "organisation", "title"]]
    rows = rows.fillna({"use": 0.0}).merge(sites, on="site", how="left")
    columns = ["site", "stage", "period", "open", "steps", "opened", "closed", "use", "capacity"]
    return rows[[*columns, "organisation", "jurisdiction", "title"]]


def _of_groups(ledger: Ledger, rows: pd.DataFrame) -> pd.DataFrame:
    """Return rows of pools with the donor group and the jurisdiction of each."""
    pools = ledger.instance.table("donor_pools")[["pool", "donor_group", "jurisdiction"]]
    return rows.merge(pools, on="pool", how="left")


def _licences(ledger: Ledger) -> pd.DataFrame:
    rows = ledger.design.licences
    return rows[rows["status"] == "obtainable"][["site", "stage", "market", "period", "held", "opened"]].reset_index(
        drop=True
    )
