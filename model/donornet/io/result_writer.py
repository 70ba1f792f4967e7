"""Writing results: ``result.json`` and one tidy table per file, first column `scenario`."""

from __future__ import annotations

import csv
import json
import math
import os
from collections.abc import Mapping, Sequence
from enum import Enum
from pathlib import Path
from typing import Any, Literal

import pandas as pd

from donornet.io.files import write_text, written_whole
from donornet.io.scalars import number_as_written
from donornet.io.workbook_writer import MOST_ROWS, Exact, new_workbook, write_cells
from donornet.solution import SOLUTION_COLUMNS, Result

RESULT_FILE = "result.json"
TABLE_SUFFIXES = ("csv", "parquet")
SCENARIO = "scenario"


def write_result(
    result: Result,
    folder: str | os.PathLike[str],
    format: Literal["csv", "parquet"] = "csv",  # noqa: A002
) -> None:
    """Write a result into a folder; a result that is there is replaced, other files are left alone.

    A decision table that `result.tables` completes with further columns is written once, completed.

    Parameters
    ----------
    result
        The result.
    folder
        Created where it is missing. ``result.json`` is written last: a folder without it is an incomplete result.
    format
        Form of the tables.

    Raises
    ------
    ValueError
        An unknown format, or a completed decision table that lacks columns of the decision table.
    """
    if format not in TABLE_SUFFIXES:
        raise ValueError(f"the format {format!r} is unknown, allowed are {', '.join(TABLE_SUFFIXES)}")
    folder = Path(folder)
    tables = result_tables(result)
    folder.mkdir(parents=True, exist_ok=True)
    stale = {path.stem for path in folder.iterdir() if path.suffix[1:] in TABLE_SUFFIXES} & (
        _tables_before(folder) | set(SOLUTION_COLUMNS)
    )
    (folder / RESULT_FILE).unlink(missing_ok=True)
    for name in stale:
        for suffix in TABLE_SUFFIXES:
            (folder / f"{name}.{suffix}").unlink(missing_ok=True)
    for name, frame in tables.items():
        with written_whole(folder / f"{name}.{format}") as draft:
            _write_table(frame, draft, format)
    write_text(folder / RESULT_FILE, json.dumps(_facts(result, tables), indent=2, ensure_ascii=False) + "\n")


def result_to_xlsx(result: Result, path: str | os.PathLike[str]) -> None:
    """Write a result as a workbook: sheet ``result`` with the facts, one sheet per table.

    Raises
    ------
    ValueError
        A table has more rows than a sheet can hold.
    """
    tables = result_tables(result)
    for name, frame in tables.items():
        if len(frame) > MOST_ROWS:
            raise ValueError(f"the table {name} has {len(frame)} rows, a sheet holds {MOST_ROWS}; write CSV or parquet")
    with written_whole(Path(path)) as draft, new_workbook(draft) as book:
        header = book.add_format({"bold": True, "bg_color": "#DCE6F1", "bottom": 1})
        sheet = book.add_worksheet("result")
        sheet.set_column(0, 1, 32)
        facts = {key: value for key, value in _facts(result, tables).items() if key not in ("tables", "info")}
        facts.update({f"info.{key}": value for key, value in plain(result.info).items()})
        for row, (key, value) in enumerate(facts.items()):
            sheet.write_string(row, 0, key, header)
            if isinstance(value, (int, float)) and not isinstance(value, bool):
                sheet.write_number(row, 1, Exact(value))
            elif value is not None:
                sheet.write_string(row, 1, value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))
        for name, frame in tables.items():
            sheet = book.add_worksheet(name[:31])
            sheet.freeze_panes(1, 0)
            sheet.set_column(0, max(0, frame.shape[1] - 1), 16)
            for position, column in enumerate(frame.columns):
                sheet.write_string(0, position, column, header)
                is_text = kind_of(frame[column]) in ("text", "flag")
                write_cells(sheet, position, _cells(frame[column]) if is_text else frame[column].tolist(), is_text)


def result_tables(result: Result) -> dict[str, pd.DataFrame]:
    """Return the tables of a result as they are written: each once, completed, first column `scenario`."""
    tables: dict[str, pd.DataFrame] = {} if result.solution is None else dict(result.solution.tables)
    for name, frame in result.tables.items():
        missing = [column for column in SOLUTION_COLUMNS.get(name, ()) if column not in frame.columns]
        if missing:
            raise ValueError(f"the completed table {name} lacks the columns {', '.join(missing)} of the decision table")
        tables[name] = frame
    written = {}
    for name, frame in tables.items():
        frame = frame.reset_index(drop=True)
        frame.insert(0, SCENARIO, pd.Series([result.scenario] * len(frame), dtype=object))
        written[name] = frame
    return written


def kind_of(cells: pd.Series) -> str:
    """Return what the cells of a column hold: flag, integer, number or text."""
    if pd.api.types.is_bool_dtype(cells):
        return "flag"
    if pd.api.types.is_integer_dtype(cells):
        return "integer"
    return "number" if pd.api.types.is_float_dtype(cells) else "text"


def plain(value: Any) -> Any:
    """Return a value as JSON holds it; numbers that are not finite become null, as there is no such number."""
    if isinstance(value, Enum):
        return plain(value.value)
    if value is None or isinstance(value, (str, bool)):
        return value
    if isinstance(value, Mapping):
        return {str(key): plain(inner) for key, inner in value.items()}
    if isinstance(value, Sequence):
        return [plain(inner) for inner in value]
    if hasattr(value, "tolist"):  # numpy scalars and arrays
        return plain(value.tolist())
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if isinstance(value, int) else str(value)


def _facts(result: Result, tables: Mapping[str, pd.DataFrame]) -> dict[str, Any]:
    facts = {
        "status": result.status,
        "objective": result.objective,
        "bound": result.bound,
        "gap": result.gap,
        "scenario": result.scenario,
        "instance_sha256": result.instance_sha256,
        "info": result.info,
        "tables": {
            name: {
                "recomputed": name in result.tables,
                "columns": {str(column): kind_of(frame[column]) for column in frame.columns if column != SCENARIO},
            }
            for name, frame in tables.items()
        },
    }
    return {key: plain(value) for key, value in facts.items()}


def _tables_before(folder: Path) -> set[str]:
    """Return the names of the tables of the result that is in the folder."""
    try:
        tables = json.loads((folder / RESULT_FILE).read_text(encoding="utf-8"))["tables"]
    except (OSError, ValueError, KeyError, TypeError):
        return set()
    return set(tables) if isinstance(tables, dict) else set()


def _write_table(frame: pd.DataFrame, path: Path, format: str) -> None:  # noqa: A002
    if format == "parquet":
        texts = {column: _cells(frame[column]) for column in frame.columns if kind_of(frame[column]) == "text"}
        frame.assign(**{column: pd.Series(cells, dtype=object) for column, cells in texts.items()}).to_parquet(
            path, index=False
        )
        return
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(frame.columns)
        rows.writerows(zip(*(_cells(frame[column]) for column in frame.columns), strict=True))


def _cells(cells: pd.Series) -> list[Any]:
    """Return the cells of a column as a CSV holds them."""
    kind, values = kind_of(cells), list(cells)
    if kind == "flag":
        return ["yes" if value else "no" for value in values]
    if kind == "number":
        return [number_as_written(value) for value in values]
    if kind == "integer":
        return values
    return ["" if value is None or value is pd.NA or value != value else str(value) for value in values]  # noqa: PLR0124
