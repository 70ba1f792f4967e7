"""Scenarios and ad-hoc edits: the same as editing by hand, one after the other, nothing by accident."""

from __future__ import annotations

import pickle
from dataclasses import replace

import pytest

import donornet as dn
from donornet.instance.edits import Assignment, Condition, Edit
from tests.oracle.tiny import Tiny

SCENARIOS = [
    {"scenario": "more", "order": 2, "table": "demand", "set": "doses+=5"},
    {"scenario": "more", "order": 1, "table": "demand", "set": "doses*=2"},
    {"scenario": "dear", "order": 1, "table": "operations", "where": "stage=collection", "set": "unit_cost=9"},
    {"scenario": "no-lab", "order": 1, "table": "facilities", "where": "stage=testing", "set": "remove"},
]


def tiny() -> Tiny:
    return Tiny().add("scenarios", *SCENARIOS)


def refusal(instance: dn.Instance, *changes: str | Edit) -> str:
    with pytest.raises(dn.InvalidInstanceError) as caught:
        instance.apply(*changes)
    return str(caught.value)


def test_a_scenario_equals_the_instance_edited_by_hand():
    by_hand = tiny().change("demand", doses=25)
    assert tiny().build().apply("more").sha256 == by_hand.build().sha256


def test_a_shipped_scenario_equals_the_tables_edited_by_hand(instances):
    base = dn.read(instances / "toy")
    recognition = base.tables["recognition"]
    gone = (
        (recognition["stage"] == "manufacturing") & (recognition["from"] == "west") & (recognition["market"] == "east")
    )
    by_hand = replace(base, tables={**base.tables, "recognition": recognition[~gone]})
    assert gone.sum() == 1
    assert base.apply("mutual-recognition").sha256 == by_hand.sha256


def test_an_edit_in_one_line_an_edit_and_a_scenario_do_the_same():
    base = tiny().build()
    edit = Edit("operations", "set", (Condition("stage", "collection"),), (Assignment("unit_cost", "=", 9.0),))
    text = "operations.unit_cost=9 where stage=collection"
    assert base.apply("dear").sha256 == base.apply(text).sha256 == base.apply(edit).sha256
    assert base.apply(edit).applied == (text,)


def test_changes_are_applied_in_the_order_given():
    base = tiny().build()

    def doses(*changes: str) -> float:
        return float(base.apply(*changes).table("demand")["doses"].iloc[0])

    assert doses("more") == 25
    assert doses("more", "demand.doses*=2") == 50
    assert doses("demand.doses*=2", "more") == 45
    assert doses("demand.doses=1; doses+=1") == 2


def test_changes_stack():
    base = tiny().build()
    twice = base.apply("more").apply("dear", "demand.doses*=2")
    assert twice.sha256 == base.apply("more", "dear", "demand.doses*=2").sha256
    assert twice.applied == ("more", "dear", "demand.doses*=2")
    assert twice.base_sha256 == base.sha256
    assert base.applied == ()
    assert base.table("demand")["doses"].iloc[0] == 10


def test_rows_are_added_and_removed():
    base = tiny().build()
    added = base.apply("centres add where centre=R2; jurisdiction=A", "centres.title=there where centre=R2")
    assert list(added.table("centres")["centre"]) == ["R", "R2"]
    assert added.apply("centres remove where centre=R2").sha256 == base.sha256


def test_an_edit_of_groups_is_known_to_the_edits_after_it():
    base = tiny().add("groups", {"group": "g", "member": "C"}).build()
    changed = base.apply("groups.member=M", "facilities.capacity=7 where site=g")
    assert changed.table("facilities").set_index("site")["capacity"].dropna().to_dict() == {"M": 7.0}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("moer", "'moer' is no scenario of this instance (did you mean 'more'?); it has: more, dear, no-lab"),
        ("demand.doses", "if it is to be an edit, write table.column=value"),
        ("facilities.status=open where stage=colection", "matches no row of facilities (did you mean 'collection'?)"),
        ("demand.doses*=2 where therapy=K;centre=Q*", "centre=Q* matches no row of demand, where centre is R; correct"),
        ("prohibitions remove", "the table prohibitions has no row to edit"),
        ("lanes.days=2 where from=P;to=R", "no row of lanes meets from=P; to=R together"),
        (Edit("demand", "set", (), (Assignment("dozes", "=", 1.0),)), "did you mean 'doses'?"),
    ],
)
def test_a_change_that_cannot_be_made_is_refused_with_the_nearest_name(change, said):
    base = tiny().build()
    assert said in refusal(base, change)
    assert base.apply("more").applied == ("more",)  # the nearest valid one


def test_everything_wrong_is_said_at_once():
    wrong = refusal(
        tiny().build(), "moer", "demnd.doses=1", "demand.dozes=1 where centr=R", "lanes remove where mode=x"
    )
    for said in ("'moer'", "'demnd'", "'dozes'", "'centr'", "mode=x"):
        assert said in wrong
    assert "5 errors" in wrong


def test_a_fault_of_a_scenario_names_its_row_in_the_table():
    base = tiny().add(
        "scenarios", {"scenario": "lost", "order": 1, "table": "demand", "where": "centre=X", "set": "remove"}
    )
    with pytest.raises(dn.InvalidInstanceError) as caught:
        base.build().apply("lost")
    (finding,) = caught.value.findings
    assert (finding.code, finding.table, finding.row, finding.column) == ("no-match", "scenarios", 6, "where")


@pytest.mark.parametrize(
    ("changes", "label"),
    [
        ((), "base"),
        (("more",), "more"),
        (("more", "dear"), "more+dear"),
        (("demand.doses*=2",), "demand.doses*=2"),
        (("more", "demand.doses *= 2.0  where  centre=R", "dear"), "more + demand.doses*=2 where centre=R + dear"),
    ],
)
def test_the_label_says_what_was_applied(changes, label):
    assert tiny().build().apply(*changes).scenario == label


def test_labels_of_different_changes_are_different():
    base = tiny().build()
    one = base.apply("sites.title=a + more")
    two = base.apply("sites.title=a", "more")
    assert one.scenario != two.scenario


def test_what_was_applied_survives_pickling_and_is_no_part_of_the_hash():
    changed = tiny().build().apply("more", "demand.doses*=3")
    copy = pickle.loads(pickle.dumps(changed))  # noqa: S301 - our own bytes
    assert (copy.applied, copy.base_sha256, copy.sha256) == (changed.applied, changed.base_sha256, changed.sha256)
    assert replace(changed, applied=(), base_sha256="").sha256 == changed.sha256


def test_a_result_is_labelled_by_what_was_applied():
    base = tiny().build()
    result = dn.solve(base.apply("more", "demand.unmet_penalty=1"), gap=0)
    assert result.scenario == "more + demand.unmet_penalty=1"
    assert result.info["applied"] == ["more", "demand.unmet_penalty=1"]
    assert result.info["base_sha256"] == base.sha256
    assert result.info["instance"] == "tiny"
    assert dn.solve(base, scenario="mine").scenario == "mine"
