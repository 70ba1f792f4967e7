"""The first chapter of a report of several results: how they differ."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from donornet import figures
from donornet.figures.text import compact, counted, money, number, share, words
from donornet.reporting.chapter import Chapter, Section, charts
from donornet.reporting.chart import Chart
from donornet.reporting.headline import figures_of, proof
from donornet.reporting.subject import Subject
from donornet.reporting.table import Cell, Column, Table, number_cell, of_cells, text_cell
from donornet.study.comparison.compare import Comparison, compare

MOST_MEASURES = 150
"""Measures in the table of differences."""
TITLE = "Compared"


def overview(subjects: Sequence[Subject]) -> Chapter:
    """Return the chapter that compares results, the first being the baseline."""
    results = {subject.name: subject.result for subject in subjects}
    compared = compare(results)
    currency = subjects[0].currency

    def costs() -> Chart:
        return Chart(
            figures.compare_costs(results), "Cost of each result",
            f"Discounted cost over the horizon in {currency}.", least=480,
        )  # fmt: skip

    def facilities() -> Chart:
        made = figures.compare_facilities(results)
        meta = made.layout.meta
        seen = (
            f"The {meta['differing']} of {meta['all']} facilities in which the results differ: a disc is open at the "
            "end of the horizon, a ring is not."
        )
        seen += f" The first {meta['drawn']} are drawn." if meta["drawn"] < meta["differing"] else ""
        return Chart(made, "Facilities that differ", seen, least=480)

    drawn, why = charts(costs)
    matrix, same = charts(facilities)
    sections = (
        Section("Key figures side by side", "", (), (_side_by_side(subjects),)),
        Section("What they cost", " ".join(why), drawn),
        Section("Which facilities are open", " ".join(same), matrix),
        Section("Differences", _differences_lead(compared), (), _differences(compared)),
    )
    return Chapter(
        title=TITLE,
        headline=_headline(subjects),
        remarks=tuple(f"{note[:1].upper()}{note[1:]}." for note in compared.notes),
        sections=sections,
    )


def _headline(subjects: Sequence[Subject]) -> str:
    costs = {s.name: s.result.objective for s in subjects if s.result.objective is not None}
    if not costs:
        return f"None of the {len(subjects)} results has a design."
    low, high = min(costs, key=lambda name: costs[name]), max(costs, key=lambda name: costs[name])
    currency = subjects[0].currency
    others = counted(len(subjects) - 1, "result")
    if len(costs) == 1 or costs[low] == costs[high]:
        return f"{others} compared with {subjects[0].name}."
    return (
        f"{others} compared with {subjects[0].name}: from {money(costs[low], currency, 4)} ({low}) to "
        f"{money(costs[high], currency, 4)} ({high})."
    )


def _side_by_side(subjects: Sequence[Subject]) -> Table:
    """Return the key figures of every result, one row each."""
    kpis = (
        ("total_cost", "Total cost", subjects[0].currency, compact), ("served_share", "Demand served", "", share),
        ("unmet_doses", "Not served", "doses", number),
        ("cost_per_dose", "Cost per dose", subjects[0].currency, number),
        ("donors_recruited", "Recruited", "donors", number), ("vein_to_vein_days_mean", "Vein to vein", "days", number),
        ("handoffs_per_dose", "Hand-offs", "per dose", number), ("crossings_per_dose", "Borders", "per dose", number),
    )  # fmt: skip
    figures_by_name = {subject.name: figures_of(subject.result) for subject in subjects}
    shown = [kpi for kpi in kpis if any(pd.notna(f.get(kpi[0])) for f in figures_by_name.values())]
    columns = [
        Column("Result"),
        *(Column(heading, unit, is_number=True) for _, heading, unit, _ in shown),
        Column("Proof"),
    ]
    rows = []
    for subject in subjects:
        values = figures_by_name[subject.name]
        cells: list[Cell] = [number_cell(values.get(kpi), show) for kpi, _, _, show in shown]
        told = proof(subject.result) if subject.result.solution is not None else words(subject.result.status.value)
        rows.append([text_cell(subject.name), *cells, text_cell(told)])
    return of_cells("Key figures of each result", columns, rows)


def _differences_lead(compared: Comparison) -> str:
    return f"Every measure in which a result differs from {compared.baseline}, and what the difference means."


def _differences(compared: Comparison) -> tuple[Table, ...]:
    rows = compared.table
    rows = rows[(rows["result"] != compared.baseline) & (rows["difference"].abs() > 1e-9)]
    columns = [
        Column("Measure"), Column("Of"), Column("Result"), Column("Value", "", is_number=True), Column("Unit"),
        Column("Difference", "", is_number=True), Column("What it means"),
    ]  # fmt: skip
    cells = [
        (
            text_cell(f"{words(row['measure'])}" + (f": {words(row['member'])}" if row["measure"] == "term" else "")),
            text_cell("" if row["measure"] == "term" else str(row["member"])), text_cell(str(row["result"])),
            number_cell(row["value"], compact), text_cell(str(row["unit"])), number_cell(row["difference"], _signed),
            text_cell(str(row["verdict"])),
        )
        for row in rows.head(MOST_MEASURES).to_dict("records")
    ]  # fmt: skip
    if not cells:
        return ()
    made = of_cells(f"Differences to {compared.baseline}", columns, cells)
    return (Table(made.caption, made.columns, made.rows, max(0, len(rows) - MOST_MEASURES)),)


def _signed(value: float) -> str:
    return f"+{compact(value)}" if value > 0 else compact(value)
