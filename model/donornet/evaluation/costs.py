"""What a design costs: every term of the objective, by period and therapy."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from donornet.evaluation.frames import attach, sums
from donornet.evaluation.ledger import Ledger

TERMS = (
    "opening", "closing", "steps", "licences", "fixed", "recruitment", "donation", "testing", "operations", "bridging",
    "transport", "holding", "unmet_penalty", "shortfall_penalty",
)  # fmt: skip
"""Terms of the objective. One-off money is opening, closing, steps and licences; what is paid by the year is fixed."""


Money = tuple[str, pd.DataFrame, pd.Series]
"""A term, rows with a period (and a therapy), and the undiscounted amount of each [currency]."""


def costs_of(ledger: Ledger) -> pd.DataFrame:
    """Return the costs but the penalties of diversity and limits.

    Columns term, period, therapy (blank: of none), cost (discounted) and undiscounted [currency].
    """
    parts = [_part(*money) for money in (*_design_money(ledger), *_flow_money(ledger)) if len(money[1])]
    return _discounted(ledger, pd.concat(parts, ignore_index=True))


def with_penalties(ledger: Ledger, costs: pd.DataFrame, penalties: pd.DataFrame) -> pd.DataFrame:
    """Add to `costs` the penalties of diversity and limits: period in which they count, undiscounted [currency]."""
    parts = [costs, _part("shortfall_penalty", penalties, penalties["undiscounted"])]
    return _discounted(ledger, pd.concat([part for part in parts if len(part)] or parts, ignore_index=True))


def _discounted(ledger: Ledger, rows: pd.DataFrame) -> pd.DataFrame:
    rows = sums(rows[rows["undiscounted"] != 0.0], ["term", "period", "therapy"], "undiscounted")
    rows["cost"] = rows["undiscounted"] * ledger.discount(rows["period"])
    rows["_order"] = rows["term"].map({term: i for i, term in enumerate(TERMS)})
    rows = rows.sort_values(["_order", "period", "therapy"], ignore_index=True)
    return rows[["term", "period", "therapy", "cost", "undiscounted"]]


def _part(term: str, frame: pd.DataFrame, amount: pd.Series) -> pd.DataFrame:
    """Return the amounts of a term [currency], undiscounted, by the periods and therapies of the rows."""
    therapy = frame.get("therapy", "")
    return pd.DataFrame(
        {"period": frame["period"], "undiscounted": amount.astype(float), "term": term, "therapy": therapy}
    )


def _design_money(ledger: Ledger) -> Iterator[Money]:
    facilities, licences = ledger.design.facilities, ledger.design.licences
    yield "opening", facilities, facilities["opening_cost"]
    yield "closing", facilities, facilities["closing_cost"]
    yield "steps", facilities, facilities["step_cost"]
    yield "licences", licences, licences["opening_cost"]
    yield "fixed", facilities, facilities["fixed_cost"]
    yield "fixed", licences, licences["fixed_cost"]
    recruits = ledger.tables["donors"]
    recruits = attach(recruits, ["pool"], lambda pool: (ledger.rules.pools[pool]["recruitment_cost"],), ["unit_cost"])
    yield "recruitment", recruits, recruits["recruits"] * recruits["unit_cost"]


def _flow_money(ledger: Ledger) -> Iterator[Money]:
    entries, legs, donations = ledger.entries, ledger.legs, ledger.donations
    worked = entries["units"] * entries["unit_cost"]
    testing = entries["stage"] == "testing"
    yield "donation", donations, donations["donations"] * donations["donation_cost"]
    yield "testing", entries[testing], worked[testing]
    yield "testing", ledger.tests, ledger.tests["tests"] * ledger.tests["panel_cost"]
    yield "operations", entries[~testing], worked[~testing]
    yield "bridging", entries, entries["units"] * entries["bridging_cost"]
    yield "bridging", donations, donations["donations"] * donations["donor_bridging"]
    yield "transport", legs, legs["units"] * legs["lane_cost"]
    stock = attach(ledger.tables["stock"], ["therapy", "site"], lambda *key: (_holding(ledger, *key),), ["unit_cost"])
    yield "holding", stock, stock["doses"] * stock["unit_cost"]
    demand = ledger.demand
    yield "unmet_penalty", demand, demand["unmet"] * demand["unmet_penalty"].fillna(0.0)


def _holding(ledger: Ledger, therapy: str, site: str) -> float:
    """Return what holding a dose over the end of a period costs [currency/dose]."""
    last = ledger.rules.routes[therapy][-1]
    return ledger.rules.operation(last, therapy, site).holding_cost_per_year * ledger.instance.years
