"""Write constraints.txt: one pin for every package that donornet's set-up can install, on every supported platform.

Run from the repository root, in an environment that holds the wanted versions: ``make lock``.
"""

import sys
import tomllib
from importlib.metadata import PackageNotFoundError, distribution
from itertools import product
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "constraints.txt"
PLATFORMS = {"linux": ("posix", "Linux"), "darwin": ("posix", "Darwin"), "win32": ("nt", "Windows")}
PYTHONS = ("3.11", "3.12", "3.13", "3.14")
HEADER = """\
# Universal lock: CPython >= 3.11 on Linux, macOS and Windows; run-time, development and build requirements with
# everything they need. To refresh: .venv/bin/pip install --upgrade --upgrade-strategy eager -e '.[dev]' hatchling
# then `make lock` (writes this file from the environment) and `make test`.
"""

Environment = dict[str, str]


def environments() -> dict[str, list[Environment]]:
    """Marker environments to cover, by platform."""
    covered: dict[str, list[Environment]] = {platform: [] for platform in PLATFORMS}
    for (platform, (os_name, system)), python in product(PLATFORMS.items(), PYTHONS):
        covered[platform].append(
            {
                "implementation_name": "cpython",
                "os_name": os_name,
                "platform_python_implementation": "CPython",
                "platform_system": system,
                "python_full_version": f"{python}.0",
                "python_version": python,
                "sys_platform": platform,
            }
        )
    return covered


def declared() -> list[Requirement]:
    """List what pyproject.toml names itself: run-time, every extra, build."""
    pyproject = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    extras = pyproject["project"]["optional-dependencies"].values()
    lines = [*pyproject["project"]["dependencies"], *pyproject["build-system"]["requires"]]
    return [Requirement(line) for line in [*lines, *(line for extra in extras for line in extra)]]


def applies(requirement: Requirement, extras: frozenset[str], environment: Environment) -> bool:
    """Whether a package installed with these extras asks for the requirement in the environment."""
    if requirement.marker is None:
        return True
    return any(requirement.marker.evaluate({**environment, "extra": extra}) for extra in {"", *extras})


def closure(environment: Environment) -> set[str]:
    """Names of all packages that the declared requirements bring in."""
    seen: set[tuple[str, frozenset[str]]] = set()
    waiting = [(canonicalize_name(r.name), frozenset(r.extras)) for r in declared()]
    while waiting:
        item = waiting.pop()
        if item in seen:
            continue
        seen.add(item)
        name, extras = item
        try:
            lines = distribution(name).requires or []
        except PackageNotFoundError:
            continue  # belongs to another platform; assumed to need nothing itself
        asked = [line for line in map(Requirement, lines) if applies(line, extras, environment)]
        waiting += [(canonicalize_name(line.name), frozenset(line.extras)) for line in asked]
    return {name for name, _ in seen}


def pinned_so_far() -> dict[str, str]:
    """Pins of the present lock: the source for packages that this platform does not install."""
    lines = LOCK.read_text(encoding="utf-8").splitlines() if LOCK.exists() else []
    pins = (line.split(";")[0].strip().split("==") for line in lines if line and not line.startswith("#"))
    return dict(pin for pin in pins if len(pin) == 2)


def main() -> int:
    """Write the lock; return the exit code."""
    wanted: dict[str, set[str]] = {}
    for platform, covered in environments().items():
        for name in set[str]().union(*map(closure, covered)):
            wanted.setdefault(name, set()).add(platform)
    known = pinned_so_far()
    lines: list[str] = []
    for name, platforms in sorted(wanted.items()):
        try:
            version = distribution(name).version
        except PackageNotFoundError:
            if name not in known:
                print(f"{name} is needed on {sorted(platforms)}, not here: add its pin by hand, then run again.")
                return 1
            version = known[name]
        marker = " or ".join(f'sys_platform == "{platform}"' for platform in sorted(platforms))
        lines.append(f"{name}=={version}" if platforms == set(PLATFORMS) else f"{name}=={version} ; {marker}")
    LOCK.write_text(HEADER + "\n".join(lines) + "\n", encoding="utf-8")
    print(f"{LOCK.name}: {len(lines)} pins")
    return 0


if __name__ == "__main__":
    sys.exit(main())
