"""The parts of FORMULATION.md that the code says already: variables, constraints and objective, from the docstrings.

``python -m donornet.formulation.document`` writes them between the markers of ``model/FORMULATION.md``; a test keeps
the file in step.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from donornet.formulation import capacity, design, diversity, donors, gates, limits, material
from donornet.formulation.model import FAMILIES
from donornet.formulation.objective import TERMS
from donornet.formulation.variables import INDEX, INDEX_DOC, SYMBOLS

PATH = Path(__file__).parents[2] / "FORMULATION.md"
"""The document, where the package lies in its repository."""
HEADINGS = {
    design.__name__: "Design",
    donors.__name__: "Donors",
    material.__name__: "Material",
    capacity.__name__: "Capacity",
    gates.__name__: "Gates",
    diversity.__name__: "Diversity",
    limits.__name__: "Limits",
}
"""Heading of the families of each module, in the order of the document."""


def variables() -> str:
    """Return the table of the variables."""
    rows = ["| variable | index | in the equations | meaning [unit] |", "|---|---|---|---|"]
    for name, index in INDEX.items():
        rows.append(f"| `{name}` | {', '.join(index)} | ${SYMBOLS[name]}$ | {INDEX_DOC[name]} |")
    return "\n".join(rows)


def constraints() -> str:
    """Return every constraint family with its equation, in the order of the model."""
    families = (*FAMILIES, diversity.diversity_cuts)
    parts, heading = [], ""
    for family in families:
        if HEADINGS[family.__module__] != heading:
            heading = HEADINGS[family.__module__]
            parts.append(f"### {heading}")
        parts.append(_described(family))
    return "\n\n".join(parts)


def objective() -> str:
    """Return every term of the objective with its equation, in the order of reports."""
    return "\n\n".join(_described(term) for term in TERMS)


def document(text: str) -> str:
    """Return the text of FORMULATION.md with the parts between its markers written anew.

    Raises
    ------
    ValueError
        A marker is missing.
    """
    for name, part in (("variables", variables), ("constraints", constraints), ("objective", objective)):
        begin, end = f"<!-- {name} -->\n", f"<!-- end of {name} -->\n"
        before, begins, rest = text.partition(begin)
        _, ends, after = rest.partition(end)
        if not begins or not ends:
            raise ValueError(f"the markers {begin.strip()} and {end.strip()} are missing")
        text = f"{before}{begin}\n{part()}\n\n{end}{after}"
    return text


def main(arguments: Sequence[str]) -> None:
    """Write the document anew, at `PATH` or at the path given."""
    path = Path(arguments[0]) if arguments else PATH
    path.write_text(document(path.read_text(encoding="utf-8")), encoding="utf-8")


def _described(described: Callable[[Any], Any]) -> str:
    """Return name and docstring of a family or term: what it does, then the equations."""
    summary, _, equations = (inspect.getdoc(described) or "").partition("\n\n")
    return f"**`{described.__name__}`** {summary}\n\n{equations}"


if __name__ == "__main__":
    main(sys.argv[1:])
