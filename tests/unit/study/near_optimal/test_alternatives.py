"""Near-optimal designs and what they have in common."""

from __future__ import annotations

import itertools
import json

import pytest

import donornet as dn
from donornet.instance import Instance
from donornet.study.near_optimal.result import EVERY, NONE, SOME, UNDECIDED
from tests.oracle.random_instances import random_instance
from tests.oracle.tiny import TWO_YEARS, Tiny, by_paths, second_plant

COSTS = (100, 90, 97, 300)
"""What plants M, N, O and Q cost to open; N, O and Q cost 1 more for each of 5 units."""


def plants() -> Instance:
    tiny = second_plant(Tiny(), opening_cost=COSTS[1]).change("facilities", 0, status="open")
    for name, cost in zip("OQ", COSTS[2:], strict=True):
        tiny.add("sites", {"site": name, "jurisdiction": "A"}).vans(f"{name}>R").vans(f"C>{name}", unit_cost=1)
        tiny.add("facilities", {"site": name, "stage": "manufacturing", "opening_cost": cost})
    return tiny.add("facilities", {"site": "M", "stage": "storage", "status": "closed"}).build()


def by_brute_force(instance: Instance, within: float, *, slack: float = 1e-7) -> dict[tuple[str, str], str]:
    """Return the verdict on each facility from the cost of every set of open facilities."""
    rows = instance.table("facilities")
    free = [(row.site, row.stage) for row in rows.itertuples() if row.status == "candidate"]
    costs = {}
    for taken in itertools.product((False, True), repeat=len(free)):
        edits = [
            f"facilities.status={'open' if open_ else 'closed'} where site={site}; stage={stage}"
            for (site, stage), open_ in zip(free, taken, strict=True)
        ]
        status, cost = by_paths(instance.apply(*edits))
        if status == "optimal":
            costs[taken] = cost
    best = min(costs.values())
    near = [taken for taken, cost in costs.items() if cost <= best + within * abs(best) + slack * abs(best)]
    told = {(row.site, row.stage): EVERY if row.status == "open" else NONE for row in rows.itertuples()}
    for place, cells in zip(free, zip(*near, strict=True), strict=True):
        told[place] = EVERY if all(cells) else SOME if any(cells) else NONE
    return told


def verdicts(found: dn.Alternatives) -> dict[tuple[str, str], str]:
    rows = found.table[found.table["kind"] == "facilities"]
    return dict(zip(zip(rows["site"], rows["stage"], strict=True), rows["verdict"], strict=True))


@pytest.fixture(scope="module")
def near() -> dn.Alternatives:
    """Designs of at most 6 % more than 190: by N (190), M (195) or O (197), not by Q, nor by two of them."""
    return dn.alternatives(plants(), 0.06, gap=0, designs=10)


def test_every_some_and_none_are_those_of_all_subsets(near: dn.Alternatives):
    assert verdicts(near) == by_brute_force(plants(), 0.06)
    assert set(verdicts(near).values()) == {EVERY, SOME, NONE}


def test_the_designs_are_all_that_there_are_within_the_budget(near: dn.Alternatives):
    assert near.complete
    assert [round(result.objective or 0.0, 6) for result in near.designs] == [190.0, 195.0, 197.0]
    for result in near.designs:
        assert not result.info["violations"]
        assert result.objective is not None
        assert result.objective <= near.budget * (1 + 1e-6)


def test_it_says_what_the_cheapest_designs_with_and_without_cost(near: dn.Alternatives):
    rows = near.table.set_index("site")
    assert rows.loc["O", "cheapest_with"] == pytest.approx(197)
    assert rows.loc["N", "cheapest_without"] == pytest.approx(195)
    assert list(near.table[near.table["in_best"].astype(bool)]["site"]) == ["C", "L", "N"]


def test_text_and_json_name_the_verdicts(near: dn.Alternatives):
    assert "in none of the designs" in str(near)
    assert near.names(NONE) == ["Q manufacturing", "M storage"]
    plain = json.loads(near.to_json())
    assert plain["budget"] == pytest.approx(1.06 * 190)
    assert plain["most_above_optimum"] == pytest.approx(0.06)


def test_what_time_leaves_open_is_not_decided():
    found = dn.alternatives(plants(), 0.06, gap=0, total_time=1e-9)
    assert verdicts(found) | {("C", "collection"): EVERY} == {
        **dict.fromkeys(verdicts(found), UNDECIDED), ("C", "collection"): EVERY, ("M", "storage"): NONE
    }  # fmt: skip
    assert found.found == len(found.designs) == 1


def test_without_any_design_there_is_nothing_to_compare():
    instance = Tiny().change("facilities", 2, capacity=1).build()
    found = dn.alternatives(instance)
    assert found.best.status is dn.Status.INFEASIBLE
    assert not found.designs
    assert set(found.table["verdict"]) == {UNDECIDED}
    assert "infeasible" in str(found)


@pytest.mark.slow
def test_a_search_one_by_one_comes_to_the_same_verdicts(near: dn.Alternatives, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("donornet.study.near_optimal.search.Backbone._decide_together", lambda _: None)
    found = dn.alternatives(plants(), 0.06, gap=0, designs=0)
    assert verdicts(found) == verdicts(near)
    assert not found.complete


@pytest.mark.slow
@pytest.mark.parametrize("seed", [69, 114])
def test_random_instances_agree_with_all_subsets(seed: int):
    """One period, and nothing that costs to close: then open or closed by status is what the design decides."""
    instance = random_instance(seed, roomy=False)
    free = instance.table("facilities").query("status == 'candidate'")
    assert len(instance.periods) == 1
    assert not ((free["initial"] == "existing") & (free["closing_cost"] > 0)).any()
    found = dn.alternatives(instance, 0.05, gap=1e-9)
    assert found.designs
    assert verdicts(found) == by_brute_force(instance, 0.05)


def by_every_pattern(instance: Instance, within: float, *, slack: float = 1e-6) -> dict[tuple[str, str], str]:
    """Return the verdicts from the cost of every pattern of what is open in the last period, each solved anew.

    Only the last period is fixed, and decisions may be taken in any period before it.
    """
    rows, told, free = instance.table("facilities"), {}, {}
    model = dn.build_model(instance)
    for site, stage, status in zip(rows["site"], rows["stage"], rows["status"], strict=True):
        variable = model.Open[site, stage, instance.periods[-1]]
        if status == "candidate" and not variable.fixed:
            free[site, stage] = variable
        else:
            told[site, stage] = EVERY if status == "open" else NONE
    costs = {}
    for pattern in itertools.product((0, 1), repeat=len(free)):
        for variable, taken in zip(free.values(), pattern, strict=True):
            variable.fix(taken)
        costs[pattern] = dn.solve(model, gap=1e-9).objective
    known = {pattern: cost for pattern, cost in costs.items() if cost is not None}
    budget = min(known.values()) + (within + slack) * abs(min(known.values()))
    near = [pattern for pattern, cost in known.items() if cost <= budget]
    for place, cells in zip(free, zip(*near, strict=True), strict=True):
        told[place] = EVERY if all(cells) else SOME if any(cells) else NONE
    return told


def closing_costs() -> Instance:
    """Two years; M is there, 30 a year to keep and 40 to close; N costs 90 to open and nothing to keep."""
    tiny = second_plant(Tiny(**TWO_YEARS), opening_cost=90)
    tiny.change("facilities", 2, initial="existing", opening_cost=0, closing_cost=40, fixed_cost_per_year=30)
    return tiny.build()


@pytest.mark.parametrize("within", [0.2, *(pytest.param(share, marks=pytest.mark.slow) for share in (0.02, 0.6))])
def test_what_closes_later_is_closed_and_what_closing_costs_counts(within: float):
    found = dn.alternatives(closing_costs(), within, gap=0)
    assert verdicts(found) == by_every_pattern(closing_costs(), within)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [51, 52])
def test_random_instances_with_closing_costs_agree_with_all_patterns(seed: int):
    """Seed 51 has four periods, both an existing facility that costs something to close."""
    instance = random_instance(seed, roomy=False)
    found = dn.alternatives(instance, 0.05, gap=1e-9)
    assert found.designs
    assert verdicts(found) == by_every_pattern(instance, 0.05)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"within": -0.1}, "-0.1"),
        ({"within": float("nan")}, "nan"),
        ({"designs": -1}, "-1"),
        ({"what": "labs"}, "labs"),
    ],
)
def test_wrong_arguments_are_refused_with_their_value(arguments, told):
    with pytest.raises(ValueError, match=told):
        dn.alternatives(plants(), **arguments)
