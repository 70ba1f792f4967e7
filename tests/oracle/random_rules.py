"""Random lanes, recognition, licences, tests and prohibitions."""

from __future__ import annotations

from itertools import pairwise

from tests.oracle.draft import Draft, Row

MARKERS = ("HIV", "HBV", "HCV", "WNV")


def draw_lanes(draft: Draft) -> None:
    """Draw lanes that override, add to, cap or close the derived ones; no two rows of one lane and therapy."""
    legs = _legs(draft)
    taken: set[tuple[str, str, str, str]] = set()
    for _ in range(draft.pick((0, 1, 2, 4, 6))):
        origin, to, carries = draft.pick(legs)
        for therapy in draft.pick(
            (("*",), ("*",), (draft.pick(list(draft.routes)),), ("*", draft.pick(list(draft.routes))))
        ):
            mode = draft.pick((carries, carries, "courier"))
            if (origin, to, mode, therapy) in taken:
                continue
            taken.add((origin, to, mode, therapy))
            closed = mode == carries and draft.rarely(0.3)
            draft.add(
                "lanes",
                {
                    "from": origin,
                    "to": to,
                    "mode": mode,
                    "therapy": None if therapy == "*" else therapy,
                    "unit_cost": draft.money(0.5, 8),
                    "days": draft.pick((None, 0.25, 0.5, 1)),
                    "max_units_per_year": round(max(draft.peak.values()) * draft.factor(0.3, 2) / draft.years, 1)
                    if draft.rarely(0.5)
                    else None,
                    "status": "closed" if closed else None,
                },
            )
    if draft.chance(0.1):
        _forget_coordinates(draft, legs, taken)


def _legs(draft: Draft) -> list[tuple[str, str, str]]:
    """Return the legs that a route may use: (from, to, what moves)."""
    legs = []
    for row in draft.rows("therapies"):
        route = draft.routes[row["therapy"]]
        donors = draft.rows("donor_pools") if row["modality"] == "allogeneic" else []
        origins = [pool["pool"] for pool in donors] or [centre["centre"] for centre in draft.rows("centres")]
        carried = "donor" if donors else "patient"
        legs += [(origin, to, carried) for origin in origins for to in draft.at[route[0]]]
        for before, after in pairwise(route):
            legs += [(origin, to, "material") for origin in draft.at[before] for to in draft.at[after]]
        legs += [
            (origin, centre["centre"], "doses") for origin in draft.at[route[-1]] for centre in draft.rows("centres")
        ]
        if draft.is_tested(row["therapy"]):
            legs += [(origin, lab, "sample") for origin in draft.at[route[0]] for lab in draft.at["testing"]]
    return list(dict.fromkeys(legs))


def _forget_coordinates(draft: Draft, legs: list[tuple[str, str, str]], taken: set[tuple[str, str, str, str]]) -> None:
    """Take the coordinates of one centre or pool away and list its lanes instead."""
    row = draft.pick([*draft.rows("centres"), *draft.rows("donor_pools")])
    place = row.get("centre") or row.get("pool")
    row.pop("latitude")
    for origin, to, _ in legs:
        if place in (origin, to) and (origin, to, "courier", "*") not in taken:
            draft.add(
                "lanes", {"from": origin, "to": to, "mode": "courier", "unit_cost": draft.money(1, 5), "days": 0.5}
            )


def draw_groups(draft: Draft) -> None:
    """Name some groups of jurisdictions, sites and therapies."""
    if len(draft.jurisdictions) > 1 and draft.chance(0.6):
        for name in draft.jurisdictions[-2:]:
            draft.add("groups", {"group": "partners", "member": name})
        if draft.chance(0.4):
            draft.add("groups", {"group": "alliance", "member": "partners"})
    if len(draft.routes) > 1 and draft.chance(0.5):
        for name in list(draft.routes)[:2]:
            draft.add("groups", {"group": "novel", "member": name})
    if draft.chance(0.4):
        for name in draft.some([row["site"] for row in draft.rows("sites")], 1, 2):
            draft.add("groups", {"group": "network", "member": name})


def _grouped(draft: Draft, group: str) -> bool:
    return any(row["group"] == group for row in draft.rows("groups"))


def draw_recognition(draft: Draft) -> None:
    """Draw recognition pair by pair: rows for everything, for a stage, for a stage and therapy; no two that tie."""
    pairs = [(origin, market) for origin in draft.jurisdictions for market in draft.markets if origin]
    if _grouped(draft, "partners") and draft.jurisdictions[0] in draft.markets and draft.chance(0.5):
        partners = draft.jurisdictions[-2:]
        pairs = [pair for pair in pairs if not (pair[0] in partners and pair[1] == draft.jurisdictions[0])]
        pairs.append(("alliance" if _grouped(draft, "alliance") else "partners", draft.jurisdictions[0]))
    for origin, market in pairs:
        if not draft.chance(0.15 if origin == market else 0.55):
            continue
        home = origin in (market, "partners", "alliance")
        stage = draft.pick(sorted({"donor", "testing", *(stage for route in draft.routes.values() for stage in route)}))
        therapy = draft.pick([*draft.routes, *(["novel"] if _grouped(draft, "novel") else [])])
        keys = draft.some([("*", "*"), (stage, "*"), (stage, therapy)], 1, 2)
        for key in keys:
            kinds = ["recognised", "recognised", "bridging", "bridging", "licence"]
            kinds = kinds if home or key[0] == "*" or not draft.rarely(1) else [*kinds, "never"]
            _recognise(draft, {"stage": key[0], "from": origin, "market": market, "therapy": key[1]}, kinds)


def _recognise(draft: Draft, key: Row, kinds: list[str]) -> None:
    if draft.count > 1 and draft.chance(0.3):
        change = draft.pick(draft.numbers[1:])
        draft.add("recognition", {**key, **_verdict(draft, key["stage"], draft.pick(kinds)), "valid_to": change - 1})
        draft.add("recognition", {**key, **_verdict(draft, key["stage"], draft.pick(kinds)), "valid_from": change})
    else:
        draft.add("recognition", {**key, **_verdict(draft, key["stage"], draft.pick(kinds))})


def _verdict(draft: Draft, stage: str, kind: str) -> Row:
    if kind != "bridging":
        return {"verdict": kind}
    days = draft.pick((0, 1, 2)) if draft.days > 2 else draft.pick((0, 0.5))
    return {
        "verdict": kind,
        "unit_cost": draft.money(0.5, 6),
        "days": days,
        "yield": None if stage in ("donor", "testing") else draft.pick((None, None, 0.9, 0.95)),
    }


def draw_licences(draft: Draft) -> None:
    """Draw licences, for every foreign facility where some verdict asks for one."""
    asked = draft.head["default_recognition"] == "licence" or any(
        row["verdict"] == "licence" for row in draft.rows("recognition")
    )
    for row in draft.rows("facilities"):
        for market in draft.markets:
            if not market or not draft.chance(0.85 if asked else 0.05):
                continue
            held = draft.chance(0.4)
            draft.add(
                "licences",
                {
                    "site": row["site"],
                    "stage": row["stage"],
                    "market": market,
                    "status": "held" if held else "obtainable",
                    "opening_cost": None if held else draft.money(5, 80),
                    "fixed_cost_per_year": draft.money(1, 10) / draft.years if draft.chance(0.6) else None,
                    "available_from": draft.pick(draft.numbers) if draft.rarely(0.2) else None,
                },
            )


def draw_tests(draft: Draft) -> None:
    """Draw panels, labs' offers, required markers and pass rates."""
    labs = draft.at.get("testing", [])
    if labs and draft.chance(0.75):
        panels = [("full", MARKERS), ("basic", MARKERS[:2]), ("usual", MARKERS[:3])][: draft.pick((2, 2, 3))]
        for name, markers in panels:
            draft.add(
                "panels",
                {
                    "panel": name,
                    "markers": ";".join(markers),
                    "unit_cost": draft.money(0.5, 3) * len(markers),
                    "days": draft.pick((None, 0.5, 1)),
                },
            )
        if draft.chance(0.5):
            for position, lab in enumerate(labs):
                offers = draft.some([name for name, _ in panels], 1, 2)
                for name in dict.fromkeys(["full", *offers] if position == 0 else offers):
                    draft.add("lab_panels", {"site": lab, "panel": name})
        _draw_markers(draft)
    if draft.chance(0.6):
        _draw_pass_rates(draft)


def _classes(draft: Draft) -> list[str]:
    return sorted({row["risk_class"] for row in draft.rows("donor_pools") if "risk_class" in row})


def _draw_markers(draft: Draft) -> None:
    for market, risk, therapy in draft.some(
        [
            (draft.pick([*draft.markets, *(["partners"] if _grouped(draft, "partners") else [])]) or "*", "*", "*"),
            ("*", draft.pick(_classes(draft) or ["*"]), "*"),
            ("*", "*", draft.pick([*draft.routes, *(["novel"] if _grouped(draft, "novel") else [])])),
            (draft.pick(draft.markets) or "*", draft.pick(_classes(draft) or ["*"]), draft.pick(list(draft.routes))),
        ],
        1,
        3,
    ):
        for marker in draft.some(MARKERS, 1, 3):
            key = {"market": market, "risk_class": risk, "therapy": therapy, "marker": marker}
            if key not in draft.rows("required_markers"):
                draft.add("required_markers", key)


def _draw_pass_rates(draft: Draft) -> None:
    """Rows nest: each next one names one more key, so none tie."""
    values = {
        "therapy": draft.pick(list(draft.routes)),
        "risk_class": draft.pick(_classes(draft) or ["*"]),
        "market": draft.pick(draft.markets) or "*",
    }
    order = draft.some(["therapy", "risk_class", "market"], 3, 3)
    draft.dice.shuffle(order)
    keys: list[Row] = []
    for named in range(draft.pick((1, 2, 3)) + 1):
        key = {column: values[column] if column in order[:named] else "*" for column in values}
        if key not in keys:
            keys.append(key)
            draft.add("pass_rates", {**key, "pass_rate": draft.pick((0.7, 0.8, 0.9, 0.95))})


def draw_prohibitions(draft: Draft) -> None:
    """Draw prohibitions over adjacent and distant parts of a chain."""
    for number in range(draft.pick((1, 2, 3)) if draft.rarely(0.7) else 0):
        therapy = draft.pick(list(draft.routes))
        cells: Row = {"rule": f"rule-{number + 1}"}
        columns = [*draft.routes[therapy], *(["market"] if draft.markets != [""] else [])]
        if draft.is_tested(therapy):
            columns += ["testing", *(["panel"] if draft.rows("panels") else [])]
        if therapy in draft.allogeneic:
            columns += ["donor", *(["risk_class"] if _classes(draft) else [])]
        for column in draft.some(columns, 2, 4):
            cells[column] = _cell(draft, column)
        if draft.chance(0.3):
            cells["therapy"] = draft.pick([therapy, *(["novel"] if _grouped(draft, "novel") else [])])
        draft.add("prohibitions", cells)


def _cell(draft: Draft, column: str) -> str:
    if column == "donor":
        pool = draft.pick(draft.rows("donor_pools"))
        options = [pool["pool"], pool["donor_group"], pool["jurisdiction"] or pool["pool"]]
    elif column == "risk_class":
        options = _classes(draft)
    elif column == "panel":
        options = [row["panel"] for row in draft.rows("panels")]
    elif column == "market":
        options = draft.markets
    else:
        options = [*draft.at[column], *draft.at[column], draft.pick(draft.jurisdictions) or "*"]
        if _grouped(draft, "network"):
            options.append("network")
    cell = "*" if draft.chance(0.05) else str(draft.pick(options))
    return f"!{cell}" if cell != "*" and draft.rarely(0.15) else cell
