"""What the admissible network holds, as a tree for people and as JSON for programs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from donornet.admissible.cuts import NOUNS, failures
from donornet.admissible.reach import steps_of
from donornet.admissible.size import model_size
from donornet.admissible.words import count, number, spans

if TYPE_CHECKING:
    from donornet.admissible.network import AdmissibleNetwork
    from donornet.admissible.reach import Reach
    from donornet.admissible.waiver import Waiver


def summary(network: AdmissibleNetwork) -> str:
    """Return the network as a readable tree."""
    return "\n".join([
        *_places(network),
        "",
        "Chains by therapy and market",
        *_commodities(network),
        *_section("Demand that no chain reaches", [line for waiver in network.waivers for line in waiver.lines()]),
        *_section("Single points of failure", list(failures(network.single_points))),
        "",
        *_size(network),
    ])  # fmt: skip


def to_json(network: AdmissibleNetwork) -> dict[str, Any]:
    """Return everything that `summary` shows, in full."""
    instance = network.instance
    return {
        "instance": instance.head.name,
        "periods": list(instance.periods),
        "places": {table: len(instance.table(table)) for table in ("sites", "donor_pools", "centres")},
        "facilities": _facilities(network),
        "jurisdictions": list(instance.jurisdictions),
        "commodities": [_commodity(network, *key) for key in _keys(network)],
        "reach": [_reach(reach) for reach in network.reaches],
        "unreached": [_waiver(waiver) for waiver in network.waivers],
        "single_points": [
            {
                "therapy": point.therapy, "market": point.market, "step": point.step, "place": point.place,
                "centres": list(point.centres),
            }
            for point in network.single_points
        ],
        "model": model_size(network),
    }  # fmt: skip


def _waiver(waiver: Waiver) -> dict[str, Any]:
    return {
        "therapy": waiver.therapy, "market": waiver.market, "centres": list(waiver.centres),
        "periods": list(waiver.periods), "chain": waiver.chain, "reason": waiver.reason, "weight": waiver.weight,
        "waive": [{"rule": rule.kind, "text": rule.text, "about": rule.about} for rule in waiver.rules],
    }  # fmt: skip


def _reach(reach: Reach) -> dict[str, Any]:
    def finite(value: float) -> float | None:
        return value if np.isfinite(value) else None

    return {
        "therapy": reach.therapy, "market": reach.market, "centre": reach.centre, "reached": not reach.unreached,
        "unreached": list(reach.unreached), "chains": reach.chains, "cheapest": finite(reach.cheapest),
        "fastest": finite(reach.fastest), "serving": {step: sorted(places) for step, places in reach.serving.items()},
    }  # fmt: skip


def _keys(network: AdmissibleNetwork) -> list[tuple[str, str]]:
    return [(therapy, market) for therapy, market, _ in network.commodities()]


def _commodity(network: AdmissibleNetwork, therapy: str, market: str) -> dict[str, Any]:
    """Return counts of one therapy and market."""
    reaches = [reach for reach in network.reaches if (reach.therapy, reach.market) == (therapy, market)]
    serving = {
        step: len(set().union(*(reach.serving.get(step, set()) for reach in reaches)))
        for step in steps_of(network.instance, therapy)
    }
    return {
        "therapy": therapy, "market": market, "centres": len(reaches),
        "reached": sum(not reach.unreached for reach in reaches),
        "partly": sum(bool(reach.unreached) and bool(reach.serving) for reach in reaches),
        "chains": max((reach.chains for reach in reaches), default=0),
        "serving": serving, **_structure(network, therapy, market),
    }  # fmt: skip


def _structure(network: AdmissibleNetwork, therapy: str, market: str) -> dict[str, int]:
    """Return how many states, arcs and loops the therapy and market have."""
    if (therapy, market) in network.loops:
        return {"loops": len(network.loops[therapy, market].table)}
    if (therapy, market) not in network.layers:
        return {}
    layers = network.layers[therapy, market]
    released = layers.tests if len(layers.tests) else layers.donors
    ends = {(0, site, state) for site, state in zip(released["site"], released["state"], strict=True)}
    columns = (layers.ships["position"], layers.ships["to"], layers.ships["to_state"])
    ends |= {(int(position) + 1, site, state) for position, site, state in zip(*columns, strict=True)}
    sites = {(position, site) for position, site, _ in ends}
    arcs = len(layers.donors) + len(layers.tests) + len(layers.ships) + len(layers.deliveries)
    return {"states": len(ends), "labels": len(ends) - len(sites), "arcs": arcs}


def _facilities(network: AdmissibleNetwork) -> dict[str, int]:
    facilities = network.instance.table("facilities")
    usable = facilities[facilities["status"] != "closed"]
    return {str(stage): int(amount) for stage, amount in usable["stage"].value_counts(sort=False).items()}


def _places(network: AdmissibleNetwork) -> Iterator[str]:
    instance = network.instance
    head = instance.head
    yield f"{head.name}{f': {head.title}' if head.title else ''}"
    days = f"{instance.days:g} day{'s' if instance.days != 1 else ''}"
    yield f"  {count(len(instance.periods), 'period')} of {days} ({spans(instance.periods)})"
    yield (
        f"  {count(len(instance.table('sites')), 'site')}, {count(len(instance.table('donor_pools')), 'donor pool')}, "
        f"{count(len(instance.table('centres')), 'centre')} in {count(len(instance.jurisdictions), 'jurisdiction')}"
    )
    yield "  facilities: " + ", ".join(f"{number(amount)} {stage}" for stage, amount in _facilities(network).items())
    for row in instance.table("therapies").itertuples():
        tested = ", tested" if row.tested == "yes" else ""
        yield f"  {row.therapy}: {row.modality}, {' > '.join(instance.routes[row.therapy])}{tested}"


def _commodities(network: AdmissibleNetwork) -> Iterator[str]:
    therapy = ""
    for key in _keys(network):
        found = _commodity(network, *key)
        if key[0] != therapy:
            therapy = key[0]
            yield f"  {therapy}"
        places = ", ".join(count(amount, NOUNS.get(step, f"{step} site")) for step, amount in found["serving"].items())
        partly = f", {number(found['partly'])} of the others in some periods" if found["partly"] else ""
        reached = f"{number(found['reached'])} of {count(found['centres'], 'centre')} reached"
        yield f"    {key[1] or '(unnamed)'}: {reached}{partly}"
        if "loops" in found or "arcs" in found:
            yield f"      from {places}; up to {count(found['chains'], 'chain')} per centre"
            yield f"      {_shape(found)}"


def _shape(found: dict[str, Any]) -> str:
    if "loops" in found:
        return count(found["loops"], "loop")
    labels = f" ({number(found['labels'])} of them labels for rules that span stages)" if found["labels"] else ""
    return f"{count(found['states'], 'state')}{labels}, {count(found['arcs'], 'arc')}"


def _section(title: str, lines: list[str]) -> list[str]:
    return ["", title, *(f"  {line}" for line in lines)] if lines else []


def _size(network: AdmissibleNetwork) -> Iterator[str]:
    size = model_size(network)
    yield "Model to come, about"
    for part in ("variables", "constraints"):
        whole = f", {number(size['integers'])} of them whole numbers" if part == "variables" else ""
        yield f"  {number(sum(size[part].values()))} {part}{whole}"
        yield "    " + ", ".join(f"{number(amount)} {name}" for name, amount in size[part].items() if amount)
