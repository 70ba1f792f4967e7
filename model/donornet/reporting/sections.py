"""The sections of a chapter, in their order."""

from __future__ import annotations

import math

import pandas as pd

from donornet import figures
from donornet.figures.costs import costs_of, term_name
from donornet.figures.donors import donors_of
from donornet.figures.frame import Missing
from donornet.figures.names import STEPS, UNNAMED
from donornet.figures.network_map import caption, views
from donornet.figures.requirements import SHARES, amount_text, requirements_of
from donornet.figures.series import series_of
from donornet.figures.text import compact, counted, number, share, shortened, words
from donornet.figures.utilisation import use_of
from donornet.reporting.chapter import Section, charts
from donornet.reporting.chart import Chart
from donornet.reporting.subject import Subject
from donornet.reporting.table import Cell, Column, Field, Table, number_cell, of_cells, table, text_cell
from donornet.reporting.unserved import told, unserved


def where(subject: Subject) -> Section:
    """Return the section with the map and the facilities."""
    drawn: tuple[Chart, ...] = ()
    why: tuple[str, ...] = ()
    instance = subject.instance
    if instance is not None:

        def on_map() -> Chart:
            made = figures.network_map(subject.result, instance)
            seen = (
                "Discs are facilities that are open at the end of the horizon, thin rings those that are not; rings "
                "around a disc are further stages at the same site. Lines are flows over the whole horizon, along "
                f"great circles, wider where more moves. {caption(made)}"
            )
            names = subject.names
            parts = tuple(
                (shortened(names.jurisdiction_title(key)) if key else "Everything", view)
                for key, view in views(instance).items()
            )
            return Chart(made, "Map of the network", seen, views=parts, keeps_shape=True)

        drawn, why = charts(on_map)
    return Section("Where the network stands", " ".join(why), drawn, (_facilities(subject),))


def _facilities(subject: Subject) -> Table:
    rows = subject.result.table("facilities")
    names = subject.names
    keys = ["site", "stage"]
    opened = rows[rows["open"] > 0.5].groupby(keys, sort=False)["period"].agg(["min", "max"])
    facts = rows.groupby(keys, sort=False).agg(
        steps=("steps", "max"), opened=("opened", "sum"), closed=("closed", "sum")
    )
    facts = facts.join(opened).reset_index()
    use = use_of(subject.result).set_index(keys)["mean"]
    facts["use"] = [
        use.get((site, stage), float("nan")) for site, stage in zip(facts["site"], facts["stage"], strict=True)
    ]
    facts["rank"] = facts["stage"].map(STEPS.index)
    facts = facts.sort_values(["rank", "min"], na_position="last", kind="stable")
    facts["title"] = facts["site"].map(names.title)
    facts["jurisdiction"] = [names.jurisdiction_title(names.jurisdiction_of(site) or "") for site in facts["site"]]
    first, last = int(rows["period"].min()), int(rows["period"].max())
    facts["state"] = [
        _state((low, high), (first, last), opened=was_opened > 0)
        for low, high, was_opened in zip(facts["min"], facts["max"], facts["opened"], strict=True)
    ]
    fields = [
        Field("title", "Site"), Field("jurisdiction", "Jurisdiction"), Field("stage", "Stage"), Field("state", "State"),
        Field("use", "Use of capacity", "while open", share), Field("steps", "Steps", "", number),
    ]  # fmt: skip
    return table("Facilities", facts, fields)


def _state(spell: tuple[float, float], horizon: tuple[float, float], *, opened: bool) -> str:
    """Return what becomes of a facility, in words; `spell` is the first and last period in which it is open."""
    low, high = spell
    if math.isnan(low):
        return "not open"
    if (low, high) == horizon:
        return "opened" if opened else "open"
    if high < horizon[1]:
        return f"closed after {int(high)}"
    return f"{'opened' if opened else 'open'} from {int(low)}"


def ways(subject: Subject) -> Section:
    """Return the section with the Sankey diagram and the chains."""

    def flows() -> Chart:
        made = figures.sankey(subject.result, subject.instance)
        by = "by jurisdiction" if made.layout.meta["by"] == "jurisdiction" else "one by one"
        seen = (
            "Read from left to right; a band is as wide as the doses that its chains deliver "
            f"({made.layout.meta['doses']} in all). Sites and centres are drawn {by}. Testing runs "
            "beside the chain and is not drawn."
        )
        return Chart(made, "From donor to patient", seen, least=620)

    drawn, why = charts(flows)
    tables = (_chains(subject),) if "chains" in subject.result.tables and drawn else ()
    return Section("Which way the doses go", " ".join(why), drawn, tables)


def _chains(subject: Subject) -> Table:
    chains, names = subject.result.tables["chains"], subject.names
    places = ["pool", *[stage for stage in STEPS if stage in chains.columns and stage != "centre"], "lab", "centre"]
    places = list(dict.fromkeys(place for place in places if place in chains and (chains[place] != "").any()))
    keys = ["therapy", *places]
    grouped = chains.groupby(keys, sort=False)
    rows = grouped.agg(
        doses=("doses", "sum"), cost=("cost", "sum"), days=("days", "max"), crossings=("crossings", "max")
    )
    rows = rows.reset_index().sort_values("doses", ascending=False, ignore_index=True)
    rows["cost"] = rows["cost"] / rows["doses"]
    for place in places:
        rows[place] = rows[place].map(lambda site: names.title(site) if site else "–")
    fields = [
        Field("therapy", "Therapy"), *[Field(place, place.capitalize()) for place in places],
        Field("doses", "Doses", "", number), Field("cost", "Unit cost", f"{subject.currency}/dose", number),
        Field("days", "Time", "days", number), Field("crossings", "Borders", "", number),
    ]  # fmt: skip
    return table("Chains with most doses", rows, fields, most=40)


def money(subject: Subject) -> Section:
    """Return the section with the costs."""
    result, currency = subject.result, subject.currency

    def terms() -> Chart:
        return Chart(
            figures.cost_breakdown(result), "Cost by term",
            f"Discounted cost over the horizon in {currency} and its share of the total.", least=480,
        )  # fmt: skip

    def periods() -> Chart:
        return Chart(figures.cost_by_period(result), "Cost by period", f"Discounted cost of each period in {currency}.")

    several = len(set(result.table("costs")["period"])) > 1
    drawn, why = charts(terms, *([periods] if several else []))
    if not drawn:
        return Section("What it costs", " ".join(why))
    sums = costs_of(result).groupby(["term", "family"], sort=False)["cost"].sum().sort_values(ascending=False)
    rows = sums.reset_index().assign(share=lambda frame: frame["cost"] / frame["cost"].sum())
    rows["term"] = rows["term"].map(term_name)
    top = rows.head(2)
    lead = (
        f"Most is paid for {top['term'].iloc[0]} ({share(top['share'].iloc[0], 2)}) and "
        f"{top['term'].iloc[1]} ({share(top['share'].iloc[1], 2)})."
        if len(top) == 2
        else ""
    )
    fields = [
        Field("term", "Term"), Field("family", "Paid for"), Field("cost", "Cost", f"{currency}, discounted", number),
        Field("share", "Share", "", share),
    ]  # fmt: skip
    return Section("What it costs", lead, drawn, (table("Terms of the cost", rows, fields),))


def capacity(subject: Subject) -> Section:
    """Return the section with the use of capacity."""
    try:
        use = use_of(subject.result)
    except Missing:
        use = pd.DataFrame()

    def used() -> Chart:
        seen = "Use of capacity over all periods in which a facility is open; a facility at 100 % is full all the time."
        return Chart(figures.utilisation(subject.result, subject.instance), "Use of capacity", seen)

    drawn, why = charts(used)
    full = int((use["mean"] >= 1 - 1e-4).sum()) if len(use) else 0
    lead = f"{counted(full, 'facility is', 'facilities are')} full all the time, of {len(use)}." if len(use) else ""
    return Section("How full it runs", " ".join([lead, *why]).strip(), drawn)


def donors(subject: Subject) -> Section:
    """Return the section with donors, requirements and coverage."""
    result = subject.result

    def given() -> Chart:
        by = "donor group" if subject.instance is not None else "pool"
        return Chart(
            figures.donors(result, subject.instance), "Donors by group",
            f"Donations and recruits over the horizon, and registered donors at its end, by {by}; each on its own "
            "scale.",
            least=560,
        )  # fmt: skip

    def required() -> Chart:
        seen = (
            "What is reached as a share of what is required, in the period with least to spare: requirements of at "
            "least so much are met right of the line at 100 %, those of at most so much left of it."
        )
        return Chart(figures.requirements(result), "Diversity requirements", seen, least=480)

    def covered() -> Chart:
        return Chart(
            figures.coverage(result), "Coverage", "Share of the patients of a group who find a matching donor."
        )

    drawn, why = charts(given, required, covered)
    titles = {chart.title for chart in drawn}
    tables = []
    if "Donors by group" in titles:
        tables.append(_donors(subject))
    if "Diversity requirements" in titles:
        tables.append(_requirements(subject))
    return Section("Who gives, and for whom", "" if drawn else " ".join(why), drawn, tuple(tables))


def _donors(subject: Subject) -> Table:
    rows = donors_of(subject.result, subject.instance)
    rows["group"] = rows["group"].replace("", UNNAMED)
    total = float(rows["donations"].sum()) or 1.0
    rows["share"] = rows["donations"] / total
    fields = [
        Field("group", "Donor group" if subject.instance is not None else "Pool"),
        Field("donations", "Donations", "", number), Field("share", "Share of donations", "", share),
        Field("recruits", "Recruited", "donors", number), Field("registry", "Registered at the end", "donors", number),
    ]  # fmt: skip
    return table("Donor groups", rows, fields)


def _requirements(subject: Subject) -> Table:
    rows = requirements_of(subject.result)
    columns = [
        Column("Requirement"), Column("Of"), Column("Measure"), Column("Period"), Column("Reached", "", is_number=True),
        Column("Required", "", is_number=True), Column("Verdict"),
    ]  # fmt: skip

    def show(measure: str, value: float) -> Cell:
        return number_cell(value, lambda amount: amount_text(measure, amount))

    cells = [
        (
            text_cell(str(row["requirement"])), text_cell(str(row["member"] or "all")),
            text_cell(words(str(row["measure"]))), text_cell(str(row["period"] or "all")),
            show(row["measure"], row["level"]), show(row["measure"], row["required"]),
            text_cell("met" if row["met"] else f"short by {_short(row)}"),
        )
        for row in rows.to_dict("records")
    ]  # fmt: skip
    return of_cells("Requirements, in the period with least to spare", columns, cells)


def _short(row: dict[str, object]) -> str:
    is_coverage = row["measure"] in SHARES and "share" not in str(row["measure"])
    amount = float(str(row["shortfall"]))
    return share(amount) if is_coverage else number(amount)


def periods(subject: Subject) -> Section:
    """Return the section with the figures of each period."""
    result = subject.result

    def over_time() -> Chart:
        seen = "Each chart has its own scale; money is not discounted. Doses count in the period in which they arrive."
        return Chart(figures.series(result), "Development over the horizon", seen, least=680)

    drawn, _ = charts(over_time)
    if not drawn:
        return Section("Period by period")
    rows = series_of(result)
    rows["period"] = rows["period"].astype(str)
    stages = [stage for stage in STEPS if stage in rows]
    fields = [
        Field("period", "Period"), Field("doses", "Served", "doses", number),
        Field("unmet", "Not served", "doses", number),
        Field("donations", "Donations", "", number), Field("recruits", "Recruited", "donors", number),
        *[Field(stage, stage.capitalize(), "open", number) for stage in stages],
        Field("cost", "Cost", subject.currency, compact), Field("investment", "Investment", subject.currency, compact),
    ]  # fmt: skip
    return Section("Period by period", "", drawn, (table("Figures by period", rows, fields),))


def not_served(subject: Subject) -> Section:
    """Return the section with what is not served, and why."""
    rows = unserved(subject)
    lead = told(subject, rows)
    if rows.empty:
        return Section("What is not served, and why", lead)
    shown = rows.assign(
        centre=rows["centre"].map(subject.names.title),
        periods=[", ".join(map(str, given)) for given in rows["periods"]],
    )
    fields = [
        Field("therapy", "Therapy"), Field("centre", "Centre"), Field("unmet", "Not served", "doses", number),
        Field("share", "Share of its demand", "", share), Field("periods", "In"), Field("reason", "Why"),
    ]  # fmt: skip
    return Section("What is not served, and why", lead, (), (table("Demand that is not served", shown, fields),))


def limits(subject: Subject) -> Section:
    """Return the section with the limits."""
    rows = subject.result.tables.get("limits")
    if rows is None or rows.empty:
        return Section("Limits")
    scope = ["stage", "site", "therapy", "market", "period"]
    rows = rows.assign(
        of=[", ".join(str(cell) for cell in cells if cell not in ("", None)) or "all"
            for cells in zip(*(rows[name] for name in scope), strict=True)],
        sense=rows["sense"].map({"max": "at most", "min": "at least"}),
        measure=rows["measure"].map(words),
        verdict=[
            "kept" if broken <= 1e-6 else f"broken by {number(broken)}" for broken in rows["violation"].astype(float)
        ],
    )  # fmt: skip
    fields = [
        Field("limit", "Limit"), Field("measure", "Measure"), Field("of", "Of"), Field("sense", "Sense"),
        Field("verdict", "Verdict"),
    ]  # fmt: skip
    made = table("Limits and what is reached", rows, fields)
    columns = [*made.columns[:4], *(Column(name, "", is_number=True) for name in ("Limit", "Reached", "To spare"))]
    shows = [share if measure == "unmet share" else compact for measure in rows["measure"]]
    cells = [
        [*row[:4], *(number_cell(amount, show) for amount in amounts), row[4]]
        for row, show, *amounts in zip(made.rows, shows, rows["value"], rows["activity"], rows["slack"], strict=False)
    ]
    return Section("Limits", "", (), (of_cells(made.caption, [*columns, made.columns[4]], cells),))


SECTIONS = (where, ways, money, capacity, donors, periods, not_served, limits)
"""In the order of a chapter."""
