"""Reading a path of any form: what is no instance, and how the checks between tables join in."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from donornet.exceptions import InvalidInstanceError
from donornet.io import read, read_with_findings, write


def test_all_forms_give_the_same_instance(sound, tmp_path):
    for name in ("folder", "b.xlsx", "f.json", "UPPER.XLSX"):
        write(sound, tmp_path / name)
        instance = read(tmp_path / name)
        assert instance.sha256 == sound.sha256
        assert instance.source == str(tmp_path / name)


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("nowhere", "missing-file"),
        ("nowhere.json", "missing-file"),
        ("with\0nul", "missing-file"),
        ("x" * 5000, "unreadable-file"),
        ("file.txt", "unknown-form"),
        ("file", "unknown-form"),
        ("lanes.csv", "unknown-form"),
        ("pipe.json", "not-a-file"),
    ],
)
def test_what_is_no_instance_is_a_finding(tmp_path, name, code):
    for file in ("file.txt", "file", "lanes.csv"):
        (tmp_path / file).write_text("x")
    os.mkfifo(tmp_path / "pipe.json")
    instance, (finding,) = read_with_findings(str(tmp_path / name))
    assert instance is None
    assert finding.code in {code, "unreadable-file"}
    with pytest.raises(InvalidInstanceError):
        read(str(tmp_path / name))


def test_an_empty_folder_lacks_its_head_and_every_required_table(tmp_path):
    _, findings = read_with_findings(tmp_path)
    assert {(finding.code, finding.source) for finding in findings} == {
        ("missing-file", "instance.toml"),
        *(("missing-table", f"{name}.csv") for name in ("sites", "facilities", "therapies", "centres", "demand")),
    }


@pytest.mark.parametrize(
    ("form", "source"), [("folder", "lanes.csv"), ("b.xlsx", "b.xlsx!lanes"), ("f.json", "f.json!lanes")]
)
def test_findings_between_tables_carry_the_source_and_the_row(sound, tmp_path, form, source):
    sound.tables["lanes"].loc[4, "to"] = "R9"
    write(sound, tmp_path / form)
    instance, findings = read_with_findings(tmp_path / form)
    assert instance is None
    assert ("unknown-id", source, 4, "to") in [(f.code, f.source, f.row, f.column) for f in findings]
    assert read(tmp_path / form, validate=False).tables["lanes"].loc[4, "to"] == "R9"


def test_wrong_cells_do_not_hide_contradictions_between_tables(folder):
    lanes = (folder / "lanes.csv").read_text()
    (folder / "lanes.csv").write_text(lanes.replace("2.25", "cheap").replace("S2,R1", "S2,R9"))
    _, findings = read_with_findings(folder)
    found = [(f.code, f.row, f.column) for f in findings if f.is_error]
    assert ("not-a-number", 3, "unit_cost") in found
    assert ("unknown-id", 4, "to") in found


def test_a_table_that_lost_rows_does_not_make_others_look_wrong(folder):
    sites = (folder / "sites.csv").read_text()
    (folder / "sites.csv").write_text(sites.replace("S2,EU", "S2,EU,1,2,3,4,5,6"))
    _, findings = read_with_findings(folder)
    assert [(f.code, f.source, f.row) for f in findings if f.is_error] == [("ragged-row", "sites.csv", 3)]


def test_a_bad_id_is_reported_once_and_not_as_unknown_elsewhere(folder):
    for name in ("sites.csv", "facilities.csv", "lanes.csv"):
        (folder / name).write_text((folder / name).read_text().replace("S2", "S 2"))
    _, findings = read_with_findings(folder)
    assert {f.code for f in findings if f.is_error} == {"bad-id"}
    assert ("sites.csv", 3) in {(f.source, f.row) for f in findings}


def test_warnings_alone_leave_the_instance_readable(folder):
    (folder / "lab_panels.csv").write_text("site,panel\n")
    instance, findings = read_with_findings(folder)
    assert instance is not None
    assert any(finding.severity == "warning" for finding in findings)
    assert read(folder).sha256 == instance.sha256


def test_a_folder_that_cannot_be_listed_is_a_finding(folder, monkeypatch):
    def refuse(_path):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("pathlib.Path.iterdir", refuse)
    instance, findings = read_with_findings(folder)
    assert instance is None
    assert "Permission denied" in findings[-1].message


def test_a_file_that_cannot_be_read_is_a_finding_beside_the_others(folder, monkeypatch):
    read_bytes = Path.read_bytes

    def refuse(path):
        if path.name == "lanes.csv":
            raise PermissionError(13, "Permission denied")
        return read_bytes(path)

    monkeypatch.setattr(Path, "read_bytes", refuse)
    (folder / "demand.csv").write_text("centre,therapy,doses\nR1,K1,-1\n")
    _, findings = read_with_findings(folder)
    assert [(f.code, f.source) for f in findings if f.is_error] == [
        ("out-of-range", "demand.csv"), ("unreadable-file", "lanes.csv"),
    ]  # fmt: skip
