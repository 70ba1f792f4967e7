"""Studies: everything that solves an instance many times."""

from donornet.study.comparison.compare import Comparison, compare
from donornet.study.fronts.front import Front
from donornet.study.fronts.frontier import frontier
from donornet.study.near_optimal.alternatives import alternatives
from donornet.study.near_optimal.result import Alternatives
from donornet.study.sweeps.crew import Serial
from donornet.study.sweeps.failure import Failure
from donornet.study.sweeps.standing import Standing, SweepListener
from donornet.study.sweeps.study import Study
from donornet.study.sweeps.sweep import sweep
from donornet.study.values.value import value
from donornet.study.values.values import Values

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
