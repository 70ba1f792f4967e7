"""Checks between the cells and tables of an instance: one function per check, all findings at once."""

from donornet.validation.checks import CHECKS, validate

__all__ = ["CHECKS", "validate"]
