"""What every test shares: where the repository's files are, and how hypothesis searches."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).resolve().parent.parent

# Solving inside a property test takes as long as it takes. The default run repeats the same examples everywhere;
# DONORNET_HYPOTHESIS=search looks for new ones.
settings.register_profile(
    "repeatable", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
settings.register_profile("search", parent=settings.get_profile("repeatable"), derandomize=False, max_examples=500)
settings.load_profile(os.environ.get("DONORNET_HYPOTHESIS", "repeatable"))


@pytest.fixture(scope="session")
def root() -> Path:
    """Root folder of the repository."""
    return ROOT


@pytest.fixture(scope="session")
def instances(root: Path) -> Path:
    """Folder of the instances that come with the repository."""
    return root / "instances"
