"""A model that is brought up to date says exactly what a model built afresh says, whatever was changed."""

from __future__ import annotations

import random

import numpy as np
import pyomo.environ as pyo
import pytest

from donornet.formulation import Choices, assemble, build_model
from donornet.formulation.columns import RestructuredError
from donornet.formulation.effects import EFFECTS, EVERY, HEAD_EFFECTS, ROWS, Part, changed_columns, parts_of
from donornet.formulation.matrix import row_names
from donornet.formulation.revise import revise_model, untie
from donornet.instance.head import Head
from donornet.instance.schema import TABLES
from tests.formulation.edits import edited, places
from tests.oracle.random_instances import random_instance
from tests.oracle.tiny import Tiny

TIED = Choices(decide_once=True)
VECTORS = ("cost", "lower", "upper", "integer", "row_lower", "row_upper")


def assert_same(model, fresh) -> None:
    """Columns and rows agree one by one: names, coefficients, bounds."""
    one, other = assemble(model), assemble(fresh)
    assert [v.name for v in one.variables] == [v.name for v in other.variables]
    assert row_names(model) == row_names(fresh)
    for name in VECTORS:
        assert np.array_equal(getattr(one, name), getattr(other, name)), name
    assert one.offset == other.offset
    assert not (one.rows != other.rows).nnz


def revised(model, instance, choices):
    """The model of another instance, revised if that goes, else built of the network that could be kept."""
    before = build_model(model.instance, choices)
    try:
        revise_model(model, instance)
    except RestructuredError as change:
        assert_same(model, before)  # the model is left as it was
        return build_model(instance if change.network is None else change.network, choices)
    return model


def follow(seed: int, edits: int) -> None:
    """Edit a random instance again and again, the same model following."""
    dice = random.Random(seed)
    choices = dice.choice([TIED, Choices()])
    instance = random_instance(seed)
    model = build_model(instance, choices)
    reachable = [place for place in places(instance) if place[0] in EFFECTS]
    for place in dice.sample(reachable, edits):
        changed = edited(instance, place, dice) if instance.has(place[0]) else None
        if changed is None:
            continue
        if Part.NETWORK in parts_of(instance, changed, changed_columns(instance, changed)):
            continue  # another model altogether
        model = revised(model, changed, choices)
        assert_same(model, build_model(changed, choices))
        instance = changed


def test_a_revised_model_is_the_fresh_model():
    follow(4, 3)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(40, 100))
def test_a_revised_model_is_the_fresh_model_of_many_instances(seed):
    follow(seed, 12)


def tiny() -> Tiny:
    """Two years of the line with steps, a licence, limits, and whatever else has a column of its own."""
    case = Tiny(periods={"count": 2, "days": 365, "first": 1}, discount_rate=0.05)
    case.add("capacity_steps", {"site": "M", "stage": "manufacturing", "step": 1, "capacity": 5, "opening_cost": 7})
    case.tables["facilities"] = [
        {**row, "capacity": 20} if row["stage"] == "manufacturing" else row for row in case.tables["facilities"]
    ]
    case.change("donor_pools", registry=60)
    case.add("limits", {"limit": "money", "measure": "investment", "sense": "max", "value": 500})
    case.add("limits", {"limit": "share", "measure": "unmet_share", "sense": "max", "value": 0.5, "penalty": 3})
    case.add("diversity", {"requirement": "one", "measure": "min_count", "member": "*", "value": 1})
    return case


IN_PLACE = {
    "costs": ("facilities.opening_cost*=3", "facilities.fixed_cost_per_year=4", "capacity_steps.opening_cost+=2"),
    "demand": ("demand.doses*=1.25",),
    "capacity": ("facilities.capacity*=0.5", "capacity_steps.capacity+=3"),
    "prices and work": ("operations.unit_cost*=1.5", "operations.load=0.5", "donor_pools.donation_cost*=2"),
    "donors": ("donor_pools.registry=40", "diversity.value=2"),
    "limits": ("limits.value*=0.75", "limits.penalty=5 where limit=share"),
}
"""Edits that leave the rows and columns of the tiny model what they are."""
ANEW = ("demand.unmet_penalty=90", "facilities.min_load=0.3 where stage=manufacturing", "lanes.unit_cost=1")
"""Edits that do not."""


@pytest.fixture(scope="module")
def line():
    return tiny().build()


@pytest.mark.parametrize("part", IN_PLACE)
def test_edits_are_made_in_place_where_they_can_be(line, part):
    model, changed = build_model(line, TIED), line.apply(*IN_PLACE[part])
    assert revise_model(model, changed).redone
    assert_same(model, build_model(changed, TIED))


def test_edits_that_ask_for_other_rows_or_columns_leave_the_model_as_it_was(line):
    model = build_model(line, TIED)
    for edit in ANEW:
        with pytest.raises(RestructuredError):
            revise_model(model, line.apply(edit))
    assert_same(model, build_model(line, TIED))


@pytest.mark.slow
def test_an_edit_and_its_reverse_give_the_first_model_back(line):
    model = build_model(line)
    revise_model(model, line.apply("demand.doses*=3", "facilities.opening_cost*=2"))
    revision = revise_model(model, line)
    assert revision.changed == ("facilities.opening_cost", "demand.doses")
    assert_same(model, build_model(line))


def test_what_a_user_has_done_to_rows_and_bounds_stays(line):
    model = build_model(line)
    demand, opening = next(iter(model.meet_demand.values())), next(iter(model.Open.values()))
    demand.deactivate()
    opening.setub(0.0)
    model.cap = pyo.Constraint(expr=sum(model.Donate.values()) <= 7)
    revise_model(model, line.apply("demand.doses*=2"))
    assert not demand.active
    assert next(iter(model.meet_demand.values())) is demand
    assert demand.upper == 2 * line.table("demand")["doses"].iloc[0]  # what is shown is what is meant
    assert opening.ub == 0.0
    assert model.cap.active


@pytest.mark.slow
def test_a_rewritten_row_keeps_what_was_written(line):
    model = build_model(line)
    index = next(iter(model.meet_demand))
    model.meet_demand[index].set_value(model.Deliver[next(iter(model.Deliver))] == 3)
    revise_model(model, line.apply("demand.doses*=2"))
    assert model.meet_demand[index].upper == 3


def test_a_term_that_a_user_has_replaced_stays(line):
    model = build_model(line)
    model.opening_cost.set_value(11.0)
    revise_model(model, line.apply("facilities.opening_cost*=2"))
    assert pyo.value(model.opening_cost) == 11.0
    assert assemble(model).offset == 11.0


@pytest.mark.slow
def test_untied_decisions_are_those_of_a_model_without_the_choice():
    instance = Tiny(periods={"count": 3, "days": 365, "first": 1}).build()
    model = build_model(instance, TIED)
    assert not np.array_equal(assemble(model).row_lower, assemble(build_model(instance)).row_lower)
    untie(model)
    assert_same(model, build_model(instance))


def test_effects_name_columns_and_fields_that_the_format_has():
    for table, effects in EFFECTS.items():
        assert set(effects) - {ROWS, EVERY} <= {column.name for column in TABLES[table]}, table
    assert set(HEAD_EFFECTS) <= set(Head.model_fields)
