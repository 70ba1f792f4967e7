"""The worth of rules, licences, sites and capacity."""

from __future__ import annotations

import itertools
import json
import math
from pathlib import Path

import pandas as pd
import pytest

import donornet as dn
from donornet.instance import Instance
from donornet.study import Serial
from donornet.study.values.bounds import FINDINGS, INDISPENSABLE, NOT_TRIED, NOTHING, SAVES, UNKNOWN
from donornet.study.values.items import Item
from donornet.study.values.rules import agreement_edits
from donornet.study.values.use import Use
from donornet.study.values.value import KINDS, _items, _screened
from tests.oracle.random_instances import random_instance
from tests.oracle.tiny import Tiny, by_paths, second_plant


def two_plants() -> Instance:
    """Plants M (100 to open) and N (90, 1 more for each of 5 units); N's jurisdiction B is bridged to for 2 a unit."""
    tiny = second_plant(Tiny(), jurisdiction="B", opening_cost=90)
    return tiny.add(
        "recognition", {"stage": "*", "from": "B", "market": "A", "verdict": "bridging", "unit_cost": 0.5}
    ).build()


def row(values: dn.Values, item: str, counterfactual: str) -> pd.Series:
    table = values.table
    found = table[table["item"].str.startswith(item) & (table["counterfactual"] == counterfactual)]
    assert len(found) == 1, table[["item", "counterfactual"]]
    return found.iloc[0]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("value")


@pytest.fixture(scope="module")
def values(folder: Path) -> dn.Values:
    return dn.value(two_plants(), ["recognition", "facilities"], executor=Serial(), folder=folder, gap=0)


def test_the_worth_is_the_difference_of_two_independent_solves(values: dn.Values):
    instance = two_plants()
    _, base = by_paths(instance)
    for number, found in values.table.iterrows():
        status, other = by_paths(instance.apply(*found["edits"]))
        if status == "infeasible":
            assert found["verdict"] == INDISPENSABLE, number
        else:
            assert found["worth"] == pytest.approx(abs(other - base), abs=1e-3)
            assert found["low"] - 1e-3 <= abs(other - base) <= found["high"] + 1e-3


def test_signs_and_verdicts_are_those_worked_out_by_hand(values: dn.Values):
    """By M: 195. By N: 80 + 5·(3 + 1 + 0.5) + 90 = 192.5; recognised in full 190."""
    assert values.base.objective == pytest.approx(192.5)
    assert row(values, "N", "not there")["worth"] == pytest.approx(2.5)
    assert row(values, "M", "not there")[["worth", "verdict"]].tolist() == [0.0, NOTHING]
    assert row(values, "* B -> A", "not recognised")["worth"] == pytest.approx(2.5)
    assert row(values, "* B -> A", "recognised in full")["worth"] == pytest.approx(2.5)
    assert set(values.findings["verdict"]) <= FINDINGS


def test_findings_come_first_and_the_largest_of_them(values: dn.Values):
    verdicts = list(values.table["verdict"])
    assert verdicts == sorted(verdicts, key=[INDISPENSABLE, SAVES, NOTHING].index)
    amounts = values.table[values.table["verdict"] == SAVES]["worth"]
    assert list(amounts) == sorted(amounts, reverse=True)
    assert str(values).index(INDISPENSABLE) < str(values).index("saves (")


def test_json_holds_no_number_that_json_does_not_know(values: dn.Values):
    plain = json.loads(values.to_json())
    assert len(plain["values"]) == len(values.table)
    assert plain["base"]["objective"] == pytest.approx(192.5)


def test_what_the_folder_holds_is_not_solved_again(values: dn.Values, folder: Path, monkeypatch: pytest.MonkeyPatch):
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError

    monkeypatch.setattr("donornet.solver.solve", refuse)
    again = dn.value(two_plants(), ["recognition", "facilities"], executor=Serial(), folder=folder, gap=0)
    pd.testing.assert_frame_equal(again.table, values.table)


@pytest.mark.slow
def test_a_difference_within_the_gaps_is_no_finding():
    """At a gap of 50 % the bound may be anywhere down to half the cost."""
    loose = dn.value(two_plants(), ["recognition"], executor=Serial(), gap=0.5, most=1)
    for _, found in loose.table.iterrows():
        certain = found["low"] > 1e-3 or found["high"] < -1e-3
        assert certain == (found["verdict"] in FINDINGS)
        assert math.isnan(found["worth"]) == (found["verdict"] in {UNKNOWN, NOT_TRIED})


@pytest.mark.slow
@pytest.mark.parametrize(("seed", "most"), [(7, 6), (2000, 6), (2001, 6)])
def test_what_the_base_design_holds_without_is_worth_nothing_when_solved_too(seed: int, most: int):
    instance = random_instance(seed)
    base = dn.solve(instance, gap=1e-9)
    unused = (item for item in _items(instance, base, KINDS, None) if item.effect == "stricter" and not item.use)
    held = list(itertools.islice((item for item in unused if _screened(instance, base, item) is not None), most))
    assert held
    for item in held:
        assert dn.solve(instance.apply(*item.edits), gap=1e-9).objective == pytest.approx(base.objective, rel=1e-7)


def proven(result: dn.Result) -> tuple[float, float]:
    """Return the least and the most that the optimum can be; infinite: there is no design, or none is known."""
    if result.status is dn.Status.INFEASIBLE:
        return math.inf, math.inf
    return (
        -math.inf if result.bound is None else result.bound,
        math.inf if result.objective is None else result.objective,
    )


def one_of_each(items: list[Item]) -> list[Item]:
    """Return the first item of each kind and counterfactual that is called stricter or laxer."""
    first = {(item.kind, item.counterfactual): item for item in reversed(items) if item.effect != "either"}
    return [item for item in reversed(first.values()) if item.edits]


@pytest.mark.slow
@pytest.mark.parametrize("seed", [2002, 2005, 2006, 2009, 2011, 2014])
def test_edits_that_are_called_stricter_or_laxer_are(seed: int):
    instance = random_instance(seed, roomy=False)
    base = dn.solve(instance, gap=1e-7)
    low, high = proven(base)
    slack = 1e-6 * abs(low) if math.isfinite(low) else 0.0
    for item in one_of_each(_items(instance, base, KINDS, None)):
        changed = instance.apply(*item.edits)
        if any(finding.is_error for finding in dn.validate(changed)):
            continue
        least, most = proven(dn.solve(changed, gap=1e-7))
        assert most >= low - slack if item.effect == "stricter" else least <= high + slack, item


def test_a_network_without_its_only_collection_site_leaves_all_demand_unmet():
    """10 doses at 25 each."""
    (item,) = (
        item
        for item in _items(Tiny().build(), dn.Result(dn.Status.NO_SOLUTION, None, None, None, None), ["facilities"], {})
        if item.name.startswith("C ")
    )
    instance = Tiny().change("demand", unmet_penalty=25).build()
    assert dn.solve(instance.apply(*item.edits)).objective == pytest.approx(250)


def test_edits_can_be_applied_and_change_something():
    instance = random_instance(2000)
    base = dn.Result(dn.Status.NO_SOLUTION, None, None, None, None)
    items = _items(instance, base, KINDS, None)
    assert {item.kind for item in items} >= {"recognition", "agreements", "licences", "facilities", "capacity"}
    for item in items[::4]:
        assert not item.edits or instance.apply(*item.edits).sha256 != instance.sha256, item


def test_an_agreement_changes_its_directions_and_no_other():
    tiny = (
        Tiny()
        .add("groups", *({"group": "all", "member": name} for name in "BCD"))
        .add("centres", {"centre": "S", "jurisdiction": "B"})
    )
    tiny.add("sites", {"site": "X", "jurisdiction": "C"}, {"site": "Y", "jurisdiction": "D"})
    tiny.add("recognition", {"stage": "testing", "from": "all", "market": "A", "verdict": "recognised"})
    tiny.add(
        "recognition", {"stage": "*", "from": "C", "market": "B", "therapy": "K", "verdict": "bridging", "days": 1}
    )
    instance = tiny.build()
    nobody = dn.Result(dn.Status.NO_SOLUTION, None, None, None, None)
    for verdict in ("never", "recognised"):
        changed = instance.apply(*agreement_edits(instance, {("C", "A"), ("C", "B")}, verdict))
        before, after = (Use(one, nobody).verdicts.said for one in (instance, changed))
        for market in ("A", "B"):
            old, new = before("K", market, 0), after("K", market, 0)
            assert {key: said[:2] for key, said in new.items() if key[1] != "C"} == {
                key: said[:2] for key, said in old.items() if key[1] != "C"
            }
            assert {said[0] for key, said in new.items() if key[1] == "C"} == {verdict}


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"what": "rules"}, "'rules'"),
        ({"what": ""}, "what must be"),
        ({"agreements": {"x": [("A", "Z")]}}, "'A' -> 'Z'"),
        ({"most": -1}, "-1"),
    ],
)
def test_wrong_arguments_are_refused_with_their_value(arguments, told):
    with pytest.raises(ValueError, match=told):
        dn.value(two_plants(), **arguments)
