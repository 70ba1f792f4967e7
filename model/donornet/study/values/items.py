"""Items whose worth is asked for: a thing that an instance has or could have, and the edits of the other case."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

import pandas as pd

from donornet.instance import Instance
from donornet.instance.edits import Condition, Edit
from donornet.instance.instance import blank_table
from donornet.instance.schema import TABLES

Effect = Literal["stricter", "laxer", "either"]
"""What edits do to the set of designs and to their costs.

stricter: every design of the edited instance is one of the base at no more cost, so the optimum cannot fall;
laxer: every design of the base is one of the edited instance at no more cost, so the optimum cannot rise;
either: neither can be said.
"""


@dataclass(frozen=True)
class Item:
    """One thing, and the counterfactual that tells its worth.

    Parameters
    ----------
    kind
        recognition, agreements, licences, prohibitions, requirements, facilities or capacity.
    name
        The thing in words.
    counterfactual
        The other case in words.
    edits
        What turns the base into the counterfactual, in order, each as ``--set`` takes it.
    absent
        Whether the counterfactual is the case without the thing; False: the case with it.
    effect
        What the edits do to designs and costs.
    use
        How much rests on the thing in the base design, or might in the counterfactual [doses].
    """

    kind: str
    name: str
    counterfactual: str
    edits: tuple[str, ...]
    absent: bool
    effect: Effect
    use: float = 0.0


def naming(instance: Instance, table: str, number: int) -> str | None:
    """Return conditions that among the rows that count only this one meets, None where patterns cannot tell it apart.

    Parameters
    ----------
    table
        Name of the table.
    number
        Index of the row.
    """
    spec, raw = TABLES[table], instance.tables[table]
    row, counts = instance.table(table).loc[number], instance.table(table).index
    others = [column.name for column in spec.own_columns if column.name not in spec.keys]
    conditions: list[Condition] = []
    for name in (*spec.keys, *others):
        text = _text(row[name])
        if name in others and any(sign in text for sign in "*?;"):
            continue
        conditions.append(Condition(name, "?" if text == "*" else text))
        if name in spec.keys[:-1]:
            continue
        edit = Edit(table, "remove", tuple(conditions))
        if set(raw.index[edit.matches(raw, instance.groups)]) & set(counts) == {number}:
            return "; ".join(map(str, conditions))
    return None


def adding(table: str, cells: dict[str, Any]) -> str:
    """Return the edit that adds a row; blank cells are left out."""
    written = {name: _text(cell) for name, cell in cells.items()}
    return f"{table} add where " + "; ".join(str(Condition(name, text)) for name, text in written.items() if text)


def where(**cells: str) -> str:
    """Return conditions on ids."""
    return "; ".join(str(Condition(name, text)) for name, text in cells.items())


def rows_that_count(instance: Instance, table: str) -> Iterable[tuple[int, dict[str, Any]]]:
    """Return number and cells of the rows of a table that count."""
    rows = instance.table(table) if instance.has(table) else blank_table(TABLES[table])
    return [(int(number), dict(cells)) for number, cells in zip(rows.index, rows.to_dict("records"), strict=True)]


def spending_must(instance: Instance) -> bool:
    """Whether a limit asks for money to be spent, so that what gets cheaper might break it."""
    limits = instance.table("limits")
    return bool((limits["measure"].isin(["investment", "total_cost"]) & (limits["sense"] == "min")).any())


def _text(cell: Any) -> str:
    if isinstance(cell, str):
        return cell
    return "" if pd.isna(cell) else repr(float(cell)).removesuffix(".0")
