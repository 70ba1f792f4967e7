"""Instances so small that their optimum can be worked out by hand."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Iterable
from typing import Any

import donornet as dn
from donornet.instance import Instance
from donornet.instance.build import from_rows
from tests.oracle.path_model import solve_by_paths

Row = dict[str, Any]
KM = 6371.0088 * math.pi / 180
"""Kilometres of a degree of a great circle."""
DAILY = {"periods": {"count": 4, "days": 1, "first": 1}}
TWO_YEARS = {"periods": {"count": 2, "days": 365, "first": 1}}


class Tiny:
    """Rows of an instance that cases change.

    The line: pool P (unlimited, 5 per donation) → collection C (2 per donation) → manufacturing M (3 per unit, 2
    doses per unit, 100 to open) → centre R, which wants 10 doses. Lab L tests for 1; half of the donations pass.
    Lanes of the mode
    ``van`` are free and instant. All in jurisdiction A. A dose takes one donation (half a unit passes, each makes 2
    doses):
    (5 + 2 + 1)·10 + 3·5 + 100 = 195.

    Parameters
    ----------
    head
        Fields of the head.
    """

    def __init__(self, **head: Any) -> None:
        self.head: Row = {"name": "tiny", **head}
        self.tables: dict[str, list[Row]] = copy.deepcopy(LINE)

    def add(self, table: str, *rows: Row) -> Tiny:
        """Append rows to a table."""
        self.tables.setdefault(table, []).extend(dict(row) for row in rows)
        return self

    def change(self, table: str, number: int = 0, **cells: Any) -> Tiny:
        """Change cells of the row at a position."""
        self.tables[table][number].update(cells)
        return self

    def drop(self, table: str) -> Tiny:
        """Take a table away."""
        del self.tables[table]
        return self

    def vans(self, *legs: str, **cells: Any) -> Tiny:
        """Append lanes of the mode ``van``, written ``from>to``."""
        return self.add("lanes", *van(legs, **cells))

    def lane(self, leg: str) -> Row:
        """Return the lane ``from>to``."""
        return next(row for row in self.tables["lanes"] if f"{row['from']}>{row['to']}" == leg)

    def build(self) -> Instance:
        """Return the instance."""
        return from_rows(self.head, self.tables)


def van(legs: Iterable[str], **cells: Any) -> list[Row]:
    """Return lanes of the mode ``van``, written ``from>to``."""
    return [{"from": leg.split(">")[0], "to": leg.split(">")[1], "mode": "van", **cells} for leg in legs]


def own_cells(**head: Any) -> Tiny:
    """Return the line without donors: patients of R (autologous), 10 of them, untested, nothing lost.

    R → collection C (2 each) → manufacturing M (3 each, 100 to open) → R: 5·10 + 100 = 150.
    """
    tiny = Tiny(**head).change("therapies", modality="autologous", tested="no").drop("donor_pools").drop("pass_rates")
    tiny.change("operations", 2, output=1).vans("R>C")
    tiny.tables["lanes"] = [row for row in tiny.tables["lanes"] if row["from"] != "P"]
    tiny.tables["facilities"] = [row for row in tiny.tables["facilities"] if row["stage"] != "testing"]
    return tiny


def by_paths(instance: Instance) -> tuple[str, float]:
    """Return status and optimum of the explicit path model."""
    result = solve_by_paths(instance)
    return result.status, result.objective


def by_package(instance: Instance) -> tuple[str, float]:
    """Return status and optimum of the package."""
    errors = [str(finding) for finding in dn.validate(instance) if finding.is_error]
    if errors:
        raise AssertionError(errors)
    result = dn.solve(instance, gap=1e-9)
    return result.status.value, math.nan if result.objective is None else result.objective


solve: Callable[[Instance], tuple[str, float]] = by_paths
"""What the cases are solved with; the fixture `engine` changes it."""


def optimum(tiny: Tiny) -> float:
    """Return the optimum."""
    status, objective = solve(tiny.build())
    if status != "optimal":
        raise AssertionError(f"the instance is {status}")
    return objective


def is_infeasible(tiny: Tiny) -> bool:
    """Whether no design exists."""
    return solve(tiny.build())[0] == "infeasible"


def second_plant(tiny: Tiny, jurisdiction: str = "A", **cells: float) -> Tiny:
    """Add a plant N (1 per unit dearer by its lane) beside M."""
    tiny.add("sites", {"site": "N", "jurisdiction": jurisdiction}).vans("N>R").vans("C>N", unit_cost=1)
    return tiny.add("facilities", {"site": "N", "stage": "manufacturing", **cells})


def two_countries() -> Tiny:
    """Return the line with a plant at home and a cheaper one abroad that holds 3.5 units, and demand priced at 40.

    All at home: 10·8 + 5·(3 + 9) + 60 = 200. Cheapest: 7 doses from abroad, 70, and the rest at home, 42 + 60: 172.
    """
    tiny = second_plant(Tiny(default_recognition="recognised"), "B", capacity=3.5)
    tiny.lane("C>M").update(unit_cost=9)
    return tiny.change("facilities", 2, opening_cost=60).change("demand", unmet_penalty=40)


def daily_loops() -> Tiny:
    """Return 2 patients wanted on day 3, one day of collection, one of manufacturing in slots, instant legs."""
    tiny = own_cells(**DAILY).change("operations", 0, days=1).change("operations", 2, days=1)
    return tiny.change("demand", period="3", doses=2)


def derived(**cells: Any) -> Tiny:
    """Return the line whose doses travel one degree of longitude on the equator by a derived lane."""
    tiny = Tiny().change("sites", 2, latitude=0, longitude=0).change("centres", latitude=0, longitude=1)
    tiny.tables["lanes"] = [row for row in tiny.tables["lanes"] if row["to"] != "R"]
    return tiny.add("transport_modes", {"mode": "air", "carries": "doses", "cost": 1, "cost_per_km": 0.1, **cells})


KM = 6371.0088 * math.pi / 180


LINE: dict[str, list[Row]] = {
    "sites": [{"site": site, "jurisdiction": "A"} for site in ("C", "L", "M")],
    "facilities": [
        {"site": "C", "stage": "collection"},
        {"site": "L", "stage": "testing"},
        {"site": "M", "stage": "manufacturing", "opening_cost": 100},
    ],
    "therapies": [{"therapy": "K", "modality": "allogeneic", "route": "collection>manufacturing"}],
    "operations": [
        {"stage": "collection", "unit_cost": 2},
        {"stage": "testing", "unit_cost": 1},
        {"stage": "manufacturing", "unit_cost": 3, "output": 2},
    ],
    "donor_pools": [{"pool": "P", "jurisdiction": "A", "donor_group": "g", "risk_class": "low", "donation_cost": 5}],
    "pass_rates": [{"pass_rate": 0.5}],
    "lanes": van(("P>C", "C>L", "C>M", "M>R")),
    "centres": [{"centre": "R", "jurisdiction": "A"}],
    "demand": [{"centre": "R", "therapy": "K", "doses": 10}],
}
