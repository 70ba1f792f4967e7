from __future__ import annotations

import pandas as pd
import pytest

from donornet.evaluation import Evaluation, evaluate
from tests.unit.evaluation.small import (
    ALLOGENEIC,
    AUTOLOGOUS,
    DAILY,
    FLOWS,
    PATIENTS,
    broken,
    changed,
    instance_of,
    solution_of,
)

# Two pools of two risk classes, collected at one site, tested in two labs, kept apart by state until they are made.
TABLES = {
    **ALLOGENEIC,
    "sites": [*ALLOGENEIC["sites"], {"site": "K", "jurisdiction": "EU"}, {"site": "N", "jurisdiction": "US"}],
    "facilities": [
        {"site": site, "stage": stage, "initial": "existing"}
        for site, stage in (
            ("C", "collection"), ("L", "testing"), ("K", "testing"), ("M", "manufacturing"), ("N", "manufacturing"),
        )
    ],
    "capacity_steps": [],
    "operations": [],
    "donor_pools": [
        {"pool": pool, "jurisdiction": "US", "risk_class": risk} for pool, risk in (("P", "low"), ("Q", "high"))
    ],
    "pass_rates": [{"risk_class": "high", "pass_rate": 0.5}],
    "lanes": [
        {"from": a, "to": b, "mode": mode}
        for a, b, mode in (
            ("P", "C", "walk"), ("Q", "C", "walk"), ("C", "L", "post"), ("C", "K", "post"), ("C", "M", "air"),
            ("C", "N", "air"),
            ("M", "H", "van"), ("N", "H", "van"),
        )
    ],
    "demand": [{"centre": "H", "therapy": "allo", "period": 1, "doses": 10}],
    "recognition": [{"stage": "*", "from": "US", "market": "EU", "verdict": "recognised"}],
    "prohibitions": [{"rule": "no-risk-in-N", "risk_class": "high", "manufacturing": "N"}],
}  # fmt: skip
COMMON = {"therapy": "allo", "market": "EU", "period": 1}


def design(**changes: list[dict[str, object]]) -> dict[str, list[dict[str, object]]]:
    """P gives 6, Q gives 8 of which 4 are released; P's 6 go to N, Q's 4 to M."""
    tables: dict[str, list[dict[str, object]]] = {
        "facilities": [{**row, "period": t, "open": 1} for row in TABLES["facilities"] for t in (1, 2)],
        "donations": [
            {**COMMON, "pool": "P", "site": "C", "mode": "walk", "donor_class": "low", "donations": 6},
            {**COMMON, "pool": "Q", "site": "C", "mode": "walk", "donor_class": "high", "donations": 8},
        ],
        "tests": [
            {
                **COMMON,
                "site": "C",
                "donor_class": "low",
                "lab": "L",
                "panel": "basic",
                "mode": "post",
                "state": "s1",
                "tests": 6,
            },
            {
                **COMMON,
                "site": "C",
                "donor_class": "high",
                "lab": "K",
                "panel": "basic",
                "mode": "post",
                "state": "s2",
                "tests": 8,
            },
        ],
        "flows": [flow("s1", "N", 6), flow("s2", "M", 4)],
        "deliveries": [
            {**COMMON, "from": "N", "from_state": "z", "mode": "van", "centre": "H", "doses": 6},
            {**COMMON, "from": "M", "from_state": "z", "mode": "van", "centre": "H", "doses": 4},
        ],
    }
    return {**tables, **changes}


def flow(state: str, to: str, units: float) -> dict[str, object]:
    ends = {
        "from": "C",
        "from_stage": "collection",
        "from_state": state,
        "to": to,
        "to_stage": "manufacturing",
        "to_state": "z",
    }
    return {**COMMON, **ends, "mode": "air", "units": units}


def chains(evaluation: Evaluation) -> dict[tuple[str, ...], float]:
    table = evaluation.tables["chains"]
    keys = ["pool", "collection", "lab", "manufacturing", "centre"]
    return {tuple(row[:-1]): row[-1] for row in table[[*keys, "doses"]].itertuples(index=False, name=None)}


def test_flows_are_taken_apart_by_state():
    evaluation = evaluate(instance_of(TABLES), solution_of(design()))
    assert evaluation.violations == []
    assert chains(evaluation) == {("P", "C", "L", "N", "H"): 6, ("Q", "C", "K", "M", "H"): 4}
    row = evaluation.tables["chains"].iloc[0]
    assert (row["jurisdictions"], row["modes"], row["crossings"], row["panel"]) == (
        "US>US>US>EU",
        "walk>air>van",
        1,
        "basic",
    )


def test_states_that_mix_what_must_not_be_mixed_are_found():
    mixed = design()
    mixed["tests"] = changed(mixed["tests"], state="s")
    mixed["flows"] = [flow("s", "M", 4), flow("s", "N", 6)]
    evaluation = evaluate(instance_of(TABLES), solution_of(mixed))
    [violation] = evaluation.violations
    assert violation.code == "illegal-chain"
    assert "no-risk-in-N" in violation.message
    assert "Q -walk-> C -air-> N -van-> H" in violation.message
    assert violation.amount == pytest.approx(4)
    harmless = {**TABLES, "prohibitions": []}
    assert broken(instance_of(harmless), solution_of(mixed)) == set()


def test_discarded_material_must_be_legal_too():
    tables = {**TABLES, "prohibitions": [{"rule": "no-q", "donor": "Q", "collection": "US"}]}
    unused = design(flows=[flow("s1", "N", 6)], deliveries=design()["deliveries"][:1])
    unused_instance = {**tables, "demand": [{"centre": "H", "therapy": "allo", "period": 1, "doses": 6}]}
    assert broken(instance_of(unused_instance), solution_of(unused)) == {"illegal-chain"}
    legal = {**unused_instance, "prohibitions": TABLES["prohibitions"]}
    assert broken(instance_of(legal), solution_of(unused)) == set()


def test_every_test_of_a_class_must_suit_every_donation_of_it():
    tables = {**TABLES, "prohibitions": [{"rule": "no-p-at-L", "donor": "P", "testing": "L"}]}
    one_class = design()
    one_class["donations"] = changed(one_class["donations"], donor_class="k")
    one_class["tests"] = changed(one_class["tests"], donor_class="k", state="s")
    one_class["flows"] = [flow("s", "N", 6), flow("s", "M", 4)]
    # first in, first out pairs P with K only; yet P might have had the test at L
    assert broken(instance_of(tables), solution_of(one_class)) == {"test-not-valid"}
    assert broken(instance_of({**tables, "prohibitions": []}), solution_of(one_class)) == set()


def test_deliveries_from_stock_take_the_oldest_doses():
    therapies = changed(TABLES["therapies"], shelf_life_days=365)
    first, second = design(), design()
    both = {
        name: [*first[name], *[{**row, "period": 2} for row in second[name]]]
        for name in ("donations", "tests", "flows")
    } | {"facilities": first["facilities"]}
    both["deliveries"] = [{**first["deliveries"][0], "doses": 4}, {**first["deliveries"][0], "period": 2, "doses": 6}]
    both["stock"] = [{"therapy": "allo", "market": "EU", "site": "N", "period": 1, "doses": 2}]
    demand = [{"centre": "H", "therapy": "allo", "period": t, "doses": d} for t, d in ((1, 4), (2, 6))]
    evaluation = evaluate(instance_of({**TABLES, "demand": demand}, therapies=therapies), solution_of(both))
    assert evaluation.violations == []
    table = evaluation.tables["chains"]
    made = table.groupby("period")["doses"].sum()  # of year 2's doses, two were donated in year 1
    assert made.to_dict() == pytest.approx({1: 6, 2: 4})


def test_days_lanes_and_kilometres_add_up():
    evaluation = evaluate(instance_of(ALLOGENEIC), solution_of(FLOWS))
    assert evaluation.tables["chains"]["days"].tolist() == [24, 24]  # 2 + 1.5 + 20 + 0.5
    assert evaluation.tables["chains"]["handoffs"].tolist() == [1, 1]


def test_loops_are_chains_with_their_tests():
    two = [{**PATIENTS["tests"][0], "tests": 6}, {**PATIENTS["tests"][0], "lab": "M2", "tests": 4}]
    sites = [*AUTOLOGOUS["sites"], {"site": "M2", "jurisdiction": "EU"}]
    facilities = [*AUTOLOGOUS["facilities"], {"site": "M2", "stage": "testing", "initial": "existing"}]
    lanes = [*AUTOLOGOUS["lanes"], {"from": "C", "to": "M2", "mode": "post"}]
    stands = [*PATIENTS["facilities"], *[{"site": "M2", "stage": "testing", "period": t, "open": 1} for t in (1, 2, 3)]]
    tables = {"sites": sites, "facilities": facilities, "lanes": lanes}
    instance = instance_of(AUTOLOGOUS, DAILY, **tables)
    solution = solution_of(PATIENTS, tests=two, facilities=stands)
    evaluation = evaluate(instance, solution)
    assert evaluation.violations == []
    assert evaluation.tables["chains"].set_index("lab")["doses"].to_dict() == pytest.approx({"L": 2.4, "M2": 1.6})
    coupled = [{"rule": "lab-with-plant", "testing": "M2", "manufacturing": "M"}]
    assert broken(instance_of(AUTOLOGOUS, DAILY, **tables, prohibitions=coupled), solution) == {
        "illegal-chain",
        "test-not-valid",
    }


def test_loop_that_takes_too_long_is_named():
    therapies = changed(AUTOLOGOUS["therapies"], vein_to_vein_days=11)
    evaluation = evaluate(instance_of(AUTOLOGOUS, DAILY, therapies=therapies), solution_of(PATIENTS))
    [violation] = evaluation.violations
    assert violation.message.endswith("vein_to_vein_days: the loop takes 12 days, at most 11 are allowed")
    assert "H -taxi-> C -air-> M -van-> H, tested at L" in violation.message


def test_design_without_flows_has_no_chains():
    evaluation = evaluate(instance_of(ALLOGENEIC, demand=[]), solution_of({}))
    assert evaluation.violations == []
    assert isinstance(evaluation.tables["chains"], pd.DataFrame)
    assert evaluation.tables["chains"].empty
    assert evaluation.objective == 7 * 1.0  # the existing site is closed
