"""The size of the model to come: how many variables and constraints of each kind the network asks for.

Counted from the network alone; a few more rows (limits, diversity, linking) come with the model itself.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from donornet.admissible.network import AdmissibleNetwork


def model_size(network: AdmissibleNetwork) -> dict[str, Any]:
    """Return the counts.

    Returns
    -------
    size
        ``variables`` and ``constraints`` by the name of their kind, and ``integers``, how many variables are whole
        numbers.
    """
    instance = network.instance
    periods = len(instance.periods)
    facilities = instance.table("facilities")
    usable = facilities[facilities["status"] != "closed"]
    pools = instance.table("donor_pools")
    registered = int(pools["registry"].notna().sum())
    therapies = instance.table("therapies")
    demands = [network.demand.periods(therapy).values() for therapy in therapies["therapy"]]
    wanted = sum(int(periods.sum()) for demand in demands for periods in demand)
    design = {
        "Open": len(usable) * periods,
        "Step": len(instance.table("capacity_steps")) * periods,
        "Licence": int((instance.table("licences")["status"] == "obtainable").sum()) * periods,
    }
    variables: Counter[str] = Counter(design)
    variables.update({"Recruit": registered * periods, "Registry": registered * periods, "Unmet": wanted})
    constraints: Counter[str] = Counter({"registry": registered * periods, "meet_demand": wanted})
    whole = sum(design.values())
    indivisible = set(therapies["therapy"][therapies["indivisible"] == "yes"])
    for (therapy, market), _ in (*network.layers.items(), *network.loops.items()):
        count = _layer_flows if (therapy, market) in network.layers else _loop_flows
        flows, rows = count(network, therapy, market)
        variables.update(flows)
        constraints.update(rows)
        whole += sum(flows.values()) if therapy in indivisible else 0
    bounded = usable["capacity"].notna()
    constraints.update({"capacity": int(bounded.sum()) * periods})
    return {"variables": dict(variables), "constraints": dict(constraints), "integers": whole}


def _layer_flows(network: AdmissibleNetwork, therapy: str, market: str) -> tuple[Counter[str], Counter[str]]:
    """Return flow variables and balance rows of an allogeneic therapy and market."""
    layers = network.layers[therapy, market]
    periods = len(network.instance.periods)
    route = network.instance.routes[therapy]
    first = _open(network, therapy, market, route[0])
    given = layers.donor_valid[layers.donors["spell"]] & _at(first, layers.donors["site"], periods)
    flows: Counter[str] = Counter({"Donate": int(given.sum()), "Deliver": len(layers.deliveries) * periods})
    rows: Counter[str] = Counter({"donor_supply": layers.donors["pool"].nunique() * periods})
    if len(layers.tests):
        valid = network.nodes.valid[layers.tests["node"].to_numpy(dtype=int)]
        flows["Test"] = int((valid & _at(first, layers.tests["site"], periods)).sum())
        rows["every_donation_tested"] = len(layers.classes) * periods
    tail = first
    for position, following in enumerate(route[1:]):
        arcs = layers.ships[layers.ships["position"] == position]
        head = _open(network, therapy, market, following)
        moving = _at(tail, arcs["from"], periods)
        for row, (lag, site) in enumerate(zip(arcs["lag"], arcs["to"], strict=True)):
            entered = np.zeros(periods, dtype=bool)
            entered[: max(periods - lag, 0)] = head.get(site, entered)[lag:]
            moving[row] &= entered
        flows["Ship"] += int(moving.sum())
        states = arcs[["from", "from_state"]].drop_duplicates()
        rows["release" if position == 0 else "flow_balance"] += len(states) * periods
        tail = head
    rows["deliver_production"] = layers.deliveries["from"].nunique() * periods
    shelf = network.instance.table("therapies").set_index("therapy").at[therapy, "shelf_life_days"]
    if pd.notna(shelf) and shelf >= network.instance.days:
        flows["Stock"] = layers.deliveries["from"].nunique() * periods
    return flows, rows


def _loop_flows(network: AdmissibleNetwork, therapy: str, market: str) -> tuple[Counter[str], Counter[str]]:
    """Return flow variables and rows of an autologous therapy and market."""
    loops = network.loops[therapy, market]
    at_entry = network.instance.table("therapies").set_index("therapy").at[therapy, "demand_at"] == "entry"
    wanted = network.demand.periods(therapy)
    periods = len(network.instance.periods)
    entered = 0
    for centre, lag, valid in zip(loops.table["centre"], loops.table["lag"], loops.valid, strict=True):
        shift = 0 if at_entry else min(int(lag), periods)
        entered += int((valid[: periods - shift] & wanted[centre][shift:]).sum()) if centre in wanted else 0
    flows: Counter[str] = Counter({"Loop": entered})
    rows: Counter[str] = Counter()
    if len(loops.tests):
        flows["Test"] = int(network.nodes.valid[loops.tests["node"].to_numpy(dtype=int)].sum())
        rows["every_donation_tested"] = len(loops.tests[["site", "donor_class"]].drop_duplicates()) * periods
    return flows, rows


def _open(network: AdmissibleNetwork, therapy: str, market: str, stage: str) -> dict[str, np.ndarray]:
    """Return by site the periods in which the market recognises the stage there."""
    nodes = network.node_at(therapy, market, stage)
    found: dict[str, np.ndarray] = {}
    for site, period in zip(nodes["site"], nodes["t"], strict=True):
        found.setdefault(site, np.zeros(len(network.instance.periods), dtype=bool))[period] = True
    return found


def _at(open_at: dict[str, np.ndarray], sites: pd.Series, periods: int) -> np.ndarray:
    never = np.zeros(periods, dtype=bool)
    return np.array([open_at.get(site, never) for site in sites], dtype=bool).reshape(len(sites), periods)
