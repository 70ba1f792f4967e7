"""Reading results folders back."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from donornet.exceptions import ResultError
from donornet.instance.head import ID_PATTERN
from donornet.io.result_writer import RESULT_FILE, SCENARIO, TABLE_SUFFIXES
from donornet.solution import SOLUTION_COLUMNS, Result, Solution, Status
from donornet.solution.solution import empty


def read_result(folder: str | os.PathLike[str]) -> Result:
    """Read the result that a folder holds.

    Parameters
    ----------
    folder
        The results folder, or its ``result.json``.

    Raises
    ------
    ResultError
        The folder is no complete results folder, or its files cannot be read.
    """
    folder = Path(folder)
    if folder.name == RESULT_FILE:
        folder = folder.parent
    facts = _facts(folder)
    specs = facts.get("tables")
    if not isinstance(specs, dict):
        specs = {path.stem: {} for path in sorted(folder.iterdir()) if path.suffix[1:] in TABLE_SUFFIXES}
    decisions, recomputed = {}, {}
    for name, spec in specs.items():
        spec = spec if isinstance(spec, dict) else {}
        frame = _table(folder, name, spec.get("columns"))
        if name in SOLUTION_COLUMNS:
            decisions[name] = _decisions(name, frame, folder)
        extended = len(frame.columns) > len(SOLUTION_COLUMNS.get(name, ()))
        if spec.get("recomputed", name not in SOLUTION_COLUMNS or extended):
            recomputed[name] = frame
    has_design = bool(decisions) and facts["status"] in (Status.OPTIMAL, Status.LIMIT)
    info = facts.get("info")
    return Result(
        status=facts["status"],
        objective=_number(facts, "objective", folder),
        bound=_number(facts, "bound", folder),
        gap=_number(facts, "gap", folder),
        solution=Solution(decisions) if has_design else None,
        tables=recomputed,
        info=info if isinstance(info, dict) else {},
        scenario=str(facts.get("scenario", "base")),
        instance_sha256=str(facts.get("instance_sha256", "")),
    )


def _facts(folder: Path) -> dict[str, Any]:
    path = folder / RESULT_FILE
    try:
        facts = json.loads(path.read_bytes().decode("utf-8-sig"))
    except FileNotFoundError:
        what = (
            f"{folder} has no {RESULT_FILE}: it is no results folder, or the solve was cut off"
            if folder.is_dir()
            else None
        )
        raise ResultError(what or f"there is no results folder {folder}") from None
    except (OSError, ValueError, RecursionError) as error:
        raise ResultError(f"{path} cannot be read: {error}") from None
    if not isinstance(facts, dict):
        raise ResultError(f"{path} must hold one JSON object")
    known = [status.value for status in Status]
    if facts.get("status") not in known:
        raise ResultError(f"{path}: the status {facts.get('status')!r} is not one of {', '.join(known)}")
    facts["status"] = Status(facts["status"])
    return facts


def _number(facts: Mapping[str, Any], key: str, folder: Path) -> float | None:
    value = facts.get(key)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ResultError(f"{folder / RESULT_FILE}: {key} must be a number or null, not {value!r}")
    return float(value)


def _table(folder: Path, name: str, kinds: Any) -> pd.DataFrame:
    """Return one table, typed, without its column `scenario`."""
    if not re.fullmatch(ID_PATTERN, name):
        raise ResultError(f"{folder / RESULT_FILE}: {name!r} is no name of a table")
    for suffix in TABLE_SUFFIXES:
        path = folder / f"{name}.{suffix}"
        if path.is_file():
            break
    else:
        raise ResultError(f"{folder / name}.csv is missing, although {RESULT_FILE} names it")
    try:
        if suffix == "parquet":
            frame = pd.read_parquet(path)
        else:
            frame = pd.read_csv(path, dtype=object, keep_default_na=False, na_filter=False, encoding="utf-8-sig")
    except Exception as error:  # noqa: BLE001  # whatever a parser says about a damaged file
        raise ResultError(f"{path} cannot be read: {error}") from None
    frame = frame.drop(columns=SCENARIO, errors="ignore")
    given = kinds if isinstance(kinds, dict) else {}
    return pd.DataFrame(
        {
            column: _typed(frame[column], given.get(column) or _guess(name, frame[column]), path)
            for column in frame.columns
        },
        columns=frame.columns,
    )


def _guess(name: str, cells: pd.Series) -> str:
    """Return the kind of a column that `result.json` does not tell: the decision table's, or number if all are."""
    if name in SOLUTION_COLUMNS and cells.name in SOLUTION_COLUMNS[name]:
        return {"f": "number", "i": "integer"}.get(empty(name)[cells.name].dtype.kind, "text")
    written = [cell for cell in cells if cell not in ("", None)]
    try:
        [float(cell) for cell in written]
    except (TypeError, ValueError):
        return "text"
    return "number" if written else "text"


def _typed(cells: pd.Series, kind: str, path: Path) -> pd.Series:
    try:
        if kind == "integer":
            return pd.Series([int(cell) for cell in cells], dtype="int64")
        if kind == "number":
            numbers = [np.nan if cell is None or cell == "" else float(cell) for cell in cells]
            return pd.Series(numbers, dtype=float)
    except (TypeError, ValueError, OverflowError) as error:
        raise ResultError(f"{path}, column {cells.name}: {error}") from None
    if kind == "flag":
        return pd.Series([cell in (True, "yes") for cell in cells], dtype=bool)
    return pd.Series(["" if cell is None else str(cell) for cell in cells], dtype=object)


def _decisions(name: str, frame: pd.DataFrame, folder: Path) -> pd.DataFrame:
    missing = [column for column in SOLUTION_COLUMNS[name] if column not in frame.columns]
    if missing:
        raise ResultError(f"{folder / name}.csv lacks the columns {', '.join(missing)}")
    frame = frame[list(SOLUTION_COLUMNS[name])].copy()
    for column, dtype in empty(name).dtypes.items():
        try:
            frame[column] = frame[column].astype(dtype)
        except (TypeError, ValueError) as error:
            raise ResultError(f"{folder / name}.csv, column {column}: {error}") from None
    return frame
