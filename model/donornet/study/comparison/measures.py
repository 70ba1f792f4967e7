"""What results are compared by: every measure of one result, as rows of section, measure, member, unit and value."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

import pandas as pd

from donornet.evaluation.costs import TERMS
from donornet.solution import Result

SUMS = frozenset({"term", "recruited_of_group", "donations_of_group"})
"""Measures of which a design has nothing where it does not list them: 0, and not unknown."""
Sense = Literal["lower", "higher", ""]
"""Which direction is better; blank: neither."""
KEYS = ("section", "measure", "member", "unit", "better")
"""What tells one measure from another."""
_Row = tuple[str, str, str, str, Sense, float]

SECTIONS = (
    "cost", "service", "facilities", "capacity", "donors", "time", "fragmentation", "coverage", "diversity", "limits",
)  # fmt: skip
"""In the order of a comparison."""
_KPIS: dict[str, tuple[str, Sense]] = {
    "spending": ("cost", "lower"),
    "cost_per_dose": ("cost", "lower"),
    "doses": ("service", "higher"),
    "unmet_doses": ("service", "lower"),
    "unmet_share": ("service", "lower"),
    "served_share": ("service", "higher"),
    "donors_recruited": ("donors", ""),
    "donations": ("donors", ""),
    "test_failures": ("donors", "lower"),
    "vein_to_vein_days_mean": ("time", "lower"),
    "vein_to_vein_days_p90": ("time", "lower"),
    "fragmentation_per_dose": ("fragmentation", "lower"),
    "handoffs_per_dose": ("fragmentation", "lower"),
    "crossings_per_dose": ("fragmentation", "lower"),
    "km_per_dose": ("fragmentation", "lower"),
    "co2_per_dose": ("fragmentation", "lower"),
    "co2_kg": ("fragmentation", "lower"),
    "organisations": ("fragmentation", ""),
    "organisation_pairs": ("fragmentation", ""),
    "coverage": ("coverage", "higher"),
    "smallest_group_count": ("diversity", "higher"),
    "smallest_group_share": ("diversity", "higher"),
}
"""Section and better direction of each key figure; total_cost and open_facilities are told otherwise."""
_LEVEL_BETTER: dict[str, Sense] = {"max_share": "lower"}


def measures_of(result: Result) -> pd.DataFrame:
    """Return every measure of a result with a design: columns `KEYS` and value; without a design, no rows.

    Parameters
    ----------
    result
        A result as it was solved or read; of older ones without donor groups, donors are told by pool.
    """
    rows: list[_Row] = []
    if result.solution is not None:
        for part in (_costs, _figures, _facilities, _capacity, _donors, _diversity, _limits):
            rows += part(result)
    frame = pd.DataFrame(rows, columns=[*KEYS, "value"])
    order = frame["section"].map({section: place for place, section in enumerate(SECTIONS)})
    return frame.iloc[order.argsort(kind="stable")].reset_index(drop=True)


def currency_of(result: Result) -> str:
    """Return the currency of a result's costs; blank where it has no design."""
    kpis = result.tables.get("kpis")
    units = [] if kpis is None else list(kpis.loc[kpis["kpi"] == "total_cost", "unit"])
    return str(units[0]) if units else ""


def _costs(result: Result) -> Iterator[_Row]:
    unit = currency_of(result)
    yield "cost", "total_cost", "", unit, "lower", float(result.costs["cost"].sum())
    terms = result.costs.groupby("term")["cost"].sum()
    for term in TERMS:
        yield "cost", "term", term, unit, "lower", float(terms.get(term, 0.0))


def _figures(result: Result) -> Iterator[_Row]:
    for row in _records(result.kpis):
        if row["kpi"] in _KPIS:
            section, better = _KPIS[row["kpi"]]
            yield section, str(row["kpi"]), str(row["member"]), str(row["unit"]), better, float(row["value"])


def _facilities(result: Result) -> Iterator[_Row]:
    facilities = result.facilities
    last = facilities["period"] == facilities["period"].max()
    for stage, rows in facilities.groupby("stage", sort=False):
        for measure, amount in (
            ("opened", rows["opened"].sum()),
            ("closed", rows["closed"].sum()),
            ("open_at_the_end", rows.loc[last[rows.index], "open"].sum()),
            ("steps_at_the_end", rows.loc[last[rows.index], "steps"].sum()),
        ):
            unit = "steps" if measure == "steps_at_the_end" else "facilities"
            yield "facilities", measure, str(stage), unit, "", float(amount)


def _capacity(result: Result) -> Iterator[_Row]:
    """Yield what is held in the last period and how much of what is held is used, of facilities with a capacity."""
    capacity = result.table("capacity")
    limited = capacity[capacity["capacity"].notna()]
    last = limited[limited["period"] == capacity["period"].max()]
    for (stage, unit), rows in limited.groupby(["stage", "unit"], sort=False):
        here = last[(last["stage"] == stage) & (last["unit"] == unit)]
        held, used = float(rows["capacity"].sum()), float(rows["use"].sum())
        yield "capacity", "held_in_the_last_period", str(stage), str(unit), "", float(here["capacity"].sum())
        if held > 0:
            yield "capacity", "utilisation", str(stage), "share", "", used / held


def _donors(result: Result) -> Iterator[_Row]:
    donors, donations = result.table("donors"), result.table("donations")
    for measure, rows, column, unit in (
        ("recruited_of_group", donors, "recruits", "donors"),
        ("donations_of_group", donations, "donations", "donations"),
    ):
        by = "donor_group" if "donor_group" in rows.columns else "pool"
        for group, amount in rows.groupby(by, sort=True)[column].sum().items():
            yield "donors", measure, str(group) or "(no group)", unit, "", float(amount)


def _diversity(result: Result) -> Iterator[_Row]:
    for row in _records(result.table("diversity")):
        member = _place(row, ("requirement", "therapy", "market", "period", "member"))
        better: Sense = _LEVEL_BETTER.get(row["measure"], "higher")
        yield "diversity", f"level_of_{row['measure']}", member, "", better, float(row["level"])
        yield "diversity", "shortfall", member, "", "lower", float(row["shortfall"])


def _limits(result: Result) -> Iterator[_Row]:
    for row in _records(result.table("limits")):
        member = _place(row, ("limit", "stage", "site", "therapy", "market", "period"))
        yield "limits", f"activity_of_{row['measure']}", member, "", "", float(row["activity"])
        yield "limits", "violation", member, "", "lower", float(row["violation"])


def _place(row: dict[str, Any], keys: tuple[str, ...]) -> str:
    cells = ("" if row[key] != row[key] else str(row[key]) for key in keys)
    return "/".join(cell for cell in cells if cell)


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(name): cell for name, cell in row.items()} for row in frame.to_dict("records")]
