"""What a spreadsheet reader hides: formulas, error cells and the true extent of each sheet of an .xlsx file."""

from __future__ import annotations

import html
import posixpath
import re
import zipfile
from dataclasses import dataclass
from pathlib import Path

_SHEET = re.compile(rb"<(?:\w+:)?sheet\b[^>]*>")
_RELATIONSHIP = re.compile(rb"<(?:\w+:)?Relationship\b[^>]*>")
_ATTRIBUTE = re.compile(rb"""([\w:]+)\s*=\s*(?:"([^"]*)"|'([^']*)')""")
_CELL = re.compile(rb"<(?:\w+:)?c\b([^>]*?)(/?)>(?:\s*(<(?:\w+:)?f\b))?")
_ROW = re.compile(rb"""<(?:\w+:)?row\b[^>]*?\br\s*=\s*["']([0-9]{1,7})["']""")
_FAR = re.compile(rb"""\br\s*=\s*["']([A-Z]{2,3})[0-9]{1,7}["']""")
"""Cells beyond column Z; no table has as many columns."""

CellAt = tuple[str, int, int]
"""Reference as spreadsheets write it, row number, position of the column from 0."""


@dataclass(frozen=True)
class SheetFaults:
    """What was found in one sheet, and how far its cells reach [rows, columns]."""

    formulas: tuple[CellAt, ...] = ()
    errors: tuple[CellAt, ...] = ()
    height: int = 0
    width: int = 0


def sheet_faults(path: Path) -> dict[str, SheetFaults]:
    """Return the faults of each sheet by name.

    Raises
    ------
    ValueError, KeyError
        The file is no .xlsx workbook.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            return {name: _scan(archive.read(part)) for name, part in _parts(archive).items()}
    except zipfile.BadZipFile as error:
        raise ValueError(str(error)) from None


def _parts(archive: zipfile.ZipFile) -> dict[str, str]:
    """Return the part of the archive that holds each sheet."""
    targets = {}
    for tag in _RELATIONSHIP.findall(archive.read("xl/_rels/workbook.xml.rels")):
        attributes = _attributes(tag)
        target = attributes.get("Target", "")
        targets[attributes.get("Id", "")] = (
            target.lstrip("/") if target.startswith("/") else posixpath.join("xl", target)
        )
    parts = {}
    names = set(archive.namelist())
    for tag in _SHEET.findall(archive.read("xl/workbook.xml")):
        attributes = _attributes(tag)
        relation = next((value for key, value in attributes.items() if key.endswith(":id")), "")
        if targets.get(relation) in names and "name" in attributes:
            parts[attributes["name"]] = targets[relation]
    return parts


def _attributes(tag: bytes) -> dict[str, str]:
    return {
        key.decode(): html.unescape((double or single).decode("utf-8", "replace"))
        for key, double, single in _ATTRIBUTE.findall(tag)
    }


def _scan(data: bytes) -> SheetFaults:
    formulas, errors = [], []
    if re.search(rb"<(?:\w+:)?f\b|\bt\s*=\s*[\"']e[\"']", data):
        for attributes, _, formula in _CELL.findall(data):
            found = _attributes(attributes)
            reference = found.get("r", "")
            match = re.fullmatch(r"([A-Z]{1,3})([0-9]{1,7})", reference)
            at = (reference, int(match[2]), _column(match[1])) if match else ("?", 1, 0)
            if formula:
                formulas.append(at)
            elif found.get("t") == "e":
                errors.append(at)
    height = max((int(match[1]) for match in _ROW.finditer(data)), default=0)
    far = {match[1] for match in _FAR.finditer(data)}
    width = 1 + max((_column(letters.decode()) for letters in far), default=25)
    return SheetFaults(tuple(formulas), tuple(errors), height, width)


def _column(letters: str) -> int:
    position = 0
    for letter in letters:
        position = 26 * position + ord(letter) - ord("A") + 1
    return position - 1
