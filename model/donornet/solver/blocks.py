"""The decisions in blocks: those of a stage are easy to optimise while the decisions of the other stages stand."""

from __future__ import annotations

from typing import Any

import numpy as np

from donornet.formulation.matrix import Matrix
from donornet.formulation.variables import block

CAPACITY = ("Open", "Step")
DESIGN = (*CAPACITY, "Licence")


def new_capacity(model: Any, matrix: Matrix) -> np.ndarray:
    """Return a mask of the decisions to build: facilities that do not exist, and steps, shape (columns,)."""
    mask = np.zeros(len(matrix.cost), dtype=bool)
    for name in CAPACITY:
        rows = block(model, name)
        if rows is not None:
            new = rows["initial"] != "existing" if "initial" in rows else np.ones(len(rows), dtype=bool)
            mask[rows.loc[new, "column"].to_numpy(dtype=int)] = True
    return mask


def stage_blocks(model: Any, matrix: Matrix) -> list[np.ndarray]:
    """Return the decisions of each stage as a mask, the dearest stage first.

    Parameters
    ----------
    model
        A model of the package; others have no stages.
    matrix
        Its arrays.

    Returns
    -------
    blocks
        Masks of shape (columns,). Decisions that a user has added belong to every block. Empty where there are fewer
        than two stages to decide on.
    """
    rows = [found for name in DESIGN if (found := block(model, name)) is not None]
    stage = np.full(len(matrix.cost), None, dtype=object)
    for row in rows:
        stage[row["column"].to_numpy(dtype=int)] = row["stage"].to_numpy()
    free = matrix.integer & (matrix.lower < matrix.upper)
    names = set(stage[free]) - {None}
    if len(names) < 2:
        return []
    added = free & (stage == None)  # noqa: E711 - element by element
    found = [free & (stage == name) for name in sorted(names)]
    return [mask | added for mask in sorted(found, key=lambda mask: -float(np.abs(matrix.cost[mask]).sum()))]
