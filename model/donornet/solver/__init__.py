"""Solving a model: HiGHS directly, any other solver by way of Pyomo; a `Result` comes out."""

from donornet.solver.prepared import Prepared, prepare
from donornet.solver.progress import Listener, Snapshot
from donornet.solver.solve import solve

__all__ = ["Listener", "Prepared", "Snapshot", "prepare", "solve"]
