"""Results to draw."""

from __future__ import annotations

from pathlib import Path

import pytest

import donornet as dn


@pytest.fixture(scope="session")
def toy_instance(instances: Path) -> dn.Instance:
    """The toy instance."""
    return dn.read(instances / "toy")


@pytest.fixture(scope="session")
def toy_result(toy_instance: dn.Instance) -> dn.Result:
    """Its cheapest design."""
    return dn.solve(toy_instance, gap=0)
