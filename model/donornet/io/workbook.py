"""Instances as a workbook: sheet ``instance`` (key, value) and one sheet per table.

Formulas are refused, whatever value they last showed: the other forms cannot hold them, and the value of a formula
depends on the program that computed it last.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from pydantic.fields import FieldInfo
from python_calamine import CalamineError, CalamineWorkbook, SheetTypeEnum

from donornet.instance.head import Head, Periods
from donornet.instance.schema import TABLES
from donornet.io.collector import Collector, Place, quoted
from donornet.io.scalars import UnfitCellError, text_of
from donornet.io.sheet_xml import SheetFaults, sheet_faults
from donornet.io.tables import RawTable, check_present, keep_or_report_empty, typed_table, unknown_table

HEAD_SHEET = "instance"
_MOST_CELLS = 200_000_000


def read_workbook(path: Path, collector: Collector) -> tuple[Mapping[str, Any] | None, dict[str, pd.DataFrame]]:
    """Return head (as a mapping, unchecked) and tables of the instance in a workbook."""
    whole = Place("", path.name)
    if path.stat().st_size == 0:
        collector.add(whole, "empty-file", "the file is empty")
        return None, {}
    try:
        faults = sheet_faults(path)
        with CalamineWorkbook.from_path(path) as workbook:
            return _read(workbook, faults, path.name, collector)
    except (CalamineError, ValueError, KeyError, EOFError, NotImplementedError) as error:
        reason = str(error).partition("\n")[0]
        collector.add(
            whole,
            "unreadable-file",
            f"this is no readable .xlsx workbook ({reason}); save it as .xlsx without password",
        )
        return None, {}


def _read(
    workbook: CalamineWorkbook, faults: Mapping[str, SheetFaults], file: str, collector: Collector
) -> tuple[Mapping[str, Any] | None, dict[str, pd.DataFrame]]:
    head, tables = None, {}
    sheets = [sheet.name for sheet in workbook.sheets_metadata if sheet.typ == SheetTypeEnum.WorkSheet]
    for name in sheets:
        place = Place(name, f"{file}!{name}")
        fault = faults.get(name, SheetFaults())
        if fault.width * fault.height > _MOST_CELLS:
            message = (
                f"the sheet spans {fault.height} rows and {fault.width} columns; delete the stray cells at its far end"
            )
            collector.add(place, "too-large", message)
            continue
        grid = workbook.get_sheet_by_name(name).to_python(skip_empty_area=False)
        if name == HEAD_SHEET:
            _report_faults(fault, place, [], collector)
            head = _head(grid, place, collector)
        elif name not in TABLES:
            if any(cell != "" for row in grid for cell in row):
                unknown_table(
                    name, Place("", f"{file}!{name}" if name.isprintable() else file), collector, also=[HEAD_SHEET]
                )
        else:
            frame = _table(grid, fault, place, collector)
            if frame is not None:
                tables[name] = frame
    if HEAD_SHEET not in sheets:
        collector.add(
            Place("instance", file), "missing-table", "the sheet 'instance' (the head: key, value) is missing"
        )
    check_present(sheets, file, collector)
    return head, tables


def _table(grid: list[list[Any]], faults: SheetFaults, place: Place, collector: Collector) -> pd.DataFrame | None:
    headers = [str(cell).strip() for cell in grid[0]] if grid else []
    _report_faults(faults, place, headers, collector)
    if not any(headers):
        if TABLES[place.table].required or len(grid) > 1:
            collector.add(place, "empty-file", "the sheet has no header in row 1")
        return None
    kinds = {column.name: column.kind for column in TABLES[place.table]}
    columns = []
    for position, header in enumerate(headers):
        texts, unfit = [], []
        kind = kinds.get(header, "text")
        for number, row in enumerate(grid[1:], start=2):
            try:
                texts.append(text_of(row[position], kind))
            except UnfitCellError as error:
                texts.append("")
                unfit.append((number, str(error)))
        collector.add_many(place, "unfit-cell", unfit, str, total=len(unfit), column=header)
        columns.append(pa.array(texts, pa.string()))
    raw = RawTable(place, headers, columns, np.arange(2, len(grid) + 1))
    frame = typed_table(raw, collector)
    return None if frame is None else keep_or_report_empty(frame, place, collector, expected=True)


def _report_faults(faults: SheetFaults, place: Place, headers: list[str], collector: Collector) -> None:
    """Report cells that hold formulas or error values."""
    for code, cells, message in (
        ("formula", faults.formulas, "the cell {} holds a formula; paste its value"),
        ("error-cell", faults.errors, "the cell {} shows an error such as #REF!; type its value"),
    ):
        by_column: dict[str, list[tuple[int, str]]] = {}
        for reference, row, column in cells:
            header = headers[column] if column < len(headers) else ""
            by_column.setdefault(header, []).append((row, reference))
        for header, items in by_column.items():
            collector.add_many(place, code, items, message.format, total=len(items), column=header)


def _head(grid: list[list[Any]], place: Place, collector: Collector) -> dict[str, Any]:
    """Return the pairs of the sheet as a mapping, dotted keys nested."""
    head: dict[str, Any] = {}
    for row, cells in enumerate(grid, start=1):
        key, value, *others = [*cells, "", ""]
        key = str(key).strip()
        if (row == 1 and key.lower() == "key") or all(cell == "" for cell in cells):
            continue
        if any(cell != "" for cell in others):
            collector.add(
                place, "unknown-column", "the sheet has two columns, key and value; empty the others", row=row
            )
        if not key:
            collector.add(place, "missing-key", f"the value {quoted(str(value))} has no key", row=row)
            continue
        outer, _, inner = key.partition(".")
        within = head.setdefault(outer, {}) if inner else head
        name = inner or outer
        if not isinstance(within, dict) or name in within:
            collector.add(
                place,
                "duplicate-name",
                f"the key {quoted(key)} stands twice; keep one",
                row=row,
                column=quoted(key)[1:-1],
            )
            continue
        within[name] = _head_value(value, (Periods if outer == "periods" else Head).model_fields.get(name))
    return head


def _head_value(cell: Any, entry: FieldInfo | None) -> Any:
    """Return a cell as the entry of the head wants it: programs store numbers as text and text as numbers."""
    if isinstance(cell, str):
        cell = cell.strip()
    if cell == "" or entry is None or isinstance(cell, bool):
        return None if cell == "" else cell
    if entry.annotation is str:
        return text_of(cell, "text") if isinstance(cell, (int, float)) else cell
    if isinstance(cell, str):
        try:
            return float(cell)
        except ValueError:
            return cell
    return cell
