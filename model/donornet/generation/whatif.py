"""Scenarios and the stochastic model's scenarios of generated networks."""

from __future__ import annotations

from donornet.generation.draft import Draft


def imagine(draft: Draft) -> None:
    """Write scenarios: demand, a plant lost, agreements, recruitment; and the uncertainty of demand."""
    plant = draft.at["manufacturing"].ids[0]
    edits = [
        ("demand-low", "demand", "", "doses*=0.85"),
        ("demand-expected", "demand", "", "doses*=1"),
        ("demand-high", "demand", "", "doses*=1.15"),
        ("plant-lost", "facilities", f"site={plant};stage=manufacturing", "status=closed"),
    ]
    if "recognition" in draft.tables:
        edits.append(("harmonised", "recognition", "", "verdict=recognised"))
    if "donor_pools" in draft.tables:
        edits.append(("recruitment", "donor_pools", "", "recruits_per_year*=2"))
    draft.add(
        "scenarios",
        (
            {"scenario": name, "order": 1, "table": table, "where": where, "set": change}
            for name, table, where, change in edits
        ),
    )
    odds = (("demand-low", 0.25), ("demand-expected", 0.5), ("demand-high", 0.25))
    draft.add("uncertainty", ({"scenario": name, "probability": probability} for name, probability in odds))
