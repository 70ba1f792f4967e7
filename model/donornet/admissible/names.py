"""Names: the ids of an instance as whole numbers, in alphabetical order, and back."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from donornet.admissible.relation import Relation
from donornet.instance import Instance
from donornet.instance.matching import ANY
from donornet.instance.schema import MATERIAL_STAGES

NAMED = {
    "sites": ("site", "jurisdiction"), "facilities": ("site",), "therapies": ("therapy",), "panels": ("panel",),
    "donor_pools": ("pool", "jurisdiction", "risk_class"), "centres": ("centre", "jurisdiction"),
    "transport_modes": ("mode",), "lanes": ("from", "to", "mode", "therapy"), "licences": ("site", "market"),
    "jurisdictions": ("jurisdiction",), "lab_panels": ("site", "panel"),
}  # fmt: skip
"""Columns whose cells have a number."""
STEPS = ("donor", "testing", "centre", *MATERIAL_STAGES)
IDS = frozenset({
    "from", "to", "mode", "pool", "site", "lab", "panel", "centre", "therapy", "market", "stage", "risk_class",
    "from_stage", "to_stage", "first_stage",
})  # fmt: skip
"""Columns of relations that hold numbers of names."""
LABELS = frozenset({"state", "from_state", "to_state", "donor_class", "test_class"})
"""Columns of relations that hold labels 0, 1, ...; `BLANK` where there is none."""
BLANK = -1


class Names:
    """The ids of an instance.

    Parameters
    ----------
    instance
        A valid instance.
    """

    def __init__(self, instance: Instance) -> None:
        cells = {"", ANY, *STEPS}
        for table, columns in NAMED.items():
            for column in columns:
                cells.update(instance.table(table)[column].tolist())
        self._texts = np.array(sorted(cells), dtype=object)
        self._numbers = {text: number for number, text in enumerate(self._texts)}

    def __len__(self) -> int:
        return len(self._texts)

    def number(self, text: str) -> int:
        """Return the number of a name."""
        return self._numbers[text]

    def numbers(self, texts: Iterable[str]) -> np.ndarray:
        """Return the numbers of names."""
        return np.array([self._numbers[text] for text in texts], dtype=np.int64)

    def texts(self, numbers: np.ndarray) -> np.ndarray:
        """Return the names of numbers."""
        return np.asarray(self._texts[numbers])

    def marked(self, numbers: np.ndarray) -> np.ndarray:
        """Return which of all names are among the numbers, shape (names,)."""
        marks = np.zeros(len(self), dtype=bool)
        marks[numbers] = True
        return marks

    def table(self, relation: Relation) -> pd.DataFrame:
        """Return a relation as a table for people: names and labels as text."""
        return frame({name: self._told(name, column) for name, column in relation.columns.items()})

    def _told(self, name: str, column: np.ndarray) -> np.ndarray:
        if name in IDS:
            return self.texts(column)
        return np.asarray(labels(column) if name in LABELS else column)


def labels(numbers: np.ndarray) -> np.ndarray:
    """Return the labels 0, 1, ... as text, `BLANK` as a blank."""
    most = int(numbers.max(initial=BLANK))
    texts = np.array([*map(str, range(most + 1)), ""], dtype=object)
    return np.asarray(texts[numbers])


def frame(columns: dict[str, np.ndarray]) -> pd.DataFrame:
    """Return columns as a table, text as plain objects: pandas would look at every cell to find a type of its own."""
    kept = {
        name: pd.Index(column, dtype=object) if column.dtype == object else column for name, column in columns.items()
    }
    return pd.DataFrame(kept, copy=False)
