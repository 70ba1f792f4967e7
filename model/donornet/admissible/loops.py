"""Chains of autologous therapies as enumerated loops: centre, first stage, ..., last stage, the same centre."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import pandas as pd

from donornet.admissible.arcs import RULES
from donornet.admissible.demand import wanting_centres
from donornet.admissible.futures import codes, numbered_within, same_future
from donornet.admissible.lanes import TOLERANCE_DAYS, undominated
from donornet.admissible.legs import Legs, between, whole_periods
from donornet.admissible.nodes import Nodes
from donornet.admissible.prohibitions import Prohibitions
from donornet.admissible.testing import TEST_COLUMNS, markers_required, meets, pass_rates, tests_of
from donornet.instance import Instance


@dataclass(frozen=True, eq=False)
class Loops:
    """The loops of one autologous therapy and market.

    Attributes
    ----------
    table
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
    tests
        site, donor_class (the test class), lab, panel, mode and costs, as in `Layers.tests`.
    """

    table: pd.DataFrame
    nodes: np.ndarray
    offsets: np.ndarray
    entering: np.ndarray
    lane_rows: np.ndarray
    leg_units: np.ndarray
    valid: np.ndarray
    tests: pd.DataFrame


class LoopCompiler:
    """Enumerates the admissible, undominated loops of autologous therapies.

    Parameters
    ----------
    instance, legs, nodes
        The instance and what has been derived from it.
    measures
        Measures that count beside those of the limits; see `donornet.admissible.network`.
    """

    def __init__(self, instance: Instance, legs: Legs, nodes: Nodes, measures: Collection[str] = ()) -> None:
        self.instance, self.legs, self.nodes = instance, legs, nodes
        self._caps = instance.table("lanes")["max_units_per_year"].notna().to_numpy()
        sites = instance.table("sites").set_index("site")
        self._home, self._organisation = sites["jurisdiction"].to_dict(), sites["organisation"].to_dict()
        self._measures = {*instance.table("limits")["measure"], *measures}
        self._therapies = instance.table("therapies").set_index("therapy")

    def loops(self, therapy: str, market: str) -> Loops | None:
        """Return the loops of one therapy and market; None if there is none."""
        row = self._therapies.loc[therapy]
        limit = row["vein_to_vein_days"]
        longest = np.inf if pd.isna(limit) else float(limit) + TOLERANCE_DAYS
        walk = Walk(self, therapy, market, longest)
        tested = row["tested"] == "yes"
        rate = float(pass_rates(self.instance, therapy, market, [""])[0]) if tested else 1.0
        paths = walk.start()
        for number in range(1, len(walk.rules.route)):
            paths = walk.extend(paths, number, rate if number == 1 else 1.0)
        paths = walk.close(paths, rate if len(walk.rules.route) == 1 else 1.0)
        if paths.empty:
            return None
        if tested:
            paths, tests = walk.test(paths)
        else:
            masks = paths[RULES].to_numpy()
            paths = paths[~walk.rules.forbidden(masks, walk.rules.positions[-1])].assign(test_class="")
            tests = pd.DataFrame()
        if paths.empty:
            return None
        return self._finish(paths, tests, len(walk.rules.route), at_delivery=row["demand_at"] == "delivery")

    def _finish(self, paths: pd.DataFrame, tests: pd.DataFrame, stages: int, *, at_delivery: bool) -> Loops | None:
        """Keep the loops that can be started in some period and that no other beats."""
        nodes = _stack(paths, "node", stages).astype(np.int64)
        offsets, entering = _stack(paths, "offset", stages), _stack(paths, "entering", stages)
        lags = whole_periods(paths["time"].to_numpy(dtype=float), self.instance.days)
        valid = self._valid(nodes, offsets, lags, at_delivery=at_delivery)
        kept = [
            "centre", "sites", "modes", "test_class", "time", "transport_cost", "operation_cost", "bridging_cost",
            "handoffs", "crossings",
        ]  # fmt: skip
        table = paths[kept].reset_index(drop=True)
        table = table.assign(
            gain=paths["units"].to_numpy(), lag=lags, km=paths["km_total"].to_numpy(), co2=paths["co2_total"].to_numpy()
        )
        lane_rows = _stack(paths, "lane", stages + 1).astype(np.int64)
        keep = np.flatnonzero(valid.any(axis=1))
        keep = keep[self._undominated(table.iloc[keep], nodes[keep], offsets[keep], lane_rows[keep])]
        if not len(keep):
            return None
        return Loops(
            table.iloc[keep].reset_index(drop=True), nodes[keep], offsets[keep], entering[keep], lane_rows[keep],
            _stack(paths, "units", stages + 1)[keep], valid[keep], tests,
        )  # fmt: skip

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

    def _undominated(
        self, table: pd.DataFrame, nodes: np.ndarray, offsets: np.ndarray, lane_rows: np.ndarray
    ) -> np.ndarray:
        """Return the positions of the loops that no uncapped loop through the same facilities beats.

        Loops compete when nothing but cost (and time or emission, where a limit counts them) sets them apart: the same
        facilities, reached and left in the same periods, and, where slots are held, at the same hours.
        """
        capped = np.zeros(len(table), dtype=bool)
        if len(self._caps):
            capped = ((lane_rows >= 0) & self._caps[np.maximum(lane_rows, 0)]).any(axis=1)
        moments = np.column_stack([nodes, self._moments(nodes, offsets)])
        money = table["transport_cost"]  # the same facilities cost the same
        competing = pd.DataFrame({
            **{f"k{number}": moments[:, number] for number in range(moments.shape[1])},
            "centre": table["centre"].to_numpy(), "test_class": table["test_class"].to_numpy(),
            "lag": table["lag"].to_numpy(), "capped": capped, "cost": money.to_numpy().round(9),
            "time": table["time"].to_numpy(), "co2": table["co2"].to_numpy(),
        })  # fmt: skip
        counted = {"time": "vein_to_vein_mean", "co2": "co2"}
        worse = ["cost", *(column for column, measure in counted.items() if measure in self._measures)]
        keys = [*(f"k{number}" for number in range(moments.shape[1])), "centre", "test_class", "lag"]
        return np.sort(undominated(competing, keys, worse).index.to_numpy())

    def _moments(self, nodes: np.ndarray, offsets: np.ndarray) -> np.ndarray:
        """Return when each stage is reached, as exactly as its capacity tells.

        That is the period, or the hour where slots are held into the next period.
        """
        length = self.instance.days
        moments = whole_periods(offsets, length).astype(float)
        slots = self.instance.table("facilities").set_index(["site", "stage"])["capacity_unit"] == "slots"
        table = self.nodes.table
        is_slot = slots.reindex(pd.MultiIndex.from_frame(table[["site", "stage"]])).to_numpy(dtype=bool)
        occupancy = table["occupancy_days"].to_numpy(dtype=float)[nodes]
        spills = is_slot[nodes] & (offsets - moments * length + occupancy > length)
        return np.where(spills, offsets.round(6), moments)

    def differ(self, origins: pd.Series, destinations: pd.Series) -> tuple[np.ndarray, np.ndarray]:
        """Return where the organisation, and where the jurisdiction, changes between two lists of sites."""
        organisation, home = self._organisation, self._home
        pairs = list(zip(origins, destinations, strict=True))
        handoffs = np.array([organisation[a] != organisation[b] for a, b in pairs], dtype=bool)
        return handoffs, np.array([home[a] != home[b] for a, b in pairs], dtype=bool)

    def abroad(self, sites: pd.Series, market: str) -> np.ndarray:
        """Return which sites lie in another jurisdiction than the market."""
        return np.array([self._home[site] != market for site in sites], dtype=bool)


class Walk:
    """The loops of one therapy and market as they grow, stage by stage.

    A path is a row: where it started (centre), where it stands (site), what it has passed (sites, modes), its time,
    units and costs per patient, and the prohibitions that it may still match.

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
        self.rules = Prohibitions(compiler.instance, therapy, market)

    def start(self) -> pd.DataFrame:
        """Take the patients from their centres to the first stage."""
        nodes = self._nodes(0)
        centres = wanting_centres(self.compiler.instance, self.therapy, self.market)
        lanes = between(self.compiler.legs.of(self.therapy, "patient"), centres, nodes["site"])
        paths = pd.DataFrame({
            "centre": lanes["from"], "site": lanes["to"], "sites": lanes["to"], "modes": lanes["mode"],
            "time": 0.0, "units": 1.0, "transport_cost": lanes["unit_cost"], "operation_cost": 0.0,
            "bridging_cost": 0.0, "handoffs": 0.0, "crossings": 0.0, "km_total": 0.0, "co2_total": 0.0,
            "lane_0": lanes["lane_row"], "units_0": 1.0,
        })  # fmt: skip
        paths[RULES] = np.full(len(paths), self.rules.all, dtype=self.rules.kind)
        return self._enter(paths, nodes, 0)

    def extend(self, paths: pd.DataFrame, number: int, rate: float) -> pd.DataFrame:
        """Ship what a stage releases to stage `number` of the route; `rate` is the share that passes a test before."""
        nodes = self._nodes(number)
        lanes = between(self.compiler.legs.of(self.therapy, "material", number - 1), paths["site"], nodes["site"])
        lanes = lanes.rename(columns={"from": "site", "to": "next"})
        moved = self._move(paths.assign(units=paths["units"] * rate), lanes, ["site"], number)
        handoffs, crossings = self.compiler.differ(moved["site"], moved["next"])
        moved = moved.assign(
            handoffs=moved["handoffs"] + moved["units"] * handoffs,
            crossings=moved["crossings"] + moved["units"] * crossings,
            co2_total=moved["co2_total"] + moved["units"] * moved["co2"],
            sites=moved["sites"] + ">" + moved["next"],
            site=moved["next"],
        )
        return self._enter(moved.drop(columns=["next", "co2"]), nodes, number)

    def close(self, paths: pd.DataFrame, rate: float) -> pd.DataFrame:
        """Return the dose to the patient's centre."""
        lanes = between(self.compiler.legs.of(self.therapy, "doses"), paths["site"], paths["centre"])
        lanes = lanes.rename(columns={"from": "site", "to": "centre"})
        moved = self._move(paths.assign(units=paths["units"] * rate), lanes, ["site", "centre"], len(self.rules.route))
        abroad = self.compiler.abroad(moved["site"], self.market)
        return moved.assign(crossings=moved["crossings"] + moved["units"] * abroad)

    def test(self, paths: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Give each loop the class of tests that its patients may take; return loops and tests."""
        compiler, rules = self.compiler, self.rules
        paths = paths.assign(first=[sites.split(">")[0] for sites in paths["sites"]])
        firsts = paths["first"].unique().tolist()
        ways = tests_of(compiler.instance, compiler.legs, compiler.nodes, self.therapy, self.market, firsts)
        ways = ways[meets(ways["markers"], markers_required(compiler.instance, self.therapy, self.market, ""))]
        masks = rules.of_tests(ways["lab"].tolist(), ways["panel"].tolist())
        kinds = paths[["first", RULES]].drop_duplicates().reset_index(drop=True)
        pairs = kinds.assign(kind=np.arange(len(kinds))).merge(
            ways.assign(_test=masks), left_on="first", right_on="site"
        )
        pairs = pairs[(pairs[RULES].to_numpy() & pairs["_test"].to_numpy()) == 0]
        testable = np.unique(pairs["kind"])
        futures = same_future(codes(pairs, ["kind"]), codes(pairs, ["node", "panel"]))
        kinds = kinds.loc[testable]
        kinds = kinds.assign(test_class=numbered_within(kinds["first"], futures))
        tests = pairs.assign(donor_class=kinds["test_class"].reindex(pairs["kind"]).to_numpy(), state="")
        tests = tests.drop_duplicates(["site", "donor_class", "lab", "panel", "mode", "node"])
        paths = paths.merge(kinds[["first", RULES, "test_class"]], on=["first", RULES])
        return paths, tests[[*TEST_COLUMNS, "donor_class", "state"]].reset_index(drop=True)

    def _nodes(self, number: int) -> pd.DataFrame:
        return self.compiler.nodes.of(self.therapy, self.market, self.rules.route[number])

    def _enter(self, paths: pd.DataFrame, nodes: pd.DataFrame, number: int) -> pd.DataFrame:
        """Let paths that stand at a site enter the stage there."""
        stage = self.rules.route[number]
        work = nodes[["site", "node", "gain", "unit_cost", "bridging_cost", "days", "bridging_days"]].rename(
            columns={"unit_cost": "stage_cost", "bridging_cost": "stage_bridging", "days": "stage_days"}
        )
        paths = paths.merge(work, on="site")
        masks = paths[RULES].to_numpy() & self.rules.of_sites(stage, paths["site"].tolist())
        paths = paths.assign(
            **{
                RULES: masks,
                f"node_{number}": paths["node"],
                f"offset_{number}": paths["time"],
                f"entering_{number}": paths["units"],
                "operation_cost": paths["operation_cost"] + paths["units"] * paths["stage_cost"],
                "bridging_cost": paths["bridging_cost"] + paths["units"] * paths["stage_bridging"],
                "time": paths["time"] + paths["stage_days"] + paths["bridging_days"],
                "units": paths["units"] * paths["gain"],
            }
        )
        alive = ~self.rules.forbidden(masks, stage, before_test=True) & (paths["time"] <= self.longest).to_numpy()
        return paths[alive].drop(columns=list(work.columns.drop("site")))

    def _move(self, paths: pd.DataFrame, lanes: pd.DataFrame, on: list[str], leg: int) -> pd.DataFrame:
        """Let paths take a leg."""
        lanes = lanes.rename(columns={"unit_cost": "leg_cost", "days": "leg_days"})
        taken = ["mode", "leg_cost", "leg_days", "km", "lane_row"]
        moved = paths.merge(lanes[[*on, *({"next"} & set(lanes)), *taken, "co2"]], on=on)
        moved = moved.assign(
            **{
                "modes": moved["modes"] + ">" + moved["mode"],
                "transport_cost": moved["transport_cost"] + moved["units"] * moved["leg_cost"],
                "time": moved["time"] + moved["leg_days"],
                "km_total": moved["km_total"] + moved["units"] * moved["km"],
                f"lane_{leg}": moved["lane_row"],
                f"units_{leg}": moved["units"],
            }
        )
        return moved[moved["time"] <= self.longest].drop(columns=taken)


def _stack(paths: pd.DataFrame, name: str, count: int) -> np.ndarray:
    return np.column_stack([paths[f"{name}_{number}"].to_numpy(dtype=float) for number in range(count)])
