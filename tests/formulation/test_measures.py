"""Measures on a model: the figures that the evaluation finds, and constraints that users write with them."""

from __future__ import annotations

import pyomo.environ as pyo
import pytest

import donornet as dn
from donornet.formulation import MEASURES
from donornet.formulation.measures import form_of, known
from tests.oracle.random_instances import random_instance
from tests.oracle.tiny import KM, Tiny


@pytest.fixture(scope="module")
def toy(instances):
    return dn.read(instances / "toy")


def meaningful(model) -> list[str]:
    names = []
    for name in MEASURES:
        try:
            form_of(model, name)
        except ValueError as error:
            assert "means nothing" in str(error)  # noqa: PT017 - the others must not fail
        else:
            names.append(name)
    return names


def assert_figures_agree(instance) -> set[str]:
    model = dn.build_model(instance, measures=MEASURES)
    result = dn.solve(model, gap=0.01)
    names = meaningful(model)
    for name in set(names) - {"coverage_floor"}:  # which needs to be aimed at for its tangents to be there
        figure = MEASURES[name].figure(result.kpis)
        assert form_of(model, name).value() == pytest.approx(figure, rel=1e-6, abs=1e-6), name
    return set(names)


def test_every_measure_of_the_toy_is_what_the_evaluation_finds(toy):
    assert assert_figures_agree(toy) == set(MEASURES) - {"coverage_floor"}


@pytest.mark.parametrize("seed", [0])
def test_every_measure_of_random_instances_is_what_the_evaluation_finds(seed):
    assert_figures_agree(random_instance(seed))


def test_each_measure_says_what_it_is_and_in_which_unit():
    for name, measure in MEASURES.items():
        assert measure.name == name
        assert measure.meaning.endswith(".")
        assert measure.unit


def test_a_quotient_in_a_users_constraint_is_a_linear_row_that_holds(toy):
    model = dn.build_model(toy)
    crossings = dn.measure(model, "crossings")
    model.few_crossings = pyo.Constraint(expr=crossings <= 0.05)
    result = dn.solve(model, gap=0.0)
    assert MEASURES["crossings"].figure(result.kpis) == pytest.approx(0.05)
    assert crossings() == pytest.approx(0.05)
    assert result.objective is not None
    assert result.objective > 4187.75  # what it costs without


def test_a_lower_bound_on_the_smallest_group_holds_for_every_group(toy):
    model = dn.build_model(toy, measures=["smallest_group_count"])
    model.enough = pyo.Constraint(expr=dn.measure(model, "smallest_group_count") >= 5)
    result = dn.solve(model, gap=0.0)
    assert MEASURES["smallest_group_count"].figure(result.kpis) >= 5 - 1e-6


def cleaner_lane() -> Tiny:
    """Return the line with C and M a degree of longitude apart, by air, or by rail: dearer by 1, without emission."""
    tiny = Tiny().change("sites", 0, latitude=0, longitude=0).change("sites", 2, latitude=0, longitude=1)
    tiny.tables["lanes"] = [row for row in tiny.tables["lanes"] if (row["from"], row["to"]) != ("C", "M")]
    air = {"mode": "air", "carries": "material", "co2_kg_per_km": 4 / KM}
    return tiny.add("transport_modes", air, {"mode": "rail", "carries": "material", "cost": 1})


def test_a_dearer_but_cleaner_lane_is_used_where_emission_is_the_objective():
    instance = cleaner_lane().build()
    cheapest, cleanest = dn.solve(instance), dn.solve(instance, objective="co2_kg")
    figures = [(result.objective, MEASURES["co2_kg"].figure(result.kpis)) for result in (cheapest, cleanest)]
    assert figures[0] == pytest.approx((195, 20))
    assert figures[1] == pytest.approx((200, 0))


def test_a_model_that_dropped_what_a_measure_needs_refuses_it():
    with pytest.raises(ValueError, match=r"built without .* co2 .*measures=\['co2'\]"):
        dn.measure(dn.build_model(cleaner_lane().build()), "co2")
    assert dn.measure(dn.build_model(cleaner_lane().build(), measures=["co2"]), "co2") is not None


def test_a_measure_without_meaning_for_the_instance_is_refused():
    with pytest.raises(ValueError, match="it has no patient_groups"):
        dn.measure(dn.build_model(Tiny().build(), measures=["coverage_floor"]), "coverage_floor")


def test_a_count_that_nothing_bounds_is_refused_and_one_that_a_registry_bounds_is_not():
    with pytest.raises(ValueError, match="no largest value"):
        dn.solve(Tiny().build(), objective="smallest_group_count")
    bounded = Tiny().change("donor_pools", registry=100).build()
    result = dn.solve(bounded, objective="smallest_group_count")
    assert result.info["objectives"][0]["value"] == pytest.approx(50)  # half of 100 donations pass


@pytest.mark.parametrize(
    ("names", "message"),
    [
        ("unmett", r"'unmett' is unknown \(did you mean 'unmet'\?\)"),
        (["km", "km"], "'km' is named twice"),
    ],
)
def test_unknown_and_repeated_names_are_refused(names, message):
    with pytest.raises(ValueError, match=message):
        known(names)


def test_a_compiled_network_without_the_measure_is_refused():
    network = dn.network(cleaner_lane().build())
    with pytest.raises(ValueError, match="compiled without co2"):
        dn.build_model(network, measures=["co2"])
