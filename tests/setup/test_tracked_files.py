"""Files under version control work on every machine and carry nothing of one machine."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

HOSTS = ["pypi" + ".org", "python" + "hosted.org", "anaconda" + ".org"]
HOMES = ["work", "root", "home", "Users"]
MACHINE = re.compile("|".join([*map(re.escape, HOSTS), rf"(?<![\w./:-])/(?:{'|'.join(HOMES)})/\w"]))
BINARY = {".xlsx", ".png", ".parquet", ".gz"}


@pytest.fixture(scope="module")
def tracked(root: Path) -> list[Path]:
    git = shutil.which("git")
    if git is None or not (root / ".git").exists():
        pytest.skip("not a git checkout")
    listing = [git, "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listing, cwd=root, capture_output=True, check=True, text=True).stdout.split("\0")
    return [root / name for name in names if name and (root / name).is_file()]


def test_no_file_names_a_machine_path_or_a_package_registry(root: Path, tracked: list[Path]) -> None:
    found = [
        f"{path.relative_to(root)}:{number}: {line.strip()[:100]}"
        for path in tracked
        if path.suffix not in BINARY
        for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1)
        if MACHINE.search(line)
    ]
    assert found == []


@pytest.mark.parametrize("text", [f"see /{HOMES[2]}/me/x.csv", "https://" + "pypi" + ".org/simple"])
def test_a_machine_path_or_registry_is_seen(text: str) -> None:
    assert MACHINE.search(text)


@pytest.mark.parametrize("text", ["instances/atlantic/home/sites.csv", "https://example.org/work/paper.pdf", "2/work"])
def test_a_relative_path_or_a_web_address_is_let_through(text: str) -> None:
    assert not MACHINE.search(text)


def test_no_name_differs_from_another_only_in_case(root: Path, tracked: list[Path]) -> None:
    names = [path.relative_to(root).as_posix() for path in tracked]
    folded = [name.casefold() for name in names]
    assert sorted(name for name in names if folded.count(name.casefold()) > 1) == []


def test_results_and_environments_are_not_tracked(root: Path, tracked: list[Path]) -> None:
    tops = {path.relative_to(root).parts[0] for path in tracked}
    assert tops.isdisjoint({"results", ".venv", "build", "dist"})
