"""Which items a sweep has, what they are called and where they start."""

from __future__ import annotations

import pytest

from donornet.study.sweeps.items import items_of
from tests.oracle.tiny import Tiny

GRID = {"demand": ["demand.doses*=1", "demand.doses*=2"], "lanes": ["lanes.cost+=0", "lanes.cost+=1"]}


def tiny():
    rows = [
        {"scenario": name, "order": 1, "table": "demand", "where": "", "set": "doses*=1.5"}
        for name in ("high", "higher")
    ]
    return Tiny().add("scenarios", *rows).build()


def names(scenarios="all", grid=None, *, base=True):
    return [item.name for item in items_of(tiny(), scenarios, grid, base=base)]


def parents(scenarios="all", grid=None, *, base=True):
    return {item.name: item.parent for item in items_of(tiny(), scenarios, grid, base=base)}


def test_all_scenarios_follow_the_base_case():
    assert names() == ["base", "high", "higher"]


def test_the_base_case_can_be_left_out():
    assert names(base=False) == ["high", "higher"]


def test_scenarios_can_be_named_and_stacked():
    assert names(["higher", "high+higher", ("higher", "high")]) == ["base", "higher", "high+higher", "higher+high"]
    assert items_of(tiny(), "high+higher", None, base=False)[0].applied == ("high", "higher")


def test_a_grid_is_the_product_of_its_axes_with_readable_labels():
    assert names("high", GRID, base=False) == [
        "high | demand*=1 | lanes+=0",
        "high | demand*=1 | lanes+=1",
        "high | demand*=2 | lanes+=0",
        "high | demand*=2 | lanes+=1",
    ]
    assert items_of(tiny(), "high", GRID, base=False)[-1].applied == ("high", "demand.doses*=2", "lanes.cost+=1")


def test_the_base_case_stands_on_the_grid_and_by_itself():
    assert names(None, {"demand": ["demand.doses*=2"]}) == ["base", "demand*=2"]
    assert names(None, {"demand": ["demand.doses*=2"]}, base=False) == ["demand*=2"]


def test_values_may_be_nothing_several_edits_or_have_labels_of_their_own():
    grid = {"law": [None, ["recognition remove", "lanes.cost=1"]], "demand": {"much": "demand.doses*=9"}}
    assert names(None, grid)[1:] == [
        "law=unchanged | demand=much",
        "law=recognition remove; lanes.cost=1 | demand=much",
    ]


def test_a_list_of_edits_is_one_axis_and_a_text_lists_values_in_braces():
    edits = ["demand.doses*=1", "demand.doses*=2"]
    assert names(None, edits)[1:] == edits
    assert names(None, {"demand": "demand.doses*={1,2}"})[1:] == ["demand*=1", "demand*=2"]
    assert names(None, "demand.doses*={1,2}")[1:] == edits


def test_edits_that_differ_in_more_than_the_number_are_named_in_full():
    grid = {"demand": ["demand.doses*=1 where centre=a", "demand.doses*=1 where centre=b"]}
    assert names(None, grid)[1:] == [f"demand={edit}" for edit in grid["demand"]]


def test_every_item_starts_from_the_one_before_it_that_differs_least():
    assert parents("high", GRID) == {
        "base": None,
        "demand*=1 | lanes+=0": "base",
        "demand*=1 | lanes+=1": "demand*=1 | lanes+=0",
        "demand*=2 | lanes+=0": "demand*=1 | lanes+=0",
        "demand*=2 | lanes+=1": "demand*=2 | lanes+=0",
        "high | demand*=1 | lanes+=0": "demand*=1 | lanes+=0",
        "high | demand*=1 | lanes+=1": "high | demand*=1 | lanes+=0",
        "high | demand*=2 | lanes+=0": "high | demand*=1 | lanes+=0",
        "high | demand*=2 | lanes+=1": "high | demand*=2 | lanes+=0",
    }
    assert parents() == {"base": None, "high": "base", "higher": "base"}
    assert parents(base=False) == {"high": None, "higher": "high"}


@pytest.mark.parametrize("base", [True, False])
def test_parents_stand_before_their_children(base):
    seen: list[str] = []
    for item in items_of(tiny(), "all", GRID, base=base):
        assert item.parent is None or item.parent in seen
        seen.append(item.name)


def test_a_sweep_without_items_is_refused():
    with pytest.raises(ValueError, match="no items"):
        names(None, base=False)


def test_an_axis_without_values_is_refused():
    with pytest.raises(ValueError, match="'demand' of the grid has no values"):
        names(None, {"demand": []})


def test_two_items_of_the_same_name_are_refused():
    with pytest.raises(ValueError, match=r"called 'demand\*=1'"):
        names(None, {"demand": ["demand.doses*=1", "demand.doses*=1"]})
