"""Diversity and limits as rows over the ledger's accounts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from donornet.instance.schema import STAGES
from tests.oracle.measures import Filters, Measures
from tests.oracle.program import Linear, total

if TYPE_CHECKING:
    from tests.oracle.path_model import PathModel

Record = dict[str, Any]
START = tuple(step / 8 for step in range(9))
"""Shares at which tangents of the squares stand from the start."""
CLOSE = 1e-9
"""Largest violation of an effective number of groups that is let be, relative to the donors."""


class Requirements:
    """Rows of the tables diversity and limits.

    Parameters
    ----------
    model
        The path model with its flows and its design.

    Attributes
    ----------
    penalties
        Discounted penalties of what falls short.
    largest
        Sum of the numbers of donors and doses that rows ask for.
    """

    def __init__(self, model: PathModel) -> None:
        self.model = model
        self.facts = model.facts
        self.program = model.program
        self.measures = Measures(model)
        self.penalties: list[Linear] = []
        self.largest = 0.0
        self._effective: list[tuple[list[Linear], list[int], Linear, float, Linear]] = []
        for row in self.facts.rows("diversity"):
            self._diversity(row)
        for row in self.facts.rows("limits"):
            self._limit(row)

    # ------------------------------------------------------------------------------------------------------ diversity

    def _diversity(self, row: Record) -> None:
        if row["measure"] in ("min_count", "min_share", "max_share", "min_effective_groups"):
            for therapies in self._filled(row["therapy"], self._allogeneic()):
                for markets in self._filled(row["market"], self.facts.markets):
                    for periods in self._periods(row):
                        self._require(row, self._counts(row, therapies, markets, periods), periods[0])
            return
        raise NotImplementedError(f"the oracle has no measure {row['measure']}")

    def _allogeneic(self) -> list[str]:
        return [therapy for therapy in self.facts.therapies if not self.facts.is_autologous(therapy)]

    def _filled(self, cell: str, universe: list[str]) -> list[list[str]]:
        """Return the sets of members that a filter speaks about: ``*`` each separately, else all named together."""
        if cell == "*":
            return [[name] for name in universe]
        return [[name for name in universe if not cell or self.facts.names(cell, name)]]

    def _periods(self, row: Record) -> list[list[int]]:
        every = list(range(self.facts.count))
        if row["period"] == "*" or (not row["period"] and row.get("level") == "registry"):
            return [[period] for period in every]
        if not row["period"]:
            return [every]
        return [[int(row["period"]) - self.facts.first]]

    def _counts(self, row: Record, therapies: list[str], markets: list[str], periods: list[int]) -> dict[str, Linear]:
        """Return the donors or donations of each pool that count."""
        counts = {}
        for pool in self.facts.pools:
            if row["level"] == "eligible":
                accounts = [
                    account
                    for (therapy, donor, _, market, period), account in self.model.ledger.eligible.items()
                    if donor == pool and therapy in therapies and market in markets and period in periods
                ]
                counts[pool] = total(accounts)
            else:
                variables = self.model.design.recruit if row["level"] == "recruited" else self.model.design.registry
                counts[pool] = Linear({variables[pool][period]: 1.0 for period in periods if pool in variables})
        return counts

    def _require(self, row: Record, counts: dict[str, Linear], first: int) -> None:
        everyone = total(counts.values())
        blocks: dict[str, Linear] = {}
        kind = {"donor_group": "donor_group", "jurisdiction": "jurisdiction"}.get(row["of"])
        for pool, count in counts.items():
            name = pool if kind is None else self.facts.pools[pool][kind]
            blocks.setdefault(name, Linear()).add(count)
        value = row["value"]
        if row["measure"] == "min_effective_groups":
            self._require_groups(list(blocks.values()), everyone, value, self._shortfall(row, first))
            return
        for block in self._members(row, blocks):
            short = self._shortfall(row, first)
            if row["measure"] == "min_count":
                self.largest += value
                self.program.at_least(Linear().add(block).add(short), value)
            elif row["measure"] == "min_share":
                self.program.at_least(Linear().add(block).add(short), Linear().add(everyone, value))
            else:
                self.program.at_most(Linear().add(block).add(short, -1.0), Linear().add(everyone, value))

    def _members(self, row: Record, blocks: dict[str, Linear]) -> list[Linear]:
        cell = row["member"]
        if cell == "*" or (not cell and row["measure"] != "min_count"):
            return list(blocks.values())
        return [total(block for name, block in blocks.items() if not cell or self.facts.names(cell, name))]

    def _shortfall(self, row: Record, first: int) -> Linear:
        """Return what may be missing: a priced variable, or nothing."""
        price = row["shortfall_penalty"]
        if price is None:
            return Linear()
        missing = self.program.variable()
        self.penalties.append(Linear({missing: price * self.model.discount[first]}))
        return Linear({missing: 1.0})

    def _require_groups(self, blocks: list[Linear], everyone: Linear, value: float, short: Linear) -> None:
        """Require Σ n²/N ≤ N/value + shortfall through tangents w ≥ 2q·n - q²·N of n²/N."""
        squares = [self.program.variable() for _ in blocks]
        for block, square in zip(blocks, squares, strict=True):
            for share in START:
                self._tangent(block, square, everyone, share)
        self.program.at_most(Linear(dict.fromkeys(squares, 1.0)), Linear().add(everyone, 1.0 / value).add(short))
        self._effective.append((blocks, squares, everyone, value, short))

    def _tangent(self, block: Linear, square: int, everyone: Linear, share: float) -> None:
        self.program.at_least(Linear({square: 1.0}).add(block, -2.0 * share).add(everyone, share**2))

    def add_tangents(self, x: np.ndarray) -> bool:
        """Add tangents where the point `x` has too few effective groups; return whether there were any."""
        added = False
        for blocks, squares, everyone, value, short in self._effective:
            donors = everyone.value(x)
            if donors < 1e-9:
                continue
            shares = [block.value(x) / donors for block in blocks]
            if sum(share**2 for share in shares) - 1.0 / value - short.value(x) / donors > CLOSE:
                added = True
                for block, square, share in zip(blocks, squares, shares, strict=True):
                    self._tangent(block, square, everyone, share)
        return added

    # --------------------------------------------------------------------------------------------------------- limits

    def _limit(self, row: Record) -> None:
        measure: Callable[[Filters], tuple[Linear, Linear]] = getattr(self.measures, row["measure"])
        for filters in self._filters(row):
            amount, right = measure(filters)
            right = Linear().add(right, row["value"])
            self.largest += abs(right.constant) if row["sense"] == "min" else 0.0
            first = filters.periods[0]
            if row["sense"] == "max":
                self.program.at_most(Linear().add(amount).add(self._violation(row, first), -1.0), right)
            else:
                self.program.at_least(Linear().add(amount).add(self._violation(row, first)), right)

    def _violation(self, row: Record, first: int) -> Linear:
        return self._shortfall({"shortfall_penalty": row["penalty"]}, first)

    def _filters(self, row: Record) -> Iterator[Filters]:
        """Yield the filters of each row that a limit stands for."""
        columns = ("stage", "site", "therapy", "market")
        separately = [column for column in columns if row["scope"] == "each" and row[column]]
        if row["scope"] == "each" and not separately:
            separately = ["stage" if row["measure"] in ("open_facilities", "openings", "investment") else "therapy"]
        each_period = row["period"] == "*" or (not row["period"] and row["measure"] == "open_facilities")
        for chosen in self._choices(row, separately):
            for periods in [[period] for period in range(self.facts.count)] if each_period else self._periods(row):
                yield Filters({**chosen, "jurisdiction": row["jurisdiction"]}, tuple(periods))

    def _choices(self, row: Record, separately: list[str]) -> Iterator[dict[str, str]]:
        at_centres = row["measure"] in ("unmet", "unmet_share")
        universe: dict[str, list[str]] = {
            "stage": list(STAGES),
            "site": list(self.facts.centres if at_centres else self.facts.sites),
            "therapy": list(self.facts.therapies),
            "market": self.facts.markets,
        }
        choices: list[dict[str, str]] = [{}]
        for column, names in universe.items():
            cell = row[column]
            options = (
                [name for name in names if not cell or self.facts.names(cell, name)] if column in separately else [cell]
            )
            choices = [{**choice, column: option} for choice in choices for option in options]
        yield from choices
