"""Checks between the cells and tables of an instance: one function per check, all findings at once."""

from donornet.validation.checks import CHECKS, validate
from donornet.validation.validated import reapplied, validated

__all__ = ["CHECKS", "reapplied", "validate", "validated"]
