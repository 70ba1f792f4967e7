"""Tables as written: match the headers with the specification, type the columns, report what is refused."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa

from donornet.instance.columns import Table
from donornet.instance.findings import nearest
from donornet.instance.schema import TABLES
from donornet.io.cells import Cells
from donornet.io.collector import Collector, Place, quoted


@dataclass(frozen=True)
class RawTable:
    """A table as a file holds it: nothing but text.

    Parameters
    ----------
    place
        Table and file.
    headers
        Headers as written.
    columns
        One array of strings per header.
    rows
        Row number of each row as people count it, shape (rows,).
    header_row
        Row number of the headers; None where the form has none.
    """

    place: Place
    headers: Sequence[str]
    columns: Sequence[pa.Array | pa.ChunkedArray]
    rows: np.ndarray
    header_row: int | None = 1


def typed_table(raw: RawTable, collector: Collector) -> pd.DataFrame | None:
    """Return the table with every column of the specification, typed; None where nothing can be made of its headers.

    Rows that are wholly blank are left out.
    """
    table = TABLES[raw.place.table]
    positions = _positions(raw, table, collector)
    if not positions:
        return None
    everything = [Cells.of(column) for column in raw.columns]
    blank = np.ones(len(raw.rows), dtype=bool)
    for cells in everything:
        blank &= cells.blank
    rows = raw.rows[~blank]
    _check_unnamed(raw, everything, collector)
    frame: dict[str, np.ndarray] = {}
    for column in table:
        if column.name not in positions:
            blanks = np.full(len(rows), "", dtype=object) if column.is_text else np.full(len(rows), np.nan)
            frame[column.name] = blanks
            continue
        cells = everything[positions[column.name]].keep(~blank)
        frame[column.name] = cells.typed(column)
        _report(cells, rows, raw.place, column.name, collector)
    return pd.DataFrame(
        {
            name: pd.Series(values, index=rows, dtype=object if values.dtype == object else float)
            for name, values in frame.items()
        },
        index=pd.Index(rows, dtype="int64"),
    )


def _positions(raw: RawTable, table: Table, collector: Collector) -> dict[str, int]:
    """Return where the known columns stand; report the unknown, the twofold and the missing ones."""
    known = [column.name for column in table]
    positions: dict[str, int] = {}
    for position, header in enumerate(header.strip() for header in raw.headers):
        if header in positions:
            message = f"the column {quoted(header)} stands twice; keep one"
            collector.add(raw.place, "duplicate-column", message, row=raw.header_row, column=header)
        elif header in known:
            positions[header] = position
        elif header:
            message = (
                f"there is no column {quoted(header)} in {table.name}{nearest(header, known)};"
                f" known are {', '.join(known)}"
            )
            collector.add(raw.place, "unknown-column", message, row=raw.header_row, column=quoted(header)[1:-1])
    for column in table:
        if column.required and column.default is None and column.name not in positions:
            message = f"the required column {column.name!r} is missing"
            collector.add(raw.place, "missing-column", message, row=raw.header_row, column=column.name)
    return positions


def _check_unnamed(raw: RawTable, everything: list[Cells], collector: Collector) -> None:
    for position, (header, cells) in enumerate(zip(raw.headers, everything, strict=True), start=1):
        if not header.strip() and not cells.blank.all():
            first = int(raw.rows[np.flatnonzero(~cells.blank)[0]])
            message = f"column {position} holds cells but has no header; name it or empty it"
            collector.add(raw.place, "unnamed-column", message, row=first)


def _report(cells: Cells, rows: np.ndarray, place: Place, column: str, collector: Collector) -> None:
    for fault in cells.faults:
        at = np.flatnonzero(fault.where[cells.codes])
        items = ((int(rows[i]), cells.values[int(cells.codes[i])].as_py()) for i in at)
        collector.add_many(place, fault.code, items, fault.describe, total=len(at), column=column)


def unknown_table(name: str, place: Place, collector: Collector, *, also: Sequence[str] = ()) -> None:
    """Report a table that the format does not know."""
    message = f"there is no table {quoted(name)} in the format{nearest(name, [*also, *TABLES])}"
    collector.add(place, "unknown-table", message)


def check_present(names: Sequence[str], source: str, collector: Collector) -> None:
    """Report the required tables that are not among `names`, the tables found."""
    for table in TABLES.values():
        if table.required and table.name not in names:
            message = f"the required table {table.name!r} is missing ({table.help.rstrip('.').lower()})"
            collector.add(Place(table.name, source.format(table=table.name)), "missing-table", message)


def keep_or_report_empty(
    frame: pd.DataFrame, place: Place, collector: Collector, *, expected: bool = False
) -> pd.DataFrame | None:
    """Return the frame if it has rows; otherwise report that it has none and return None.

    Parameters
    ----------
    expected
        Whether an empty table is nothing unusual in this form: a workbook holds a sheet for every table.
    """
    if not frame.empty:
        return frame
    if TABLES[place.table].required:
        collector.add(place, "empty-table", f"the table has a header but no rows; {place.table} is required")
    elif not expected:
        collector.warn(place, "empty-table", "the table has no rows and counts as absent")
    return None
