"""The random instances use everything that the format has, and most of them have a design."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.oracle.features import EVERY_FEATURE, features
from tests.oracle.path_model import solve_by_paths
from tests.oracle.random_instances import random_instance


@pytest.mark.slow
def test_every_feature_of_the_format_occurs_in_three_hundred_instances():
    found = Counter(name for seed in range(300) for name in features(random_instance(seed)))
    assert set(found) == EVERY_FEATURE
    assert min(found.values()) >= 3, found.most_common()[-5:]


def test_a_seed_always_gives_the_same_instance():
    assert random_instance(12).sha256 == random_instance(12).sha256
    assert random_instance(12).sha256 != random_instance(13).sha256


@pytest.mark.slow
def test_most_random_instances_have_a_design_and_some_have_none():
    statuses = Counter(solve_by_paths(random_instance(seed), time_limit=30).status for seed in range(150))
    assert statuses["optimal"] >= 105
    assert statuses["infeasible"] >= 5
