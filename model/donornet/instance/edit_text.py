"""An edit in one line, as it is written on the command line and in Python.

::

    table.column=value                             set a cell of every row
    table.column*=factor where column=pattern      only of the rows that match; += adds
    table.column=value; other+=amount where ...    several sets, several conditions: separated by ;
    table remove where column=pattern              take rows away
    table add where column=value; column=value     add one row, its cells in where

Conditions and sets are those of the columns ``where`` and ``set`` of the table ``scenarios``. A value that contains
``;`` or the word where stands in double quotes, a double quote within is doubled. The name of a scenario is an id: it
has neither an operator nor a space, and every edit has one of the two, so that a text is never both.
"""

from __future__ import annotations

import re
from dataclasses import replace

from donornet.instance.edits import Edit, parse_edit
from donornet.instance.findings import Finding
from donornet.instance.head import ID_PATTERN
from donornet.instance.quoting import split_at_where

FORMS = "table.column=value where column=pattern, table remove where ..., or table add where column=value"
"""The forms of an edit, for messages."""
_SET = re.compile(r"([^\s.=*+]+)\s*\.(.*[=].*)", flags=re.DOTALL)
_ROWS = re.compile(r"([^\s=]+)\s+(remove|add)")


def is_name(text: str) -> bool:
    """Whether a text can only be the name of a scenario, and no edit."""
    return re.fullmatch(ID_PATTERN, text) is not None


def parse_text(text: str) -> tuple[Edit | None, list[Finding]]:
    """Return the edit that a text describes, or None and everything that is wrong with it."""
    source = f"edit {text.strip()!r}"
    what, where = split_at_where(text)
    written = _SET.fullmatch(what.strip()) or _ROWS.fullmatch(what.strip())
    if written is None:
        return None, [Finding("bad-edit", f"this is no edit; write {FORMS}", source=source)]
    edit, findings = parse_edit({"table": written[1], "where": where, "set": written[2]})
    return edit, [replace(finding, table="", source=source) for finding in findings]
