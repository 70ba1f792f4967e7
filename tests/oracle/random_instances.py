"""Small random instances with every table of the format in play, valid by construction and mostly feasible."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from hypothesis import strategies as st

from donornet.instance import Instance
from donornet.instance.build import from_rows
from tests.oracle.chains import Chain, chains, schedule
from tests.oracle.draft import Draft
from tests.oracle.facts import Facts, whole_periods
from tests.oracle.random_network import (
    draw_demand,
    draw_donors,
    draw_facilities,
    draw_head,
    draw_operations,
    draw_places,
    draw_sites_of_stages,
    draw_therapies,
    draw_transport,
)
from tests.oracle.random_requirements import draw_diversity, draw_idle_rows, draw_limits
from tests.oracle.random_rules import (
    draw_groups,
    draw_lanes,
    draw_licences,
    draw_prohibitions,
    draw_recognition,
    draw_tests,
)


def random_instance(seed: int, *, roomy: bool = True) -> Instance:
    """Return the random instance of a seed.

    Parameters
    ----------
    seed
        Seed of the dice: the same seed gives the same instance.
    roomy
        False: as few places as possible.
    """
    draft = random_draft(seed, roomy=roomy)
    return from_rows(draft.head, draft.tables)


def random_draft(seed: int, *, roomy: bool = True) -> Draft:
    """Return the rows of the random instance of a seed, for those who want to change them."""
    draft = Draft(seed, float(roomy))
    draw_head(draft)
    draw_places(draft)
    draw_therapies(draft)
    draw_sites_of_stages(draft)
    draw_demand(draft)
    draw_operations(draft)
    draw_donors(draft)
    draw_facilities(draft)
    draw_transport(draft)
    draw_lanes(draft)
    draw_groups(draft)
    draw_recognition(draft)
    draw_licences(draft)
    draw_tests(draft)
    draw_prohibitions(draft)
    draw_diversity(draft)
    draw_limits(draft)
    if draft.chance(0.85):
        price_the_unreachable(draft)
    draw_idle_rows(draft)
    return draft


def price_the_unreachable(draft: Draft) -> None:
    """Let demand that no chain can serve go unmet at a price: few instances should be infeasible for that."""
    facts = Facts(from_rows(draft.head, draft.tables))
    unreached = {
        (centre, therapy, period)
        for centre in facts.centres
        for therapy in facts.therapies
        for period in range(facts.count)
        if facts.demand(centre, therapy, period) is not None
    }
    for therapy in facts.therapies:
        at_entry = facts.therapies[therapy]["demand_at"] == "entry"
        for chain, start in itertools.product(chains(facts, therapy), range(facts.count)):
            if not any(waiting[1] == therapy for waiting in unreached):
                break
            unreached -= {
                (centre, therapy, period) for centre, period in _reached(facts, chain, start, at_entry=at_entry)
            }
    for row in draft.rows("demand"):
        periods = range(facts.count) if row["period"] == "*" else [int(row["period"]) - facts.first]
        if any((row["centre"], row["therapy"], period) in unreached for period in periods):
            row.setdefault("unmet_penalty", draft.money(40, 300))
            row.pop("min_service", None)


def _reached(facts: Facts, chain: Chain, start: int, *, at_entry: bool) -> Iterator[tuple[str, int]]:
    """Yield the (centre, period) whose demand a chain that starts in a period can meet."""
    plan = schedule(facts, chain, start)
    if plan is None:
        return
    if facts.is_autologous(chain.therapy):
        yield chain.origin, start if at_entry else start + whole_periods(plan.days, facts.days)
        return
    last = chain.stops[-1]
    work = facts.operation(last.stage, chain.therapy, last.site)["days"]
    for centre, lane in chain.exits:
        yield centre, plan.entries[-1].period + whole_periods(work + lane.days, facts.days)


def random_instances() -> st.SearchStrategy[Instance]:
    """Return the hypothesis strategy of random instances."""
    return st.integers(min_value=0, max_value=10**6).map(random_instance)
