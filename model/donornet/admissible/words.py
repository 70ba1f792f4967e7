"""Numbers and lists as people read them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def number(value: float) -> str:
    """Return a whole number with thousands set apart; one too long to read in powers of ten."""
    return f"{value:.2e}" if value >= 1e12 else f"{value:,.0f}".replace(",", " ")


def count(amount: int, noun: str) -> str:
    """Return ``1 centre`` or ``3 centres``."""
    return f"{number(amount)} {noun}" if amount == 1 else f"{number(amount)} {noun}s"


def several(names: Iterable[str], most: int = 3, separator: str = ", ") -> str:
    """Return the first names, and how many more there are."""
    every = [name for name in names if name]
    shown = every if len(every) <= most + 1 else every[:most]
    more = len(every) - len(shown)
    return separator.join(shown) + (f" and {more} more" if more else "")


def chain_of(places: Iterable[str], test: str) -> str:
    """Return a chain: its places and its test."""
    return " > ".join(places) + (f", {test}" if test else "")


def tested_at(lab: str, panel: str) -> str:
    """Return where, and with what, a donation is tested."""
    return f"tested at {lab}{f' with {panel}' if panel else ''}"


def span(first: int, last: int) -> str:
    """Return ``2027`` or ``2027-2031``."""
    return str(first) if first == last else f"{first}-{last}"


def spans(periods: Sequence[int]) -> str:
    """Return periods in ascending order as spans: ``2027-2029, 2031``."""
    found: list[tuple[int, int]] = []
    for period in periods:
        if found and period == found[-1][1] + 1:
            found[-1] = (found[-1][0], period)
        else:
            found.append((period, period))
    return ", ".join(span(*each) for each in found)
