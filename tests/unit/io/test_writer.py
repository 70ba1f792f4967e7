"""Writing: nothing is lost from form to form, and the same instance gives the same bytes."""

from __future__ import annotations

import tempfile
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings

from donornet.exceptions import InvalidInstanceError
from donornet.instance import Instance
from donornet.io import read, read_with_findings, write
from tests.unit.io.strategies import loose_instances

FORMS = ("folder", "book.xlsx", "file.json")


def assert_same(left: Instance, right: Instance) -> None:
    assert left.head == right.head
    assert {name for name, frame in left.tables.items() if len(frame)} == set(right.tables)
    for name, frame in right.tables.items():
        pd.testing.assert_frame_equal(left.tables[name].reset_index(drop=True), frame.reset_index(drop=True))


@settings(max_examples=20)
@given(loose_instances())
def test_an_instance_passes_through_all_forms_without_loss(instance):
    with tempfile.TemporaryDirectory() as name:
        current = instance
        for form in (*FORMS, "again"):
            path = Path(name) / form
            write(current, path)
            read_back, findings = read_with_findings(path, validate=False)
            assert read_back is not None, findings
            assert_same(instance, read_back)
            current = read_back
        for file in (Path(name) / "folder").iterdir():
            assert file.read_bytes() == (Path(name) / "again" / file.name).read_bytes()


@pytest.mark.parametrize("form", FORMS)
def test_the_same_instance_gives_the_same_bytes(sound, tmp_path, form):
    for number in ("1", "2"):
        write(sound, tmp_path / number / form)
    files = [sorted(path for path in (tmp_path / number).rglob("*") if path.is_file()) for number in ("1", "2")]
    assert files[0]
    assert [path.read_bytes() for path in files[0]] == [path.read_bytes() for path in files[1]]


@pytest.mark.parametrize("form", FORMS)
def test_nothing_is_overwritten_unless_allowed(sound, tmp_path, form):
    write(sound, tmp_path / form)
    with pytest.raises(FileExistsError, match="exists"):
        write(sound, tmp_path / form)
    renamed = replace(sound, head=sound.head.model_copy(update={"name": "other"}))
    write(renamed, tmp_path / form, overwrite=True)
    assert read(tmp_path / form).head.name == "other"


def test_overwriting_a_folder_removes_its_old_tables_and_nothing_else(sound, folder):
    (folder / "README.md").write_text("mine")
    tables = {name: frame for name, frame in sound.tables.items() if name != "panels"}
    write(Instance(sound.head, tables), folder, overwrite=True)
    assert not (folder / "panels.csv").exists()
    assert (folder / "README.md").read_text() == "mine"
    assert not list(folder.glob(".*"))


def test_an_empty_folder_may_be_written_to(sound, tmp_path):
    write(sound, tmp_path)
    assert read(tmp_path).sha256 == sound.sha256


def test_a_file_in_the_place_of_the_folder_is_not_removed(sound, tmp_path):
    (tmp_path / "taken").write_text("mine")
    with pytest.raises(FileExistsError):
        write(sound, tmp_path / "taken")
    assert (tmp_path / "taken").read_text() == "mine"


def test_other_suffixes_are_refused(sound, tmp_path):
    with pytest.raises(ValueError, match=r"not as \.csv"):
        write(sound, tmp_path / "network.csv")
    write(sound, tmp_path / "network.v2")
    assert (tmp_path / "network.v2" / "sites.csv").exists()


def test_a_failed_write_leaves_what_was_there(sound, tmp_path):
    write(sound, tmp_path / "b.xlsx")
    before = (tmp_path / "b.xlsx").read_bytes()
    tables = dict(sound.tables)
    tables["sites"] = tables["sites"].assign(title="x" * 40_000)
    with pytest.raises(InvalidInstanceError, match="sites row 2, column title: the text is longer than the 32767"):
        write(Instance(sound.head, tables), tmp_path / "b.xlsx", overwrite=True)
    assert (tmp_path / "b.xlsx").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["b.xlsx"]


def test_a_workbook_refuses_more_rows_than_a_sheet_holds(sound, tmp_path):
    tables = dict(sound.tables)
    tables["lanes"] = tables["lanes"].iloc[np.zeros(1_048_576, dtype=int)]
    with pytest.raises(InvalidInstanceError, match="the table has 1048576 rows, a sheet holds 1048575"):
        write(Instance(sound.head, tables), tmp_path / "b.xlsx")


def test_blank_columns_are_left_out_of_a_folder_and_whole_numbers_are_written_plainly(folder):
    assert (folder / "facilities.csv").read_text().splitlines() == [
        "site,stage,status,initial,opening_cost,capacity",
        "S1,collection,open,existing,,500",
        "S1,testing,open,existing,,",
        "S2,manufacturing,,,1000.5,300",
    ]


def test_a_workbook_offers_every_table_with_choices_and_help(sound, tmp_path):
    write(sound, tmp_path / "b.xlsx")
    with zipfile.ZipFile(tmp_path / "b.xlsx") as archive:
        workbook = archive.read("xl/workbook.xml").decode()
        facilities = archive.read("xl/worksheets/sheet4.xml").decode()
        comments = archive.read("xl/comments4.xml").decode()
    assert 'name="match_probabilities"' in workbook
    assert "open,candidate,closed" in facilities
    assert 'state="frozen"' in facilities
    assert "Paid while open. Unit: currency/year. Allowed: 0 or more. Blank: 0." in comments
