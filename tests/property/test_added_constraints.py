"""What a user adds to the model holds in the design, and costs no less than leaving it out."""

from __future__ import annotations

import pyomo.environ as pyo
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import donornet as dn
from donornet.formulation import build_model
from tests.oracle.random_instances import random_instance
from tests.oracle.tiny import Tiny


def two_plants() -> Tiny:
    """The line with a second, dearer plant N: 60 to open, 1 more per unit."""
    tiny = Tiny().add("sites", {"site": "N", "jurisdiction": "A"}).vans("N>R").vans("C>N", unit_cost=1)
    return tiny.add("facilities", {"site": "N", "stage": "manufacturing", "opening_cost": 160})


def solved(m) -> dn.Result:
    result = dn.solve(m, gap=1e-9)
    assert result.status is dn.Status.OPTIMAL
    return result


def open_sites(result: dn.Result) -> set[str]:
    facilities = result.facilities
    return set(facilities.loc[(facilities["open"] == 1) & (facilities["stage"] == "manufacturing"), "site"])


def test_without_additions_the_cheaper_plant_opens():
    result = solved(build_model(two_plants().build()))
    assert open_sites(result) == {"M"}
    assert result.objective == pytest.approx(195)


def test_a_constraint_over_the_models_variables_holds():
    m = build_model(two_plants().build())
    m.dual_sourcing = pyo.Constraint(expr=m.Open["M", "manufacturing", 1] + m.Open["N", "manufacturing", 1] >= 2)
    result = solved(m)
    assert open_sites(result) == {"M", "N"}
    assert result.objective == pytest.approx(195 + 160)


def test_variables_and_rows_over_flows_hold():
    m = build_model(two_plants().build())
    m.share = pyo.Var(["M", "N"], bounds=(0, 0.6))

    @m.Constraint(["M", "N"])
    def shares(m, site):
        shipped = sum(m.Ship[index] for index in m.Ship if index[5] == site)
        return shipped == m.share[site] * 5

    result = solved(m)
    flows = result.flows.groupby("to")["units"].sum()
    assert flows["M"] == pytest.approx(3)
    assert flows["N"] == pytest.approx(2)
    assert m.share["N"].value == pytest.approx(0.4)
    assert result.objective == pytest.approx(195 + 160 + 2)


def test_a_fixed_variable_and_a_row_taken_out_hold():
    m = build_model(two_plants().build())
    m.Open["M", "manufacturing", 1].fix(0)
    assert open_sites(solved(m)) == {"N"}
    m = build_model(two_plants().build())
    m.open_before_use.deactivate()
    assert solved(m).info["violations"]  # plants used and not open: the check finds what the model no longer forbids


def test_what_contradicts_the_instance_is_a_status():
    m = build_model(two_plants().build())
    m.nothing_made = pyo.Constraint(expr=sum(m.Deliver.values()) <= 9)
    assert dn.solve(m).status is dn.Status.INFEASIBLE


@settings(max_examples=6)
@given(seed=st.integers(min_value=0, max_value=500), data=st.data())
def test_a_facility_forbidden_by_hand_stays_shut_and_never_makes_a_design_cheaper(seed, data):
    instance = random_instance(seed)
    free = dn.solve(instance, gap=1e-9, time_limit=60)
    if free.status is not dn.Status.OPTIMAL:
        return
    m = build_model(instance)
    used = free.facilities.query("open == 1").drop_duplicates(["site", "stage"])
    chosen = [(row.site, row.stage) for row in used.itertuples() if not m.Open[row.site, row.stage, row.period].fixed]
    if not chosen:
        return
    site, stage = data.draw(st.sampled_from(chosen))
    m.shut = pyo.Constraint(expr=sum(m.Open[site, stage, t] for t in instance.periods) <= 0)
    tied = dn.solve(m, gap=1e-9, time_limit=60)
    if tied.status is dn.Status.OPTIMAL:
        assert tied.objective is not None
        assert free.objective is not None
        assert tied.objective >= free.objective - 1e-6 * max(1.0, abs(free.objective))
        assert tied.facilities.query("site == @site and stage == @stage and open == 1").empty
    else:
        assert tied.status is dn.Status.INFEASIBLE
