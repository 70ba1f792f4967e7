"""The workbook form: formulas, error cells, dates, stray sheets and cells."""

from __future__ import annotations

import datetime as dt
import zipfile

import pytest
import xlsxwriter

from donornet.io import read, read_with_findings, write

HEAD: list[list[object]] = [["key", "value"], ["name", "small"], ["periods.count", 2], ["periods.first", 2027]]


@pytest.fixture
def sheets(sound):
    """The sound instance as rows of cells by sheet."""
    tables = {}
    for name, frame in sound.tables.items():
        cells = frame.astype(object).where(frame.notna() & (frame != ""), None)
        tables[name] = [list(frame.columns), *cells.to_numpy().tolist()]
    return {"instance": [[*row] for row in HEAD], **tables}


def book(path, sheets):
    with xlsxwriter.Workbook(path, {"strings_to_formulas": True, "nan_inf_to_errors": True}) as workbook:
        date = workbook.add_format({"num_format": "yyyy-mm-dd"})
        for name, rows in sheets.items():
            sheet = workbook.add_worksheet(name)
            for row, cells in enumerate(rows):
                for column, cell in enumerate(cells):
                    if isinstance(cell, dt.date):
                        sheet.write_datetime(row, column, cell, date)
                    elif cell is not None:
                        sheet.write(row, column, cell)
    return path


def findings_of(tmp_path, sheets):
    instance, findings = read_with_findings(book(tmp_path / "b.xlsx", sheets))
    errors = [(finding.code, finding.source, finding.row, finding.column) for finding in findings if finding.is_error]
    assert (instance is None) == bool(errors)
    return errors


def test_a_workbook_of_any_program_is_read(tmp_path, sheets, sound):
    assert findings_of(tmp_path, sheets) == []
    assert read(tmp_path / "b.xlsx").sha256 == sound.sha256


@pytest.mark.parametrize("formula", ["=1+1", "=A1", "=SUM(A1:A2)"])
def test_a_formula_is_refused_whatever_it_shows(tmp_path, sheets, formula):
    at = sheets["lanes"][0].index("unit_cost")
    sheets["lanes"][2][at] = formula
    assert ("formula", "b.xlsx!lanes", 3, "unit_cost") in findings_of(tmp_path, sheets)


def test_formulas_in_the_head_and_in_array_form_are_refused(tmp_path, sheets):
    sheets["instance"][1][1] = "=A1"
    sheets["demand"][1][sheets["demand"][0].index("doses")] = "{=A1:A2}"
    found = findings_of(tmp_path, sheets)
    assert ("formula", "b.xlsx!instance", 2, "") in found
    assert ("formula", "b.xlsx!demand", 2, "doses") in found


def test_an_error_cell_is_refused(tmp_path, sheets):
    sheets["demand"][1][sheets["demand"][0].index("doses")] = float("nan")  # written as #NUM!
    path = book(tmp_path / "b.xlsx", sheets)
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in parts.items():
            archive.writestr(name, data.replace(b"<f>#NUM!</f>", b""))
    _, findings = read_with_findings(path)
    assert ("error-cell", "b.xlsx!demand", 2, "doses") in [(f.code, f.source, f.row, f.column) for f in findings]


def test_dates_are_refused_but_in_free_text(tmp_path, sheets):
    day = dt.date(2027, 5, 3)
    sheets["lanes"][1][sheets["lanes"][0].index("note")] = day
    assert findings_of(tmp_path, sheets) == []
    sheets["lanes"][1][sheets["lanes"][0].index("mode")] = day
    sheets["lanes"][2][sheets["lanes"][0].index("days")] = day
    found = findings_of(tmp_path, sheets)
    assert ("unfit-cell", "b.xlsx!lanes", 2, "mode") in found
    assert ("unfit-cell", "b.xlsx!lanes", 3, "days") in found


def test_truth_values_are_flags_and_numbers_may_be_ids_and_periods(tmp_path, sheets):
    header = sheets["demand"][0]
    for row, flag in zip(sheets["demand"][1:], (True, False), strict=True):
        row[header.index("include")] = flag
        row[header.index("period")] = float(row[header.index("period")])
        row[header.index("centre")] = 7
    sheets["centres"][1][0] = "7"
    sheets["lanes"][3][1] = 7.0
    assert findings_of(tmp_path, sheets) == []
    demand = read(tmp_path / "b.xlsx").tables["demand"]
    assert demand["include"].tolist() == ["yes", "no"]
    assert demand["period"].tolist() == ["2027", "2028"]
    assert demand["centre"].tolist() == ["7", "7"]


def test_cells_are_checked_like_those_of_a_csv(tmp_path, sheets):
    header = sheets["lanes"][0]
    sheets["lanes"][1][header.index("unit_cost")] = -1
    sheets["lanes"][2][header.index("unit_cost")] = "1,5"
    sheets["lanes"][3][header.index("status")] = "Open"
    header[header.index("days")] = "day"
    found = findings_of(tmp_path, sheets)
    assert ("out-of-range", "b.xlsx!lanes", 2, "unit_cost") in found
    assert ("not-a-number", "b.xlsx!lanes", 3, "unit_cost") in found
    assert ("unknown-choice", "b.xlsx!lanes", 4, "status") in found
    assert ("unknown-column", "b.xlsx!lanes", 1, "day") in found


def test_unknown_sheets_are_refused_unless_they_are_blank(tmp_path, sheets):
    sheets["Sheet1"] = []
    assert findings_of(tmp_path, sheets) == []
    sheets["lanse"] = [["from"]]
    assert ("unknown-table", "b.xlsx!lanse", None, "") in findings_of(tmp_path, sheets)


def test_the_head_is_checked(tmp_path, sheets):
    sheets["instance"] += [
        ["curency", "USD"],
        ["name", "again"],
        [None, "x"],
        ["title", "a", "b"],
        ["periods.days", "long"],
    ]
    found = findings_of(tmp_path, sheets)
    assert ("unknown-key", "b.xlsx!instance", None, "curency") in found
    assert ("duplicate-name", "b.xlsx!instance", 6, "name") in found
    assert ("missing-key", "b.xlsx!instance", 7, "") in found
    assert ("unknown-column", "b.xlsx!instance", 8, "") in found
    assert ("bad-value", "b.xlsx!instance", None, "periods.days") in found


def test_the_head_takes_numbers_for_texts_and_texts_for_numbers(tmp_path, sheets):
    sheets["instance"] = [
        ["key", "value"],
        ["name", 12],
        ["periods.count", "2"],
        ["periods.first", 2027.0],
        ["cost_year", " "],
    ]
    assert findings_of(tmp_path, sheets) == []
    head = read(tmp_path / "b.xlsx").head
    assert (head.name, head.periods.count, head.cost_year) == ("12", 2, None)


def test_missing_sheets_and_headers_are_found(tmp_path, sheets):
    del sheets["instance"], sheets["sites"]
    sheets["demand"] = []
    sheets["lanes"] = [[], ["P1", "S1", "road"]]
    found = findings_of(tmp_path, sheets)
    assert ("missing-table", "b.xlsx", None, "") in found
    assert ("empty-file", "b.xlsx!demand", None, "") in found
    assert ("empty-file", "b.xlsx!lanes", None, "") in found


def test_a_stray_cell_at_the_far_end_is_found_before_it_fills_the_memory(tmp_path, sheets):
    path = tmp_path / "b.xlsx"
    write(read(book(path, sheets)), path, overwrite=True)
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    stray = b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'
    parts["xl/worksheets/sheet2.xml"] = parts["xl/worksheets/sheet2.xml"].replace(b"</sheetData>", stray)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    _, findings = read_with_findings(path)
    assert ("too-large", "b.xlsx!jurisdictions") in [(finding.code, finding.source) for finding in findings]


@pytest.mark.parametrize(
    "data", [b"", b"hello", b"PK\x03\x04 nothing else", b"PK\x05\x06" + bytes(18), b"\xd0\xcf\x11\xe0" * 200]
)
def test_what_is_no_workbook_is_refused(tmp_path, data):
    (tmp_path / "b.xlsx").write_bytes(data)
    instance, (finding,) = read_with_findings(tmp_path / "b.xlsx")
    assert instance is None
    assert finding.code in {"empty-file", "unreadable-file"}
    assert finding.source == "b.xlsx"


def test_a_damaged_part_is_refused(tmp_path, sound):
    write(sound, tmp_path / "b.xlsx")
    with zipfile.ZipFile(tmp_path / "b.xlsx") as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    for victim in ("xl/workbook.xml", "xl/worksheets/sheet2.xml", "xl/sharedStrings.xml"):
        with zipfile.ZipFile(tmp_path / "c.xlsx", "w") as archive:
            for name, data in parts.items():
                archive.writestr(name, data[: len(data) // 2] if name == victim else data)
        instance, findings = read_with_findings(tmp_path / "c.xlsx")
        assert instance is None
        assert any(finding.is_error for finding in findings)
