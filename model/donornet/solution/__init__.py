"""A design and its flows as plain tables, and the result of a solve: nothing of Pyomo, nothing of a solver."""

from donornet.solution.result import Result, Status
from donornet.solution.solution import SOLUTION_COLUMNS, Solution

__all__ = ["SOLUTION_COLUMNS", "Result", "Solution", "Status"]
