"""Colours: one palette, light and dark, told apart by people with any common kind of colour vision."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Theme = Literal["light", "dark"]


@dataclass(frozen=True)
class Palette:
    """Every colour of the figures in one theme; no two colours of a theme are the same.

    Parameters
    ----------
    ink, muted, grid, surface
        Text, secondary text, grid lines, background.
    land, border
        Land, and the lines between countries and along coasts.
    donor, collection, testing, processing, manufacturing, storage, centre
        The steps of a chain.
    good, bad, idle
        What meets a requirement, what misses it, what is not used.
    penalty, transport
        Families of costs that belong to no step.
    """

    ink: str
    muted: str
    grid: str
    surface: str
    land: str
    border: str
    donor: str
    collection: str
    testing: str
    processing: str
    manufacturing: str
    storage: str
    centre: str
    good: str
    bad: str
    idle: str
    penalty: str
    transport: str

    def step(self, name: str) -> str:
        """Return the colour of a step of a chain: donor, a stage, testing or centre."""
        colour: str = getattr(self, name)
        return colour

    @property
    def series(self) -> tuple[str, ...]:
        """Colours of things that are no steps, in the order of their use."""
        return (self.collection, self.manufacturing, self.processing, self.donor, self.storage, self.testing,
                self.centre)  # fmt: skip


LIGHT = Palette(
    ink="#1B2730", muted="#55636E", grid="#E4E8EB", surface="#FFFFFF", land="#ECEEE9", border="#CBD1CD",
    donor="#5E3A8C", collection="#2B7BBA", testing="#C76AA2", processing="#168A6C", manufacturing="#CC5500",
    storage="#A8842C", centre="#46545F", good="#23789F", bad="#B3261E", idle="#8A949B", penalty="#B83A2E",
    transport="#9A7A26",
)  # fmt: skip
DARK = Palette(
    ink="#E6EBEE", muted="#A3B0B9", grid="#2E3A43", surface="#151C22", land="#27323A", border="#43515B",
    donor="#B196DD", collection="#9CCBF0", testing="#E59CC6", processing="#3FBF9A", manufacturing="#F08A45",
    storage="#D2B05C", centre="#DCE3E8", good="#6FB9DA", bad="#F2837A", idle="#6F7C85", penalty="#EC7B6E",
    transport="#C9A956",
)  # fmt: skip


def palette(theme: Theme) -> Palette:
    """Return the colours of a theme.

    Raises
    ------
    ValueError
        There is no such theme.
    """
    if theme not in ("light", "dark"):
        raise ValueError(f"theme must be 'light' or 'dark', not {theme!r}")
    return LIGHT if theme == "light" else DARK


def faded(colour: str, opacity: float) -> str:
    """Return a hexadecimal colour with an opacity, as ``#RRGGBBAA``."""
    return f"{colour}{round(255 * opacity):02X}"
