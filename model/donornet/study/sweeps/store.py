"""The results of a sweep on disk: each in a results folder of its own, whole or not there at all."""

from __future__ import annotations

import contextlib
import csv
import io
import os
import re
import secrets
import shutil
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from donornet.exceptions import ResultError
from donornet.io import read_result, write_result
from donornet.io.files import write_text
from donornet.solution import Result
from donornet.study.sweeps.request import Request

INDEX = "index.csv"
"""Says which item's result lies where."""
RESULTS = "results"
"""Folder of the results folders."""
STALE = 3600.0
"""Age from which an unfinished folder is nobody's any more [s]."""


class Store:
    """Results by their key.

    A result is written into a folder whose name begins with a dot, forced to the disk and renamed: a folder without
    the dot is complete. Its name is made of the item's name and the first digits of the key.

    Parameters
    ----------
    folder
        Created where it is missing.
    """

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        self.folder = Path(folder)
        self._results = self.folder / RESULTS
        self._results.mkdir(parents=True, exist_ok=True)
        for draft in self._results.glob(".*.tmp"):
            with contextlib.suppress(OSError):
                if time.time() - draft.stat().st_mtime > STALE:
                    shutil.rmtree(draft, ignore_errors=True)

    def find(self, key: str, request: Request) -> tuple[Path, Result] | None:
        """Return the folder and the result that has the key and meets the request; None: there is none."""
        for path in sorted(self._results.glob(f"*-{key[:16]}")):
            with contextlib.suppress(ResultError):
                result = read_result(path)
                if result.info.get("key") == key and request.met_by(result):
                    return path, result
        return None

    def keep(self, key: str, result: Result) -> Path:
        """Write a result that says its key, in place of an earlier one with the same, and return its folder."""
        place = self._results / f"{slug(result.scenario)}-{key[:16]}"
        draft = self._results / f".{place.name}.{secrets.token_hex(4)}.tmp"
        try:
            write_result(result, draft)
            for path in (*draft.iterdir(), draft):
                _to_disk(path)
            for earlier in self._results.glob(f"*-{key[:16]}"):
                away = earlier.with_name(f".{earlier.name}.{secrets.token_hex(4)}.tmp")
                earlier.rename(away)
                shutil.rmtree(away, ignore_errors=True)
            draft.rename(place)
            _to_disk(self._results)
        finally:
            shutil.rmtree(draft, ignore_errors=True)
        return place

    def write_index(self, columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> None:
        """Write the index, whole or not at all."""
        text = io.StringIO()
        table = csv.DictWriter(text, columns, lineterminator="\n")
        table.writeheader()
        table.writerows(rows)
        write_text(self.folder / INDEX, text.getvalue())

    def relative(self, path: Path) -> str:
        """Return a folder as the index names it."""
        return path.relative_to(self.folder).as_posix()


def slug(name: str) -> str:
    """Return a name as a folder can carry it."""
    return re.sub(r"[^A-Za-z0-9.]+", "-", name).strip("-.")[:60] or "item"


def _to_disk(path: Path) -> None:
    """Force a file or folder to the disk, where the system can do that."""
    with contextlib.suppress(OSError):
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
