"""Prohibitions: rules that forbid everything, or nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from donornet.instance import Finding, Instance
from donornet.instance.matching import ANY
from donornet.instance.schema import MATERIAL_STAGES
from donornet.validation.questions import modality_of, stages_of
from donornet.validation.report import each

CELLS = ("therapy", "donor", "risk_class", *MATERIAL_STAGES, "testing", "panel", "market")


def check_empty_rules(instance: Instance) -> Iterator[Finding]:
    """Check that a rule without a filled cell would forbid every chain."""
    rows = instance.table("prohibitions")
    yield from each(
        rows,
        (rows[list(CELLS)] == "").all(axis=1),
        ("prohibitions", "rule"),
        "empty-rule",
        lambda row: f"rule {row['rule']!r} fills no cell and would forbid every chain; fill one, or remove the rule",
    )


def check_rules_that_match(instance: Instance) -> Iterator[Finding]:
    """Find rules that no chain can match: their cells never come together in one chain."""
    rows = instance.table("prohibitions")
    stages, modality = stages_of(instance), modality_of(instance)

    def can_match(row: Mapping[str, Any]) -> bool:
        if any(row[cell] == f"!{ANY}" for cell in CELLS):
            return False
        return any(
            _names(instance, row["therapy"], therapy)
            and all(stage in passed for stage in (*MATERIAL_STAGES, "testing") if row[stage])
            and ("testing" in passed or not row["panel"])
            and (modality[therapy] == "allogeneic" or not (row["donor"] or row["risk_class"]))
            for therapy, passed in stages.items()
        )

    dead = [not can_match({str(name): cell for name, cell in row.items()}) for row in rows.to_dict("records")]
    yield from each(
        rows,
        np.array(dead, dtype=bool),
        ("prohibitions", "rule"),
        "unused-row",
        lambda row: (
            f"rule {row['rule']!r} matches no chain: no therapy has every stage, donor or test that its cells name"
        ),
        "warning",
    )


def _names(instance: Instance, cell: str, therapy: str) -> bool:
    """Whether a cell of a rule matches a therapy."""
    if cell in ("", ANY):
        return True
    matched = therapy in instance.groups.members(cell.removeprefix("!"))
    return matched != cell.startswith("!")
