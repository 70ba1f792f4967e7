"""The families of synthetic instances, and the one function that draws them."""

from __future__ import annotations

import re

from donornet.generation.atlas import draw_atlas
from donornet.generation.car_t import draw_car_t
from donornet.generation.draft import Draft
from donornet.generation.location import draw_location, draw_two_stage
from donornet.generation.products import MODALITIES
from donornet.generation.sizes import SIZES, counts_of
from donornet.instance import Instance
from donornet.instance.build import from_rows
from donornet.instance.plain_text import plain_text

FAMILIES = tuple(SIZES)
TABLE_CHOICES = ("every", "core")


@plain_text
def generate(
    size: str = "small",
    seed: int = 0,
    *,
    family: str = "atlas",
    modality: str = "both",
    tables: str = "every",
    capacitated: bool = True,
    **counts: int | None,
) -> Instance:
    """Return a synthetic instance; the same arguments give the same instance, byte for byte.

    Parameters
    ----------
    size
        tiny (an oracle enumerates it), small, quarter, half or full.
    seed
        Seed of the dice; 0 or more.
    family
        atlas: whole networks; facility-location: one stage and customers; two-stage: plants, depots and customers of
        several products; car-t: autologous loops day by day.
    modality
        both, allogeneic or autologous (family atlas).
    tables
        every: each table of the format holds rows (where the modality has a use for it); core: no requirements,
        limits, prohibitions or scenarios (family atlas).
    capacitated
        Whether facilities have a capacity (families facility-location and two-stage).
    **counts
        Counts in the place of the size's: pools, collection, labs, processing, manufacturing, storage, centres,
        jurisdictions, therapies, periods, patients.

    Raises
    ------
    ValueError
        An unknown word, or a count that the family has no use for, or that is out of range.
    """
    asked = counts_of(family, size, counts)
    for word, choices in ((modality, MODALITIES), (tables, TABLE_CHOICES)):
        if word not in choices:
            raise ValueError(f"{word!r} is unknown; choose one of {', '.join(choices)}")
    if seed < 0:
        raise ValueError(f"seed: {seed} given; it must be 0 or more")
    name = re.sub("[^A-Za-z0-9._-]", "-", f"{family}-{size}-{seed}")
    draft = Draft(seed, asked, tables == "every", {"name": name, "source": "synthetic", "licence": "CC-BY-4.0"})
    if family == "atlas":
        draw_atlas(draft, modality)
    elif family == "car-t":
        draw_car_t(draft)
    elif family == "two-stage":
        draw_two_stage(draft, capacitated=capacitated)
    else:
        draw_location(draft, capacitated=capacitated)
    return from_rows(draft.head, draft.tables)
