"""Legs: what a therapy moves, and between what."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from donornet.instance import Instance
from donornet.validation.questions import modality_of, stages_of


@dataclass(frozen=True)
class Leg:
    """One kind of leg.

    Parameters
    ----------
    carries
        donor, patient, sample, material or doses.
    tail, head
        Stage that it leaves and reaches; donor stands for pools and centre for centres.
    """

    carries: str
    tail: str
    head: str


def legs_of(route: tuple[str, ...], modality: str, *, tested: bool) -> list[Leg]:
    """Return the legs of a therapy in the order of its chain; the sample's last."""
    way_in = Leg("donor", "donor", route[0]) if modality == "allogeneic" else Leg("patient", "centre", route[0])
    between = [Leg("material", tail, head) for tail, head in pairwise(route)]
    sample = [Leg("sample", route[0], "testing")] if tested else []
    return [way_in, *between, Leg("doses", route[-1], "centre"), *sample]


def legs_by_therapy(instance: Instance) -> dict[str, list[Leg]]:
    """Return the legs of each therapy."""
    modality = modality_of(instance)
    return {
        therapy: legs_of(
            instance.routes[therapy], modality[therapy], tested="testing" in stages[len(instance.routes[therapy]) :]
        )
        for therapy, stages in stages_of(instance).items()
    }


def legs_of_instance(instance: Instance) -> set[Leg]:
    """Return every leg of any therapy."""
    return {leg for legs in legs_by_therapy(instance).values() for leg in legs}
