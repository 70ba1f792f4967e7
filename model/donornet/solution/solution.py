"""The decisions of a design as plain tables; everything else is recomputed from them and the instance."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import pandas as pd

SOLUTION_COLUMNS: dict[str, tuple[str, ...]] = {
    "facilities": ("site", "stage", "period", "open", "steps"),
    "licences": ("site", "stage", "market", "period", "held"),
    "donors": ("pool", "period", "recruits", "registry"),
    "donations": ("therapy", "pool", "site", "mode", "market", "donor_class", "state", "period", "donations"),
    "tests": ("therapy", "market", "site", "donor_class", "lab", "panel", "mode", "state", "period", "tests"),
    "flows": (
        "therapy", "market", "from", "from_stage", "from_state", "to", "to_stage", "to_state", "mode", "period",
        "units",
    ),
    "stock": ("therapy", "market", "site", "period", "doses"),
    "deliveries": ("therapy", "market", "from", "from_state", "mode", "centre", "period", "doses"),
    "loops": ("therapy", "market", "centre", "sites", "modes", "test_class", "period", "patients"),
    "unmet": ("therapy", "centre", "period", "unmet"),
}  # fmt: skip
"""Columns of each decision table.

facilities: every facility and period, `open` 0 or 1, `steps` the number of capacity steps held.
licences: every obtainable licence and period, `held` 0 or 1. (Held ones are no decision.)
donors: every pool with a finite registry and period; `recruits` added in, `registry` registered at the end of
recruiting in the period.
donations: donations of a pool at a first-stage site, documented for a market; `donor_class` names the class in
which they meet their tests;
`state` the state they are released to where the therapy is not tested (else blank).
tests: samples of a class sent from the first-stage site to a lab; `state` is the state the tested donations are
released to
(blank for autologous therapies, whose `donor_class` is the loops' `test_class`).
flows: material between stages (allogeneic), units leaving `from` in the period. States are opaque labels: what
stands at one site in
one state can be continued in the same ways.
stock: finished doses carried over the end of the period. deliveries: doses leaving the last stage in the period.
loops: patients who enter in the period; `sites` and `modes` along the route, separated by `>` (patient leg first,
dose leg last).
unmet: demand not served, every centre, therapy and period with demand.
A mode is blank on the implicit lane within one site. Rows with zero flow are left out.
"""


@dataclass(frozen=True, eq=False)
class Solution:
    """The decisions of one design.

    Parameters
    ----------
    tables
        The tables of `SOLUTION_COLUMNS`, each with exactly those columns; ids are text, periods int, amounts float.
    """

    tables: Mapping[str, pd.DataFrame]

    def __post_init__(self) -> None:
        complete = {name: self.tables[name] if name in self.tables else empty(name) for name in SOLUTION_COLUMNS}
        object.__setattr__(self, "tables", MappingProxyType(complete))

    def __getitem__(self, name: str) -> pd.DataFrame:
        return self.tables[name]

    def __reduce__(self) -> tuple[type[Solution], tuple[dict[str, pd.DataFrame]]]:
        return Solution, (dict(self.tables),)


def empty(name: str) -> pd.DataFrame:
    """Return the decision table `name` without rows."""
    amounts = {
        "open", "steps", "held", "recruits", "registry", "donations", "tests", "units", "doses", "patients", "unmet",
    }  # fmt: skip
    return pd.DataFrame(
        {
            column: np.empty(0, dtype=float if column in amounts else int if column == "period" else object)
            for column in SOLUTION_COLUMNS[name]
        }
    )
