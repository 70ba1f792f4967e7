"""What a column and a table of an instance are: the vocabulary of the specification in `schema`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["id", "text", "number", "integer", "period", "choice", "flag", "list", "pattern"]
"""What the cells hold.

id: a name; text: anything; number: a float; integer: a whole number; period: a period's number, kept as text
because ``*``
may stand for all; choice: one of `choices`; flag: yes or no; list: ids separated by semicolons; pattern: an id,
optionally negated with ``!``.
"""

TEXT_KINDS = frozenset({"id", "text", "period", "choice", "flag", "list", "pattern"})


@dataclass(frozen=True)
class Column:
    """One column of a table.

    Parameters
    ----------
    name
        Header of the column.
    kind
        What its cells hold.
    help
        One sentence for people.
    unit
        Unit of the numbers; ``currency`` stands for the head's currency.
    default
        Value of a blank cell; None: blank means "none", "unlimited" or "not limited", as `help` says.
    key
        Whether the column belongs to the key of the table.
    required
        Whether a blank cell is an error.
    wildcard
        Whether ``*`` (every member) may stand.
    references
        ``table.column`` or ``places`` that the cell must be found in; several alternatives separated by ``|``.
    groups
        Whether the name of a group may stand for an id.
    choices
        Allowed values of a choice.
    minimum, maximum
        Range of numbers, both inclusive.
    above
        Exclusive lower bound of numbers.
    """

    name: str
    kind: Kind
    help: str
    unit: str = ""
    default: str | float | None = None
    key: bool = False
    required: bool = False
    wildcard: bool = False
    references: str = ""
    groups: bool = False
    choices: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    above: float | None = None

    @property
    def is_text(self) -> bool:
        """Whether the cells are kept as text (blank = empty string) rather than as floats (blank = NaN)."""
        return self.kind in TEXT_KINDS


@dataclass(frozen=True)
class Table:
    """One table: its columns, in order, without the columns every table accepts."""

    name: str
    help: str
    own_columns: tuple[Column, ...]
    required: bool = False
    common_columns: tuple[Column, ...] = field(
        default=(
            Column("include", "flag", "Whether the row counts; 'no' keeps it for later.", default="yes"),
            Column("source", "text", "Where the figures of the row come from."),
            Column("note", "text", "Free text."),
        ),
        repr=False,
    )

    @property
    def columns(self) -> tuple[Column, ...]:
        """All columns, those that every table accepts last."""
        return self.own_columns + self.common_columns

    @property
    def keys(self) -> tuple[str, ...]:
        """Names of the key columns."""
        return tuple(column.name for column in self.own_columns if column.key)

    def __getitem__(self, name: str) -> Column:
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)

    def __iter__(self) -> Iterator[Column]:
        return iter(self.columns)
