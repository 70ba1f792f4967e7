"""Text in figures: numbers as people read them, and labels that stay what they are."""

from __future__ import annotations

import math
import unicodedata

LONGEST = 42
"""Characters of a label in a figure; longer ones are cut."""
SCALES = ((1e12, "trillion"), (1e9, "billion"), (1e6, "million"))
NARROW = "\u202f"
"""Space between thousands."""
ISOLATE, END_ISOLATE = "\u2068", "\u2069"
_BIDIRECTIONAL = {"R", "AL", "RLE", "RLO", "RLI", "LRE", "LRO", "LRI", "FSI", "PDF", "PDI"}


def label(text: str, longest: int = LONGEST) -> str:
    """Return a text as a label of a figure: short, literal, and without effect on the text beside it.

    Plotly renders a subset of HTML in every text, so what would be markup is escaped. Control characters become
    spaces. A text in a right-to-left script, or with marks that change direction, is isolated.
    """
    clean = "".join(" " if unicodedata.category(letter) in ("Cc", "Zl", "Zp") else letter for letter in str(text))
    turning = any(unicodedata.bidirectional(letter) in _BIDIRECTIONAL for letter in clean)
    clean = shortened("".join(letter for letter in clean if letter not in "\u202a\u202b\u202c\u202d\u202e"), longest)
    clean = clean.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return f"{ISOLATE}{clean}{END_ISOLATE}" if turning else clean


def shortened(text: str, longest: int = LONGEST) -> str:
    """Return a text that is not longer than `longest` characters, cut in its middle where it was."""
    text = " ".join(text.split())
    if len(text) <= longest:
        return text
    tail = longest // 3
    return f"{text[: longest - tail - 1].rstrip()}…{text[-tail:].lstrip()}"


def number(value: float | None, digits: int = 3) -> str:
    """Return a number with thousands set apart: whole from 1000 on, else with `digits` significant digits."""
    if value is None or math.isnan(value):
        return "–"
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    rounded = round(value) if abs(value) >= 1000 else _significant(value, digits)
    text = f"{rounded:,}" if isinstance(rounded, int) else f"{rounded:,.10f}".rstrip("0").rstrip(".")
    return text.replace(",", NARROW).replace("-", "−") if text != "-0" else "0"


def _significant(value: float, digits: int) -> float | int:
    if value == 0:
        return 0
    rounded = round(value, digits - 1 - math.floor(math.log10(abs(value))))
    return int(rounded) if rounded == int(rounded) else rounded


def compact(value: float | None, digits: int = 3) -> str:
    """Return a number in words from a million on: ``7.17 billion``."""
    if value is not None and math.isfinite(value):
        for scale, word in SCALES:
            if abs(value) >= scale * (1 - 0.5 * 10.0**-digits):
                return f"{number(value / scale, digits)}\u00a0{word}"
    return number(value, digits)


def money(value: float | None, currency: str, digits: int = 3) -> str:
    """Return an amount of money in words, its currency on the same line."""
    return f"{compact(value, digits)}\u00a0{currency}"


def share(value: float | None, digits: int = 3) -> str:
    """Return a share as a percentage with so many significant digits; not 100 % and not 0 % where it only nearly is."""
    if value is None or not math.isfinite(value):
        return "–"
    for more in range(6):
        text = number(100 * value, digits + more)
        if text != "100" or value == 1.0:
            break
    return f"{text}\u00a0%"


def words(name: str) -> str:
    """Return a name of the program as words: ``unmet_penalty`` is unmet penalty."""
    return name.replace("_", " ")


def counted(amount: float, noun: str, plural: str = "") -> str:
    """Return ``1 plant`` or ``3 plants``."""
    return f"{number(amount)} {noun if amount == 1 else plural or noun + 's'}"
