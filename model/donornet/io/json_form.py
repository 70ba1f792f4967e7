"""Instances as one JSON file: ``{"instance": {...}, "tables": {"sites": [{...}, ...], ...}}``.

The rows of a table count from 2, as in the other forms: the first object is row 2.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from donornet.instance.columns import Table
from donornet.instance.findings import nearest
from donornet.instance.instance import Instance
from donornet.instance.schema import TABLES
from donornet.io.collector import Collector, Place, quoted
from donornet.io.head import head_values
from donornet.io.scalars import UnfitCellError, number_as_written, text_of
from donornet.io.tables import RawTable, check_present, keep_or_report_empty, typed_table, unknown_table

_TOP = ("instance", "tables")


class _Object(dict[str, Any]):
    """A JSON object that remembers the names that stood twice."""

    def __init__(self, pairs: list[tuple[str, Any]]) -> None:
        super().__init__(pairs)
        self.twice: tuple[str, ...] = ()
        if len(self) < len(pairs):
            names = [name for name, _ in pairs]
            self.twice = tuple(sorted({name for name in names if names.count(name) > 1}))


def read_json(path: Path, collector: Collector) -> tuple[Mapping[str, Any] | None, dict[str, pd.DataFrame]]:
    """Return head (as a mapping, unchecked) and tables of the instance in a JSON file."""
    whole = Place("", path.name)
    document = _document(path, whole, collector)
    if document is None:
        return None, {}
    _report_twice(document, whole, collector)
    for key in document:
        if key not in _TOP:
            message = f"there is no entry {quoted(key)}, only 'instance' and 'tables'{nearest(key, _TOP)}"
            collector.add(whole, "unknown-key", message)
    head = document.get("instance")
    head_place = Place("instance", f"{path.name}!instance")
    if not isinstance(head, _Object):
        collector.add(head_place, "missing-key", "the object 'instance' (the head) is missing")
        head = None
    else:
        for part in (head, *(value for value in head.values() if isinstance(value, _Object))):
            _report_twice(part, head_place, collector)
    return head, _tables(document.get("tables"), path.name, collector)


def _document(path: Path, place: Place, collector: Collector) -> _Object | None:
    data = path.read_bytes()
    if not data.strip():
        collector.add(place, "empty-file", "the file is empty")
        return None
    try:
        document = json.loads(data.decode("utf-8-sig"), object_pairs_hook=_Object)
    except UnicodeDecodeError as error:
        row = data[: error.start].count(b"\n") + 1
        collector.add(place, "wrong-encoding", "the file is not in UTF-8; save it as UTF-8", row=row)
        return None
    except json.JSONDecodeError as error:
        collector.add(place, "bad-json", f"this is no valid JSON: {error.msg}, column {error.colno}", row=error.lineno)
        return None
    except (RecursionError, ValueError) as error:  # nested too deeply; a whole number with thousands of digits
        collector.add(place, "bad-json", f"this cannot be read as JSON: {error}")
        return None
    if not isinstance(document, _Object):
        collector.add(place, "bad-json", "the file must hold one object with 'instance' and 'tables'")
        return None
    return document


def _report_twice(found: _Object, place: Place, collector: Collector, row: int | None = None) -> None:
    for name in found.twice:
        collector.add(place, "duplicate-name", f"{quoted(name)} stands twice in one object; keep one", row=row)


def _tables(given: Any, file: str, collector: Collector) -> dict[str, pd.DataFrame]:
    whole = Place("", file)
    if not isinstance(given, _Object):
        collector.add(whole, "missing-key", "the object 'tables' is missing")
        return {}
    _report_twice(given, whole, collector)
    tables = {}
    for name, rows in given.items():
        if name not in TABLES:
            unknown_table(name, whole, collector)
            continue
        place = Place(name, f"{file}!{name}")
        if not isinstance(rows, list):
            collector.add(place, "bad-json", "a table must be an array of objects, one per row")
            continue
        frame = typed_table(_raw(rows, place, collector), collector) if rows else pd.DataFrame()
        frame = None if frame is None else keep_or_report_empty(frame, place, collector)
        if frame is not None:
            tables[name] = frame
    check_present(list(given), file, collector)
    return tables


def _raw(rows: list[Any], place: Place, collector: Collector) -> RawTable:
    """Return the rows as columns of strings; what is no object or no scalar is reported and left out."""
    table = TABLES[place.table]
    numbers = [number for number, row in enumerate(rows, start=2) if isinstance(row, _Object)]
    strays = [number for number, row in enumerate(rows, start=2) if not isinstance(row, _Object)]
    strays_items = ((number, None) for number in strays)
    collector.add_many(place, "bad-json", strays_items, lambda _: "a row must be an object", total=len(strays))
    objects = [row for row in rows if isinstance(row, _Object)]
    for number, row in zip(numbers, objects, strict=True):
        if row.twice:
            _report_twice(row, place, collector, number)
    headers = list(dict.fromkeys(name for row in objects for name in row)) or [table.columns[0].name]
    columns = [_column(objects, numbers, header, place, collector) for header in headers]
    named = [header.encode("utf-8", "backslashreplace").decode() for header in headers]
    return RawTable(place, named, columns, np.asarray(numbers, dtype=np.int64), header_row=None)


def _column(rows: list[_Object], numbers: list[int], header: str, place: Place, collector: Collector) -> pa.Array:
    kinds = {column.name: column.kind for column in TABLES[place.table]}
    kind = kinds.get(header.strip(), "text")
    texts, unfit = [], []
    for number, row in zip(numbers, rows, strict=True):
        try:
            texts.append(text_of(row.get(header), kind))
        except UnfitCellError as error:
            texts.append("")
            unfit.append((number, str(error)))
    collector.add_many(place, "unfit-cell", unfit, str, total=len(unfit), column=header if header in kinds else "")
    return pa.array(texts, pa.string())


def to_json(instance: Instance) -> str:
    """Return the instance as JSON, one line per row, blank cells left out."""
    head = json.dumps(head_values(instance.head), indent=2, ensure_ascii=False)
    parts = []
    for name, table in TABLES.items():
        frame = instance.tables.get(name)
        if frame is None or (frame.empty and not table.required):
            continue
        rows = ",\n".join(f"      {json.dumps(row, ensure_ascii=False)}" for row in _rows(table, frame))
        parts.append(f"    {json.dumps(name)}: [\n{rows}\n    ]" if rows else f"    {json.dumps(name)}: []")
    body = ",\n".join(parts)
    return f'{{\n  "instance": {_indented(head)},\n  "tables": {{\n{body}\n  }}\n}}\n'


def _rows(table: Table, frame: pd.DataFrame) -> list[dict[str, Any]]:
    names = [column.name for column in table]
    columns = []
    for column in table:
        cells = frame[column.name].tolist()
        columns.append(cells if column.is_text else [number_as_written(cell) for cell in cells])
    return [
        {name: cell for name, cell in zip(names, row, strict=True) if cell not in ("", None)}
        for row in zip(*columns, strict=True)
    ]


def _indented(text: str) -> str:
    return text.replace("\n", "\n  ")
