from __future__ import annotations

import re
import tomllib
from importlib.metadata import entry_points, version
from pathlib import Path

from packaging.version import Version

import donornet


def project_version(root: Path) -> str:
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert isinstance(project["version"], str)
    return project["version"]


def test_citation_names_the_version_of_pyproject(root: Path) -> None:
    cited = re.findall(r"^version: (\S+)$", (root / "CITATION.cff").read_text(encoding="utf-8"), re.MULTILINE)
    assert cited == [project_version(root)]


def test_changelog_has_unreleased_first_and_then_the_version(root: Path) -> None:
    headings = re.findall(r"^## \[([^\]]+)\]", (root / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert headings[:2] == ["Unreleased", project_version(root)]
    released = [Version(heading) for heading in headings[1:]]
    assert released == sorted(set(released), reverse=True)


def test_the_installed_package_is_this_one(root: Path) -> None:
    assert version("donornet") == project_version(root) == donornet.__version__
    assert Path(donornet.__file__).is_relative_to(root / "model")


def test_the_command_is_the_cli(root: Path) -> None:
    (command,) = entry_points(group="console_scripts", name="donornet")
    assert command.value == "donornet.cli:main"
    assert callable(command.load())
