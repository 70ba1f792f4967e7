"""Prohibitions as bit masks."""

from __future__ import annotations

import pytest

from donornet.admissible.prohibitions import Prohibitions
from tests.oracle.tiny import Tiny, own_cells


def rules(tiny: Tiny, *cells: dict[str, str]) -> Prohibitions:
    for number, row in enumerate(cells):
        tiny.add("prohibitions", {"rule": f"r{number}", **row})
    return Prohibitions(tiny.build(), "K", "A")


@pytest.mark.parametrize(("cell", "pattern"), [
    ("donor", "P"), ("donor", "g"), ("donor", "A"), ("donor", "*"), ("donor", "!B"), ("risk_class", "low"),
    ("collection", "C"), ("collection", "A"), ("manufacturing", "!C"), ("testing", "L"), ("market", "A"),
    ("therapy", "K"),
])  # fmt: skip
def test_rule_whose_only_cell_matches_forbids_the_line(cell: str, pattern: str):
    found = rules(Tiny(), {cell: pattern})
    masks = found.of_pools(["P"]) & found.of_sites("collection", ["C"]) & found.of_tests(["L"], [""])
    masks &= found.of_sites("manufacturing", ["M"])
    assert found.forbidden(masks, "manufacturing").tolist() == [True]


@pytest.mark.parametrize(("cell", "pattern"), [
    ("donor", "h"), ("donor", "!g"), ("risk_class", "!low"), ("collection", "M"), ("manufacturing", "!A"),
    ("testing", "C"), ("market", "!A"), ("therapy", "!K"), ("processing", "*"), ("storage", "!A"),
])  # fmt: skip
def test_rule_whose_only_cell_misses_does_not(cell: str, pattern: str):
    found = rules(Tiny(), {cell: pattern})
    masks = found.of_pools(["P"]) & found.of_sites("collection", ["C"]) & found.of_tests(["L"], [""])
    masks &= found.of_sites("manufacturing", ["M"])
    assert found.forbidden(masks, "manufacturing").tolist() == [False]


def test_blank_risk_class_never_matches_not_even_a_negation():
    tiny = Tiny().change("donor_pools", risk_class=None)
    for pattern in ("*", "!high", "low"):
        assert rules(tiny, {"risk_class": pattern}).of_pools(["P"]).tolist()[0] == 0
        tiny.drop("prohibitions")


def test_group_stands_for_its_members():
    tiny = Tiny().add("groups", {"group": "plants", "member": "M"}, {"group": "world", "member": "A"})
    found = rules(tiny, {"manufacturing": "plants"}, {"manufacturing": "world"}, {"manufacturing": "!plants"})
    assert found.of_sites("manufacturing", ["M", "C"]).tolist() == [0b011, 0b110]


def test_rule_about_a_donor_or_a_risk_class_does_not_concern_an_autologous_therapy():
    assert rules(own_cells(), {"donor": "*"}, {"risk_class": "!high"}, {"market": "A"}).all == 0b1


def test_rule_about_tests_does_not_concern_an_untested_therapy():
    assert rules(own_cells(), {"testing": "*"}, {"panel": "!x", "market": "A"}).all == 0


def test_rule_is_closed_only_when_it_has_no_cell_left():
    found = rules(Tiny(), {"donor": "P", "manufacturing": "M"})
    masks = found.of_pools(["P"])
    assert not found.forbidden(masks, "collection").any()
    assert not found.forbidden(masks, "test").any()
    assert found.forbidden(masks & found.of_sites("manufacturing", ["M"]), "manufacturing").all()


def test_rule_about_a_lab_waits_for_the_test_where_it_is_chosen_last():
    found = rules(Tiny(), {"collection": "C", "testing": "L"})
    masks = found.of_sites("collection", ["C"])
    assert found.forbidden(masks, "test").all()
    assert not found.forbidden(masks, "manufacturing", before_test=True).any()


def test_more_rules_than_a_machine_integer_has_bits():
    found = rules(Tiny(), *({"collection": "M"} for _ in range(80)), {"collection": "C"})
    masks = found.of_sites("collection", ["C", "M"])
    assert found.forbidden(masks, "collection").tolist() == [True, True]
    assert found.named(int(masks[0])) == [("r80", 82)]
