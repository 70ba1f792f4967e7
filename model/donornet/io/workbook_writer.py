"""Writing workbooks: one sheet per table, with drop-downs, help at each header, and cells that are never formulas."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import xlsxwriter

from donornet.exceptions import InvalidInstanceError
from donornet.instance import Finding, Instance
from donornet.instance.columns import Column, Table
from donornet.instance.head import Head, Periods
from donornet.instance.instance import blank_table
from donornet.instance.schema import TABLES
from donornet.io.cells import range_text
from donornet.io.head import head_values, to_pairs
from donornet.io.scalars import number_as_written

MOST_ROWS = 1_048_575
"""Rows below the header that a sheet can hold."""
_LONGEST_TEXT = 32_767
_EPOCH = dt.datetime(2000, 1, 1)  # noqa: DTZ001
"""Creation date of every workbook: fixed, so that equal instances give equal bytes."""


class Exact(float):
    """A number that the writer must not round: it formats itself with as many digits as tell it from its neighbours."""

    __slots__ = ()

    def __format__(self, spec: str) -> str:
        return repr(float(self))


def write_workbook(instance: Instance, path: Path) -> None:
    """Write the instance as a workbook.

    Raises
    ------
    InvalidInstanceError
        More rows or longer texts than a sheet can hold.
    """
    findings = [finding for name, frame in instance.tables.items() for finding in _unfit(name, frame)]
    if findings:
        raise InvalidInstanceError(findings)
    with new_workbook(path) as book:
        formats = {
            "header": book.add_format({"bold": True, "bg_color": "#DCE6F1", "bottom": 1}),
            "key": book.add_format({"bold": True, "bg_color": "#B8CCE4", "bottom": 1}),
            "text": book.add_format({"num_format": "@"}),
        }
        _write_head(book, instance.head, formats)
        for name, table in TABLES.items():
            frame = instance.tables.get(name)
            _write_table(book, table, blank_table(table) if frame is None else frame, formats)


def new_workbook(path: Path) -> Any:
    """Return a new workbook that writes text as text, never as formula or link, and equal cells as equal bytes."""
    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False, "in_memory": True}
    book = xlsxwriter.Workbook(path, options)
    book.set_properties({"created": _EPOCH, "comments": "written by donornet"})
    return book


def write_cells(sheet: Any, column: int, cells: Sequence[Any], is_text: bool, text_format: Any = None) -> None:
    """Write the cells of a column below its header; blanks are left out."""
    for row, cell in enumerate(cells, start=1):
        if is_text:
            if cell != "":
                sheet.write_string(row, column, cell, text_format)
        elif not math.isnan(cell):
            sheet.write_number(row, column, Exact(cell))


def _unfit(name: str, frame: pd.DataFrame) -> list[Finding]:
    if len(frame) > MOST_ROWS:
        message = f"the table has {len(frame)} rows, a sheet holds {MOST_ROWS}; write a folder"
        return [Finding("too-many-rows", message, name)]
    found = []
    for column in TABLES[name]:
        if column.is_text and len(frame):
            long = frame[column.name].str.len() > _LONGEST_TEXT
            message = (
                f"the text is longer than the {_LONGEST_TEXT} characters that a cell of a workbook holds; shorten it"
            )
            found += [Finding("too-long", message, name, int(row), column.name) for row in frame.index[long]]
    return found


def _write_head(book: Any, head: Head, formats: dict[str, Any]) -> None:
    sheet = book.add_worksheet("instance")
    sheet.freeze_panes(1, 0)
    sheet.set_column(0, 0, 24)
    sheet.set_column(1, 1, 48)
    sheet.write_string(0, 0, "key", formats["key"])
    sheet.write_string(0, 1, "value", formats["header"])
    written = to_pairs(head)
    blank = [(key, "") for key in Head.model_fields if key not in head_values(head)]
    for row, (key, value) in enumerate([*written, *blank], start=1):
        sheet.write_string(row, 0, key)
        outer, _, inner = key.partition(".")
        entry = Periods.model_fields[inner] if inner else Head.model_fields[outer]
        sheet.write_comment(row, 0, entry.description or "")
        if isinstance(value, str):
            if value:
                sheet.write_string(row, 1, value)
        else:
            sheet.write_number(row, 1, Exact(value))
    choices = {"validate": "list", "source": ["recognised", "bridging", "licence", "never"]}
    rows = [key for key, _ in [*written, *blank]]
    at = rows.index("default_recognition") + 1
    sheet.data_validation(at, 1, at, 1, choices)


def _write_table(book: Any, table: Table, frame: pd.DataFrame, formats: dict[str, Any]) -> None:
    sheet = book.add_worksheet(table.name)
    sheet.freeze_panes(1, 0)
    if len(frame):
        sheet.set_tab_color("#4F81BD")
    for position, column in enumerate(table):
        is_typed = column.is_text and not column.choices and column.kind != "flag"
        sheet.set_column(position, position, max(12, len(column.name) + 2), formats["text"] if is_typed else None)
        sheet.write_string(0, position, column.name, formats["key" if column.key else "header"])
        sheet.write_comment(0, position, help_text(column), {"x_scale": 2, "y_scale": 1.2})
        choices = ["yes", "no"] if column.kind == "flag" else [*column.choices, *(["*"] if column.wildcard else [])]
        if choices and (column.choices or column.kind == "flag"):
            sheet.data_validation(1, position, MOST_ROWS, position, {"validate": "list", "source": choices})
        write_cells(sheet, position, frame[column.name].tolist(), column.is_text, formats["text"])


def help_text(column: Column) -> str:
    """Return what people need to know to fill in a cell of the column."""
    parts = [column.help]
    if column.unit:
        parts.append(f"Unit: {column.unit}.")
    if range_text(column):
        parts.append(f"Allowed: {range_text(column)}.")
    if column.default is not None:
        parts.append(
            f"Blank: {number_as_written(column.default) if isinstance(column.default, float) else column.default}."
        )
    elif column.required:
        parts.append("Required.")
    return " ".join(parts)
