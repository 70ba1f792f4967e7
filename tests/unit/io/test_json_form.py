"""The JSON form: what JSON can say that a table cannot hold."""

from __future__ import annotations

import json

import pytest

from donornet.io import read, read_with_findings, write


@pytest.fixture
def document(sound, tmp_path):
    write(sound, tmp_path / "small.json")
    return json.loads((tmp_path / "small.json").read_text())


def findings_of(tmp_path, content):
    path = tmp_path / "bad.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    instance, findings = read_with_findings(path)
    assert instance is None
    return [(finding.code, finding.source, finding.row, finding.column) for finding in findings if finding.is_error]


@pytest.mark.parametrize(
    ("content", "code", "row"),
    [
        ("", "empty-file", None),
        ("{", "bad-json", 1),
        ('{"instance": 1\n"tables": 2}', "bad-json", 2),
        ("[1]", "bad-json", None),
        ("null", "bad-json", None),
        ("[" * 100_000, "bad-json", None),
        ('{"a": ' + "1" * 5000 + "}", "bad-json", None),
    ],
)
def test_what_is_no_json_object_is_refused(tmp_path, content, code, row):
    assert (code, "bad.json", row, "") in findings_of(tmp_path, content)


def test_latin_1_is_refused(tmp_path):
    (tmp_path / "bad.json").write_bytes('{\n"é": 1}'.encode("latin-1"))
    _, (finding,) = read_with_findings(tmp_path / "bad.json")
    assert (finding.code, finding.row) == ("wrong-encoding", 2)


def test_head_and_tables_must_be_there(tmp_path):
    found = findings_of(tmp_path, {"tabels": {}})
    assert ("unknown-key", "bad.json", None, "") in found
    assert ("missing-key", "bad.json!instance", None, "") in found
    assert ("missing-key", "bad.json", None, "") in found


@pytest.mark.parametrize(
    ("column", "cell", "code"),
    [
        ("unit_cost", [1], "unfit-cell"),
        ("unit_cost", {"a": 1}, "unfit-cell"),
        ("unit_cost", True, "not-a-number"),
        ("unit_cost", "1,5", "not-a-number"),
        ("unit_cost", float("inf"), "not-a-number"),
        ("unit_cost", float("nan"), "not-a-number"),
        ("unit_cost", 10**400, "too-large"),
        ("unit_cost", -1, "out-of-range"),
        ("from", "S 1", "bad-id"),
        ("note", "\ud800", "unfit-cell"),
        ("note", "\x00", "control-character"),
        ("status", None, None),
        ("include", True, None),
        ("unit_cost", "1.5", None),
        ("unit_cost", "", None),
        ("note", 5, None),
    ],
)
def test_each_cell_is_checked_like_that_of_a_csv(tmp_path, document, column, cell, code):
    document["tables"]["lanes"][1][column] = cell
    (tmp_path / "bad.json").write_text(json.dumps(document))
    instance, findings = read_with_findings(tmp_path / "bad.json")
    errors = [(finding.code, finding.source, finding.row, finding.column) for finding in findings if finding.is_error]
    if code is None:
        assert instance is not None
        assert errors == []
    else:
        assert (code, "bad.json!lanes", 3, column) in errors


def test_truth_values_are_flags(tmp_path, document):
    document["tables"]["lanes"][0]["include"] = True
    document["tables"]["lanes"].append({"from": "S2", "to": "S1", "mode": "road", "include": False})
    (tmp_path / "flags.json").write_text(json.dumps(document))
    assert read(tmp_path / "flags.json").tables["lanes"]["include"].tolist() == ["yes", "", "", "no"]


def test_rows_tables_and_names_are_checked(tmp_path, document):
    document["tables"]["lanes"].insert(1, ["S1", "S2"])
    document["tables"]["lanse"] = []
    document["tables"]["panels"] = {"panel": "x"}
    document["tables"]["sites"][0]["sit"] = 1
    found = findings_of(tmp_path, document)
    assert ("bad-json", "bad.json!lanes", 3, "") in found
    assert ("unknown-table", "bad.json", None, "") in found
    assert ("bad-json", "bad.json!panels", None, "") in found
    assert ("unknown-column", "bad.json!sites", None, "sit") in found


def test_names_that_stand_twice_are_found_at_every_depth(tmp_path, document):
    text = json.dumps(document)
    text = text.replace('"name": "small"', '"name": "small", "name": "large"')
    text = text.replace('"pool": "P1"', '"pool": "P1", "pool": "P2"')
    text = text.replace('"centres": [', '"centres": [], "centres": [')
    found = findings_of(tmp_path, text)
    assert ("duplicate-name", "bad.json!instance", None, "") in found
    assert ("duplicate-name", "bad.json!donor_pools", 2, "") in found
    assert ("duplicate-name", "bad.json", None, "") in found


def test_a_required_table_without_rows_is_refused(tmp_path, document):
    document["tables"]["sites"] = []
    assert ("empty-table", "bad.json!sites", None, "") in findings_of(tmp_path, document)
    del document["tables"]["sites"]
    assert ("missing-table", "bad.json", None, "") in findings_of(tmp_path, document)
