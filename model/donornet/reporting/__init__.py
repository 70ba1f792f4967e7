"""The report: one HTML file that needs no network, for people who decide."""

from donornet.reporting.document import report

__all__ = ["report"]
