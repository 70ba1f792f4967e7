"""The family ``atlas``: whole networks with donors, both modalities, rules and several periods."""

from __future__ import annotations

from donornet.generation.demand import want
from donornet.generation.donors import gather
from donornet.generation.draft import Draft
from donornet.generation.facilities import build
from donornet.generation.places import choose_jurisdictions, stand_centres, stand_sites
from donornet.generation.products import list_operations, list_therapies, products
from donornet.generation.requirements import require
from donornet.generation.rules import forbid, judge, require_tests
from donornet.generation.transport import carry
from donornet.generation.whatif import imagine


def draw_atlas(draft: Draft, modality: str) -> None:
    """Fill the draft with a network of a modality: both, allogeneic or autologous.

    Raises
    ------
    ValueError
        An unknown modality, or more jurisdictions than are known.
    """
    counts = draft.counts
    draft.head |= {
        "title": f"Synthetic network of {counts.jurisdictions} jurisdictions, seed {draft.seed}",
        "currency": "USD",
        "cost_year": 2025,
        "discount_rate": 0.05,
        "periods": {"count": counts.periods, "days": 365, "first": 2027},
        "days_per_year": 365,
    }
    made = products(modality, counts.therapies, depots=counts.storage > 0)
    stages = {
        "collection": counts.collection,
        "testing": counts.labs,
        "processing": counts.processing,
        "manufacturing": counts.manufacturing,
        "storage": counts.storage,
    }
    choose_jurisdictions(draft)
    stand_centres(draft)
    stand_sites(draft, {stage: count for stage, count in stages.items() if count})
    list_therapies(draft, made)
    list_operations(draft, made)
    wanted = want(draft, made)
    build(draft, made, wanted)
    gather(draft, made, wanted)
    judge(draft, made)
    require_tests(draft)
    carry(draft, made)
    if draft.every:
        forbid(draft, made)
        require(draft, made, wanted)
        imagine(draft)
