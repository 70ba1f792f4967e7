"""donornet: design the donor-to-patient network of cell and gene therapies."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

_HOMES = {
    "DonornetError": "donornet.exceptions",
    "InvalidInstanceError": "donornet.exceptions",
    "Instance": "donornet.instance",
    "Result": "donornet.solution",
    "Solution": "donornet.solution",
    "Status": "donornet.solution",
    "network": "donornet.admissible",
    "validate": "donornet.validation",
    "read": "donornet.io",
    "read_result": "donornet.io",
    "write": "donornet.io",
    "write_result": "donornet.io",
    "evaluate": "donornet.evaluation",
    "check": "donornet.evaluation",
    "build_model": "donornet.formulation",
    "solve": "donornet.solver",
}
"""Public names and the packages they live in; each is imported when it is first used."""

__all__ = [
    "DonornetError",
    "Instance",
    "InvalidInstanceError",
    "Result",
    "Solution",
    "Status",
    "__version__",
    "build_model",
    "check",
    "evaluate",
    "network",
    "read",
    "read_result",
    "solve",
    "validate",
    "write",
    "write_result",
]

if TYPE_CHECKING:
    from donornet.admissible import network
    from donornet.evaluation import check, evaluate
    from donornet.exceptions import DonornetError, InvalidInstanceError
    from donornet.formulation import build_model
    from donornet.instance import Instance
    from donornet.io import read, read_result, write, write_result
    from donornet.solution import Result, Solution, Status
    from donornet.solver import solve
    from donornet.validation import validate


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'donornet' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
