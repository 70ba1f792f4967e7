"""The instances that the benchmarks share, by name."""

from __future__ import annotations

from typing import Any

import donornet as dn
from donornet.instance import Instance

CASES: dict[str, dict[str, Any]] = {
    "small": {"size": "small"},
    "quarter": {"size": "quarter"},
    "nonzeros-0.3M": {"size": "quarter", "periods": 4},
    "half": {"size": "half"},
    "nonzeros-2.5M": {
        "size": "half", "pools": 155, "collection": 78, "labs": 31, "processing": 23, "manufacturing": 31,
        "centres": 116,
    },
    "full": {"size": "full"},
    "two-stage-20x20x30x3": {"family": "two-stage", "size": "quarter"},
    "two-stage-50x100x200x3": {"family": "two-stage", "size": "half"},
    "two-stage-100x200x400x3": {"family": "two-stage", "size": "full"},
    "facility-location-100x1000": {"family": "facility-location", "size": "full"},
    "car-t-1000": {"family": "car-t", "size": "quarter"},
    "car-t-3000": {"family": "car-t", "size": "half"},
    "car-t-6000": {"family": "car-t", "size": "full"},
}  # fmt: skip
"""Arguments of ``dn.generate``."""


def instance_of(case: str, seed: int = 0) -> Instance:
    """Return the instance of a case.

    Raises
    ------
    KeyError
        There is no such case.
    """
    return dn.generate(**CASES[case], seed=seed)
