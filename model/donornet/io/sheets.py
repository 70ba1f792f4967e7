"""Plain tables as the sheets of a workbook."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from donornet.io.files import written_whole
from donornet.io.workbook_writer import MOST_ROWS, Exact, new_workbook

_LONGEST_NAME = 31
_LONGEST_TEXT = 32_767


def write_sheets(tables: Mapping[str, pd.DataFrame], path: str | os.PathLike[str]) -> None:
    """Write tables as the sheets of a workbook; text is never a formula or a link, a missing cell is blank.

    Parameters
    ----------
    tables
        Tables by name of their sheet; texts longer than a cell can hold are cut.
    path
        The ``.xlsx`` file, replaced as a whole.

    Raises
    ------
    ValueError
        A table has more rows than a sheet can hold.
    """
    for name, frame in tables.items():
        if len(frame) > MOST_ROWS:
            raise ValueError(f"the table {name} has {len(frame)} rows, a sheet holds {MOST_ROWS}; use fewer results")
    with written_whole(Path(path)) as draft, new_workbook(draft) as book:
        header = book.add_format({"bold": True, "bg_color": "#DCE6F1", "bottom": 1})
        for name, frame in tables.items():
            sheet = book.add_worksheet(name[:_LONGEST_NAME])
            sheet.freeze_panes(1, 0)
            sheet.autofilter(0, 0, max(1, len(frame)), max(0, frame.shape[1] - 1))
            for column, title in enumerate(frame.columns):
                cells = frame.iloc[:, column].tolist()
                width = max([len(str(title)), *(len(str(cell)) for cell in cells[:200])])
                sheet.set_column(column, column, min(48, width + 2))
                sheet.write_string(0, column, str(title), header)
                for row, cell in enumerate(cells, start=1):
                    _write(sheet, row, column, cell)


def _write(sheet: Any, row: int, column: int, cell: Any) -> None:
    if isinstance(cell, bool):
        sheet.write_boolean(row, column, cell)
    elif isinstance(cell, (int, float)):
        if cell == cell and abs(cell) != float("inf"):  # noqa: PLR0124 - NaN: blank
            sheet.write_number(row, column, Exact(cell))
    elif cell is not None and cell != "":
        sheet.write_string(row, column, str(cell)[:_LONGEST_TEXT])
