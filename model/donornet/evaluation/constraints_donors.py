"""Constraints on donors and their donations: registries, recruits, supply, tests."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from donornet.evaluation.frames import side_by_side
from donornet.evaluation.ledger import Ledger
from donornet.evaluation.movements import CLASS
from donornet.evaluation.violation import Violation, differs, exceeds, place, records


def donor_violations(ledger: Ledger) -> Iterator[Violation]:
    """Yield what is wrong with registries, supply and tests."""
    registry = registry_of(ledger)
    yield from _registry(ledger, registry)
    yield from _supply(ledger, registry)
    yield from _tests(ledger)


def registry_of(ledger: Ledger) -> pd.DataFrame:
    """Return recruits and registry of each pool with a finite registry, by period.

    The registry is recomputed from the recruits. Further columns: stated (the registry as the design says; NaN: it does
    not), jurisdiction, most (recruits possible) [donors] and supply (donations possible) [donations].
    """
    instance = ledger.instance
    pools = instance.table("donor_pools")
    pools = pools[pools["registry"].notna()]
    years, count = instance.years, len(instance.periods)
    grid = pd.MultiIndex.from_product([pools["pool"], instance.periods], names=["pool", "period"])
    stated = ledger.tables["donors"].set_index(["pool", "period"]).reindex(grid)
    recruits = stated["recruits"].fillna(0.0).to_numpy(dtype=float).reshape(len(pools), count)
    keep = 1.0 - pools["attrition_per_year"].to_numpy(dtype=float) * years
    donors = pools["registry"].to_numpy(dtype=float)
    registry = np.empty_like(recruits)
    for t in range(count):
        donors = keep * donors + recruits[:, t]
        registry[:, t] = donors
    rows = grid.to_frame(index=False).assign(
        recruits=recruits.reshape(-1), registry=registry.reshape(-1), stated=stated["registry"].to_numpy(dtype=float)
    )
    repeated = pools.loc[pools.index.repeat(count)]
    return rows.assign(
        jurisdiction=repeated["jurisdiction"].to_numpy(),
        most=repeated["recruits_per_year"].to_numpy(dtype=float) * years,
        supply=repeated["donations_per_year"].to_numpy(dtype=float) * years * rows["registry"].to_numpy(dtype=float),
    )


def _registry(ledger: Ledger, rows: pd.DataFrame) -> Iterator[Violation]:
    wrong = rows["stated"].notna() & differs(rows["stated"].fillna(0.0), rows["registry"])
    for row in records(rows, wrong):
        message = (
            f"{place(row, 'pool', 'period')}: registry is stated as {row['stated']:g} and comes to {row['registry']:g}"
        )
        yield Violation("registry", message, abs(row["stated"] - row["registry"]))
    for row in records(rows, exceeds(rows["recruits"], rows["most"])):
        message = f"{place(row, 'pool', 'period')}: {row['recruits']:g} recruits, at most {row['most']:g} are possible"
        yield Violation("recruits", message, row["recruits"] - row["most"])
    unlimited = ledger.tables["donors"]
    unlimited = unlimited[~unlimited["pool"].isin(rows["pool"])]
    for row in records(unlimited, exceeds(unlimited["recruits"], 0.0)):
        message = f"{place(row, 'pool', 'period')}: {row['recruits']:g} recruits for a pool of unlimited supply"
        yield Violation("recruits", message, row["recruits"])


def _supply(ledger: Ledger, rows: pd.DataFrame) -> Iterator[Violation]:
    both = side_by_side([(ledger.donations, "donations")], ["pool", "period"]).merge(rows, on=["pool", "period"])
    for row in records(both, exceeds(both["donations"], both["supply"])):
        message = (
            f"{place(row, 'pool', 'period')}: {row['donations']:g} donations, {row['registry']:g} donors "
            f"can give {row['supply']:g}"
        )
        yield Violation("donor-supply", message, row["donations"] - row["supply"])


def _tests(ledger: Ledger) -> Iterator[Violation]:
    """Every donation, and every patient's material, is tested once where the therapy is tested."""
    tested = {therapy for therapy in ledger.rules.therapies if ledger.rules.tested(therapy)}
    donations = ledger.donations[ledger.donations["therapy"].isin(tested)]
    loops = ledger.loops.rows[ledger.loops.rows["therapy"].isin(tested)]
    given = pd.concat([
        donations[[*CLASS, "donations"]],
        loops.assign(site=loops["first"], donor_class=loops["test_class"], donations=loops["patients"])[
            [*CLASS, "donations"]
        ],
    ], ignore_index=True)  # fmt: skip
    both = side_by_side([(given, "donations"), (ledger.tests, "tests")], CLASS)
    for row in records(both, differs(both["donations"], both["tests"])):
        where = place(row, "therapy", "site", "donor_class", "market", "period")
        message = f"{where}: {row['donations']:g} donations, {row['tests']:g} tests"
        yield Violation("every-donation-tested", message, abs(row["donations"] - row["tests"]))
