"""Scenarios and edits on the command line, and the verbs diff and compare."""

from __future__ import annotations

import json
import re
import shutil

import pytest
from click.testing import CliRunner
from python_calamine import CalamineWorkbook

import donornet as dn
from donornet.cli import main, verbs
from donornet.cli.solve import folder_name

DOUBLE = "demand.doses*=2 where therapy=own"


@pytest.fixture(scope="module")
def changed_toy(instances, tmp_path_factory):
    """Results folder of the toy instance with a scenario and an edit applied."""
    folder = tmp_path_factory.mktemp("results") / "changed"
    words = ["solve", str(instances / "toy"), "--scenario", "mutual-recognition", "--set", DOUBLE, "--out", str(folder)]
    done = CliRunner().invoke(main, [*words, "--gap", "0"], prog_name="donornet")
    assert done.exit_code == 0, done.output
    return folder


def test_solve_records_what_was_applied(changed_toy, instances):
    result = dn.read_result(changed_toy)
    assert result.scenario == f"mutual-recognition + {DOUBLE}"
    assert result.info["applied"] == ["mutual-recognition", DOUBLE]
    base = dn.read(instances / "toy")
    assert result.instance_sha256 == base.apply("mutual-recognition", DOUBLE).sha256
    assert result.info["base_sha256"] == base.sha256


def test_check_applies_again_what_the_result_says(run, toy, changed_toy):
    assert run("check", toy, changed_toy).exit_code == 0
    other = run("check", toy, changed_toy, "--set", DOUBLE)
    assert other.exit_code == 3
    assert "the result is of instance" in other.stdout


def test_check_reads_older_results_that_only_name_their_scenario(run, toy, changed_toy, tmp_path):
    folder = shutil.copytree(changed_toy, tmp_path / "old")
    facts = json.loads((folder / "result.json").read_text())
    del facts["info"]["applied"]
    (folder / "result.json").write_text(json.dumps(facts | {"scenario": "mutual-recognition+no-eastern-plant"}))
    done = run("check", toy, folder)
    hashes = [dn.read(toy).apply("mutual-recognition", "no-eastern-plant").sha256[:12], facts["instance_sha256"][:12]]
    assert done.exit_code == 3
    assert all(digest in done.stdout for digest in hashes)


def test_results_of_edits_have_a_folder_of_their_own(instances):
    base = dn.read(instances / "toy", validate=False)
    names = [
        folder_name(base.apply(*changes))
        for changes in (
            ["mutual-recognition", "demand.doses*=1.5"],
            ["mutual-recognition", "demand.doses+=1.5"],
            ["demand.doses=1; unmet_penalty=1 where centre=centre-w; therapy=own"],
            ["demand.doses=1; unmet_penalty=1 where centre=centre-w; therapy=bank"],
        )
    ]
    assert names[0].startswith("toy+mutual-recognition+demand.doses_1.5-")
    assert len(set(names)) == 4
    assert all(re.fullmatch(r"[A-Za-z0-9._+-]{,100}", name) for name in names)
    assert folder_name(base) == "toy"


@pytest.mark.parametrize("verb", ["inspect", "validate"])
def test_an_edit_that_cannot_be_made_is_refused_by_every_verb(run, toy, verb):
    words = [
        "--set",
        "demand.dozes=1",
        "--set",
        "demand.doses=1 where therapy=bnk",
        "--scenario",
        "mutual",
        "--set",
        "x",
    ]
    done = run(verb, toy, *words)
    assert done.exit_code == 3
    for said in ("did you mean 'doses'?", "did you mean 'bank'?", "'mutual' is no scenario", "--set 'x'"):
        assert said in done.output


def test_an_edit_that_leaves_errors_is_refused_with_them(run, toy):
    done = run("inspect", toy, "--set", "demand.centre=zz where therapy=own")
    assert done.exit_code == 3
    assert "'zz' is not in centres" in done.stderr
    done = run("validate", toy, "--set", "demand.centre=centre-w where therapy=own", "--json")
    assert json.loads(done.stdout) == {"valid": True, "findings": []}


def test_inspect_shows_the_network_after_the_edits(run, toy):
    before = json.loads(run("inspect", toy, "--json").stdout)
    after = json.loads(run("inspect", toy, "--set", "recognition remove", "--json").stdout)
    assert before != after


def test_convert_writes_the_instance_as_the_edits_leave_it(run, toy, tmp_path):
    assert run("convert", toy, tmp_path / "new", "--set", DOUBLE).exit_code == 0
    written = dn.read(tmp_path / "new")
    assert written.sha256 == dn.read(toy).apply(DOUBLE).sha256
    assert written.has("scenarios")


def test_convert_leaves_scenarios_out_that_find_nothing_any_more(run, toy, tmp_path):
    done = run("convert", toy, tmp_path / "new", "--set", "recognition remove")
    assert done.exit_code == 0
    assert "scenarios and uncertainty are left out" in done.stderr
    assert not dn.read(tmp_path / "new").has("scenarios")


def test_diff_shows_what_changes_make_of_an_instance(run, toy):
    told = run("diff", toy, "--scenario", "no-eastern-plant", "--set", DOUBLE).stdout.splitlines()
    assert told[0].endswith(": 2 changed")
    assert "  ~ site=plant-e; stage=manufacturing: status candidate -> closed" in told
    assert "  ~ centre=centre-w; therapy=own; period=*: doses 10 -> 20 (+100 %)" in told


def test_diff_compares_two_instances(run, toy, tmp_path):
    run("convert", toy, tmp_path / "new.json", "--set", DOUBLE)
    said = json.loads(run("diff", toy, tmp_path / "new.json", "--json").stdout)
    assert said["different"] is True
    assert [(row["table"], row["before"], row["after"]) for row in said["rows"]] == [("demand", 10, 20)]


@pytest.mark.parametrize("words", [[], ["OTHER", "--set", DOUBLE]])
def test_diff_wants_another_instance_or_changes(run, toy, words):
    done = run("diff", toy, *(toy if word == "OTHER" else word for word in words))
    assert done.exit_code == 2
    assert "name either another instance" in done.stderr


def test_compare_shows_results_side_by_side(run, solved_toy, changed_toy, tmp_path):
    done = run("compare", solved_toy, changed_toy, "--xlsx", tmp_path / "c.xlsx")
    assert done.exit_code == 0
    lines = [" ".join(line.split()) for line in done.stdout.splitlines()]
    assert lines[:2] == ["A base", f"B mutual-recognition + {DOUBLE}"]
    assert "A optimal 4 188 USD 4 188 0 %" in lines
    assert "plant-w manufacturing open open, 1 step" in lines
    assert CalamineWorkbook.from_path(tmp_path / "c.xlsx").sheet_names[0] == "results"


def test_compare_speaks_json_and_takes_a_baseline_by_name_or_folder(run, solved_toy, changed_toy):
    name = f"mutual-recognition + {DOUBLE}"
    for baseline in (name, changed_toy):
        said = json.loads(run("compare", solved_toy, changed_toy, "--json", "--baseline", baseline).stdout)
        assert said["baseline"] == name
    refused = run("compare", solved_toy, "--baseline", "nobody")
    assert refused.exit_code == 2
    assert "no result is called 'nobody'; there are: base" in refused.stderr


def test_results_of_one_scenario_are_told_apart_by_their_folders(run, solved_toy, tmp_path):
    shutil.copytree(solved_toy, tmp_path / "again")
    said = json.loads(run("compare", solved_toy, tmp_path / "again", "--json").stdout)
    assert [row["result"] for row in said["results"]] == ["base [toy]", "base [again]"]
    assert said["results"][1]["cost_verdict"] == "the same"


def test_the_verbs_are_listed():
    assert {"diff", "compare"} <= set(verbs.VERBS)
