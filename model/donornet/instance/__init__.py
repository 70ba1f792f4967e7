"""The entities of an instance: column specification, head, tables, findings."""

from donornet.instance.findings import Finding
from donornet.instance.head import Head, Periods
from donornet.instance.instance import Instance

__all__ = ["Finding", "Head", "Instance", "Periods"]
