"""Reach: which centres the chains of each therapy reach, from how many places, how cheaply and how fast."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from donornet.admissible.passage import Passage
from donornet.admissible.serving import Serving, serving_layers, serving_loops
from donornet.instance import Instance
from donornet.instance.schema import MATERIAL_STAGES

if TYPE_CHECKING:
    from donornet.admissible.network import AdmissibleNetwork


@dataclass(frozen=True)
class Reach:
    """What reaches one centre with one therapy.

    Parameters
    ----------
    therapy, market, centre
        Who is reached with what.
    periods
        Periods with demand.
    unreached
        Those of them that no chain reaches.
    chains
        Most chains that arrive (of therapies with demand at entry: start) in one of these periods; chains that differ
        in their modes or tests count apart, dominated modes not at all.
    cheapest
        Least unit cost of a chain: donation, tests, operations, bridging and transport [currency/dose].
    fastest
        Shortest time of a chain from its first stage to the centre, bridging of loops included [days].
    serving
        The places on chains that reach any of these periods.
    """

    therapy: str
    market: str
    centre: str
    periods: tuple[int, ...]
    unreached: tuple[int, ...]
    chains: int
    cheapest: float
    fastest: float
    serving: Serving


def reaches(network: AdmissibleNetwork) -> list[Reach]:
    """Return the reach of every therapy and centre that wants it."""
    found: list[Reach] = []
    for therapy, market, _ in network.commodities():
        wanted = network.demand.periods(therapy)
        centres = network.demand.centres(therapy, market)
        if (therapy, market) in network.layers:
            found += _of_layers(network, therapy, market, {centre: wanted[centre] for centre in centres})
        elif (therapy, market) in network.loops:
            found += _of_loops(network, therapy, market, {centre: wanted[centre] for centre in centres})
        else:
            nothing = np.zeros((3, len(network.instance.periods)))
            found += [_reach(network, (therapy, market, c), wanted[c], nothing, {}) for c in centres]
    return found


def reach_table(network: AdmissibleNetwork) -> pd.DataFrame:
    """Return the reach as a table.

    Returns
    -------
    reach
        therapy, market, centre, reached (in every period with demand), chains, pools, labs and one column for each
        stage (how many places can serve; missing where the therapy has no such step), cheapest [currency/dose],
        fastest [days], unreached (periods with demand that no chain reaches).
    """
    rows = []
    instance = network.instance
    for reach in network.reaches:
        passed = steps_of(instance, reach.therapy)
        counts = {
            step: len(reach.serving.get(step, ())) if step in passed else None
            for step in ("donor", "testing", *MATERIAL_STAGES)
        }
        rows.append({
            "therapy": reach.therapy, "market": reach.market, "centre": reach.centre, "reached": not reach.unreached,
            "chains": reach.chains, "pools": counts.pop("donor"), "labs": counts.pop("testing"), **counts,
            "cheapest": reach.cheapest, "fastest": reach.fastest, "unreached": reach.unreached,
        })  # fmt: skip
    steps = ["pools", "labs", *MATERIAL_STAGES]
    columns = ["therapy", "market", "centre", "reached", "chains", *steps, "cheapest", "fastest", "unreached"]
    table = pd.DataFrame(rows, columns=columns)
    used = [step for step in steps if table[step].notna().any()]
    unused = [step for step in steps if step not in used]
    return table.drop(columns=unused).astype({**dict.fromkeys(used, "Int64"), "reached": bool})


def steps_of(instance: Instance, therapy: str) -> list[str]:
    """Return the steps of a therapy's chains: ``donor``, its stages, ``testing`` after the first."""
    row = instance.table("therapies").set_index("therapy").loc[therapy]
    first, *later = instance.routes[therapy]
    donor = ["donor"] if row["modality"] == "allogeneic" else []
    return [*donor, first, *(["testing"] if row["tested"] == "yes" else []), *later]


def _reach(
    network: AdmissibleNetwork, key: tuple[str, str, str], wanted: np.ndarray, amounts: np.ndarray, serving: Serving
) -> Reach:
    """Return the reach of a centre from the chains, costs and times of what arrives by period, shape (3, periods)."""
    periods = np.asarray(network.instance.periods)
    reached = wanted & (amounts[0] > 0)
    missed = tuple(int(p) for p in periods[wanted & ~reached])
    some = bool(reached.any())
    return Reach(
        *key, tuple(int(p) for p in periods[wanted]), missed, int(amounts[0][wanted].max()) if some else 0,
        float(amounts[1][reached].min()) if some else float("nan"),
        float(amounts[2][reached].min()) if some else float("nan"), serving,
    )  # fmt: skip


def _of_layers(network: AdmissibleNetwork, therapy: str, market: str, wanted: dict[str, np.ndarray]) -> list[Reach]:
    passage = Passage(network, therapy, market)
    serving = serving_layers(passage, wanted)
    nothing = np.zeros((3, len(network.instance.periods)))
    arrivals = {centre: passage.arrivals[:, number] for number, centre in enumerate(passage.centres)}
    return [
        _reach(network, (therapy, market, centre), periods, arrivals.get(centre, nothing), serving.get(centre, {}))
        for centre, periods in wanted.items()
    ]


def _of_loops(network: AdmissibleNetwork, therapy: str, market: str, wanted: dict[str, np.ndarray]) -> list[Reach]:
    loops = network.loops[therapy, market]
    table, count = loops.table, len(network.instance.periods)
    at_entry = network.instance.table("therapies").set_index("therapy").at[therapy, "demand_at"] == "entry"
    ways, testing = _tests(network, therapy, market)
    entering = loops.valid * ways
    unit_cost = (table["transport_cost"] + table["operation_cost"] + table["bridging_cost"]).to_numpy(dtype=float)
    gain = table["gain"].to_numpy(dtype=float)
    with np.errstate(divide="ignore"):
        per_dose = np.where(gain[:, None] > 0, (unit_cost[:, None] + testing) / gain[:, None], np.inf)
    nothing = np.zeros(count, dtype=bool)
    useful = np.zeros_like(loops.valid)
    arrivals = {centre: np.stack([np.zeros(count), *np.full((2, count), np.inf)]) for centre in wanted}
    rows = zip(table["centre"], table["lag"], table["time"], entering, per_dose, strict=True)
    for number, (centre, lag, time, chains, costs) in enumerate(rows):
        shift = 0 if at_entry else min(int(lag), count)
        useful[number, : count - shift] = (chains[: count - shift] > 0) & wanted.get(centre, nothing)[shift:]
        if centre in wanted:
            open_now = chains[: count - shift] > 0
            arrived = arrivals[centre]
            arrived[0, shift:] += chains[: count - shift]
            arrived[1, shift:] = np.minimum(arrived[1, shift:], np.where(open_now, costs[: count - shift], np.inf))
            arrived[2, shift:] = np.minimum(arrived[2, shift:], np.where(open_now, time, np.inf))
    serving = serving_loops(network, loops, network.instance.routes[therapy], useful)
    return [
        _reach(network, (therapy, market, centre), periods, arrivals[centre], serving.get(centre, {}))
        for centre, periods in wanted.items()
    ]


def _tests(network: AdmissibleNetwork, therapy: str, market: str) -> tuple[np.ndarray, np.ndarray]:
    """Return for each loop and period how many tests its patients can take (1 where untested), and the least cost."""
    loops = network.loops[therapy, market]
    shape = loops.valid.shape
    tested = network.instance.table("therapies").set_index("therapy").at[therapy, "tested"] == "yes"
    if not tested:
        return np.ones(shape), np.zeros(shape)
    tests = loops.tests
    paid = tests[["unit_cost", "panel_cost", "operation_cost", "bridging_cost"]].sum(axis=1)
    kinds: dict[tuple[str, str], tuple[np.ndarray, np.ndarray]] = {}
    for site, kind, node, cost in zip(tests["site"], tests["donor_class"], tests["node"], paid, strict=True):
        valid = network.nodes.valid[int(node)]
        ways, least = kinds.get((site, kind), (np.zeros(shape[1]), np.full(shape[1], np.inf)))
        kinds[site, kind] = ways + valid, np.minimum(least, np.where(valid, cost, np.inf))
    firsts = [sites.split(">")[0] for sites in loops.table["sites"]]
    found = [kinds[key] for key in zip(firsts, loops.table["test_class"], strict=True)]
    return np.stack([ways for ways, _ in found]), np.stack([least for _, least in found])
