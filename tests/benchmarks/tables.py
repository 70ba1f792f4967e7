"""The tables that the benchmarks leave: Markdown to read, CSV to compute with."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

Row = dict[str, Any]


def write(folder: Path, name: str, rows: Sequence[Row], heading: str) -> None:
    """Write rows as ``name.csv`` and ``name.md`` and print the latter."""
    folder.mkdir(parents=True, exist_ok=True)
    columns = list(dict.fromkeys(column for row in rows for column in row))
    with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    text = f"{heading}\n\n{markdown(columns, rows)}\n"
    (folder / f"{name}.md").write_text(text, encoding="utf-8")
    print(text)


def markdown(columns: Sequence[str], rows: Iterable[Row]) -> str:
    """Return the rows as a Markdown table; numbers to the right, with three significant digits."""
    listed = list(rows)
    lines = [[column.replace("_", " ") for column in columns]]
    lines.append(["---:" if any(_is_number(row.get(column)) for row in listed) else "---" for column in columns])
    lines += [[cell(row.get(column)) for column in columns] for row in listed]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def cell(value: Any) -> str:
    """Return a cell's text."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    return str(value).replace("|", "\\|")


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
