"""How many of everything: the named sizes of each family."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace


@dataclass(frozen=True)
class Counts:
    """How many of each an instance has; 0: the family has none.

    Parameters
    ----------
    pools, collection, labs, processing, manufacturing, centres
        Donor pools, facilities of each stage and treatment centres.
    storage
        Depots between the last stage and the centres.
    jurisdictions, therapies, periods
        Markets, products, and periods of the horizon.
    patients
        Patients who enter over the horizon, where a family counts them one by one.
    """

    pools: int = 0
    collection: int = 0
    labs: int = 0
    processing: int = 0
    manufacturing: int = 0
    storage: int = 0
    centres: int = 0
    jurisdictions: int = 1
    therapies: int = 1
    periods: int = 1
    patients: int = 0


NAMES = tuple(field.name for field in fields(Counts))
SIZE_NAMES = ("tiny", "small", "quarter", "half", "full")

SIZES: Mapping[str, Mapping[str, Counts]] = {
    "atlas": {
        "tiny": Counts(3, 2, 2, 1, 2, 0, 3, 2, 2, 1),
        "small": Counts(12, 6, 4, 3, 5, 0, 10, 3, 3, 2),
        "quarter": Counts(60, 30, 12, 9, 12, 0, 45, 8, 6, 2),
        "half": Counts(100, 50, 20, 15, 20, 0, 75, 8, 6, 5),
        "full": Counts(200, 100, 40, 30, 40, 0, 150, 8, 6, 5),
    },
    "facility-location": {
        "tiny": Counts(manufacturing=5, centres=8),
        "small": Counts(manufacturing=16, centres=50),
        "quarter": Counts(manufacturing=50, centres=100),
        "half": Counts(manufacturing=100, centres=200),
        "full": Counts(manufacturing=100, centres=1000),
    },
    "two-stage": {
        "tiny": Counts(manufacturing=3, storage=3, centres=4, therapies=2),
        "small": Counts(manufacturing=8, storage=8, centres=12, therapies=3),
        "quarter": Counts(manufacturing=20, storage=20, centres=30, therapies=3),
        "half": Counts(manufacturing=50, storage=100, centres=200, therapies=3),
        "full": Counts(manufacturing=100, storage=200, centres=400, therapies=3),
    },
    "car-t": {
        "tiny": Counts(collection=2, manufacturing=2, centres=2, jurisdictions=2, periods=40, patients=6),
        "small": Counts(collection=5, manufacturing=4, centres=6, jurisdictions=2, periods=60, patients=100),
        "quarter": Counts(collection=25, manufacturing=12, centres=27, jurisdictions=3, periods=90, patients=1000),
        "half": Counts(collection=40, manufacturing=20, centres=45, jurisdictions=4, periods=130, patients=3000),
        "full": Counts(collection=80, manufacturing=30, centres=100, jurisdictions=6, periods=130, patients=6000),
    },
}
"""Counts by family and size."""


def counts_of(family: str, size: str, asked: Mapping[str, int | None]) -> Counts:
    """Return the counts of a size, with those that were asked for in their place.

    Raises
    ------
    ValueError
        An unknown family or size; a count that the family has no use for, or that is below one.
    """
    if family not in SIZES:
        raise ValueError(f"family {family!r} is unknown; choose one of {', '.join(SIZES)}")
    if size not in SIZE_NAMES:
        raise ValueError(f"size {size!r} is unknown; choose one of {', '.join(SIZE_NAMES)}")
    counts = SIZES[family][size]
    used = {name: number for name, number in asdict(counts).items() if name in _used_by(family)}
    wrong = []
    for name, number in asked.items():
        if number is None:
            continue
        if name not in NAMES:
            wrong.append(f"count {name!r} is unknown; choose among {', '.join(used)}")
        elif name not in used:
            wrong.append(f"the family {family!r} has no {name}: {number} asked; it counts {', '.join(used)}")
        elif number < 1:
            wrong.append(f"{name}: {number} asked, at least 1 is needed")
    if wrong:
        raise ValueError("; ".join(wrong))
    return replace(counts, **{name: number for name, number in asked.items() if number is not None})


def _used_by(family: str) -> tuple[str, ...]:
    """Return the counts that a family has a use for."""
    if family == "atlas":
        return tuple(name for name in NAMES if name != "patients")
    if family == "car-t":
        return ("collection", "manufacturing", "centres", "jurisdictions", "periods", "patients")
    stages = ("manufacturing", "storage") if family == "two-stage" else ("manufacturing",)
    return (*stages, "centres", "therapies", "periods")
