"""Key figures of a design."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from donornet.evaluation.diversity import coverage
from donornet.evaluation.frames import sums
from donornet.evaluation.ledger import Ledger
from donornet.evaluation.measures import leg_amounts
from donornet.instance.schema import STAGES

PENALTIES = ("unmet_penalty", "shortfall_penalty")
"""Terms of the cost that nobody is paid."""
NOTHING = 1e-6
"""Doses, and amounts moved, up to which there are none."""
Figure = tuple[str, str, float, str]
"""Name, member (stage, market or patient group; blank: all), value and unit."""


def kpis_of(ledger: Ledger, costs: pd.DataFrame) -> pd.DataFrame:
    """Return the key figures: kpi, member, value, unit."""
    rows: list[Figure] = [
        *_service(ledger, costs), *_network(ledger), *_donors(ledger), *_times(ledger), *_fragmentation(ledger),
        *_groups(ledger), *_coverages(ledger),
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=["kpi", "member", "value", "unit"])


def _ratio(amount: float, per: float) -> float:
    return amount / per if per > 0 else float("nan")


def _per_dose(amount: float, doses: float) -> float:
    """Return the amount per dose: infinite where something is moved and nobody served, NaN where neither."""
    if doses > NOTHING:
        return amount / doses
    return float("inf") if amount > NOTHING else float("nan")


def _service(ledger: Ledger, costs: pd.DataFrame) -> Iterator[Figure]:
    demand, total = ledger.demand, float(costs["cost"].sum())
    doses, wanted = float(demand["served"].sum()), float(demand["doses"].sum())
    unmet = float(demand["unmet"].sum())
    yield "total_cost", "", total, ledger.instance.head.currency
    yield "spending", "", float(costs.loc[~costs["term"].isin(PENALTIES), "cost"].sum()), ledger.instance.head.currency
    yield "cost_per_dose", "", _ratio(total, doses), f"{ledger.instance.head.currency}/dose"
    yield "doses", "", doses, "doses"
    yield "unmet_doses", "", unmet, "doses"
    yield "unmet_share", "", unmet / wanted if wanted > 0 else 0.0, "share"
    yield "served_share", "", 1.0 - unmet / wanted if wanted > 0 else 1.0, "share"
    for market, part in demand.groupby("market", sort=True):
        wanted = float(part["doses"].sum())
        yield "served_share", str(market), 1.0 - float(part["unmet"].sum()) / wanted if wanted > 0 else 1.0, "share"


def _network(ledger: Ledger) -> Iterator[Figure]:
    facilities = ledger.design.facilities
    last = facilities[(facilities["period"] == ledger.instance.periods[-1]) & (facilities["open"] > 0)]
    for stage in STAGES:
        if (facilities["stage"] == stage).any():
            yield "open_facilities", stage, float((last["stage"] == stage).sum()), "facilities in the last period"


def _donors(ledger: Ledger) -> Iterator[Figure]:
    donations, loops = ledger.donations, ledger.loops.rows
    given = float(donations["donations"].sum())
    failed = given - float(donations["eligible"].sum())
    rates = loops.groupby(["therapy", "market"], sort=False)["patients"].sum() if len(loops) else {}
    for (therapy, market), patients in rates.items():
        failed += float(patients) * (1.0 - ledger.rules.pass_rate(therapy, "", market))
    yield "donors_recruited", "", float(ledger.tables["donors"]["recruits"].sum()), "donors"
    yield "donations", "", given, "donations"
    yield "test_failures", "", failed, "donations and patients' collections"


def _times(ledger: Ledger) -> Iterator[Figure]:
    loops = ledger.loops.rows.sort_values("days")
    patients = loops["patients"].to_numpy(dtype=float)
    days = loops["days"].to_numpy(dtype=float)
    total = float(patients.sum())
    at = np.searchsorted(np.cumsum(patients), 0.9 * total * (1 - 1e-12))
    yield "vein_to_vein_days_mean", "", _ratio(float(patients @ days), total), "days"
    yield "vein_to_vein_days_p90", "", float(days[min(at, len(days) - 1)]) if total > 0 else float("nan"), "days"


def _fragmentation(ledger: Ledger) -> Iterator[Figure]:
    amounts, doses = leg_amounts(ledger), float(ledger.demand["served"].sum())
    handoffs, crossings = float(amounts["handoffs"].sum()), float(amounts["crossings"].sum())
    yield "fragmentation_per_dose", "", _per_dose(handoffs + crossings, doses), "1/dose"
    yield "handoffs_per_dose", "", _per_dose(handoffs, doses), "1/dose"
    yield "crossings_per_dose", "", _per_dose(crossings, doses), "1/dose"
    yield "km_per_dose", "", _per_dose(float(amounts["km"].sum()), doses), "km/dose"
    yield "co2_per_dose", "", _per_dose(float(amounts["co2"].sum()), doses), "kg/dose"
    yield "co2_kg", "", float(amounts["co2"].sum()), "kg"
    sites = ledger.instance.table("sites")
    organisation = dict(zip(sites["site"], sites["organisation"], strict=True))
    active = {organisation[site] for site in ledger.entries["site"].unique()}
    legs = ledger.legs[ledger.legs["carries"].isin(["material", "sample"])][["from", "to"]].drop_duplicates()
    ends = [{organisation[a], organisation[b]} for a, b in legs.itertuples(index=False, name=None)]
    yield "organisations", "", float(len(active)), "organisations"
    yield (
        "organisation_pairs",
        "",
        float(len({frozenset(pair) for pair in ends if len(pair) == 2})),
        "pairs that hand over",
    )


def _groups(ledger: Ledger) -> Iterator[Figure]:
    """Yield the fewest eligible donations of a donor group, over all markets together and in each, and their share."""
    pools, demand = ledger.instance.table("donor_pools"), ledger.demand
    allogeneic = ~demand["therapy"].map(ledger.rules.autologous).astype(bool)
    wanting = demand[allogeneic & (demand["doses"] > 0)]["market"]
    if pools.empty or wanting.empty:
        return
    group = dict(zip(pools["pool"], pools["donor_group"], strict=True))
    eligible = ledger.donations.assign(group=ledger.donations["pool"].map(group))
    names = list(dict.fromkeys(group.values()))
    for market in ("", *sorted(set(wanting) - {""})):
        here = eligible if market == "" else eligible[eligible["market"] == market]
        counts = here.groupby("group")["eligible"].sum().reindex(names, fill_value=0.0)
        yield "smallest_group_count", market, float(counts.min()), "eligible donations"
        yield "smallest_group_share", market, _ratio(float(counts.min()), float(counts.sum())), "share"


def _coverages(ledger: Ledger) -> Iterator[Figure]:
    groups = ledger.instance.table("patient_groups")
    eligible = sums(ledger.donations, ["pool", "market"], "eligible")
    for market, group in zip(groups["market"], groups["patient_group"], strict=True):
        donors = eligible[eligible["market"] == market].set_index("pool")["eligible"]
        yield "coverage", f"{market}/{group}", coverage(ledger.instance, group, donors), "share"
