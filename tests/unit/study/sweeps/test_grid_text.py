"""Grids written in text."""

from __future__ import annotations

import pytest

from donornet.study.sweeps.grid_text import expanded, parse_grid


def test_braces_stand_for_one_edit_per_value():
    edits = expanded("demand.doses*={0.8, 1} where therapy=car-t")
    assert edits == ["demand.doses*=0.8 where therapy=car-t", "demand.doses*=1 where therapy=car-t"]


def test_several_braces_are_taken_in_step():
    assert expanded("sites.x={1,2}; y={3,4}") == ["sites.x=1; y=3", "sites.x=2; y=4"]


def test_braces_of_different_lengths_are_refused():
    with pytest.raises(ValueError, match="different numbers of values"):
        expanded("sites.x={1,2}; y={3}")


def test_an_axis_is_called_by_its_label_or_by_table_and_column():
    grid = parse_grid(["load: demand.doses*={1,2}", "lanes.cost*={1,3}"])
    assert grid == {
        "load": ["demand.doses*=1", "demand.doses*=2"],
        "lanes.cost": ["lanes.cost*=1", "lanes.cost*=3"],
    }


def test_edits_with_the_same_label_are_values_of_one_axis():
    edits = ["rule: recognition remove where market=east", "rule: recognition remove where market=west"]
    assert parse_grid(edits) == {"rule": [edit.removeprefix("rule: ") for edit in edits]}


@pytest.mark.parametrize("text", ["demand.doses*=1.2", "recognition remove where market={east,west}"])
def test_a_text_without_label_and_without_braces_or_column_is_refused_with_the_form(text):
    with pytest.raises(ValueError, match="label"):
        parse_grid([text])


def test_a_colon_within_an_edit_is_no_label():
    assert parse_grid(["lanes.cost={1,2} where note=a: b"]) == {
        "lanes.cost": ["lanes.cost=1 where note=a: b", "lanes.cost=2 where note=a: b"]
    }
