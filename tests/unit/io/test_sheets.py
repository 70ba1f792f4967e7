"""Tables as sheets of a workbook."""

from __future__ import annotations

import zipfile

import pandas as pd
import pytest
from python_calamine import CalamineWorkbook

from donornet.io import sheets, write_sheets


def test_text_stays_text_numbers_stay_exact_and_blanks_stay_blank(tmp_path):
    frame = pd.DataFrame({
        "=1+1": ["=1+1", "http://x", None],
        "number": [0.1 + 0.2, float("nan"), 1e-300],
        "flag": [True, False, True],
    })  # fmt: skip
    path = tmp_path / "book.xlsx"
    write_sheets({"a": frame, "b" * 40: pd.DataFrame(columns=["x"])}, path)
    book = CalamineWorkbook.from_path(path)
    assert book.sheet_names == ["a", "b" * 31]
    rows = book.get_sheet_by_name("a").to_python()
    assert rows == [
        ["=1+1", "number", "flag"],
        ["=1+1", 0.1 + 0.2, True],
        ["http://x", "", False],
        ["", 1e-300, True],
    ]
    with zipfile.ZipFile(path) as parts:
        written = parts.read("xl/worksheets/sheet1.xml").decode()
    assert "<f>" not in written
    assert "hyperlink" not in written


def test_more_rows_than_a_sheet_holds_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(sheets, "MOST_ROWS", 2)
    with pytest.raises(ValueError, match="table a has 3 rows, a sheet holds 2"):
        write_sheets({"a": pd.DataFrame({"x": [1, 2, 3]})}, tmp_path / "book.xlsx")
    assert not (tmp_path / "book.xlsx").exists()
    write_sheets({"a": pd.DataFrame({"x": [1, 2]})}, tmp_path / "book.xlsx")
