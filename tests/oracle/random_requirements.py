"""Random diversity requirements, limits, and rows that change nothing."""

from __future__ import annotations

from tests.oracle.draft import Draft, Row


def draw_diversity(draft: Draft) -> None:
    """Draw one or two requirements on donors."""
    if not draft.allogeneic or not draft.chance(0.5):
        return
    for number in range(draft.pick((1, 1, 2))):
        measure = draft.pick(("min_count", "min_share", "max_share", "min_effective_groups"))
        level = draft.pick((None, None, None, "eligible", "recruited", "registry"))
        if any("registry" not in pool for pool in draft.rows("donor_pools")) and level in ("recruited", "registry"):
            level = None
        of = draft.pick((None, None, "donor_group", "pool", "jurisdiction"))
        members = sorted({pool[of or "donor_group"] for pool in draft.rows("donor_pools")})
        priced = draft.chance(0.8 if draft.hard else 0.5)
        row: Row = {
            "requirement": f"req-{number + 1}",
            "measure": measure,
            "of": of,
            "level": level,
            "value": _value(draft, measure, level, len(members)),
            "shortfall_penalty": draft.money(1, 40) if priced else None,
        }
        if measure != "min_effective_groups":
            row["member"] = draft.pick((None, "*", draft.pick(members), draft.pick(members)))
        if level not in ("recruited", "registry"):
            row["therapy"] = draft.pick((None, "*", draft.pick(draft.allogeneic)))
            row["market"] = draft.pick((None, "*", draft.pick(draft.markets)))
        row["period"] = draft.pick((None, "*", draft.pick(draft.numbers)))
        draft.add("diversity", row)


def _value(draft: Draft, measure: str, level: str | None, members: int) -> float:
    if measure == "min_count":
        need = sum(draft.inflow(name, draft.routes[name][0]) for name in draft.allogeneic)
        return round(need * draft.factor(0.1, 0.4) / members, 1) + 1
    if measure == "min_share":
        return draft.pick((0.1, 0.2)) if level == "registry" else draft.pick((0.1, 0.2, 0.3)) / max(1, members - 1)
    if measure == "max_share":
        return draft.pick((0.6, 0.7, 0.8)) if members > 1 else 1.0
    return round(1 + (members - 1) * draft.factor(0.1, 0.7), 2)


def draw_limits(draft: Draft) -> None:
    """Draw up to three limits, loose enough to be kept as a rule."""
    if not draft.rarely(0.75):
        return
    options = [*_limits_of_design(draft), *_limits_of_service(draft), *_limits_per_dose(draft)]
    if draft.allogeneic:
        options += _limits_of_donors(draft)
    for number, row in enumerate(draft.dice.sample(options, draft.pick((1, 2, 3)))):
        priced = draft.chance(0.8 if draft.hard else 0.5) and "penalty" not in row
        penalty = {"penalty": draft.money(0.5, 30)} if priced else {}
        draft.add("limits", {"limit": f"limit-{number + 1}", **row, **penalty})


def _at_most(measure: str, value: float, **filters: object) -> Row:
    return {"measure": measure, "sense": "max", "value": round(value, 1), **filters}


def _limits_of_design(draft: Draft) -> list[Row]:
    doses, facilities = sum(draft.peak.values()), sum(map(len, draft.at.values()))
    return [
        _at_most("open_facilities", 1, stage=_stage(draft)),
        _at_most("open_facilities", facilities - 1, jurisdiction=_place(draft)),
        _at_most("open_facilities", 2, stage="*", scope="each"),
        _at_most("open_facilities", 2, site="*", scope="each", period=draft.pick(draft.numbers)),
        _at_most("open_facilities", 2, site="network" if _grouped(draft, "network") else _site(draft)),
        _at_most("open_facilities", 2, scope="each"),
        _at_most("openings", draft.pick((3, 5)), period=_period(draft)),
        _at_most("openings", 2, stage=_stage(draft), jurisdiction=_place(draft)),
        _at_most("investment", draft.factor(300, 900), period=_period(draft)),
        _at_most("investment", draft.factor(100, 300), site=_site(draft)),
        _at_most("total_cost", draft.factor(50, 150) * doses * draft.count),
        _at_most("total_cost", draft.factor(50, 150) * doses, period=draft.pick(draft.numbers)),
    ]


def _limits_of_service(draft: Draft) -> list[Row]:
    doses, centre = sum(draft.peak.values()), draft.pick(draft.rows("centres"))["centre"]
    return [
        _at_most("unmet", doses * 0.3, site=centre),
        _at_most("unmet", doses * 0.5, jurisdiction=_place(draft), period="*"),
        {**_at_most("unmet_share", 0.0, scope="each", therapy="*"), "value": 0.5},
        {**_at_most("unmet_share", 0.0, market=_market(draft), period=_period(draft)), "value": 0.35},
        _at_most("doses", doses * draft.count * 0.8, market=_market(draft)),
        _at_most("doses", doses * draft.count * 0.4, site=_site(draft)),
        _at_most("doses", doses * 0.6, jurisdiction=_place(draft), period=_period(draft)),
        {**_at_most("doses", doses * 0.2, scope="each", market="*", penalty=20.0), "sense": "min"},
        {**_at_most("doses", doses * 0.1, therapy=_therapy(draft), period="*", penalty=20.0), "sense": "min"},
    ]


def _limits_per_dose(draft: Draft) -> list[Row]:
    limits = [
        _at_most("handoffs", draft.pick((0.3, 0.5, 0.8))),
        _at_most("handoffs", 0.5, therapy="*", scope="each"),
        _at_most("crossings", draft.pick((0.3, 0.5, 1)), period=_period(draft)),
        _at_most("crossings", 0.8, market="*", scope="each"),
        _at_most("km", draft.factor(300, 1500), market=_market(draft)),
        _at_most("km", draft.factor(500, 1500), therapy=_therapy(draft), period=_period(draft)),
        _at_most("co2", draft.factor(2, 30), therapy=draft.pick(list(draft.routes))),
    ]
    for therapy in draft.autologous[:1]:
        usual = sum(draft.work[stage, therapy] for stage in draft.routes[therapy]) + len(draft.routes[therapy])
        limits += [
            _at_most("vein_to_vein_mean", usual * draft.factor(0.5, 1), therapy=therapy),
            _at_most("vein_to_vein_mean", usual, scope="each"),
            _at_most("vein_to_vein_mean", usual * draft.factor(0.5, 1), market=_market(draft), period=_period(draft)),
        ]
    return limits


def _limits_of_donors(draft: Draft) -> list[Row]:
    need = sum(draft.inflow(name, draft.routes[name][0]) for name in draft.allogeneic) * draft.count
    first = draft.routes[draft.allogeneic[0]][0]
    return [
        _at_most("recruits", need, jurisdiction=_place(draft)),
        {**_at_most("recruits", 2, penalty=30.0), "sense": "min"},
        _at_most("donations", need * 1.2, jurisdiction=_place(draft)),
        _at_most("donations", need * 0.7, site=draft.pick(draft.at[first]), period=_period(draft)),
        _at_most("donations", need * 0.7, market=_market(draft), stage=first),
        {**_at_most("donations", need * 0.3, therapy=draft.pick(draft.allogeneic)), "sense": "min"},
    ]


def _stage(draft: Draft) -> str:
    return draft.pick(sorted(draft.at))


def _site(draft: Draft) -> str:
    return str(draft.pick(draft.rows("facilities"))["site"])


def _therapy(draft: Draft) -> str:
    return draft.pick([*draft.routes, *(["novel"] if _grouped(draft, "novel") else [])])


def _grouped(draft: Draft, group: str) -> bool:
    return any(row["group"] == group for row in draft.rows("groups"))


def _place(draft: Draft) -> str | None:
    groups = [group for group in ("partners", "alliance") if _grouped(draft, group)]
    return draft.pick([None, draft.pick(draft.jurisdictions), *groups])


def _market(draft: Draft) -> str | None:
    return draft.pick((None, draft.pick(draft.markets)))


def _period(draft: Draft) -> str | int | None:
    return draft.pick((None, "*", draft.pick(draft.numbers)))


def draw_idle_rows(draft: Draft) -> None:
    """Add rows that must change nothing: excluded ones, notes, patients' groups."""
    if draft.chance(0.3):
        row = draft.pick(draft.rows("facilities"))
        draft.add(
            "limits", {"limit": "later", "measure": "open_facilities", "sense": "max", "value": 0, "include": "no"}
        )
        draft.add("demand", {**draft.rows("demand")[0], "period": "*", "doses": 1e6, "include": "no"})
        row["note"] = "as published"
    if draft.chance(0.2) and draft.allogeneic and draft.markets[0]:
        draft.add("patient_groups", {"market": draft.markets[0], "patient_group": "all", "share": 1.0})
        draft.add("match_classes", {"patient_group": "all", "match_class": "common", "weight": 1.0})
        for group in sorted({row["donor_group"] for row in draft.rows("donor_pools")}):
            draft.add("match_probabilities", {"match_class": "common", "donor_group": group, "probability": 0.1})
    if draft.chance(0.15):
        draft.add("scenarios", {"scenario": "growth", "order": 1, "table": "demand", "set": "doses*=2"})
