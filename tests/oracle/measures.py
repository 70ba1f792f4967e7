"""The measures that limits bound: an amount, and what its value is multiplied with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.oracle.program import Linear, total

if TYPE_CHECKING:
    from tests.oracle.path_model import PathModel

ONE = Linear(constant=1.0)
Pair = tuple[Linear, Linear]


@dataclass(frozen=True)
class Filters:
    """Cells of a limit (blank: all) and the periods that it covers."""

    cells: Mapping[str, str]
    periods: tuple[int, ...]


class Measures:
    """One method per measure: returns (amount, unit of the value), so that a limit reads amount ≤ value · unit.

    Parameters
    ----------
    model
        The path model with its flows and its design.
    """

    def __init__(self, model: PathModel) -> None:
        self.facts = model.facts
        self.design = model.design
        self.ledger = model.ledger
        self.unmet_demand = model.unmet
        self.money = model.money

    def _passes(self, filters: Filters, **values: str) -> bool:
        """Whether every value is named by its filter."""
        return all(
            not filters.cells.get(column) or self.facts.names(filters.cells[column], value)
            for column, value in values.items()
        )

    def _facility(self, filters: Filters, site: str, stage: str) -> bool:
        return self._passes(filters, site=site, stage=stage, jurisdiction=self.facts.jurisdiction(site))

    # ----------------------------------------------------------------------------------------------------- the design

    def open_facilities(self, filters: Filters) -> Pair:
        """Facilities open."""
        counted = [
            Linear({binaries[period]: 1.0})
            for (site, stage), binaries in self.design.open.items()
            for period in filters.periods
            if self._facility(filters, site, stage)
        ]
        return total(counted), ONE

    def openings(self, filters: Filters) -> Pair:
        """Potential facilities opened."""
        return self._of_facilities(filters, self.design.opening), ONE

    def investment(self, filters: Filters) -> Pair:
        """Money for openings, steps and licences, undiscounted."""
        return self._of_facilities(filters, self.design.invested), ONE

    def _of_facilities(self, filters: Filters, accounts: Mapping[tuple[str, str, int], Linear]) -> Linear:
        return total(
            account
            for (site, stage, period), account in accounts.items()
            if period in filters.periods and self._facility(filters, site, stage)
        )

    def total_cost(self, filters: Filters) -> Pair:
        """Discounted cost without the penalties of diversity and limits."""
        return total(spent for (_, period), spent in self.money.items() if period in filters.periods), ONE

    def recruits(self, filters: Filters) -> Pair:
        """Donors recruited."""
        counted = [
            Linear({variables[period]: 1.0})
            for pool, variables in self.design.recruit.items()
            for period in filters.periods
            if self._passes(filters, jurisdiction=self.facts.jurisdiction(pool))
        ]
        return total(counted), ONE

    # ------------------------------------------------------------------------------------------------------ the flows

    def donations(self, filters: Filters) -> Pair:
        """Donations made."""
        counted = [
            account
            for (therapy, pool, site, market, period), account in self.ledger.donated.items()
            if period in filters.periods
            and self._passes(
                filters,
                stage=self.facts.route(str(therapy))[0],
                site=str(site),
                therapy=str(therapy),
                market=str(market),
                jurisdiction=self.facts.jurisdiction(str(pool)),
            )
        ]
        return total(counted), ONE

    def doses(self, filters: Filters) -> Pair:
        """Doses delivered, by the site of the last stage."""
        if not filters.cells.get("site") and not filters.cells.get("jurisdiction"):
            return self._delivered(filters), ONE
        counted = [
            account
            for (therapy, centre, site, period), account in self.ledger.doses.items()
            if period in filters.periods
            and self._passes(
                filters,
                stage=self.facts.route(str(therapy))[-1],
                site=str(site),
                therapy=str(therapy),
                market=self.facts.jurisdiction(str(centre)),
                jurisdiction=self.facts.jurisdiction(str(site)),
            )
        ]
        return total(counted), ONE

    def _delivered(self, filters: Filters) -> Linear:
        """Return the doses delivered of what the filters let pass: demand met, or loops that arrive in time."""
        delivered = Linear()
        passes: Callable[[str, str], bool] = lambda therapy, centre: self._passes(  # noqa: E731
            filters,
            stage=self.facts.route(therapy)[-1],
            therapy=therapy,
            market=self.facts.jurisdiction(centre),
        )
        for (centre, therapy, period), (variable, doses) in self.unmet_demand.items():
            at_delivery = self.facts.therapies[therapy]["demand_at"] == "delivery"
            if at_delivery and period in filters.periods and passes(therapy, centre):
                delivered.add(Linear({variable: -1.0}, doses))
        for (kind, place, _, when), account in self.ledger.doses.items():
            at_entry = self.facts.therapies[str(kind)]["demand_at"] == "entry"
            if at_entry and when in filters.periods and passes(str(kind), str(place)):
                delivered.add(account)
        return delivered

    def unmet(self, filters: Filters) -> Pair:
        """Demand not served."""
        return self._unmet(filters)[0], ONE

    def unmet_share(self, filters: Filters) -> Pair:
        """Demand not served, of all demand."""
        return self._unmet(filters)

    def _unmet(self, filters: Filters) -> Pair:
        missing, wanted = Linear(), Linear()
        for (centre, therapy, period), (variable, doses) in self.unmet_demand.items():
            place = self.facts.jurisdiction(centre)
            if period in filters.periods and self._passes(
                filters, site=centre, therapy=therapy, market=place, jurisdiction=place
            ):
                missing.add(variable)
                wanted.constant += doses
        return missing, wanted

    # --------------------------------------------------------------------------------------------- per delivered dose

    def handoffs(self, filters: Filters) -> Pair:
        """Units handed from one organisation to another."""
        return self._legs("handoffs", filters)

    def crossings(self, filters: Filters) -> Pair:
        """Units that cross from one jurisdiction to another."""
        return self._legs("crossings", filters)

    def km(self, filters: Filters) -> Pair:
        """Kilometres travelled by units."""
        return self._legs("km", filters)

    def co2(self, filters: Filters) -> Pair:
        """Emission between stages [kg]."""
        return self._legs("co2", filters)

    def _legs(self, measure: str, filters: Filters) -> Pair:
        counted = [
            account
            for (name, therapy, market, period), account in self.ledger.legs.items()
            if name == measure
            and period in filters.periods
            and self._passes(filters, therapy=str(therapy), market=str(market))
        ]
        return total(counted), self._delivered(filters)

    def vein_to_vein_mean(self, filters: Filters) -> Pair:
        """Days of loops, per patient."""
        sums = [Linear(), Linear()]
        for total_of, accounts in zip(sums, (self.ledger.patient_days, self.ledger.patients), strict=True):
            for (therapy, market, period), account in accounts.items():
                if period in filters.periods and self._passes(filters, therapy=str(therapy), market=str(market)):
                    total_of.add(account)
        return sums[0], sums[1]
