"""Lanes: derived, listed, closed, within a site; limits of time; dominance."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest

from donornet.admissible.lanes import LaneBook, great_circle, undominated
from donornet.admissible.names import Names
from donornet.admissible.relation import Relation
from tests.oracle.tiny import Tiny, derived

DEGREE = 6371.0088 * math.pi / 180
"""Kilometres of a degree of a great circle."""


def lanes_of(tiny: Tiny, *leg: Any, **options: Any) -> pd.DataFrame:
    instance = tiny.build()
    names = Names(instance)
    return names.table(LaneBook(instance, names).open_lanes(*leg, **options))


def doses(tiny: Tiny, therapy: str = "K", **options: bool) -> dict[str, tuple[float, float, float]]:
    """Return cost, days and km of the lanes for doses from M to R, by mode."""
    lanes = lanes_of(tiny, therapy, "doses", ["M"], ["R"], ("manufacturing", "centre"), **options)
    return {row.mode: (row.unit_cost, row.days, row.km) for row in lanes.itertuples()}


def material(tiny: Tiny) -> list[tuple[str, str, str]]:
    lanes = lanes_of(tiny, "K", "material", ["C", "M"], ["M"], ("collection", "manufacturing"))
    return sorted(zip(lanes["from"], lanes["to"], lanes["mode"], strict=True))


class TestDistance:
    def test_degree_of_the_equator(self):
        assert great_circle(_places((0, 0)), _places((0, 1)))[0, 0] == pytest.approx(DEGREE)

    def test_quarter_of_the_globe_over_the_pole(self):
        assert great_circle(_places((90, 0)), _places((0, 57)))[0, 0] == pytest.approx(90 * DEGREE)

    def test_missing_coordinate_has_no_distance(self):
        assert math.isnan(great_circle(_places((0, math.nan)), _places((0, 1)))[0, 0])


def _places(*places: tuple[float, float]):
    return pd.DataFrame(places).to_numpy(dtype=float)


class TestDerived:
    def test_cost_and_days_grow_with_distance(self):
        lanes = doses(derived(km_per_day=DEGREE / 2, handling_days=0.5))
        assert lanes == {"air": pytest.approx((1 + 0.1 * DEGREE, 2.5, DEGREE))}

    def test_blank_speed_takes_the_handling_time_only(self):
        assert doses(derived(handling_days=0.5))["air"][1] == 0.5

    def test_none_beyond_the_reach_of_the_mode(self):
        assert doses(derived(max_km=DEGREE + 1))
        assert not doses(derived(max_km=DEGREE - 1))

    def test_none_without_a_coordinate(self):
        assert not doses(derived().change("centres", latitude=None))

    def test_none_for_what_the_mode_does_not_carry(self):
        assert not doses(derived(carries="material"))

    def test_none_between_other_stages(self):
        assert doses(derived(from_stage="manufacturing", to_stage="centre"))
        assert not doses(derived(from_stage="processing"))
        assert not doses(derived(to_stage="processing"))


class TestListed:
    def test_row_replaces_the_derived_lane_of_its_mode_only(self):
        tiny = derived().add("lanes", {"from": "M", "to": "R", "mode": "air", "unit_cost": 7, "days": 3})
        tiny.add("transport_modes", {"mode": "sea", "carries": "doses", "cost": 2})
        lanes = doses(tiny)
        assert lanes["air"] == pytest.approx((7, 3, DEGREE))
        assert lanes["sea"][0] == 2

    def test_blank_cells_are_zero(self):
        assert doses(Tiny())["van"] == (0, 0, 0)

    def test_row_of_the_therapy_replaces_that_of_all(self):
        tiny = Tiny().add("lanes", {"from": "M", "to": "R", "mode": "van", "therapy": "K", "unit_cost": 4})
        tiny.add("therapies", {"therapy": "other", "modality": "allogeneic", "route": "manufacturing"})
        assert doses(tiny)["van"][0] == 4
        assert doses(tiny, "other")["van"][0] == 0

    def test_closed_row_removes_the_derived_lane(self):
        assert not doses(derived().add("lanes", {"from": "M", "to": "R", "mode": "air", "status": "closed"}))

    def test_closed_row_of_the_therapy_removes_the_lane_of_all(self):
        assert not doses(
            Tiny().add("lanes", {"from": "M", "to": "R", "mode": "van", "therapy": "K", "status": "closed"})
        )

    def test_row_of_a_known_mode_must_fit_what_is_carried(self):
        tiny = Tiny().add("transport_modes", {"mode": "van", "carries": "material"})
        assert not doses(tiny)
        assert doses(tiny.change("transport_modes", carries="doses"))

    def test_row_holds_in_one_direction(self):
        assert doses(Tiny())
        assert lanes_of(Tiny(), "K", "material", ["M"], ["C"], ("manufacturing", "collection")).empty


class TestWithinASite:
    def test_two_stages_are_joined_for_free(self):
        assert material(Tiny()) == [("C", "M", "van"), ("M", "M", "")]

    def test_any_listed_row_that_could_carry_the_leg_replaces_the_free_lane(self):
        assert material(Tiny().vans("M>M")) == [("C", "M", "van"), ("M", "M", "van")]
        assert material(Tiny().vans("M>M", status="closed")) == [("C", "M", "van")]

    def test_listed_row_of_a_mode_for_something_else_does_not(self):
        tiny = Tiny().add("transport_modes", {"mode": "post", "carries": "sample"})
        tiny.add("lanes", {"from": "M", "to": "M", "mode": "post"})
        assert ("M", "M", "") in material(tiny)

    def test_derived_lanes_stand_beside_the_free_one(self):
        tiny = Tiny().change("sites", 2, latitude=0, longitude=0)
        tiny.add("transport_modes", {"mode": "trolley", "carries": "material", "cost": 1})
        assert {mode for *_, mode in material(tiny)} == {"van", "", "trolley"}


class TestLimits:
    @pytest.mark.parametrize(("carries", "state", "open_"), [
        ("doses", "fresh", False), ("doses", "frozen", True),
    ])  # fmt: skip
    def test_fresh_days_bind_fresh_legs_only(self, carries: str, state: str, open_: bool):
        tiny = derived(handling_days=2, state=state, carries=carries).change("therapies", fresh_days=1.5)
        assert bool(doses(tiny)) == open_

    def test_leg_of_exactly_the_limit_is_open(self):
        assert doses(derived(handling_days=2, state="fresh").change("therapies", fresh_days=2))

    def test_samples_obey_sample_days_instead(self):
        tiny = Tiny().change("therapies", sample_days=1, fresh_days=0)
        tiny.lane("C>L").update(days=1)
        samples = lanes_of(tiny, "K", "sample", ["C"], ["L"], ("collection", "testing"))
        assert len(samples) == 1
        tiny.lane("C>L").update(days=1.1)
        samples = lanes_of(tiny, "K", "sample", ["C"], ["L"], ("collection", "testing"))
        assert samples.empty

    def test_limits_can_be_left_aside(self):
        tiny = derived(handling_days=2, state="fresh").change("therapies", fresh_days=1)
        assert doses(tiny, limited=False)
        assert not doses(tiny)


class TestDominance:
    @staticmethod
    def left(*lanes: tuple[int, float, float, bool], worse: tuple[str, ...] = ("cost", "days")) -> list[int]:
        columns = zip(("leg", "cost", "days", "capped"), map(np.array, zip(*lanes, strict=True)), strict=True)
        return sorted(undominated(Relation(dict(columns)), ["leg"], list(worse)).tolist())

    def test_lane_that_is_worse_in_everything_goes(self):
        assert self.left((1, 1, 1, False), (1, 2, 2, False)) == [0]

    def test_lane_that_is_better_in_something_stays(self):
        assert self.left((1, 1, 2, False), (1, 2, 1, False)) == [0, 1]

    def test_only_one_of_two_equal_lanes_stays(self):
        assert self.left((1, 1, 1, False), (1, 1, 1, False)) == [0]

    def test_lanes_of_other_legs_do_not_compete(self):
        assert self.left((1, 1, 1, False), (2, 2, 2, False)) == [0, 1]

    def test_lane_with_a_limit_of_its_own_beats_nothing(self):
        assert self.left((1, 1, 1, True), (1, 2, 2, False)) == [0, 1]
        assert self.left((1, 2, 2, True), (1, 1, 1, False)) == [1]

    def test_free_one_of_two_equal_lanes_stays(self):
        assert self.left((1, 1, 1, True), (1, 1, 1, False)) == [1]

    def test_single_criterion(self):
        assert self.left((1, 3, 1, False), (1, 1, 9, True), (1, 2, 9, False), worse=("cost",)) == [1, 2]
