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
    "generate": "donornet.generation",
    "build_model": "donornet.formulation",
    "prepare": "donornet.solver",
    "measure": "donornet.formulation",
    "solve": "donornet.solver",
    "Study": "donornet.study",
    "sweep": "donornet.study",
    "Comparison": "donornet.study",
    "compare": "donornet.study",
    "Values": "donornet.study",
    "value": "donornet.study",
    "Front": "donornet.study",
    "frontier": "donornet.study",
    "Alternatives": "donornet.study",
    "alternatives": "donornet.study",
    "report": "donornet.reporting",
}
"""Public names and the packages they live in; each is imported when it is first used."""

__all__ = [
    "Alternatives",
    "Comparison",
    "DonornetError",
    "Front",
    "Instance",
    "InvalidInstanceError",
    "Result",
    "Solution",
    "Status",
    "Study",
    "Values",
    "__version__",
    "alternatives",
    "build_model",
    "check",
    "compare",
    "evaluate",
    "frontier",
    "generate",
    "measure",
    "network",
    "prepare",
    "read",
    "read_result",
    "report",
    "solve",
    "sweep",
    "validate",
    "value",
    "write",
    "write_result",
]

if TYPE_CHECKING:
    from donornet.admissible import network
    from donornet.evaluation import check, evaluate
    from donornet.exceptions import DonornetError, InvalidInstanceError
    from donornet.formulation import build_model, measure
    from donornet.generation import generate
    from donornet.instance import Instance
    from donornet.io import read, read_result, write, write_result
    from donornet.reporting import report
    from donornet.solution import Result, Solution, Status
    from donornet.solver import prepare, solve
    from donornet.study import Alternatives, Study, Values
    from donornet.study.comparison.compare import Comparison, compare
    from donornet.study.fronts.front import Front
    from donornet.study.fronts.frontier import frontier
    from donornet.study.near_optimal.alternatives import alternatives
    from donornet.study.sweeps.sweep import sweep
    from donornet.study.values.value import value
    from donornet.validation import validate


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'donornet' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
