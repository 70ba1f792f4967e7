"""A grid in text: ``demand: demand.doses*={0.8,1,1.2} where therapy=car-t``."""

from __future__ import annotations

import re
from collections.abc import Sequence

from donornet.instance.head import ID_PATTERN

FORM = "write 'table.column*={0.8,1,1.2} where ...', with 'label: ' before it if it shall have a name of its own"
_BRACES = re.compile(r"\{([^{}]*)\}")


def expanded(text: str) -> list[str]:
    """Return the edits that a text with braces stands for: one per value in them; several braces in step.

    Raises
    ------
    ValueError
        There are no braces, or they hold different numbers of values.
    """
    values = [[value.strip() for value in braces.split(",")] for braces in _BRACES.findall(text)]
    if not values:
        raise ValueError(f"{text!r} gives one value only; {FORM}")
    if len({len(column) for column in values}) > 1:
        raise ValueError(f"the braces in {text!r} hold different numbers of values; they are taken in step")
    parts = _BRACES.split(text)[::2]
    return [
        "".join(part + value for part, value in zip(parts, [*row, ""], strict=True))
        for row in zip(*values, strict=True)
    ]


def parse_grid(texts: Sequence[str]) -> dict[str, list[str]]:
    """Return the grid that texts describe, one axis each; those with the same label are values of one axis.

    A text without a label is called by its table and column.

    Raises
    ------
    ValueError
        A text has neither a label nor braces, or no table and column to be called by.
    """
    grid: dict[str, list[str]] = {}
    for text in texts:
        label, colon, edit = text.partition(":")
        if not (colon and re.fullmatch(ID_PATTERN, label.strip())):
            named = re.match(r"\s*([^\s.=*+{}]+\.[^\s.=*+{}]+)\s*[*+]?=", text)
            if named is None:
                raise ValueError(f"{text!r} has no label; {FORM}")
            label, edit = named[1], text
        grid.setdefault(label.strip(), []).extend(
            expanded(edit.strip()) if "{" in edit or not colon else [edit.strip()]
        )
    return grid
