"""Instances as a folder: ``instance.toml`` and one CSV per table."""

from __future__ import annotations

import csv
import io
import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv as pacsv

from donornet.instance.findings import nearest
from donornet.instance.schema import TABLES
from donornet.io.collector import MOST_OF_A_KIND, Collector, Place, quoted
from donornet.io.head import HEAD_FILE, parse_toml
from donornet.io.tables import RawTable, check_present, keep_or_report_empty, typed_table, unknown_table

_BLOCK = 1 << 30
_DELIMITERS = {";": "semicolons", "\t": "tabs", "|": "bars"}


def read_folder(folder: Path, collector: Collector) -> tuple[Mapping[str, Any] | None, dict[str, pd.DataFrame]]:
    """Return head (as a mapping, unchecked) and tables of the instance in `folder`."""
    head = None
    head_place = Place("instance", HEAD_FILE)
    if (folder / HEAD_FILE).exists() or (folder / HEAD_FILE).is_symlink():
        data = _bytes_of(folder / HEAD_FILE, folder, head_place, collector)
        head = None if data is None else parse_toml(data, head_place, collector)
    else:
        collector.add(head_place, "missing-file", f"the head {HEAD_FILE} is missing in {folder}")
    tables: dict[str, pd.DataFrame] = {}
    present = []
    for name in sorted(path.name for path in folder.iterdir()):
        stem, _, suffix = name.rpartition(".")
        if suffix.lower() != "csv" or re.match(r"\.[^.]", name):  # hidden files are left alone
            continue
        if stem not in TABLES or suffix != "csv":
            _unknown_file(name, stem, collector)
            continue
        present.append(stem)
        place = Place(stem, name)
        data = _bytes_of(folder / name, folder, place, collector)
        frame = None if data is None else read_csv(data, place, collector)
        if frame is not None:
            tables[stem] = frame
    check_present(present, "{table}.csv", collector)
    return head, tables


def _unknown_file(name: str, stem: str, collector: Collector) -> None:
    place = Place("", name if name.isprintable() else quoted(name))
    if stem in TABLES:
        collector.add(place, "unknown-table", f"the suffix must be in lower case{nearest(name, [stem + '.csv'])}")
    else:
        unknown_table(stem, place, collector)


def _bytes_of(path: Path, folder: Path, place: Place, collector: Collector) -> bytes | None:
    """Return the content of a regular file that lies in the folder; otherwise report why not."""
    try:
        if not path.resolve(strict=True).is_relative_to(folder.resolve()):
            collector.add(place, "outside-folder", "the file is a link that leaves the folder; copy the file itself")
            return None
        if not stat.S_ISREG(path.stat().st_mode):
            collector.add(place, "not-a-file", "this is not a regular file")
            return None
        return path.read_bytes()
    except (OSError, RuntimeError) as error:  # RuntimeError: a loop of links
        reason = getattr(error, "strerror", None) or str(error)
        collector.add(place, "unreadable-file", f"the file cannot be read ({reason})")
        return None


def read_csv(data: bytes, place: Place, collector: Collector) -> pd.DataFrame | None:
    """Return the table that a CSV file holds; None where it is unreadable or has no rows."""
    data = _utf8(data, place, collector)
    content = data.lstrip(b"\r\n")
    if not content.strip():
        collector.add(place, "empty-file", "the file is empty; write at least the header and one row, or delete it")
        return None
    before = len(re.findall(rb"\r\n|\r|\n", data[: len(data) - len(content)]))
    raw = _parsed(content if content.endswith((b"\n", b"\r")) else content + b"\n", before, place, collector)
    frame = None if raw is None else typed_table(raw, collector)
    return None if frame is None else keep_or_report_empty(frame, place, collector)


def _utf8(data: bytes, place: Place, collector: Collector) -> bytes:
    """Return the content as UTF-8 without byte order mark; report another encoding and read on."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        collector.add(place, "wrong-encoding", "the file is in UTF-16; save it as CSV UTF-8")
        data = data.decode("utf-16", "replace").encode()
    data = data.removeprefix(b"\xef\xbb\xbf")
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        row = data[: error.start].count(b"\n") + 1
        character = data[error.start : error.start + 1].decode("latin-1")
        message = (
            f"the file is not in UTF-8 (byte 0x{data[error.start]:02X}, in Latin-1 {character!r}); save it as CSV UTF-8"
        )
        collector.add(place, "wrong-encoding", message, row=row)
        data = data.decode("cp1252", "replace").encode()
    if b"\0" in data:
        row = data[: data.index(b"\0")].count(b"\n") + 1
        collector.add(place, "nul-byte", "the file holds NUL bytes: it is damaged or no text file", row=row)
        data = data.replace(b"\0", b"")
    return data


@dataclass
class _Ragged:
    """Rows whose number of cells is not that of the header."""

    numbers: list[int] = field(default_factory=list)
    blank: list[int] = field(default_factory=list)
    texts: list[tuple[int, tuple[int, int, str]]] = field(default_factory=list)

    def __call__(self, row: Any) -> str:
        if not row.text.strip():
            self.blank.append(row.number)
            return "skip"
        self.numbers.append(row.number)
        if len(self.texts) < MOST_OF_A_KIND:
            self.texts.append((row.number, (row.actual_columns, row.expected_columns, row.text)))
        return "skip"


def _parsed(data: bytes, before: int, place: Place, collector: Collector) -> RawTable | None:
    """Split the content into columns of strings; `before` blank lines stand above it."""
    delimiter, headers = _header(data, place, before + 1, collector)
    names = [str(position) for position in range(len(headers))]
    ragged = _Ragged()
    try:
        table = pacsv.read_csv(
            io.BytesIO(data),
            read_options=pacsv.ReadOptions(
                use_threads=False, column_names=names, skip_rows_after_names=1, block_size=min(len(data) + 1, _BLOCK)
            ),
            parse_options=pacsv.ParseOptions(
                delimiter=delimiter, newlines_in_values=True, ignore_empty_lines=False, invalid_row_handler=ragged
            ),
            convert_options=pacsv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()),
                strings_can_be_null=False,
                quoted_strings_can_be_null=False,
                check_utf8=False,
            ),
        )
    except (pa.ArrowException, UnicodeDecodeError) as error:
        collector.add(place, "unreadable-file", f"the file cannot be split into rows and cells ({error})")
        return None
    items = [(number + before, facts) for number, facts in ragged.texts]
    collector.add_many(place, "ragged-row", items, _ragged_message, total=len(ragged.numbers))
    skipped = len(ragged.numbers) + len(ragged.blank)
    numbers = np.arange(2, table.num_rows + skipped + 2)
    rows = np.setdiff1d(numbers, [*ragged.numbers, *ragged.blank], assume_unique=True) if skipped else numbers
    return RawTable(place, headers, table.columns, rows + before, before + 1)


def _header(data: bytes, place: Place, row: int, collector: Collector) -> tuple[str, list[str]]:
    """Return delimiter and headers; report a delimiter that is not the comma and read on with it."""
    text = data[: 1 << 20].decode("utf-8", "ignore")
    known = {column.name for column in TABLES[place.table]}
    headers = _first_record(text, ",")
    if not known & {header.strip() for header in headers}:
        for delimiter, word in _DELIMITERS.items():
            alternative = _first_record(text, delimiter)
            if known & {header.strip() for header in alternative}:
                message = f"the cells are separated by {word}; save the file with commas (and decimal points)"
                collector.add(place, "wrong-delimiter", message, row=row)
                return delimiter, alternative
    return ",", headers


def _first_record(text: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), [""])
    except csv.Error:
        return [""]


def _ragged_message(facts: tuple[int, int, str]) -> str:
    actual, expected, text = facts
    message = f"{actual} cells where the header has {expected}: {quoted(text)}"
    if "\n" in text.strip() and text.count('"') % 2:
        return message + "; a quotation mark is opened and not closed"
    if actual > expected and re.search(r"\d,\d", text):
        return message + "; write decimal points (1.5, not 1,5), and put texts with commas between quotation marks"
    if actual > expected:
        return message + "; put texts with commas between quotation marks"
    return message + "; end each row with as many commas as the header has"
