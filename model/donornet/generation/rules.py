"""Who recognises whom, which plants are licensed where, which markers a market asks for, which chains are forbidden."""

from __future__ import annotations

from donornet.generation.dice import Dice
from donornet.generation.draft import Draft, Row
from donornet.generation.products import Product

VERDICTS = ("recognised", "bridging", "licence", "never")
ODDS = {
    "donor": (0.35, 0.35, 0.0, 0.3),
    "collection": (0.3, 0.3, 0.0, 0.4),
    "testing": (0.3, 0.25, 0.1, 0.35),
    "processing": (0.3, 0.3, 0.1, 0.3),
    "manufacturing": (0.15, 0.25, 0.45, 0.15),
    "storage": (0.4, 0.4, 0.0, 0.2),
}
"""How often each verdict falls between two jurisdictions."""
HUB_ODDS = {"manufacturing": (0.2, 0.3, 0.5, 0.0), "testing": (0.4, 0.6, 0.0, 0.0)}
"""The same where the first jurisdiction is the origin: everybody can be served from there, at a price."""
BRIDGING = {"donor": (300, 0), "collection": (500, 1), "testing": (150, 1), "processing": (700, 2),
            "manufacturing": (900, 2), "storage": (100, 1)}  # fmt: skip
"""Cost per unit [currency] and days of bridging."""
LICENCE = {"testing": (400_000, 80_000), "processing": (900_000, 150_000), "manufacturing": (2_500_000, 300_000)}
"""Fee and yearly cost [currency, currency/year]."""
OFFERED, HELD = 0.6, 0.15
"""Share of the facilities that can get a licence; share that holds it, of those that can."""

MARKERS = {
    "core": ("HIV", "HBV", "HCV", "syphilis"),
    "west": ("HIV-NAT", "HBV-NAT", "HCV-NAT", "CMV", "WNV"),
    "east": ("HIV-NAT", "HTLV", "B19"),
    "travel": ("malaria", "T-cruzi"),
}
WEST, EAST = frozenset({"US", "CA", "MX", "BR"}), frozenset({"JP", "KR", "AU"})


def judge(draft: Draft, made: list[Product]) -> None:
    """Write recognition and the licences that it asks for."""
    stages = [stage for stage in ODDS if stage in draft.at]
    dice, asked = draft.dice("recognition"), set()
    late = draft.periods[1] if len(draft.periods) > 1 else None
    last = int(draft.at["centre"].jurisdictions.max())
    for stage in stages:
        origins = sorted({int(position) for position in draft.at[stage].jurisdictions})
        for origin in origins:
            for market in sorted({int(position) for position in draft.at["centre"].jurisdictions}):
                if origin == market:
                    continue
                odds = HUB_ODDS.get(stage, (0.3, 0.7, 0.0, 0.0)) if origin == 0 else ODDS[stage]
                verdict = dice.one(VERDICTS, odds)
                if stage == "manufacturing" and origin == 0 and market == last:
                    verdict = "licence"
                waits = dice.chance(0.1) and verdict == "recognised" and origin != 0 and draft.every
                cost, days = BRIDGING[stage]
                row: Row = {"stage": stage, "from": draft.jurisdictions[origin], "market": draft.jurisdictions[market]}
                row |= {"verdict": verdict, "valid_from": late if waits else None}
                if verdict == "bridging":
                    row |= {"unit_cost": round(cost * dice.number(0.7, 1.3), -1), "days": days}
                    row |= {"yield": 0.99 if stage not in {"donor", "testing"} else None}
                if verdict == "licence":
                    asked.add((stage, origin, market))
                draft.add("recognition", [row])
    for stage in LICENCE:
        if stage in draft.at:
            _offer_licences(draft, stage, {(origin, market) for at, origin, market in asked if at == stage})
    if draft.every:
        _ease_grafts(draft, made)


def _offer_licences(draft: Draft, stage: str, asked: set[tuple[int, int]]) -> None:
    """Write licences of a stage; at least one facility of each jurisdiction that needs one can get it."""
    places, dice = draft.at[stage], draft.dice(f"licences {stage}")
    existing = {
        row["site"] for row in draft.tables["facilities"] if row["stage"] == stage and row.get("initial") == "existing"
    }
    fee, yearly = LICENCE[stage]
    for origin, market in sorted(asked):
        own = [site for site, where in zip(places.ids, places.jurisdictions.tolist(), strict=True) if where == origin]
        for number, site in enumerate(own):
            offered, held, factor = dice.chance(OFFERED), dice.chance(HELD), dice.number(0.7, 1.3)
            if number and not offered:
                continue
            row: Row = {"site": site, "stage": stage, "market": draft.jurisdictions[market]}
            row |= {"fixed_cost_per_year": round(yearly * factor, -3)}
            if held and site in existing:
                row |= {"status": "held"}
            else:
                row |= {"status": "obtainable", "opening_cost": round(fee * factor, -4)}
            draft.add("licences", [row])


def _ease_grafts(draft: Draft, made: list[Product]) -> None:
    """Let grafts cross borders that other therapies do not."""
    grafts = [product.name for product in made if product.name.startswith("graft")]
    dice = draft.dice("grafts")
    never = [row for row in draft.tables["recognition"] if row["verdict"] == "never"]
    for row in never:
        if grafts and row["stage"] != "manufacturing" and dice.chance(0.3):
            cost, days = BRIDGING[row["stage"]]
            draft.add("recognition", [{**row, "therapy": grafts[0], "verdict": "bridging", "unit_cost": cost,
                                       "days": days}])  # fmt: skip


def require_tests(draft: Draft) -> None:
    """Write panels, which lab sells which, and the markers that each market requires."""
    places, dice = draft.at["testing"], draft.dice("labs")
    for number, site in enumerate(places.ids):
        home = style(draft.jurisdictions[places.jurisdictions[number]])
        wide = dice.chance(0.3) or places.jurisdictions[number] == 0
        draft.add("lab_panels", [{"site": site, "panel": home}])
        draft.add("lab_panels", [{"site": site, "panel": "global"}] if wide else [])
    sold = {row["panel"] for row in draft.tables["lab_panels"]}
    draft.add(
        "panels",
        (
            {"panel": name, "markers": ";".join(MARKERS["core"] + extra), "unit_cost": cost, "days": 1}
            for name, extra, cost in (
                ("basic", MARKERS["travel"], 180),
                ("west", MARKERS["west"] + MARKERS["travel"], 420),
                ("east", MARKERS["east"] + MARKERS["travel"], 380),
                ("global", tuple(dict.fromkeys(MARKERS["west"] + MARKERS["east"] + MARKERS["travel"])), 640),
            )
            if name in sold
        ),
    )
    draft.add("required_markers", ({"marker": marker} for marker in MARKERS["core"]))
    markets = sorted({int(position) for position in draft.at["centre"].jurisdictions})
    for market in (draft.jurisdictions[position] for position in markets):
        kind = style(market)
        if kind != "basic":
            draft.add("required_markers", ({"market": market, "marker": marker} for marker in MARKERS[kind]))
    if any(row["risk_class"] == "travel" for row in draft.tables.get("donor_pools", [])):
        draft.add("required_markers", ({"risk_class": "travel", "marker": marker} for marker in MARKERS["travel"]))


def style(jurisdiction: str) -> str:
    """Return the panel that satisfies a jurisdiction."""
    return "west" if jurisdiction in WEST else "east" if jurisdiction in EAST else "basic"


def forbid(draft: Draft, made: list[Product]) -> None:
    """Write prohibitions and the groups they name: special plants, an export rule, donors who travel."""
    plants, dice = draft.at["manufacturing"].ids, draft.dice("prohibitions")
    own = [product.name for product in made if product.autologous]
    donated = [product.name for product in made if not product.autologous]
    if own and donated and len(plants) > 3:
        _divide_plants(draft, dice, plants, own, donated)
    markets = [draft.jurisdictions[p] for p in sorted({int(p) for p in draft.at["centre"].jurisdictions})]
    if donated and len(markets) > 1:
        through = [product for product in made if not product.autologous and "manufacturing" in product.work]
        draft.add("groups", ({"group": "from-settled-donors", "member": name} for name in donated[:2]))
        rules: list[Row] = []
        if len(draft.tables["donor_pools"]) > 1:
            rules.append({"rule": "travelled-donors", "therapy": "from-settled-donors", "risk_class": "travel",
                          "market": markets[-1]})  # fmt: skip
        if through:
            rules.append({"rule": "no-re-export", "therapy": through[-1].name, "donor": markets[1],
                          "manufacturing": markets[0], "market": markets[-1]})  # fmt: skip
        draft.add("prohibitions", rules)
    elif not donated:
        draft.add("prohibitions", [{"rule": "one-plant-abroad", "manufacturing": plants[-1], "market": markets[-1]}])


def _divide_plants(draft: Draft, dice: Dice, plants: tuple[str, ...], own: list[str], donated: list[str]) -> None:
    """Let most plants make one modality only."""
    kinds = [dice.one(("both", "autologous", "allogeneic"), (0.3, 0.3, 0.4)) for _ in plants]
    kinds[0] = "both"
    for name, therapies in (("autologous", own), ("allogeneic", donated)):
        fit = [plant for plant, kind in zip(plants, kinds, strict=True) if kind in (name, "both")]
        if len(fit) == len(plants):
            continue
        draft.add("groups", ({"group": f"{name}-plants", "member": plant} for plant in fit))
        draft.add("groups", ({"group": f"{name}-therapies", "member": therapy} for therapy in therapies))
        draft.add(
            "prohibitions",
            [{"rule": f"{name}-plants-only", "therapy": f"{name}-therapies", "manufacturing": f"!{name}-plants"}],
        )
