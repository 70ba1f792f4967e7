"""The verbs besides solve, by exit code and text."""

from __future__ import annotations

import csv
import json
import shutil

import highspy
import pytest

import donornet as dn


@pytest.mark.parametrize("name", ["folder", "book.xlsx", "one.json"])
def test_new_writes_a_template_that_is_valid(run, tmp_path, name):
    path = tmp_path / name
    made = run("new", path)
    assert made.exit_code == 0
    assert f"donornet solve {path}" in made.stdout
    assert run("validate", path).exit_code == 0


def test_new_replaces_nothing_unless_told_to(run, tmp_path):
    path = tmp_path / "mine.json"
    path.write_text("{}")
    refused = run("new", path)
    assert refused.exit_code == 2
    assert "--force" in refused.stderr
    assert path.read_text() == "{}"
    assert run("new", path, "--force").exit_code == 0
    assert run("validate", path).exit_code == 0


def test_new_knows_no_other_form(run, tmp_path):
    assert run("new", tmp_path / "mine.docx").exit_code == 2


def test_validate_says_that_a_valid_instance_is_valid(run, toy):
    result = run("validate", toy)
    assert result.exit_code == 0
    assert "valid: toy: 1 period" in result.stdout


def spoil(folder):
    """Put an unknown site and an unknown lab into two tables."""
    demand = folder / "demand.csv"
    demand.write_text(demand.read_text().replace("centre-e", "centre-x"))
    facilities = folder / "facilities.csv"
    facilities.write_text(facilities.read_text().replace("lab,testing", "lap,testing"))


def test_validate_shows_all_errors_by_file_with_row_column_and_remedy(run, toy):
    spoil(toy)
    result = run("validate", toy)
    assert result.exit_code == 3
    lines = result.stdout.splitlines()
    assert lines[0].endswith("errors:")
    assert "  demand.csv" in lines
    assert "  facilities.csv" in lines
    row = next(line for line in lines if "centre-x" in line)
    assert "row 4" in row
    assert "column centre" in row
    assert "did you mean" in row
    assert "valid:" not in result.stdout


def test_validate_speaks_json(run, toy):
    assert json.loads(run("validate", toy, "--json").stdout)["valid"] is True
    spoil(toy)
    result = run("validate", toy, "--json")
    told = json.loads(result.stdout)
    assert result.exit_code == 3
    assert told["valid"] is False
    assert {"demand", "facilities"} <= {finding["table"] for finding in told["findings"]}
    assert {"code", "message", "table", "row", "column", "severity", "source"} == set(told["findings"][0])


@pytest.mark.parametrize("verb", ["validate", "inspect", "solve"])
def test_an_instance_that_is_not_there_is_invalid(run, tmp_path, verb):
    result = run(verb, tmp_path / "nowhere")
    assert result.exit_code == 3
    assert "there is no such file or folder" in result.output


@pytest.mark.parametrize("verb", ["inspect", "solve"])
def test_an_invalid_instance_stops_other_verbs_with_every_error_on_stderr(run, toy, verb):
    spoil(toy)
    result = run(verb, toy)
    assert result.exit_code == 3
    assert result.stdout == ""
    assert "centre-x" in result.stderr
    assert "lap" in result.stderr


def test_schema_prints_the_reference_of_every_table(run):
    text = run("schema").stdout
    assert all(name in text for name in ("donor_pools", "recognition", "capacity_steps", "match_probabilities"))


def test_schema_prints_a_json_schema(run):
    schema = json.loads(run("schema", "--json").stdout)
    assert "$schema" in schema
    assert "tables" in schema["properties"]


@pytest.mark.parametrize("name", ["folder", "book.xlsx", "one.json"])
def test_convert_goes_between_the_three_forms_without_loss(run, toy, tmp_path, name):
    there, back = tmp_path / "there" / name, tmp_path / "back"
    there.parent.mkdir()
    assert run("convert", toy, there).exit_code == 0
    assert run("convert", there, back).exit_code == 0
    assert dn.read(back).sha256 == dn.read(toy).sha256
    again = run("convert", toy, there)
    assert again.exit_code == 2
    assert "--force" in again.stderr
    assert run("convert", toy, there, "--force").exit_code == 0


@pytest.mark.parametrize("suffix", ["lp", "mps"])
def test_convert_writes_the_model_for_other_solvers(run, toy, tmp_path, suffix):
    path = tmp_path / f"toy.{suffix}"
    assert run("convert", toy, path).exit_code == 0
    highs = highspy.Highs()
    highs.silent()
    highs.readModel(str(path))
    highs.run()
    assert highs.getInfo().objective_function_value == pytest.approx(4187.75)


def test_convert_says_what_the_numbered_names_of_a_model_stand_for(run, toy, tmp_path):
    path = tmp_path / "toy.lp"
    run("convert", toy, path)
    with (tmp_path / "toy.lp.names.csv").open() as file:
        names = {row["label"]: row["name"] for row in csv.DictReader(file)}
    text = path.read_text()
    assert all(f" {label}" in text for label in names)
    assert "Open[plant-e,manufacturing,1]" in names.values()
    assert "capacity[plant-w,manufacturing,1]" in names.values()
    assert len(set(names.values())) == len(names)


def test_check_proves_a_result_right(run, toy, solved_toy):
    result = run("check", toy, solved_toy)
    assert result.exit_code == 0
    assert result.stdout.strip().splitlines()[-1] == "checked: 5 chains, no violations"


def tamper(folder, table, column, change):
    path = folder / f"{table}.csv"
    with path.open() as file:
        rows = list(csv.DictReader(file))
    rows[0][column] = change(rows[0][column])
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def test_check_catches_and_names_a_flow_that_was_changed(run, toy, solved_toy, tmp_path):
    spoilt = shutil.copytree(solved_toy, tmp_path / "spoilt")
    tamper(spoilt, "flows", "units", lambda units: str(float(units) * 1.01))
    result = run("check", toy, spoilt)
    assert result.exit_code == 3
    assert "violation" in result.stdout.splitlines()[-1]
    assert "no violations" not in result.stdout


def test_check_catches_a_result_of_another_instance(run, toy, solved_toy):
    demand = toy / "demand.csv"
    demand.write_text(demand.read_text().replace("64", "65"))
    result = run("check", toy, solved_toy)
    assert result.exit_code == 3
    assert (
        result.stdout.startswith(("demand", "instance", "meet", "kpis", "objective"))
        or "instance (1):" in result.stdout
    )


def test_check_speaks_json(run, toy, solved_toy, tmp_path):
    told = json.loads(run("check", toy, solved_toy, "--json").stdout)
    assert told == {"violations": [], "chains": 5, "status": "optimal"}
    spoilt = shutil.copytree(solved_toy, tmp_path / "spoilt")
    tamper(spoilt, "costs", "cost", lambda cost: str(float(cost) + 1))
    result = run("check", toy, spoilt, "--json")
    assert result.exit_code == 3
    assert {"kind", "message", "amount"} == set(json.loads(result.stdout)["violations"][0])


def test_check_refuses_a_folder_without_a_result(run, toy, tmp_path):
    result = run("check", toy, tmp_path)
    assert result.exit_code == 3
    assert "result.json" in result.stderr


def test_inspect_shows_the_network(run, toy):
    result = run("inspect", toy)
    assert result.exit_code == 0
    assert "bank" in result.stdout
    assert "own" in result.stdout


def test_inspect_speaks_json(run, toy):
    assert isinstance(json.loads(run("inspect", toy, "--json").stdout), dict)


def test_inspect_traces_a_pool_and_a_centre(run, toy):
    result = run("inspect", toy, "--trace", "therapy:bank", "pool:many", "centre:centre-e")
    assert result.exit_code == 0
    assert result.stdout.strip()


def test_inspect_traces_nothing_that_is_unknown(run, toy):
    result = run("inspect", toy, "--trace", "therapy:bank", "pool:nobody", "centre:centre-e")
    assert result.exit_code == 2
    assert "nobody" in result.stderr


@pytest.mark.parametrize("words", [["inspect", "{toy}", "--graphml", "{path}"], ["convert", "{toy}", "{path}"]])
def test_the_network_is_written_as_graphml(run, toy, tmp_path, words):
    path = tmp_path / "toy.graphml"
    assert run(*(word.format(toy=toy, path=path) for word in words)).exit_code == 0
    assert "<graphml" in path.read_text()
