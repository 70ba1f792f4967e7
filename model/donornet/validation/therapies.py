"""Therapies: routes, and columns that mean something for one modality only."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from donornet.instance import Finding, Instance
from donornet.instance.schema import MATERIAL_STAGES
from donornet.validation.questions import stages_of
from donornet.validation.report import each, suggestion, warning


def check_routes(instance: Instance) -> Iterator[Finding]:
    """Check that a route names material stages, each once."""
    therapies = instance.table("therapies")
    for number, route in zip(therapies.index, therapies["route"], strict=True):
        message = _route_fault(route)
        if message:
            example = "write stages in order, as in collection>processing>manufacturing"
            yield Finding("bad-route", f"{message}; {example}", "therapies", int(number), "route")


def _route_fault(route: str) -> str:
    stages = [stage.strip() for stage in route.split(">")]
    if not route.strip():
        return ""  # a blank cell is reported as such
    if "" in stages:
        return f"route {route!r} has an empty stage"
    if "testing" in stages:
        return f"route {route!r} names testing, which material does not pass: leave it out and write tested = yes"
    for stage in stages:
        if stage not in MATERIAL_STAGES:
            known = ", ".join(MATERIAL_STAGES)
            return f"route {route!r} names {stage!r}, not among {known}{suggestion(stage, MATERIAL_STAGES)}"
    repeated = [stage for stage in stages if stages.count(stage) > 1]
    return f"route {route!r} passes {repeated[0]} more than once" if repeated else ""


def check_modality(instance: Instance) -> Iterator[Finding]:
    """Check that demand at entry is for autologous therapies; time of a loop and shelf life each for one modality."""
    rows = instance.table("therapies")
    donated = rows["modality"] == "allogeneic"
    yield from each(
        rows,
        donated & (rows["demand_at"] == "entry"),
        ("therapies", "demand_at"),
        "entry-of-donors",
        lambda row: (
            f"demand of the allogeneic therapy {row['therapy']!r} counts at delivery: write demand_at = delivery"
        ),
    )

    def unused(column: str, where: pd.Series, reason: str) -> Iterator[Finding]:
        def message(row: Mapping[str, Any]) -> str:
            return f"{column} {row[column]:g} of {row['therapy']!r} counts nowhere: {reason}"

        mask = rows[column].notna() & where
        yield from each(rows, mask, ("therapies", column), "unused-cell", message, "warning")

    yield from unused("vein_to_vein_days", donated, "it limits the loops of autologous therapies")
    yield from unused("shelf_life_days", rows["modality"] == "autologous", "a patient's own dose is not kept in stock")
    yield from unused("sample_days", rows["tested"] == "no", "the therapy is not tested")


def check_stages_have_facilities(instance: Instance) -> Iterator[Finding]:
    """Check that every stage of a route, and testing where tested, has a facility that may be used."""
    facilities, therapies = instance.table("facilities"), instance.table("therapies")
    usable = set(facilities.loc[facilities["status"] != "closed", "stage"])
    number = dict(zip(therapies["therapy"], therapies.index, strict=True))
    for therapy, stages in stages_of(instance).items():
        for stage in dict.fromkeys(stages):
            if stage in usable or stage not in (*MATERIAL_STAGES, "testing"):
                continue
            column = "tested" if stage == "testing" else "route"
            state = "is closed everywhere" if (facilities["stage"] == stage).any() else "has no facility"
            message = f"{therapy!r} passes {stage}, which {state}: no chain can serve it; add one to facilities"
            yield warning("no-facility", message, "therapies", int(number[therapy]), column)
