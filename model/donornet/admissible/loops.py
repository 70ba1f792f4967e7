"""Chains of autologous therapies as enumerated loops: centre, first stage, ..., last stage, the same centre."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from donornet.admissible.arcs import RULES
from donornet.admissible.demand import Demand
from donornet.admissible.futures import numbered_within, same_future
from donornet.admissible.lanes import TOLERANCE_DAYS, undominated
from donornet.admissible.legs import Legs, whole_periods
from donornet.admissible.names import BLANK, Names
from donornet.admissible.nodes import Nodes
from donornet.admissible.prohibitions import Prohibitions, masks_of
from donornet.admissible.relation import Relation
from donornet.admissible.testing import TEST_COLUMNS, Testing
from donornet.instance import Instance

LOOP_COLUMNS = (
    "centre", "sites", "modes", "test_class", "time", "transport_cost", "operation_cost", "bridging_cost", "handoffs",
    "crossings", "gain", "lag", "km", "co2",
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Loops:
    """The loops of one autologous therapy and market.

    Attributes
    ----------
    names
        The numbers of the ids.
    rows
        centre, sites, modes (along the route, joined by ``>``), test_class (blank where untested), gain (doses per
        patient), time [days], lag (periods from entry to arrival), transport_cost, operation_cost, bridging_cost
        [currency/patient], handoffs, crossings, km, co2 [per patient].
    nodes
        Row of the node table at each stage, shape (loops, stages).
    offsets
        Days from entry to the start of each stage, shape (loops, stages).
    entering
        Units entering each stage per patient, shape (loops, stages).
    lane_rows
        Listed lane of each leg (-1: none), shape (loops, stages + 1).
    leg_units
        Units moved on each leg per patient, shape (loops, stages + 1).
    valid
        Entry periods in which the loop is admissible, shape (loops, periods).
    taken
        The tests: site, donor_class (the test class), lab, panel, mode and costs, as in `Layers.tests`.
    """

    names: Names
    rows: Relation
    nodes: np.ndarray
    offsets: np.ndarray
    entering: np.ndarray
    lane_rows: np.ndarray
    leg_units: np.ndarray
    valid: np.ndarray
    taken: Relation

    @cached_property
    def table(self) -> pd.DataFrame:
        """The rows as a table for people."""
        return self.names.table(self.rows)

    @cached_property
    def tests(self) -> pd.DataFrame:
        """The tests as a table for people."""
        return self.names.table(self.taken)


class LoopCompiler:
    """Enumerates the admissible, undominated loops of autologous therapies.

    Parameters
    ----------
    instance, legs, nodes, testing, demand
        The instance and what has been derived from it.
    measures
        Measures that count beside those of the limits; see `donornet.admissible.network`.
    """

    def __init__(
        self,
        instance: Instance,
        legs: Legs,
        nodes: Nodes,
        testing: Testing,
        demand: Demand,
        measures: Collection[str] = (),
    ) -> None:
        self.instance, self.legs, self.nodes, self.testing, self.demand = instance, legs, nodes, testing, demand
        self.names = legs.lanes.names
        self._measures = {*instance.table("limits")["measure"], *measures}
        therapies, sites = instance.table("therapies"), instance.table("sites")
        self._therapies = {row.therapy: row for row in therapies.itertuples()}
        numbers = self.names.numbers(sites["site"])
        self.home, self.organisation = (np.zeros(len(self.names), dtype=np.int64) for _ in range(2))
        self.home[numbers] = self.names.numbers(sites["jurisdiction"])
        self.organisation[numbers] = numbered_within([""] * len(sites), sites["organisation"])

    def loops(self, therapy: str, market: str) -> Loops | None:
        """Return the loops of one therapy and market; None if there is none."""
        row = self._therapies[therapy]
        longest = np.inf if np.isnan(row.vein_to_vein_days) else float(row.vein_to_vein_days) + TOLERANCE_DAYS
        walk = Walk(self, therapy, market, longest)
        tested = row.tested == "yes"
        rate = float(self.testing.rates(therapy, market, self.names.numbers([""]))[0]) if tested else 1.0
        paths = walk.start()
        for number in range(1, len(walk.rules.route)):
            paths = walk.extend(paths, number, rate if number == 1 else 1.0)
        paths = walk.close(paths, rate if len(walk.rules.route) == 1 else 1.0)
        tests = Relation({})
        if tested:
            paths, tests = walk.test(paths)
        else:
            forbidden = walk.rules.forbidden(paths[RULES], walk.rules.positions[-1])
            paths = paths.take(~forbidden).assign(test_class=BLANK)
        return self._finish(paths, tests, len(walk.rules.route), at_delivery=row.demand_at == "delivery")

    def _finish(self, paths: Relation, tests: Relation, stages: int, *, at_delivery: bool) -> Loops | None:
        """Keep the loops that can be started in some period and that no other beats."""
        lags = whole_periods(paths["time"], self.instance.days)
        paths = paths.rename({"units": "gain", "km_total": "km", "co2_total": "co2"}).assign(lag=lags)
        nodes, offsets = _columns(paths, "node", stages), _columns(paths, "offset", stages)
        valid = self._valid(nodes, offsets, lags, at_delivery=at_delivery)
        some = np.flatnonzero(valid.any(axis=1))
        keep = some[self._undominated(paths.take(some), stages)]
        if not len(keep):
            return None
        paths = paths.take(keep)
        paths = paths.assign(sites=self._joined(paths, "site", stages), modes=self._joined(paths, "mode", stages + 1))
        return Loops(
            self.names, paths.only(*LOOP_COLUMNS), nodes[keep], offsets[keep], _columns(paths, "entering", stages),
            _columns(paths, "lane", stages + 1), _columns(paths, "units", stages + 1), valid[keep], tests,
        )  # fmt: skip

    def _joined(self, paths: Relation, name: str, count: int) -> np.ndarray:
        """Return the names that a path has passed, joined by ``>``: each text is made once, for many paths share it."""
        steps = [f"{name}_{number}" for number in range(count)]
        distinct = paths.only(*steps).distinct(*steps)
        texts = [">".join(passed) for passed in self.names.texts(_columns(distinct, name, count))]
        return np.asarray(np.array(texts, dtype=object)[paths.find(distinct, *steps)])

    def _valid(self, nodes: np.ndarray, offsets: np.ndarray, lags: np.ndarray, *, at_delivery: bool) -> np.ndarray:
        """Return in which periods a loop can be entered, shape (loops, periods).

        Every stage must be recognised when it is reached. Beyond the horizon the verdicts of its last period hold;
        demand at delivery needs an arrival within the horizon.
        """
        count = len(self.instance.periods)
        entered = np.arange(count)[None, :]
        valid = np.ones((len(nodes), count), dtype=bool)
        for stage in range(nodes.shape[1]):
            reached = entered + whole_periods(offsets[:, stage], self.instance.days)[:, None]
            valid &= self.nodes.valid[nodes[:, stage][:, None], np.minimum(reached, count - 1)]
        return valid & (entered + lags[:, None] < count) if at_delivery else valid

    def _undominated(self, paths: Relation, stages: int) -> np.ndarray:
        """Return the positions of the loops that no uncapped loop through the same facilities beats.

        Loops compete when nothing but cost (and time or emission, where a limit counts them) sets them apart: the same
        facilities, reached and left in the same periods, and, where slots are held, at the same hours. The same
        facilities cost the same, so that transport decides.
        """
        capped = self.legs.capped(_columns(paths, "lane", stages + 1)).any(axis=1)
        nodes, offsets = _columns(paths, "node", stages), _columns(paths, "offset", stages)
        moments = self._moments(nodes, offsets)
        moved = {f"moment_{number}": moments[:, number] for number in range(stages)}
        competing = paths.assign(capped=capped, cost=paths["transport_cost"].round(9), **moved)
        counted = {"time": "vein_to_vein_mean", "co2": "co2"}
        worse = ["cost", *(column for column, measure in counted.items() if measure in self._measures)]
        facilities = [f"{name}_{number}" for name in ("node", "moment") for number in range(stages)]
        return np.sort(undominated(competing, [*facilities, "centre", "test_class", "lag"], worse))

    @cached_property
    def _is_slot(self) -> np.ndarray:
        """Which nodes hold slots, shape (nodes,)."""
        facilities = self.instance.table("facilities")
        slots = facilities[facilities["capacity_unit"] == "slots"]
        held = Relation({column: self.names.numbers(slots[column]) for column in ("site", "stage")})
        return self.nodes.rows.within(held, "site", "stage")

    def _moments(self, nodes: np.ndarray, offsets: np.ndarray) -> np.ndarray:
        """Return when each stage is reached, as exactly as its capacity tells.

        That is the period, or the hour where slots are held into the next period.
        """
        length = self.instance.days
        moments = whole_periods(offsets, length).astype(float)
        occupancy = self.nodes.rows["occupancy_days"][nodes]
        spills = self._is_slot[nodes] & (offsets - moments * length + occupancy > length)
        return np.where(spills, offsets.round(6), moments)


class Walk:
    """The loops of one therapy and market as they grow, stage by stage.

    A path is a row: where it started (centre), where it stands (site), what it has passed (site, mode, lane, node of
    each step), its time, units and costs per patient, and the prohibitions that it may still match.

    Parameters
    ----------
    compiler
        Whose loops these are.
    therapy, market
        What the loops serve.
    longest
        Most days that a loop may take [days].
    """

    def __init__(self, compiler: LoopCompiler, therapy: str, market: str, longest: float) -> None:
        self.compiler, self.therapy, self.market, self.longest = compiler, therapy, market, longest
        self.names = compiler.names
        self.rules = Prohibitions(compiler.instance, therapy, market)

    def start(self) -> Relation:
        """Take the patients from their centres to the first stage."""
        nodes = self._nodes(0)
        centres = self.names.numbers(self.compiler.demand.centres(self.therapy, self.market))
        lanes = self.compiler.legs.between(self.therapy, "patient", centres, nodes["site"])
        paths = Relation({
            "centre": lanes["from"], "site": lanes["to"], "mode_0": lanes["mode"], "lane_0": lanes["lane_row"],
            "transport_cost": lanes["unit_cost"], RULES: np.full(len(lanes), self.rules.all, dtype=self.rules.kind),
        })  # fmt: skip
        nothing = ("time", "operation_cost", "bridging_cost", "handoffs", "crossings", "km_total", "co2_total")
        return self._enter(paths.assign(units=1.0, units_0=1.0, **dict.fromkeys(nothing, 0.0)), nodes, 0)

    def extend(self, paths: Relation, number: int, rate: float) -> Relation:
        """Ship what a stage releases to stage `number` of the route; `rate` is the share that passes a test before."""
        nodes = self._nodes(number)
        lanes = self.compiler.legs.between(self.therapy, "material", paths["site"], nodes["site"], number - 1)
        lanes = lanes.rename({"from": "site", "to": "next"})
        moved = self._move(paths.assign(units=paths["units"] * rate), lanes, ("site",), number)
        handoffs, crossings = (
            place[moved["site"]] != place[moved["next"]] for place in (self.compiler.organisation, self.compiler.home)
        )
        moved = moved.assign(
            handoffs=moved["handoffs"] + moved["units"] * handoffs,
            crossings=moved["crossings"] + moved["units"] * crossings,
            co2_total=moved["co2_total"] + moved["units"] * moved["leg_co2"],
            site=moved["next"],
        )
        return self._enter(moved.without("next", "leg_co2"), nodes, number)

    def close(self, paths: Relation, rate: float) -> Relation:
        """Return the dose to the patient's centre."""
        lanes = self.compiler.legs.between(self.therapy, "doses", paths["site"], paths["centre"])
        lanes = lanes.rename({"from": "site", "to": "centre"})
        moved = self._move(paths.assign(units=paths["units"] * rate), lanes, ("site", "centre"), len(self.rules.route))
        abroad = self.compiler.home[moved["site"]] != self.names.number(self.market)
        return moved.assign(crossings=moved["crossings"] + moved["units"] * abroad)

    def test(self, paths: Relation) -> tuple[Relation, Relation]:
        """Give each loop the class of tests that its patients may take; return loops and tests."""
        testing, nobody = self.compiler.testing, self.names.number("")
        ways = testing.ways(self.therapy, self.market, paths["site_0"])
        patients = np.full(len(ways), nobody)
        ways = ways.take(testing.suffices(self.therapy, self.market, patients, ways["panel"]))
        ways = ways.assign(_test=masks_of(self.rules.of_tests, self.names, ways["lab"], ways["panel"]))
        kinds = paths.only("site_0", RULES).distinct("site_0", RULES)
        pairs = kinds.rename({"site_0": "site"}).assign(kind=np.arange(len(kinds))).join(ways, "site")
        pairs = pairs.take((pairs[RULES] & pairs["_test"]) == 0)
        testable, kind = np.unique(pairs["kind"], return_inverse=True)
        kinds = kinds.take(testable)
        futures = same_future(kind, pairs.numbers("node", "panel"))
        kinds = kinds.assign(test_class=numbered_within(kinds["site_0"].tolist(), futures.tolist()))
        tests = pairs.assign(donor_class=kinds["test_class"][kind], state=BLANK)
        tests = tests.distinct("site", "donor_class", "lab", "panel", "mode", "node")
        return paths.join(kinds, "site_0", RULES), tests.only(*TEST_COLUMNS, "donor_class", "state")

    def _nodes(self, number: int) -> Relation:
        return self.compiler.nodes.of(self.therapy, self.market, self.rules.route[number])

    def _enter(self, paths: Relation, nodes: Relation, number: int) -> Relation:
        """Let paths that stand at a site enter the stage there."""
        stage = self.rules.route[number]
        taken = {"unit_cost": "stage_cost", "bridging_cost": "stage_bridging", "days": "stage_days"}
        work = nodes.only("site", "node", "gain", "bridging_days", *taken).rename(taken)
        paths = paths.join(work, "site")
        masks = paths[RULES] & masks_of(lambda sites: self.rules.of_sites(stage, sites), self.names, paths["site"])
        paths = paths.assign(
            **{
                RULES: masks,
                f"site_{number}": paths["site"],
                f"node_{number}": paths["node"],
                f"offset_{number}": paths["time"],
                f"entering_{number}": paths["units"],
                "operation_cost": paths["operation_cost"] + paths["units"] * paths["stage_cost"],
                "bridging_cost": paths["bridging_cost"] + paths["units"] * paths["stage_bridging"],
                "time": paths["time"] + paths["stage_days"] + paths["bridging_days"],
                "units": paths["units"] * paths["gain"],
            }
        )
        alive = ~self.rules.forbidden(masks, stage, before_test=True) & (paths["time"] <= self.longest)
        return paths.take(alive).without("node", "gain", "bridging_days", *taken.values())

    def _move(self, paths: Relation, lanes: Relation, on: tuple[str, ...], leg: int) -> Relation:
        """Let paths take a leg."""
        taken = {"mode": "leg_mode", "unit_cost": "leg_cost", "days": "leg_days", "km": "leg_km", "lane_row": "leg_row"}
        lanes = lanes.rename({**taken, "co2": "leg_co2"}).without("fresh", "capped")
        moved = paths.join(lanes, *on)
        moved = moved.assign(
            **{
                "transport_cost": moved["transport_cost"] + moved["units"] * moved["leg_cost"],
                "time": moved["time"] + moved["leg_days"],
                "km_total": moved["km_total"] + moved["units"] * moved["leg_km"],
                f"mode_{leg}": moved["leg_mode"],
                f"lane_{leg}": moved["leg_row"],
                f"units_{leg}": moved["units"],
            }
        )
        return moved.take(moved["time"] <= self.longest).without(*taken.values())


def _columns(paths: Relation, name: str, count: int) -> np.ndarray:
    """Return the columns of each step, shape (paths, count)."""
    return np.column_stack([paths[f"{name}_{number}"] for number in range(count)])
