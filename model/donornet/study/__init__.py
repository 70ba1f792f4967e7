"""Studies: everything that solves an instance many times."""

from donornet.study.alternatives import alternatives
from donornet.study.alternatives_result import Alternatives
from donornet.study.compare import Comparison, compare
from donornet.study.crew import Serial
from donornet.study.failure import Failure
from donornet.study.front import Front
from donornet.study.frontier import frontier
from donornet.study.standing import Standing, SweepListener
from donornet.study.study import Study
from donornet.study.sweep import sweep
from donornet.study.value import value
from donornet.study.values import Values

__all__ = [
    "Alternatives",
    "Comparison",
    "Failure",
    "Front",
    "Serial",
    "Standing",
    "Study",
    "SweepListener",
    "Values",
    "alternatives",
    "compare",
    "frontier",
    "sweep",
    "value",
]
