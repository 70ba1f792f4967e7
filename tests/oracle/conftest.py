"""What the oracle's tests share."""

from __future__ import annotations

import pytest

from tests.oracle import tiny

ENGINES = {"paths": tiny.by_paths, "package": tiny.by_package}


@pytest.fixture(params=["paths", pytest.param("package", marks=pytest.mark.slow)])
def engine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Solve the cases worked out by hand with the oracle, in the slow run with the package too."""
    monkeypatch.setattr(tiny, "solve", ENGINES[request.param])
