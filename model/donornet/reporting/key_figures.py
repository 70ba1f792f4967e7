"""The key figures at the head of a chapter."""

from __future__ import annotations

import math
from dataclasses import dataclass

from donornet.figures.text import compact, counted, money, number, share
from donornet.reporting.headline import figures_of
from donornet.reporting.subject import Subject


@dataclass(frozen=True)
class KeyFigure:
    """A figure, its name and a remark."""

    name: str
    value: str
    remark: str = ""


def key_figures(subject: Subject) -> list[KeyFigure]:
    """Return the key figures that the result has."""
    figures = {name: value for name, value in figures_of(subject.result).items() if math.isfinite(value)}
    found = [*_money(subject, figures), *_service(figures), *_network(subject), *_time(figures)]
    return [figure for figure in found if figure.value]


def _money(subject: Subject, figures: dict[str, float]) -> list[KeyFigure]:
    instance, currency = subject.instance, subject.currency
    year = "" if instance is None or instance.head.cost_year is None else f", prices of {instance.head.cost_year}"
    rate = 0.0 if instance is None else instance.head.discount_rate
    remark = (f"discounted at {share(rate)} a year" if rate else "over the horizon") + year
    found = []
    if "total_cost" in figures:
        found.append(KeyFigure("Total cost", money(figures["total_cost"], currency), remark))
    if "cost_per_dose" in figures:
        found.append(KeyFigure("Cost per dose", money(figures["cost_per_dose"], currency), "all costs, per dose"))
    return found


def _service(figures: dict[str, float]) -> list[KeyFigure]:
    found = []
    if "served_share" in figures:
        unmet = figures.get("unmet_doses", 0.0)
        remark = f"{counted(unmet, 'dose')} not served" if unmet > 1e-6 else "all of it"
        found.append(KeyFigure("Demand served", share(figures["served_share"]), remark))
    if figures.get("donations"):
        recruited = figures.get("donors_recruited", 0.0)
        remark = f"{counted(round(recruited), 'donor')} recruited" if recruited >= 0.5 else "no donor recruited"
        found.append(KeyFigure("Donations", number(figures["donations"]), remark))
    return found


def _network(subject: Subject) -> list[KeyFigure]:
    table = subject.result.tables.get("facilities")
    if table is None or table.empty:
        return []
    last = table[table["period"] == table["period"].max()]
    changed = [
        f"{number(float(table[column].sum()))} {column}" for column in ("opened", "closed") if table[column].sum() > 0
    ]
    remark = f"of {len(last)}; {', '.join(changed) or 'none opened or closed'}"
    return [KeyFigure("Facilities open at the end", number(float(last["open"].sum())), remark)]


def _time(figures: dict[str, float]) -> list[KeyFigure]:
    found = []
    if "vein_to_vein_days_mean" in figures:
        worst = figures.get("vein_to_vein_days_p90")
        remark = "" if worst is None else f"nine patients of ten within {number(worst)}"
        found.append(KeyFigure("Vein to vein", f"{number(figures['vein_to_vein_days_mean'])} days", remark))
    if "crossings_per_dose" in figures:
        remark = f"{number(figures.get('handoffs_per_dose'))} hand-offs between organisations"
        found.append(KeyFigure("Borders crossed per dose", number(figures["crossings_per_dose"]), remark))
    if figures.get("km_per_dose"):
        co2 = figures.get("co2_kg")
        remark = f"{compact(co2 / 1000)} t of CO₂ in all" if co2 else ""
        found.append(KeyFigure("Transport per dose", f"{number(figures['km_per_dose'])} km", remark))
    return found
