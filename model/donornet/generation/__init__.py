"""Seeded synthetic instances of any size: whole networks, location problems, car-t."""

from donornet.generation.families import FAMILIES, generate
from donornet.generation.sizes import Counts

__all__ = ["FAMILIES", "Counts", "generate"]
