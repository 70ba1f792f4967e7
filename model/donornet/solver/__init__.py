"""Solving a model: HiGHS directly, any other solver by way of Pyomo; a `Result` comes out."""

from donornet.solver.progress import Listener, Snapshot
from donornet.solver.solve import solve

__all__ = ["Listener", "Snapshot", "solve"]
