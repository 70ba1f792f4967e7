from __future__ import annotations

import importlib

import pytest

import donornet


@pytest.mark.parametrize("name", sorted(set(donornet.__all__) - {"__version__"}))
def test_each_public_name_is_found_and_is_not_a_module(name: str) -> None:
    home = importlib.import_module(donornet._HOMES[name])
    assert getattr(donornet, name) is getattr(home, name)
    assert callable(getattr(donornet, name))


def test_every_lazy_name_is_public() -> None:
    assert set(donornet._HOMES) == set(donornet.__all__) - {"__version__"}


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        _ = donornet.nonsense
