"""The head in its three forms: TOML, the sheet ``instance``, the JSON object ``instance``."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from donornet.instance.findings import nearest
from donornet.instance.head import Head, Periods
from donornet.io.collector import Collector, Place, quoted

HEAD_FILE = "instance.toml"
_ALWAYS = ("schema_version", "name", "currency", "periods")


def parse_toml(data: bytes, place: Place, collector: Collector) -> dict[str, Any] | None:
    """Return the content of ``instance.toml``; None where it is no TOML."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        row = data[: error.start].count(b"\n") + 1
        collector.add(place, "wrong-encoding", "the file is not in UTF-8; save it as UTF-8", row=row)
        return None
    if not text.strip():
        collector.add(place, "empty-file", 'the file is empty; write at least name = "..."')
        return None
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError, ValueError) as error:
        line = re.search(r"at line (\d+)", str(error))
        message = f"this is no valid TOML: {error}"
        collector.add(place, "bad-toml", message, row=int(line[1]) if line else None)
        return None


def make_head(values: Mapping[str, Any], place: Place, collector: Collector) -> Head | None:
    """Return the head that the mapping describes, or report every entry that is unknown, missing or wrong."""
    given = {
        key: {inner: cell for inner, cell in value.items() if cell is not None} if isinstance(value, dict) else value
        for key, value in values.items()
        if value is not None
    }
    try:
        return Head.model_validate(_whole(given), strict=True)
    except ValidationError as error:
        for detail in error.errors(include_url=False):
            _report(detail, place, collector)
        return None


def _whole(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the mapping with numbers such as 5.0 as whole ones: JSON and workbooks know one kind of number only."""
    return {
        key: _whole(value)
        if isinstance(value, dict)
        else int(value)
        if isinstance(value, float) and value.is_integer()
        else value
        for key, value in values.items()
    }


def _report(detail: Any, place: Place, collector: Collector) -> None:
    key = ".".join(str(part) for part in detail["loc"])
    value = quoted(str(detail["input"]))
    if detail["type"] == "extra_forbidden":
        known = Periods.model_fields if len(detail["loc"]) > 1 else Head.model_fields
        message = f"there is no entry {quoted(key)} in the head{nearest(str(detail['loc'][-1]), known)}"
        collector.add(place, "unknown-key", message, column=quoted(key)[1:-1])
    elif detail["type"] == "missing":
        collector.add(place, "missing-key", f"the entry {key!r} is missing", column=key)
    elif detail["type"] == "literal_error":
        expected = detail["ctx"]["expected"].replace(" or ", ", ")
        choices = re.findall(r"'([^']*)'", expected)
        message = f"{value} is not among the allowed values {expected}{nearest(str(detail['input']), choices)}"
        collector.add(place, "unknown-choice", message, column=key)
    elif detail["type"] == "string_pattern_mismatch":
        message = f"{value} is no id: ids start with a letter or digit and hold letters, digits, '.', '_' and '-'"
        collector.add(place, "bad-id", message, column=key)
    else:
        said = detail["msg"].removeprefix("Input should be ")
        kind = f", not {type(detail['input']).__name__}" if detail["type"].endswith("_type") else ""
        collector.add(place, "bad-value", f"{value} is refused: it should be {said}{kind}", column=key)


def head_values(head: Head) -> dict[str, Any]:
    """Return the entries of the head that differ from their defaults, and those that are always written."""
    everything = head.model_dump()
    changed = head.model_dump(exclude_defaults=True)
    values = {key: value for key, value in everything.items() if key in changed or key in _ALWAYS}
    return _whole(values)


def to_toml(head: Head) -> str:
    """Return the head as TOML."""
    lines = []
    for key, value in head_values(head).items():
        if isinstance(value, dict):
            inner = ", ".join(f"{name} = {_scalar(cell)}" for name, cell in value.items())
            lines.append(f"{key} = {{ {inner} }}")
        else:
            lines.append(f"{key} = {_scalar(value)}")
    return "\n".join(lines) + "\n"


def _scalar(value: Any) -> str:
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    return repr(value)


def to_pairs(head: Head) -> list[tuple[str, Any]]:
    """Return the head as pairs of a dotted key and a value, for a sheet."""
    pairs: list[tuple[str, Any]] = []
    for key, value in head_values(head).items():
        if isinstance(value, dict):
            pairs.extend((f"{key}.{name}", cell) for name, cell in value.items())
        else:
            pairs.append((key, value))
    return pairs
