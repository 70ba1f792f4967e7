"""Who serves whom: the pools, labs and facilities on the chains of each centre."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from donornet.admissible.loops import Loops
    from donornet.admissible.network import AdmissibleNetwork
    from donornet.admissible.passage import Passage

Serving = dict[str, set[str]]
"""Places on the chains of one centre: pools under ``donor``, labs under ``testing``, sites under their stage."""


def serving_layers(passage: Passage, wanted: dict[str, np.ndarray]) -> dict[str, Serving]:
    """Return for each centre the places on its chains.

    Parameters
    ----------
    passage
        The chains of an allogeneic therapy and market.
    wanted
        By centre: the periods in which doses must arrive to count, shape (periods,).
    """
    found: dict[str, Serving] = {centre: {} for centre in passage.centres}
    useful = _before_delivery(passage, wanted)
    for position in reversed(range(len(passage.route))):
        useful &= (passage.left[position][0] > 0)[:, :, None]
        used = np.asarray(useful.any(axis=1))
        for (site, _), number in passage.states[position].items():
            _note(found, passage, used[number], passage.route[position], site)
        if position:
            useful = _before_leg(passage, position - 1, useful)
    _note_sources(passage, useful, found)
    return found


def _note(found: dict[str, Serving], passage: Passage, mask: np.ndarray, step: str, place: str) -> None:
    for centre in np.flatnonzero(mask):
        found[passage.centres[centre]].setdefault(step, set()).add(place)


def _before_delivery(passage: Passage, wanted: dict[str, np.ndarray]) -> np.ndarray:
    """Return when doses of the last stage can reach a centre in time, shape (states, periods, centres)."""
    periods = passage.periods
    useful = np.zeros((len(passage.states[-1]), periods, len(passage.centres)), dtype=bool)
    for tail, centre, lag in zip(*passage.delivered(), passage.layers.deliveries["lag"], strict=True):
        in_time = wanted.get(passage.centres[centre], np.zeros(periods, dtype=bool))
        useful[tail, : max(periods - lag, 0), centre] |= in_time[lag:]
    waited = useful.copy()
    for wait in range(1, passage.waits + 1):
        waited[:, :-wait] |= useful[:, wait:]
    return waited


def _before_leg(passage: Passage, position: int, useful: np.ndarray) -> np.ndarray:
    """Return when material in a state of the stage before can be continued in time."""
    arcs = passage.arcs[position]
    before = np.zeros((len(passage.states[position]), *useful.shape[1:]), dtype=bool)
    for tail, head, lag in zip(arcs["tail"], arcs["head"], arcs["lag"], strict=True):
        before[tail, : max(passage.periods - lag, 0)] |= useful[head, lag:]
    return before


def _note_sources(passage: Passage, useful: np.ndarray, found: dict[str, Serving]) -> None:
    """Add the pools and the labs."""
    layers, tests = passage.layers, passage.tests
    donors = layers.donors
    never = np.zeros(useful.shape[1:], dtype=bool)
    given: dict[tuple[str, str], np.ndarray] = {}
    for site, donor_class, spell in zip(donors["site"], donors["donor_class"], donors["spell"], strict=True):
        valid = layers.donor_valid[spell][:, None]
        given[site, donor_class] = given.get((site, donor_class), never) | valid
    released: dict[tuple[str, str], np.ndarray] = {}
    columns = (tests["site"], tests["donor_class"], tests["state"], tests["lab"], tests["node"])
    for site, donor_class, state, lab, node in zip(*columns, strict=True):
        passed = useful[passage.states[0][site, state]]
        if lab:
            passed = passed & passage.network.nodes.valid[int(node)][:, None]
            _note(found, passage, (passed & given[site, donor_class]).any(axis=0), "testing", lab)
        released[site, donor_class] = released.get((site, donor_class), never) | passed
    ways = zip(donors["pool"], donors["site"], donors["donor_class"], donors["spell"], strict=True)
    for pool, site, donor_class, spell in ways:
        passed = released[site, donor_class] & layers.donor_valid[spell][:, None]
        _note(found, passage, passed.any(axis=0), "donor", pool)


def serving_loops(
    network: AdmissibleNetwork, loops: Loops, route: tuple[str, ...], useful: np.ndarray
) -> dict[str, Serving]:
    """Return for each centre the places on its loops.

    Parameters
    ----------
    network, loops, route
        The network, the loops of a therapy and market, and the therapy's stages.
    useful
        Periods in which entering the loop serves demand, shape (loops, periods).
    """
    found: dict[str, Serving] = {}
    labs: dict[tuple[str, str], list[tuple[str, int]]] = {}
    if len(loops.tests):
        tests = loops.tests
        for site, kind, lab, node in zip(tests["site"], tests["donor_class"], tests["lab"], tests["node"], strict=True):
            labs.setdefault((site, kind), []).append((lab, int(node)))
    rows = zip(loops.table["centre"], loops.table["sites"], loops.table["test_class"], useful, strict=True)
    for centre, path, kind, periods in rows:
        if not periods.any():
            continue
        sites = path.split(">")
        serving = found.setdefault(centre, {})
        for stage, site in zip(route, sites, strict=True):
            serving.setdefault(stage, set()).add(site)
        for lab, node in labs.get((sites[0], kind), []):
            if (network.nodes.valid[node] & periods).any():
                serving.setdefault("testing", set()).add(lab)
    return found
