"""Verdicts: the most specific row, defaults, and spells of periods."""

from __future__ import annotations

from typing import Any

from donornet.admissible.recognition import Verdicts
from tests.oracle.tiny import Tiny

YEARS = {"periods": {"count": 4, "days": 365, "first": 2027}}


def abroad(**head: Any) -> Tiny:
    """Return the line with its plant in jurisdiction B, over four years."""
    return Tiny(**{**YEARS, **head}).change("sites", 2, jurisdiction="B")


def said(tiny: Tiny, stage: str = "manufacturing", home: str = "B") -> dict[str, list[int]]:
    """Return by verdict the periods in which market A says so; `never` is what is left."""
    verdicts = Verdicts(tiny.build())
    rows = verdicts.table
    rows = rows[(rows["stage"] == stage) & (rows["from"] == home) & (rows["market"] == "A")]
    return {row.verdict: [2027 + int(t) for t in verdicts.valid[row.Index].nonzero()[0]] for row in rows.itertuples()}


def recognise(tiny: Tiny, verdict: str, **cells: Any) -> Tiny:
    return tiny.add("recognition", {"stage": "*", "from": "B", "market": "A", "verdict": verdict, **cells})


def test_jurisdiction_recognises_itself_and_no_other():
    assert said(abroad(), home="A") == {"recognised": [2027, 2028, 2029, 2030]}
    assert said(abroad()) == {}


def test_default_between_jurisdictions_comes_from_the_head():
    assert said(abroad(default_recognition="bridging")) == {"bridging": [2027, 2028, 2029, 2030]}


def test_jurisdiction_may_not_recognise_itself():
    tiny = abroad().add("recognition", {"stage": "*", "from": "A", "market": "A", "verdict": "never"})
    assert said(tiny, home="A") == {}


def test_row_with_more_keys_wins():
    tiny = recognise(abroad(), "recognised")
    recognise(tiny, "licence", stage="manufacturing")
    assert list(said(tiny)) == ["licence"]
    recognise(tiny, "never", stage="manufacturing", therapy="K")
    assert said(tiny) == {}
    assert list(said(tiny, "collection")) == ["recognised"]


def test_group_counts_as_a_named_key():
    tiny = recognise(abroad(), "recognised").add("groups", {"group": "novel", "member": "K"})
    recognise(tiny, "licence", therapy="novel")
    assert list(said(tiny)) == ["licence"]


def test_group_of_jurisdictions_stands_for_each():
    tiny = abroad().add("groups", {"group": "partners", "member": "B"}, {"group": "partners", "member": "D"})
    tiny.add("recognition", {"stage": "*", "from": "partners", "market": "A", "verdict": "recognised"})
    assert list(said(tiny)) == ["recognised"]


def test_verdicts_change_with_their_validity():
    tiny = recognise(abroad(), "recognised", valid_to=2028)
    recognise(tiny, "licence", valid_from=2030)
    assert said(tiny) == {"recognised": [2027, 2028], "licence": [2030]}


def test_specific_row_counts_only_while_it_is_valid():
    tiny = recognise(abroad(), "recognised")
    recognise(tiny, "licence", stage="manufacturing", valid_from=2028, valid_to=2028)
    assert said(tiny) == {"recognised": [2027, 2029, 2030], "licence": [2028]}


def test_bridging_carries_cost_days_and_yield_and_other_verdicts_none():
    tiny = recognise(abroad(), "bridging", unit_cost=3, days=2, **{"yield": 0.9})
    recognise(tiny, "recognised", stage="collection", unit_cost=3, days=2, **{"yield": 0.9})
    rows = Verdicts(tiny.build()).table.set_index(["stage", "from", "market"])
    assert rows.loc[("manufacturing", "B", "A"), ["unit_cost", "days", "yield"]].tolist() == [3, 2, 0.9]
    assert rows.loc[("collection", "B", "A"), ["unit_cost", "days", "yield"]].tolist() == [0, 0, 1]


def test_said_names_the_row_of_the_file_and_never_too():
    tiny = recognise(abroad(), "never", stage="manufacturing", valid_to=2028)
    verdicts = Verdicts(recognise(tiny, "recognised").build())
    assert verdicts.said("K", "A", 0)["manufacturing", "B"] == ("never", 0.0, 2)
    assert verdicts.said("K", "A", 2)["manufacturing", "B"] == ("recognised", 0.0, 3)
    assert verdicts.said("K", "A", 0)["manufacturing", "A"] == ("recognised", 0.0, -1)
    assert verdicts.spells == [[0, 1], [2, 3]]
