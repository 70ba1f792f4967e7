"""What a solve may be asked for."""

from __future__ import annotations

import math

import pytest

from donornet.solver.settings import Settings


@pytest.mark.parametrize(
    ("name", "wrong", "right"),
    [
        ("gap", -0.01, 0.0),
        ("gap", math.nan, 1.5),
        ("gap", math.inf, 1e-9),
        ("time_limit", 0.0, 0.001),
        ("time_limit", -3, math.inf),
        ("time_limit", math.nan, None),
        ("threads", 0, 1),
        ("seed", -1, 0),
        ("seed", 2**31, 2**31 - 1),
    ],
)
def test_a_value_out_of_range_is_refused_and_the_nearest_valid_one_is_not(name, wrong, right):
    with pytest.raises(ValueError, match=f"{name} must .*{wrong}"):
        Settings(**{name: wrong})
    assert getattr(Settings(**{name: right}), name) == right


def test_options_cannot_be_changed_afterwards():
    given = {"presolve": "off"}
    settings = Settings(options=given)
    given["presolve"] = "on"
    assert settings.options["presolve"] == "off"
    with pytest.raises(TypeError):
        settings.options["presolve"] = "on"  # type: ignore[index]
