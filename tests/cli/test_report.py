from __future__ import annotations

import shutil


def test_the_report_of_a_result_stands_in_its_folder(run, solved_toy, instances, tmp_path):
    folder = shutil.copytree(solved_toy, tmp_path / "toy")
    answer = run("report", folder, "--instance", instances / "toy")
    assert answer.exit_code == 0, answer.output
    assert answer.stdout.strip() == f"{folder / 'report.html'} (4.9 MB)"
    assert "Two plants" in (folder / "report.html").read_text(encoding="utf-8")


def test_several_results_are_told_apart_by_their_folders(run, solved_toy, tmp_path):
    folder = shutil.copytree(solved_toy, tmp_path / "copy")
    answer = run("report", solved_toy, folder, "--out", tmp_path / "both.html")
    assert answer.exit_code == 0, answer.output
    text = (tmp_path / "both.html").read_text(encoding="utf-8")
    assert "base [toy]" in text
    assert "base [copy]" in text


def test_a_folder_without_a_result_is_refused(run, tmp_path):
    answer = run("report", tmp_path)
    assert answer.exit_code == 3
    assert "result.json" in answer.stderr
