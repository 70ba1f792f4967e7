"""The corpus of damaged folders: each case gets its finding, at its place."""
# ruff: noqa: E501  # one case, one line

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from donornet.exceptions import InvalidInstanceError
from donornet.instance import Finding
from donornet.io import read, read_with_findings

Damage = Callable[[Path], object]


def replaced(name: str, old: str, new: str) -> Damage:
    """Return a damage: `old`, which must be there, becomes `new` in a file."""

    def damage(folder: Path) -> None:
        text = (folder / name).read_text(encoding="utf-8")
        assert old in text
        (folder / name).write_text(text.replace(old, new, 1), encoding="utf-8", newline="")

    return damage


def written(name: str, data: bytes | str) -> Damage:
    """Return a damage: a file holds `data`."""
    return lambda folder: (folder / name).write_bytes(data.encode() if isinstance(data, str) else data)


def recoded(name: str, change: Callable[[bytes], bytes]) -> Damage:
    """Return a damage: the bytes of a file are changed."""
    return lambda folder: (folder / name).write_bytes(change((folder / name).read_bytes()))


def removed(name: str) -> Damage:
    return lambda folder: (folder / name).unlink()


def as_folder(name: str) -> Damage:
    def damage(folder: Path) -> None:
        (folder / name).unlink(missing_ok=True)
        (folder / name).mkdir()

    return damage


def linked(name: str, target: str) -> Damage:
    def damage(folder: Path) -> None:
        (folder.parent / "outside.csv").write_text((folder / name).read_text())
        (folder / name).unlink()
        (folder / name).symlink_to(target)

    return damage


def linked_within(name: str, target: str) -> Damage:
    def damage(folder: Path) -> None:
        (folder / name).rename(folder / target)
        (folder / name).symlink_to(target)

    return damage


def fifo(name: str) -> Damage:
    def damage(folder: Path) -> None:
        (folder / name).unlink()
        os.mkfifo(folder / name)

    return damage


LANES = "from,to,mode,therapy,unit_cost,days,status"
LANE_2 = "S1,S2,road,*,2.25,1,"

# name: damage, code, source, row, column, part of the message
CORPUS: dict[str, tuple[Damage, str, str, int | None, str, str]] = {
    # files
    "required table missing": (removed("sites.csv"), "missing-table", "sites.csv", None, "", "'sites' is missing"),
    "head missing": (removed("instance.toml"), "missing-file", "instance.toml", None, "", "instance.toml is missing"),
    "unknown file": (written("lane.csv", "a,b\n"), "unknown-table", "lane.csv", None, "", "did you mean 'lanes'?"),
    "suffix in capitals": (written("lanes.CSV", "a\n"), "unknown-table", "lanes.CSV", None, "", "'lanes.csv'"),
    "folder instead of file": (as_folder("lanes.csv"), "not-a-file", "lanes.csv", None, "", "regular file"),
    "pipe instead of file": (fifo("lanes.csv"), "not-a-file", "lanes.csv", None, "", "regular file"),
    "link out of the folder": (linked("lanes.csv", "../outside.csv"), "outside-folder", "lanes.csv", None, "", "link"),
    "absolute link": (linked("lanes.csv", "/etc/hostname"), "outside-folder", "lanes.csv", None, "", "link"),
    "dangling link": (linked("lanes.csv", "gone.csv"), "unreadable-file", "lanes.csv", None, "", "No such file"),
    "link to itself": (linked("lanes.csv", "lanes.csv"), "unreadable-file", "lanes.csv", None, "", ""),
    "empty file": (written("lanes.csv", b""), "empty-file", "lanes.csv", None, "", "empty"),
    "only blank lines": (written("lanes.csv", b"\n\r\n  \n"), "empty-file", "lanes.csv", None, "", "empty"),
    "header only": (written("demand.csv", "centre,therapy,doses\n"), "empty-table", "demand.csv", None, "", "no rows"),
    "header without line end": (written("sites.csv", "site"), "empty-table", "sites.csv", None, "", "no rows"),
    "header and blank rows": (written("sites.csv", "site,title\n,\n,\n"), "empty-table", "sites.csv", None, "", "no rows"),
    # encoding
    "Latin-1": (
        written("sites.csv", "site,title\nS1,a\nS2,Münster\n".encode("latin-1")),
        "wrong-encoding", "sites.csv", 3, "", "'ü'",
    ),
    "UTF-16": (recoded("sites.csv", lambda b: b.decode().encode("utf-16")), "wrong-encoding", "sites.csv", None, "", "UTF-16"),
    "NUL": (recoded("lanes.csv", lambda b: b.replace(b"2.25", b"2\x0025")), "nul-byte", "lanes.csv", 3, "", "NUL"),
    "control character": (replaced("lanes.csv", "S1,S2,", "S\x1b1,S2,"), "control-character", "lanes.csv", 3, "from", "\\x1b"),
    "binary": (written("lanes.csv", bytes(range(256)) * 20), "nul-byte", "lanes.csv", 1, "", "NUL"),
    # separators
    "semicolons": (recoded("lanes.csv", lambda b: b.replace(b",", b";")), "wrong-delimiter", "lanes.csv", 1, "", "semicolons"),
    "tabs": (recoded("lanes.csv", lambda b: b.replace(b",", b"\t")), "wrong-delimiter", "lanes.csv", 1, "", "tabs"),
    "unquoted decimal comma": (replaced("lanes.csv", "2.25", "2,25"), "ragged-row", "lanes.csv", 3, "", "decimal points (1.5"),
    "too few cells": (replaced("lanes.csv", LANE_2, "S1,S2"), "ragged-row", "lanes.csv", 3, "", "2 cells where the header has 7"),
    "comma in a text": (replaced("sites.csv", '"Blood, service"', "Blood, service"), "ragged-row", "sites.csv", 2, "", "quotation"),
    "open quotation mark": (replaced("lanes.csv", LANE_2, '"' + LANE_2), "ragged-row", "lanes.csv", 3, "", "not closed"),
    # headers
    "duplicate header": (replaced("lanes.csv", LANES, LANES.replace("status", "days")), "duplicate-column", "lanes.csv", 1, "days", "twice"),
    "unknown column": (replaced("lanes.csv", "unit_cost", "unit_cots"), "unknown-column", "lanes.csv", 1, "unit_cots", "'unit_cost'"),
    "column in capitals": (replaced("lanes.csv", "days", "DAYS"), "unknown-column", "lanes.csv", 1, "DAYS", "'days'"),
    "required column missing": (replaced("lanes.csv", "from,", "fro,"), "missing-column", "lanes.csv", 1, "from", "required"),
    "column without header": (replaced("lanes.csv", "days", ""), "unnamed-column", "lanes.csv", 2, "", "column 6"),
    "no header": (written("sites.csv", "S1,EU\nS2,EU\n"), "missing-column", "sites.csv", 1, "site", "required"),
    # cells
    "quoted decimal comma": (replaced("lanes.csv", "2.25", '"2,25"'), "not-a-number", "lanes.csv", 3, "unit_cost", "2.25"),
    "thousands": (replaced("lanes.csv", "2.25", '"1,234.5"'), "not-a-number", "lanes.csv", 3, "unit_cost", "thousands"),
    "unit in the cell": (replaced("lanes.csv", "2.25", "2.25 USD"), "not-a-number", "lanes.csv", 3, "unit_cost", "unit"),
    "word": (replaced("lanes.csv", "2.25", "cheap"), "not-a-number", "lanes.csv", 3, "unit_cost", "'cheap'"),
    "infinity": (replaced("lanes.csv", "2.25", "inf"), "not-a-number", "lanes.csv", 3, "unit_cost", "blank"),
    "not a number": (replaced("lanes.csv", "2.25", "NaN"), "not-a-number", "lanes.csv", 3, "unit_cost", "blank"),
    "beyond the floats": (replaced("lanes.csv", "2.25", "1e999"), "too-large", "lanes.csv", 3, "unit_cost", "'1e999'"),
    "huge": (replaced("lanes.csv", "2.25", "9999999999999999"), "too-large", "lanes.csv", 3, "unit_cost", "1e+15"),
    "negative": (replaced("lanes.csv", "2.25", "-2.25"), "out-of-range", "lanes.csv", 3, "unit_cost", "0 or more"),
    "share above one": (replaced("operations.csv", "0.9", "90"), "out-of-range", "operations.csv", 3, "yield", "0 to 1"),
    "latitude": (replaced("sites.csv", "48.1", "481"), "out-of-range", "sites.csv", 2, "latitude", "-90 to 90"),
    "half a period": (
        written("licences.csv", "site,stage,market,status,available_from\nS2,manufacturing,EU,held,2027.5\n"),
        "not-whole", "licences.csv", 2, "available_from", "'2027.5'",
    ),
    "blank required cell": (replaced("demand.csv", "100", ""), "blank-cell", "demand.csv", 2, "doses", "doses is required"),
    "blank id": (replaced("demand.csv", "R1,K1,2028", ",K1,2028"), "blank-cell", "demand.csv", 3, "centre", "required"),
    "space in an id": (replaced("sites.csv", "S2", "S 2"), "bad-id", "sites.csv", 3, "site", "'S 2'"),
    "path as an id": (replaced("sites.csv", "S2", "../S2"), "bad-id", "sites.csv", 3, "site", "'../S2'"),
    "formula as an id": (replaced("sites.csv", "S2", "=A1"), "bad-id", "sites.csv", 3, "site", "'=A1'"),
    "star where none may stand": (replaced("demand.csv", "R1,K1,2028", "*,K1,2028"), "wildcard", "demand.csv", 3, "centre", "'*'"),
    "unknown choice": (replaced("facilities.csv", "manufacturing", "manufactoring"), "unknown-choice", "facilities.csv", 4, "stage", "'manufacturing'"),
    "choice in capitals": (replaced("facilities.csv", "S1,collection,open", "S1,collection,OPEN"), "unknown-choice", "facilities.csv", 2, "status", "'open'"),
    "neither yes nor no": (
        replaced("centres.csv", "centre,jurisdiction\nR1,EU", "centre,include\nR1,maybe"),
        "unknown-choice", "centres.csv", 2, "include", "yes, no",
    ),
    "no list": (replaced("panels.csv", "HIV;HBV", "HIV;;HBV"), "bad-list", "panels.csv", 2, "markers", "';'"),
    "list with commas": (replaced("panels.csv", "HIV;HBV", '"HIV,HBV"'), "bad-list", "panels.csv", 2, "markers", "';'"),
    "no period": (replaced("demand.csv", "2028", "year2"), "bad-period", "demand.csv", 3, "period", "or '*'"),
    # the head
    "head is no TOML": (written("instance.toml", "name = 'a'\nperiods = {\n"), "bad-toml", "instance.toml", 2, "", "TOML"),
    "head is empty": (written("instance.toml", " \n"), "empty-file", "instance.toml", None, "", "name"),
    "head in Latin-1": (written("instance.toml", "name = 'a'\ntitle = 'é'".encode("latin-1")), "wrong-encoding", "instance.toml", 2, "", "UTF-8"),
    "head key stands twice": (written("instance.toml", "name = 'a'\nname = 'b'\n"), "bad-toml", "instance.toml", 2, "", "overwrite"),
    "unknown entry": (written("instance.toml", "name = 'a'\ncurency = 'USD'"), "unknown-key", "instance.toml", None, "curency", "'currency'"),
    "unknown nested entry": (written("instance.toml", "name = 'a'\nperiods = {cout = 3}"), "unknown-key", "instance.toml", None, "periods.cout", "'count'"),
    "name missing": (written("instance.toml", "title = 'a'"), "missing-key", "instance.toml", None, "name", "'name' is missing"),
    "name is no id": (written("instance.toml", "name = 'a b'"), "bad-id", "instance.toml", None, "name", "'a b'"),
    "count as text": (written("instance.toml", "name = 'a'\nperiods = {count = '5'}"), "bad-value", "instance.toml", None, "periods.count", "not str"),
    "no period at all": (written("instance.toml", "name = 'a'\nperiods.count = 0"), "bad-value", "instance.toml", None, "periods.count", "equal to 1"),
    "periods is a number": (written("instance.toml", "name = 'a'\nperiods = 5"), "bad-value", "instance.toml", None, "periods", "not int"),
    "endless periods": (written("instance.toml", "name = 'a'\nperiods.days = inf"), "bad-value", "instance.toml", None, "periods.days", "finite"),
    "rate as a truth value": (written("instance.toml", "name = 'a'\ndiscount_rate = true"), "bad-value", "instance.toml", None, "discount_rate", "not bool"),
    "unknown verdict": (written("instance.toml", "name = 'a'\ndefault_recognition = 'Never'"), "unknown-choice", "instance.toml", None, "default_recognition", "'never'"),
    "another version": (written("instance.toml", "name = 'a'\nschema_version = 2"), "unknown-choice", "instance.toml", None, "schema_version", "1"),
}  # fmt: skip


def described(finding: Finding) -> tuple[str, str, int | None, str]:
    return finding.code, finding.source, finding.row, finding.column


@pytest.mark.parametrize("name", CORPUS)
def test_each_damage_is_found_at_its_place(folder, name):
    damage, code, source, row, column, part = CORPUS[name]
    damage(folder)
    instance, findings = read_with_findings(folder)
    assert instance is None
    assert (code, source, row, column) in [described(finding) for finding in findings]
    message = next(finding.message for finding in findings if described(finding) == (code, source, row, column))
    assert part in message
    with pytest.raises(InvalidInstanceError, match=re.escape(message)):
        read(folder, validate=False)


SOUND: dict[str, Damage] = {
    "nothing": lambda folder: None,
    "byte order mark": recoded("lanes.csv", lambda data: b"\xef\xbb\xbf" + data),
    "byte order mark in the head": recoded("instance.toml", lambda data: b"\xef\xbb\xbf" + data),
    "line ends of another system": recoded("lanes.csv", lambda data: data.replace(b"\n", b"\r\n")),
    "line ends of an old system": recoded("lanes.csv", lambda data: data.replace(b"\n", b"\r")),
    "no last line end": recoded("lanes.csv", lambda data: data.rstrip(b"\n")),
    "blank lines": recoded("lanes.csv", lambda data: b"\n" + data.replace(b"\n", b"\n\n  \n,,,,,,\n") + b"\n"),
    "white space": recoded("lanes.csv", lambda data: data.replace(b",", b" ,\t ")),
    "columns in another order": written(
        "demand.csv", "doses,therapy,note,period,centre\n100,K1,,2027,R1\n120.0,K1,,2028.0,R1\n"
    ),
    "numbers in other words": replaced("demand.csv", "100", "+1.e2"),
    "everything quoted": recoded(
        "demand.csv", lambda data: b"\n".join(b'"' + b'","'.join(row.split(b",")) + b'"' for row in data.split())
    ),
    "unnamed blank column": recoded("demand.csv", lambda data: data.replace(b"\n", b",\n")),
    "wildcard column left out": recoded("lanes.csv", lambda data: data.replace(b",therapy", b"").replace(b",*", b"")),
    "other files": written("README.md", "# read me"),
    "hidden files": written("._sites.csv", b"\0\1\2"),
    "link within the folder": linked_within("lanes.csv", "lanes-2027.txt"),
}


@pytest.mark.parametrize("name", SOUND)
def test_harmless_changes_are_read_as_the_same_instance(folder, sound, name):
    SOUND[name](folder)
    assert read(folder).sha256 == sound.sha256


def test_names_with_dots_and_slashes_are_unknown_tables_and_lead_nowhere(folder):
    for name in ("..sites.csv", "..\\sites.csv", "sites .csv", "%2e%2e.csv", "a\nb.csv"):
        (folder / name).write_text("site\nS9\n")
    _, findings = read_with_findings(folder)
    unknown = [finding for finding in findings if finding.code == "unknown-table"]
    assert len(unknown) == 5
    assert all(finding.source.isprintable() for finding in unknown)


def test_rows_keep_the_numbers_that_a_spreadsheet_shows(folder):
    (folder / "demand.csv").write_text(
        'centre,therapy,period,doses,note\n\nR1,K1,2027,100,"two\nlines"\n,,,,\nR1,K1,2028,120,\nR1,K1,x,1,\n'
    )
    _, findings = read_with_findings(folder)
    assert [finding.row for finding in findings] == [6]
    (folder / "demand.csv").write_text("centre,therapy,period,doses\n\nR1,K1,2027,100\n,,,\nR1,K1,2028,120\n")
    assert list(read(folder).tables["demand"].index) == [3, 5]


def test_ragged_rows_do_not_shift_the_numbers_of_the_others(folder):
    (folder / "demand.csv").write_text("centre,therapy,period,doses\nR1,K1,2027,1,5\nR1,K1\nR1,K1,2028,many\n")
    _, findings = read_with_findings(folder)
    assert [(finding.code, finding.row) for finding in findings] == [
        ("ragged-row", 2), ("ragged-row", 3), ("not-a-number", 4),
    ]  # fmt: skip


def test_everything_wrong_is_found_at_once(folder):
    names = [
        "negative",
        "unknown column",
        "blank id",
        "share above one",
        "unknown choice",
        "no list",
        "unknown file",
        "latitude",
    ]
    for name in names:
        CORPUS[name][0](folder)
    (folder / "instance.toml").write_text(
        "name = 'a'\ncurency = 'USD'\nperiods = {count = 2, days = 365, first = 2027}"
    )
    _, findings = read_with_findings(folder)
    assert {CORPUS[name][1] for name in names} | {"unknown-key"} == {finding.code for finding in findings}


def test_many_findings_of_a_kind_are_counted(folder):
    rows = "".join(f"R1,K1,{year},many\n" for year in range(2027, 3027))
    (folder / "demand.csv").write_text("centre,therapy,period,doses\n" + rows)
    _, findings = read_with_findings(folder)
    findings = [finding for finding in findings if finding.code == "not-a-number"]
    assert [finding.row for finding in findings] == [*range(2, 22), None]
    assert "980 more" in findings[-1].message


def test_an_empty_optional_table_is_a_warning(folder):
    (folder / "lab_panels.csv").write_text("site,panel\n")
    instance, findings = read_with_findings(folder)
    assert instance is not None
    assert "lab_panels" not in instance.tables
    assert [(finding.code, finding.source) for finding in findings if finding.code == "empty-table"] == [
        ("empty-table", "lab_panels.csv")
    ]
    assert not any(finding.is_error for finding in findings)
