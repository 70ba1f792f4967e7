"""The lock: every package of the set-up is pinned, and the pins agree with what packages ask for."""

from __future__ import annotations

import tomllib
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name


@pytest.fixture(scope="module")
def pins(root: Path) -> dict[str, Requirement]:
    lines = (root / "constraints.txt").read_text(encoding="utf-8").splitlines()
    requirements = [Requirement(line) for line in lines if line and not line.startswith("#")]
    names = [canonicalize_name(requirement.name) for requirement in requirements]
    assert len(names) == len(set(names)), "a package is pinned twice"
    return dict(zip(names, requirements, strict=True))


def declared(root: Path) -> list[str]:
    pyproject = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    extras = pyproject["project"]["optional-dependencies"].values()
    run_time = pyproject["project"]["dependencies"]
    return [*run_time, *pyproject["build-system"]["requires"], *(line for extra in extras for line in extra)]


def installed_requirements(pins: dict[str, Requirement]) -> list[tuple[str, str]]:
    """(package, what it asks for here) of every pinned package that is installed."""
    found = []
    for name in pins:
        try:
            asked = distribution(name).requires or []
        except PackageNotFoundError:
            continue
        found += [(name, line) for line in asked]
    return found


def fault(line: str, pins: dict[str, Requirement]) -> str | None:
    """What is wrong with the pin of a requirement that applies here; None if nothing is."""
    requirement = Requirement(line)
    if requirement.marker and not requirement.marker.evaluate({"extra": ""}):
        return None
    pin = pins.get(canonicalize_name(requirement.name))
    if pin is None:
        return f"{line}: not pinned"
    (exact,) = pin.specifier
    if exact.operator != "==" or not requirement.specifier.contains(exact.version, prereleases=True):
        return f"{line}: pinned to {pin}"
    return None


def test_everything_that_pyproject_names_is_pinned_within_its_bounds(root: Path, pins: dict[str, Requirement]) -> None:
    assert [found for line in declared(root) if (found := fault(line, pins))] == []


def test_the_pins_are_closed_under_what_pinned_packages_ask_for(pins: dict[str, Requirement]) -> None:
    asked = installed_requirements(pins)
    assert len(asked) > len(pins)
    assert [f"{name}: {found}" for name, line in asked if (found := fault(line, pins))] == []


def test_a_missing_or_too_old_pin_is_seen(pins: dict[str, Requirement]) -> None:
    assert fault("not-a-dependency>=1", pins) == "not-a-dependency>=1: not pinned"
    assert fault("numpy>=999", pins) == f"numpy>=999: pinned to {pins['numpy']}"
    assert fault("numpy>=2", pins) is None


def test_windows_only_packages_are_pinned_for_windows(pins: dict[str, Requirement]) -> None:
    marker = pins["colorama"].marker
    assert marker is not None
    assert marker.evaluate({"sys_platform": "win32"})
    assert not marker.evaluate({"sys_platform": "linux"})
