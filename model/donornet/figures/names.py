"""What ids stand for: titles and jurisdictions of places, donor groups of pools."""

from __future__ import annotations

from typing import TYPE_CHECKING

from donornet.figures.text import label, words

if TYPE_CHECKING:
    from donornet.instance import Instance
    from donornet.solution import Result

STEPS = ("donor", "collection", "testing", "processing", "manufacturing", "storage", "centre")
"""The steps of a chain, in the order of legends; testing runs in parallel."""
UNNAMED = "unnamed"
"""What a blank id is called."""


class Names:
    """Looks ids up in an instance, or in a result where there is no instance.

    Parameters
    ----------
    result
        The result; its table of facilities names jurisdictions and titles of sites.
    instance
        The instance, if it is at hand.
    """

    def __init__(self, result: Result | None = None, instance: Instance | None = None) -> None:
        self._titles: dict[str, str] = {}
        self._jurisdictions: dict[str, str] = {}
        self._jurisdiction_titles: dict[str, str] = {}
        self.groups: dict[str, str] = {}
        if result is not None and result.solution is not None and "facilities" in result.tables:
            table = result.tables["facilities"]
            if {"title", "jurisdiction"} <= set(table.columns):
                self._titles |= dict(zip(table["site"], table["title"], strict=True))
                self._jurisdictions |= dict(zip(table["site"], table["jurisdiction"], strict=True))
        if instance is not None:
            for name, key in (("sites", "site"), ("donor_pools", "pool"), ("centres", "centre")):
                rows = instance.table(name)
                self._titles |= dict(zip(rows[key], rows["title"], strict=True))
                self._jurisdictions |= dict(zip(rows[key], rows["jurisdiction"], strict=True))
            rows = instance.table("jurisdictions")
            self._jurisdiction_titles = dict(zip(rows["jurisdiction"], rows["title"], strict=True))
            pools = instance.table("donor_pools")
            self.groups = dict(zip(pools["pool"], pools["donor_group"], strict=True))

    def title(self, place: str) -> str:
        """Return the title of a place as it was written, its id where it has none."""
        return self._titles.get(place) or place or UNNAMED

    def place(self, place: str) -> str:
        """Return the title of a place as a label."""
        return label(self.title(place))

    def jurisdiction_of(self, place: str) -> str | None:
        """Return the jurisdiction of a place; None where it is not known."""
        return self._jurisdictions.get(place)

    def jurisdiction_title(self, jurisdiction: str) -> str:
        """Return the title of a jurisdiction as it was written."""
        return self._jurisdiction_titles.get(jurisdiction) or jurisdiction or UNNAMED

    def jurisdiction(self, jurisdiction: str) -> str:
        """Return the title of a jurisdiction as a label."""
        return label(self.jurisdiction_title(jurisdiction), 26)

    def group(self, pool: str) -> str:
        """Return the donor group of a pool, the pool itself where it has none."""
        return self.groups.get(pool) or pool or UNNAMED


def step_name(step: str) -> str:
    """Return the name of a step as it begins a phrase."""
    return {"donor": "Donors", "centre": "Centres"}.get(step, words(step).capitalize())


def currency_of(result: Result) -> str:
    """Return the currency of a result's costs; blank where it does not say."""
    table = result.tables.get("kpis")
    if table is None:
        return ""
    return next((str(unit) for kpi, unit in zip(table["kpi"], table["unit"], strict=True) if kpi == "total_cost"), "")
