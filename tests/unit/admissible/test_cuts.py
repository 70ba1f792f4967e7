"""Single points of failure."""

from __future__ import annotations

import pytest

from donornet.admissible import AdmissibleNetwork, network
from donornet.admissible.cuts import SinglePoint, failures
from donornet.instance import Instance
from donornet.instance.build import from_rows
from tests.oracle.random_instances import random_draft, random_instance
from tests.oracle.tiny import Tiny, second_plant


def points(tiny: Tiny) -> set[tuple[str, str]]:
    return {(point.step, point.place) for point in network(tiny.build()).single_points}


def test_every_place_of_the_line_is_a_single_point():
    assert points(Tiny()) == {("donor", "P"), ("collection", "C"), ("testing", "L"), ("manufacturing", "M")}


def test_plant_with_a_second_one_beside_it_is_none():
    assert points(second_plant(Tiny())) == {("donor", "P"), ("collection", "C"), ("testing", "L")}


def test_unreached_centres_have_none():
    assert points(Tiny().change("sites", 2, jurisdiction="B")) == set()


def test_words_for_planners():
    (point,) = [p for p in network(Tiny().build()).single_points if p.step == "manufacturing"]
    assert str(point) == "only M manufactures for K in A: without it 1 centre (R) loses the therapy"
    both = SinglePoint("K", "A", "testing", "L", ("R", "Q"), 2)
    assert str(both) == "only L tests for K in A: without it all 2 centres lose the therapy"
    own = [SinglePoint("K", "A", "collection", name, (centre,), 3) for name, centre in (("C", "R"), ("D", "Q"))]
    assert list(failures(own)) == ["K in A: 2 of 3 centres depend on a single collection site each: C for R; D for Q"]


def reached(compiled: AdmissibleNetwork) -> set[tuple[str, str]]:
    return {(reach.therapy, reach.centre) for reach in compiled.reaches if reach.serving}


def without(seed: int, step: str, place: str) -> Instance:
    """Return the random instance without a facility or pool."""
    draft = random_draft(seed)
    if step == "donor":
        draft.tables["donor_pools"] = [row for row in draft.tables["donor_pools"] if row["pool"] != place]
    for row in draft.rows("facilities"):
        if (row["site"], row["stage"]) == (place, step):
            row["status"] = "closed"
    return from_rows(draft.head, draft.tables)


@pytest.mark.parametrize("seed", range(3))
def test_losing_a_place_cuts_off_exactly_the_centres_it_is_a_single_point_of(seed: int):
    compiled = network(random_instance(seed))
    lost: dict[tuple[str, str], set[tuple[str, str]]] = {}
    for point in compiled.single_points:
        lost.setdefault((point.step, point.place), set()).update((point.therapy, centre) for centre in point.centres)
    used = {(step, place) for reach in compiled.reaches for step, places in reach.serving.items() for place in places}
    for step, place in sorted(used):
        left = reached(network(without(seed, step, place)))
        assert reached(compiled) - left == lost.get((step, place), set()), (step, place)
