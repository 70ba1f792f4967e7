"""Writing an instance in any of its three forms, losslessly: what is read back is what was written."""

from __future__ import annotations

import csv
import os
from pathlib import Path

import pandas as pd

from donornet.instance import Instance
from donornet.instance.columns import Table
from donornet.instance.schema import TABLES
from donornet.io.files import write_text, written_whole
from donornet.io.head import HEAD_FILE, to_toml
from donornet.io.json_form import to_json
from donornet.io.scalars import number_as_written
from donornet.io.workbook_writer import write_workbook


def write(instance: Instance, path: str | os.PathLike[str], overwrite: bool = False) -> None:
    """Write an instance; the suffix of `path` says in which form.

    The same instance gives the same bytes. Columns that are wholly blank are left out of folders and JSON; workbooks
    have a sheet for every table and every column, to be filled in.

    Parameters
    ----------
    instance
        The instance.
    path
        ``.xlsx``: a workbook; ``.json``: one file; without suffix: a folder.
    overwrite
        Whether an instance that is there may be replaced; other files in a folder are left alone.

    Raises
    ------
    FileExistsError
        Something is there and `overwrite` is false.
    ValueError
        Another suffix.
    InvalidInstanceError
        More rows or longer texts than a workbook can hold.
    """
    path = Path(path)
    suffix = path.suffix.lower()
    is_folder = path.is_dir() or suffix not in {".xlsx", ".json"}
    if is_folder and not path.is_dir() and suffix in {".csv", ".toml", ".xls", ".ods", ".xlsm", ".txt", ".zip"}:
        raise ValueError(f"an instance is written as a folder, an .xlsx workbook or a .json file, not as {suffix}")
    if not overwrite and (_is_instance(path) if is_folder else path.exists()):
        raise FileExistsError(f"{path} exists; choose another place or allow it to be overwritten")
    if is_folder:
        _write_folder(instance, path)
    elif suffix == ".json":
        write_text(path, to_json(instance))
    else:
        with written_whole(path) as draft:
            write_workbook(instance, draft)


def _is_instance(folder: Path) -> bool:
    if folder.exists() and not folder.is_dir():
        return True
    return folder.is_dir() and any(path.name == HEAD_FILE or path.suffix == ".csv" for path in folder.iterdir())


def _write_folder(instance: Instance, folder: Path) -> None:
    """Write head and tables; the head last, so that a folder without it is known to be incomplete."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / HEAD_FILE).unlink(missing_ok=True)
    for name, table in TABLES.items():
        path = folder / f"{name}.csv"
        frame = instance.tables.get(name)
        if frame is None or (frame.empty and not table.required):
            path.unlink(missing_ok=True)
            continue
        with written_whole(path) as draft:
            _write_csv(table, frame, draft)
    write_text(folder / HEAD_FILE, to_toml(instance.head))


def _write_csv(table: Table, frame: pd.DataFrame, path: Path) -> None:
    columns = [
        column for column in table if column.key or column.required or _has_cells(frame[column.name], column.is_text)
    ]
    cells = [
        frame[column.name].tolist()
        if column.is_text
        else [number_as_written(number) for number in frame[column.name].tolist()]
        for column in columns
    ]
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow([column.name for column in columns])
        rows.writerows(zip(*cells, strict=True))


def _has_cells(cells: pd.Series, is_text: bool) -> bool:
    return bool((cells != "").any() if is_text else cells.notna().any())
