"""Reading an instance in any of its three forms, with everything that is wrong with it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from donornet.exceptions import InvalidInstanceError
from donornet.instance import Finding, Instance
from donornet.instance.plain_text import plain_text
from donornet.instance.schema import TABLES
from donornet.io.collector import Collector, Place
from donornet.io.contradictions import contradictions
from donornet.io.folder import read_folder
from donornet.io.head import HEAD_FILE, make_head
from donornet.io.json_form import read_json
from donornet.io.workbook import read_workbook

_Content = tuple[Mapping[str, Any] | None, dict[str, pd.DataFrame]]
_READERS = {".xlsx": read_workbook, ".json": read_json}


def read(path: str | os.PathLike[str], validate: bool = True) -> Instance:
    """Read and check an instance.

    Parameters
    ----------
    path
        A folder, an ``.xlsx`` workbook or a ``.json`` file.
    validate
        Whether to check the tables against each other beside each cell against the format.

    Raises
    ------
    InvalidInstanceError
        Anything is wrong with it; the exception carries every finding.
    """
    instance, findings = read_with_findings(path, validate=validate)
    if instance is None:
        raise InvalidInstanceError(findings)
    return instance


@plain_text
def read_with_findings(path: str | os.PathLike[str], validate: bool = True) -> tuple[Instance | None, list[Finding]]:
    """Return the instance, None where it has errors, and every finding, errors and warnings.

    Parameters
    ----------
    path
        A folder, an ``.xlsx`` workbook or a ``.json`` file.
    validate
        Whether to check the tables against each other beside each cell against the format.
    """
    path = Path(path)
    collector = Collector()
    values, tables = _content(path, collector)
    head = None if values is None else make_head(values, Place("instance", _source(path, "instance")), collector)
    if head is None:
        return None, collector.findings
    instance = Instance(head, tables, source=str(path))
    if validate and all(table.name in tables for table in TABLES.values() if table.required):
        found = contradictions(instance, collector.findings)
        collector.findings += [
            replace(finding, source=finding.source or _source(path, finding.table)) for finding in found
        ]
    return (None if collector.has_errors else instance), collector.findings


def _content(path: Path, collector: Collector) -> _Content:
    place = Place("", str(path) if str(path).isprintable() else repr(str(path)))
    try:
        if path.is_dir():
            return read_folder(path, collector)
        if not path.exists():
            collector.add(place, "missing-file", "there is no such file or folder")
        elif not path.is_file():
            collector.add(place, "not-a-file", "this is neither a folder nor a regular file")
        elif path.suffix.lower() not in _READERS:
            hint = "; name the folder" if path.name == HEAD_FILE or path.suffix.lower() == ".csv" else ""
            form = path.suffix or "a file without suffix"
            message = f"an instance is a folder, an .xlsx workbook or a .json file, not {form}{hint}"
            collector.add(place, "unknown-form", message)
        else:
            return _READERS[path.suffix.lower()](path, collector)
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        reason = getattr(error, "strerror", None) or str(error)
        collector.add(place, "unreadable-file", f"this cannot be read ({reason})")
    return None, {}


def _source(path: Path, table: str) -> str:
    """Return where a table of the instance stands, as people call it."""
    if not table:
        return path.name
    if path.suffix.lower() in _READERS and not path.is_dir():
        return f"{path.name}!{table}"
    return HEAD_FILE if table == "instance" else f"{table}.csv"
