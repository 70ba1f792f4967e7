"""Models for other programs: LP and MPS files."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

from donornet.formulation.matrix import assemble, row_names
from donornet.solver.clock import Clock
from donornet.solver.highs import Program
from donornet.solver.interrupt import Interrupt
from donornet.solver.settings import Settings


def write_model(model: Any, path: Path) -> Path:
    """Write a model to an ``.lp`` or ``.mps`` file, and beside it what the numbered names stand for.

    Names are numbers (x0, x1, ... and r0, r1, ...) because the formats know fewer characters than ids do, so that names
    made from ids could coincide. A model that maximises is written as one that minimises the negative.

    Parameters
    ----------
    model
        A model of `build_model`. Of what cuts describe (min_effective_groups) the file holds the cuts added so far.
    path
        The file; its suffix says in which format.

    Returns
    -------
    names
        The file beside it, ``<path>.names.csv``: label, name.
    """
    matrix = assemble(model)
    labels = (
        [f"x{column}" for column in range(len(matrix.variables))],
        [f"r{row}" for row in range(matrix.rows.shape[0])],
    )
    Program(matrix, Settings(), Interrupt(), Clock()).write(str(path), *labels)
    names = path.with_name(path.name + ".names.csv")
    with names.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["label", "name"])
        writer.writerows(zip(labels[0], (variable.name for variable in matrix.variables), strict=True))
        writer.writerows(zip(labels[1], row_names(model), strict=True))
    return names
