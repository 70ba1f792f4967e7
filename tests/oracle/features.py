"""Which features of the instance format an instance uses."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

from donornet.instance import Instance
from donornet.instance.schema import DIVERSITY_MEASURES, LIMIT_MEASURES
from tests.oracle.facts import Facts

Row = dict[str, Any]
COVERAGE = ("match_coverage", "coverage_floor")
"""Measures of diversity that the oracle does not have."""


def features(instance: Instance) -> set[str]:
    """Return the names of the features that an instance uses."""
    facts = Facts(instance)
    found: set[str] = set()
    for part in (
        _time,
        _therapies,
        _places,
        _operations,
        _donors,
        _transport,
        _rules,
        _prohibitions,
        _requirements,
        _idle,
    ):
        found |= {name for name, used in part(facts).items() if used}
    return found


_NAMES = """
    one period, years, months, weeks, days, discounting, other first period, lags, autologous, allogeneic,
    both modalities, one stage, two stages, three stages, four stages, begins after collection, ends in storage,
    untested, tested without collection, fresh limit, sample limit, vein-to-vein limit, shelf life,
    demand at entry, indivisible, shared facilities, status open, status closed, existing, closing cost,
    opens later, unlimited capacity, slots, ladder, min load, two stages at a site, no jurisdictions table,
    missing coordinates, operation at a site, operation for all therapies, output, yield, load, occupancy,
    most units, holding cost, registry, unlimited registry, recruits, attrition, donations per year,
    risk classes, pass rates, panels, lab panels, required markers, specific pass rates, specific markers,
    fresh mode, stages of modes, max km, instant mode, two modes, listed lane, lane of a therapy,
    both rows of a lane, closed lane, capped lane, lane within a site, mode only listed, default bridging,
    default licence, default never, recognised, bridging, licence, never, validity, recognition of a stage,
    recognition of a therapy, recognition of a group, bridging yield, bridging days, foreign home rule,
    held licence, obtainable licence, licence later, prohibition of two, prohibition of three,
    prohibition over distant stages, prohibition negated, prohibition with donor, prohibition with risk class,
    prohibition with panel, prohibition with lab, prohibition of a group, prohibition of a therapy, hard demand,
    priced demand, min service, demand in every period, demand exception, level recruited, level registry,
    of pool, of jurisdiction, diversity each, diversity together, limit priced, limit min, limit each,
    limit of a period, limit per period, excluded row, scenarios, match tables, groups
"""
EVERY_FEATURE = frozenset(
    {
        *(re.sub(r"\s+", " ", name.strip()) for name in _NAMES.split(",")),
        *(
            f"{measure} {kind}"
            for measure in DIVERSITY_MEASURES
            for kind in ("hard", "priced")
            if measure not in COVERAGE
        ),
        *(f"limit {measure}" for measure in LIMIT_MEASURES),
    }
)
"""Every name that `features` may return."""


def _any(rows: Iterable[Row], test: Callable[[Row], Any]) -> bool:
    return any(test(row) for row in rows)


def _time(facts: Facts) -> dict[str, bool]:
    work = [row["days"] for row in facts.rows("operations")]
    general = {(row["centre"], row["therapy"]) for row in facts.rows("demand") if row["period"] == "*"}
    special = {(row["centre"], row["therapy"]) for row in facts.rows("demand") if row["period"] != "*"}
    return {
        "one period": facts.count == 1,
        "years": facts.count > 1 and facts.days == 365,
        "months": facts.days == 30,
        "weeks": facts.days == 7,
        "days": facts.days in (1, 2),
        "discounting": facts.head.discount_rate > 0,
        "other first period": facts.first != 1,
        "lags": facts.count > 1 and max(work, default=0.0) * 2 >= facts.days,
        "hard demand": _any(facts.rows("demand"), lambda row: row["unmet_penalty"] is None),
        "priced demand": _any(facts.rows("demand"), lambda row: row["unmet_penalty"] is not None),
        "min service": _any(facts.rows("demand"), lambda row: row["min_service"] > 0),
        "demand in every period": facts.count > 1 and _any(facts.rows("demand"), lambda row: row["period"] == "*"),
        "demand exception": len(general & special) > 0,
    }


def _therapies(facts: Facts) -> dict[str, bool]:
    rows = list(facts.therapies.values())
    lengths = {len(facts.route(name)) for name in facts.therapies}
    kinds = {row["modality"] for row in rows}
    routes = [facts.route(name) for name in facts.therapies]
    return {
        "autologous": "autologous" in kinds,
        "allogeneic": "allogeneic" in kinds,
        "both modalities": len(kinds) == 2,
        "one stage": 1 in lengths,
        "two stages": 2 in lengths,
        "three stages": 3 in lengths,
        "four stages": 4 in lengths,
        "begins after collection": any(route[0] != "collection" for route in routes),
        "ends in storage": any(route[-1] == "storage" for route in routes),
        "untested": not all(facts.is_tested(name) for name in facts.therapies),
        "tested without collection": any(
            facts.is_tested(name) and facts.route(name)[0] != "collection" for name in facts.therapies
        ),
        "fresh limit": _any(rows, lambda row: row["fresh_days"] is not None),
        "sample limit": _any(rows, lambda row: row["sample_days"] is not None),
        "vein-to-vein limit": _any(rows, lambda row: row["vein_to_vein_days"] is not None),
        "shelf life": facts.count > 1 and _any(rows, lambda row: row["shelf_life_days"] is not None),
        "demand at entry": _any(rows, lambda row: row["demand_at"] == "entry"),
        "indivisible": _any(rows, lambda row: row["indivisible"] == "yes"),
        "shared facilities": len(rows) > 1 and bool(set(routes[0]) & set(routes[1])),
    }


def _places(facts: Facts) -> dict[str, bool]:
    rows = list(facts.facilities.values())
    sites = [site for site, _ in facts.facilities]
    return {
        "status open": _any(rows, lambda row: row["status"] == "open"),
        "status closed": _any(rows, lambda row: row["status"] == "closed"),
        "existing": _any(rows, lambda row: row["initial"] == "existing"),
        "closing cost": _any(rows, lambda row: row["initial"] == "existing" and row["closing_cost"] > 0),
        "opens later": _any(rows, lambda row: row["opens_from"] is not None and row["opens_from"] > facts.first),
        "unlimited capacity": _any(rows, lambda row: row["capacity"] is None),
        "slots": _any(rows, lambda row: row["capacity_unit"] == "slots"),
        "ladder": bool(facts.rows("capacity_steps")),
        "min load": _any(rows, lambda row: row["min_load"] > 0),
        "two stages at a site": len(set(sites)) < len(sites),
        "no jurisdictions table": not facts.rows("jurisdictions"),
        "missing coordinates": _any(facts.places.values(), lambda row: row["latitude"] is None),  # type: ignore[arg-type]
    }


def _operations(facts: Facts) -> dict[str, bool]:
    rows = facts.rows("operations")
    return {
        "operation at a site": _any(rows, lambda row: row["site"] != "*"),
        "operation for all therapies": _any(rows, lambda row: row["therapy"] == "*"),
        "output": _any(rows, lambda row: row["output"] != 1),
        "yield": _any(rows, lambda row: row["yield"] < 1),
        "load": _any(rows, lambda row: row["load"] != 1),
        "occupancy": _any(rows, lambda row: row["occupancy_days"] != row["days"]),
        "most units": _any(rows, lambda row: row["max_units_per_year"] is not None),
        "holding cost": _any(rows, lambda row: row["holding_cost_per_year"] > 0),
    }


def _donors(facts: Facts) -> dict[str, bool]:
    rows = facts.rows("donor_pools")
    return {
        "registry": _any(rows, lambda row: row["registry"] is not None),
        "unlimited registry": _any(rows, lambda row: row["registry"] is None),
        "recruits": _any(rows, lambda row: row["recruits_per_year"] > 0),
        "attrition": _any(rows, lambda row: row["attrition_per_year"] > 0),
        "donations per year": _any(rows, lambda row: row["donations_per_year"] != 1),
        "risk classes": len({row["risk_class"] for row in rows}) > 1,
        "pass rates": bool(facts.rows("pass_rates")),
        "specific pass rates": _any(
            facts.rows("pass_rates"), lambda row: "*" not in (row["risk_class"], row["market"])
        ),
        "panels": bool(facts.rows("panels")),
        "lab panels": bool(facts.rows("lab_panels")),
        "required markers": bool(facts.rows("required_markers")),
        "specific markers": _any(
            facts.rows("required_markers"), lambda row: "*" not in (row["market"], row["therapy"])
        ),
    }


def _transport(facts: Facts) -> dict[str, bool]:
    modes, lanes = facts.rows("transport_modes"), facts.rows("lanes")
    legs = [(row["from"], row["to"], row["mode"]) for row in lanes]
    return {
        "fresh mode": _any(modes, lambda row: row["state"] == "fresh"),
        "stages of modes": _any(modes, lambda row: (row["from_stage"], row["to_stage"]) != ("*", "*")),
        "max km": _any(modes, lambda row: row["max_km"] is not None),
        "instant mode": _any(modes, lambda row: row["km_per_day"] is None),
        "two modes": len({row["carries"] for row in modes}) < len(modes),
        "listed lane": bool(lanes),
        "lane of a therapy": _any(lanes, lambda row: row["therapy"] != "*"),
        "both rows of a lane": len(set(legs)) < len(legs),
        "closed lane": _any(lanes, lambda row: row["status"] == "closed"),
        "capped lane": _any(lanes, lambda row: row["max_units_per_year"] is not None),
        "lane within a site": _any(lanes, lambda row: row["from"] == row["to"]),
        "mode only listed": _any(lanes, lambda row: row["mode"] not in facts.modes),
    }


def _rules(facts: Facts) -> dict[str, bool]:
    rows, licences, default = facts.rows("recognition"), facts.rows("licences"), facts.head.default_recognition
    named = {row["group"] for row in facts.rows("groups")}
    return {
        **{f"default {kind}": default == kind for kind in ("bridging", "licence", "never")},
        **{
            kind: _any(rows, lambda row, kind=kind: row["verdict"] == kind)  # type: ignore[misc]
            for kind in ("recognised", "bridging", "licence", "never")
        },
        "validity": _any(rows, lambda row: row["valid_from"] is not None or row["valid_to"] is not None),
        "recognition of a stage": _any(rows, lambda row: row["stage"] != "*"),
        "recognition of a therapy": _any(rows, lambda row: row["therapy"] != "*"),
        "recognition of a group": _any(rows, lambda row: row["from"] in named),
        "bridging yield": _any(rows, lambda row: row["yield"] < 1),
        "bridging days": _any(rows, lambda row: row["days"] > 0),
        "foreign home rule": _any(rows, lambda row: row["from"] == row["market"]),
        "held licence": _any(licences, lambda row: row["status"] == "held"),
        "obtainable licence": _any(licences, lambda row: row["status"] == "obtainable"),
        "licence later": _any(licences, lambda row: row["available_from"] is not None),
        "groups": bool(named),
    }


def _prohibitions(facts: Facts) -> dict[str, bool]:
    named = {row["group"] for row in facts.rows("groups")}
    stages = ("collection", "processing", "manufacturing", "storage")
    filled = [
        {
            column: cell
            for column, cell in row.items()
            if column not in ("#", "rule", "include", "source", "note") and cell
        }
        for row in facts.rows("prohibitions")
    ]
    return {
        "prohibition of two": _any(filled, lambda cells: len(cells) == 2),
        "prohibition of three": _any(filled, lambda cells: len(cells) >= 3),
        "prohibition over distant stages": _any(filled, lambda cells: _are_distant([s for s in stages if s in cells])),
        "prohibition negated": _any(filled, lambda cells: any(cell.startswith("!") for cell in cells.values())),
        "prohibition with donor": _any(filled, lambda cells: "donor" in cells),
        "prohibition with risk class": _any(filled, lambda cells: "risk_class" in cells),
        "prohibition with panel": _any(filled, lambda cells: "panel" in cells),
        "prohibition with lab": _any(filled, lambda cells: "testing" in cells),
        "prohibition of a group": _any(filled, lambda cells: bool(named & set(cells.values()))),
        "prohibition of a therapy": _any(filled, lambda cells: "therapy" in cells),
    }


def _are_distant(stages: list[str]) -> bool:
    return "collection" in stages and ("manufacturing" in stages or "storage" in stages)


def _requirements(facts: Facts) -> dict[str, bool]:
    rows, limits = facts.rows("diversity"), facts.rows("limits")
    found = {f"{row['measure']} {'hard' if row['shortfall_penalty'] is None else 'priced'}": True for row in rows}
    return {
        **found,
        "level recruited": _any(rows, lambda row: row["level"] == "recruited"),
        "level registry": _any(rows, lambda row: row["level"] == "registry"),
        "of pool": _any(rows, lambda row: row["of"] == "pool"),
        "of jurisdiction": _any(rows, lambda row: row["of"] == "jurisdiction"),
        "diversity each": _any(rows, lambda row: "*" in (row["therapy"], row["market"], row["period"])),
        "diversity together": _any(rows, lambda row: "" in (row["therapy"], row["market"], row["period"])),
        **{f"limit {row['measure']}": True for row in limits},
        "limit priced": _any(limits, lambda row: row["penalty"] is not None),
        "limit min": _any(limits, lambda row: row["sense"] == "min"),
        "limit each": _any(limits, lambda row: row["scope"] == "each"),
        "limit of a period": _any(limits, lambda row: row["period"] not in ("", "*")),
        "limit per period": _any(limits, lambda row: row["period"] == "*"),
    }


def _idle(facts: Facts) -> dict[str, bool]:
    return {
        "excluded row": any((frame["include"] == "no").any() for frame in facts.instance.tables.values()),
        "scenarios": bool(facts.rows("scenarios")),
        "match tables": bool(facts.rows("match_classes")),
    }
