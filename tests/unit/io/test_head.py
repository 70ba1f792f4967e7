"""The head: what is written as TOML or as pairs is read back."""

from __future__ import annotations

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from donornet.instance import Head
from donornet.io.collector import Collector, Place
from donornet.io.head import head_values, make_head, parse_toml, to_pairs, to_toml
from tests.unit.io.strategies import HEADS

PLACE = Place("instance", "instance.toml")


@given(HEADS, st.text(st.characters(exclude_categories=["Cs"])))
def test_toml_holds_any_head(values, licence):
    head = Head.model_validate({**values, "licence": licence})
    collector = Collector()
    content = parse_toml(to_toml(head).encode(), PLACE, collector)
    assert content is not None
    assert make_head(content, PLACE, collector) == head
    assert collector.findings == []


def test_defaults_are_left_out_but_for_what_people_look_for():
    head = Head(name="a")
    assert tomllib.loads(to_toml(head)) == {
        "schema_version": 1,
        "name": "a",
        "currency": "USD",
        "periods": {"count": 1, "days": 365, "first": 1},
    }
    assert ("periods.first", 1) in to_pairs(head)
    assert "discount_rate" not in head_values(head)


@pytest.mark.parametrize("value", [5, 5.0])
def test_a_whole_number_may_be_written_with_a_point(value):
    collector = Collector()
    head = make_head({"name": "a", "periods": {"count": value}, "cost_year": None}, PLACE, collector)
    assert head is not None
    assert head.periods.count == 5
    assert collector.findings == []


def test_every_wrong_entry_is_found_at_once():
    collector = Collector()
    values = {"nmae": "a", "discount_rate": "5 %", "cost_year": 2025.5, "periods": {"count": 0, "dais": 7}}
    assert make_head(values, PLACE, collector) is None
    assert {(finding.code, finding.column) for finding in collector.findings} == {
        ("unknown-key", "nmae"),
        ("missing-key", "name"),
        ("bad-value", "discount_rate"),
        ("bad-value", "cost_year"),
        ("bad-value", "periods.count"),
        ("unknown-key", "periods.dais"),
    }
