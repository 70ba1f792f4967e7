"""How several parts stand in one text: separated by ``;``, a value that needs it in double quotes.

``markers="HIV;HBV"`` is one part; a double quote within quotes is doubled.
"""

from __future__ import annotations

import re

_QUOTED = r'"(?:[^"]|"")*"'
_PART = re.compile(rf'[^;="]*=\s*{_QUOTED}\s*(?=;|$)|[^;]+')
_HIDDEN = re.compile(rf"(?<==)\s*{_QUOTED}(?=\s*(?:;|$|where\s|where$))")
_WHERE = re.compile(r"(?:^|\s)where(?=\s|$)")
_UNSAFE = re.compile(r'[;"\n\r]|\s\+\s|(?:^|\s)where(?:\s|$)|^\s|\s$')


def parts(text: str) -> list[str]:
    """Return the parts between the semicolons that stand outside of quotes, stripped; blank ones are left out."""
    found = (match.group().strip() for match in _PART.finditer(text))
    return [part for part in found if part]


def unquoted(value: str) -> str:
    """Return what a written value means: what stands between its quotes, or the value without spaces around it."""
    value = value.strip()
    if re.fullmatch(_QUOTED, value):
        return value[1:-1].replace('""', '"')
    return value


def quoted(value: str) -> str:
    """Return a value as it can be written: in quotes where it would be misread without them."""
    return '"' + value.replace('"', '""') + '"' if _UNSAFE.search(value) else value


def split_at_where(text: str) -> tuple[str, str]:
    """Return what stands before and after the last word ``where`` outside of quotes; without it, all and nothing."""
    shown = _HIDDEN.sub(lambda match: "_" * len(match.group()), text)
    found = list(_WHERE.finditer(shown))
    return (text[: found[-1].start()], text[found[-1].end() :]) if found else (text, "")
