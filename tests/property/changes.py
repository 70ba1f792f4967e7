"""Changes to the rows of an instance whose effect on the optimum is known."""

from __future__ import annotations

import copy
import random
import re
from collections.abc import Mapping
from typing import Any

from donornet.instance import Instance
from donornet.instance.build import from_rows
from donornet.instance.schema import TABLES
from tests.oracle.draft import Draft

Row = dict[str, Any]
MONEY_LIMITS = ("investment", "total_cost")
"""Measures of limits whose value is money."""
PRICES_OF_MONEY = ("penalty",)
"""Columns of such a limit that are money per money, hence no money."""


class Change:
    """A copy of a draft's rows to be changed.

    Parameters
    ----------
    draft
        The rows to start from; they stay as they are.
    """

    def __init__(self, draft: Draft) -> None:
        self.head: Row = copy.deepcopy(draft.head)
        self.tables: dict[str, list[Row]] = copy.deepcopy(draft.tables)

    def build(self) -> Instance:
        """Return the changed instance."""
        return from_rows(self.head, self.tables)

    def rows(self, table: str) -> list[Row]:
        """Return the rows of a table."""
        return self.tables.get(table, [])

    def add(self, table: str, row: Row) -> None:
        """Append a row."""
        self.tables.setdefault(table, []).append(row)

    # ------------------------------------------------------------------------------------------------- the same optimum

    def shuffle(self, dice: random.Random) -> Change:
        """Put tables and rows in another order."""
        names = list(self.tables)
        dice.shuffle(names)
        self.tables = {name: self.tables[name] for name in names}
        for rows in self.tables.values():
            dice.shuffle(rows)
        return self

    def rename(self, names: Mapping[str, str]) -> Change:
        """Replace ids wherever they stand, alone, in a pattern or in a list."""
        for table, rows in self.tables.items():
            columns = [column.name for column in TABLES[table] if column.kind in ("id", "pattern", "list")]
            for row in rows:
                for column in columns:
                    if column in row:
                        tokens = re.split(r"([!;*])", str(row[column]))
                        row[column] = "".join(names.get(token, token) for token in tokens)
        return self

    def ids(self) -> list[str]:
        """Return every id that stands somewhere."""
        found: set[str] = set()
        for table, rows in self.tables.items():
            columns = [column.name for column in TABLES[table] if column.kind in ("id", "pattern", "list")]
            for row in rows:
                for column in columns:
                    found |= set(re.split(r"[!;*]", str(row.get(column, ""))))
        return sorted(found - {""})

    def count_periods_from(self, first: int) -> Change:
        """Number the periods from `first` on."""
        shift = first - int(self.head["periods"]["first"])
        self.head["periods"]["first"] = first
        for table, rows in self.tables.items():
            columns = [column.name for column in TABLES[table] if column.kind == "period" or column.unit == "period"]
            for row in rows:
                for column in columns:
                    if row.get(column) not in (None, "", "*"):
                        row[column] = int(row[column]) + shift
        return self

    # ------------------------------------------------------------------------------------------- another, known optimum

    def scale_money(self, factor: float) -> Change:
        """Multiply every amount of money."""
        for table, rows in self.tables.items():
            columns = [column.name for column in TABLES[table] if column.unit.startswith("currency")]
            for row in rows:
                about_money = table == "limits" and row["measure"] in MONEY_LIMITS
                for column in columns:
                    if column in row and not (about_money and column in PRICES_OF_MONEY):
                        row[column] *= factor
                if about_money:
                    row["value"] *= factor
        return self

    def drop(self, table: str) -> Change:
        """Take a table away."""
        self.tables.pop(table, None)
        return self

    def forget(self, table: str, *columns: str) -> Change:
        """Leave cells blank."""
        for row in self.rows(table):
            for column in columns:
                row.pop(column, None)
        return self
