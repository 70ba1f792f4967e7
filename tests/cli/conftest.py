"""The command line in this process, and a small instance to work on."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from donornet.cli import main

Run = Callable[..., Result]


@pytest.fixture
def run() -> Run:
    """Run ``donornet`` with some words and return exit code, stdout and stderr."""

    def invoke(*words: object) -> Result:
        return CliRunner().invoke(main, [str(word) for word in words], prog_name="donornet")

    return invoke


@pytest.fixture
def toy(instances: Path, tmp_path: Path) -> Path:
    """A copy of the toy instance, to be spoilt."""
    return Path(shutil.copytree(instances / "toy", tmp_path / "toy"))


@pytest.fixture(scope="session")
def solved_toy(instances: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Results folder of the toy instance; copy it before spoiling it."""
    folder = tmp_path_factory.mktemp("results") / "toy"
    words = ["solve", str(instances / "toy"), "--gap", "0", "--out", str(folder)]
    result = CliRunner().invoke(main, words, prog_name="donornet")
    assert result.exit_code == 0, result.output
    (folder.parent / "stdout.txt").write_text(result.stdout)
    return folder
