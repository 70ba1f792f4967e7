"""The small sound instance, in memory and as a folder, that the tests then damage."""

from __future__ import annotations

from pathlib import Path

import pytest

from donornet.instance import Instance
from donornet.instance.build import from_rows
from donornet.io import write
from tests.unit.io.small import HEAD, TABLES


@pytest.fixture
def sound() -> Instance:
    return from_rows(HEAD, TABLES)


@pytest.fixture
def folder(sound: Instance, tmp_path: Path) -> Path:
    """The sound instance as a folder."""
    write(sound, tmp_path / "small")
    return tmp_path / "small"
