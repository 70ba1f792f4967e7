"""Each constraint family and each objective term alone, as an LP file, for an instance in which it appears.

After a change that is meant, ``DONORNET_GOLDEN=write`` writes the files anew; review them like code.
"""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import Any

import pyomo.environ as pyo
import pytest
from pyomo.repn.plugins.lp_writer import LPWriter
from pyomo.repn.util import FileDeterminism

import donornet as dn
from donornet.formulation import build_model, diversity
from donornet.formulation.model import FAMILIES
from donornet.formulation.objective import TERMS
from tests.formulation.golden_cases import CASES, TERM_CASES
from tests.oracle.tiny import Tiny

GOLDEN = Path(__file__).parent / "golden"


def lp(m: Any) -> str:
    """The active part of a model as an LP file, rows and columns by name."""
    text = io.StringIO()
    LPWriter().write(m, text, symbolic_solver_labels=True, file_determinism=FileDeterminism.SORT_SYMBOLS)
    return text.getvalue()


def alone(tiny: Tiny, name: str) -> str:
    """The constraint family `name` and nothing else."""
    m = build_model(tiny.build())
    assert m.component(name) is not None, f"the instance has no {name}"
    for component in m.component_objects((pyo.Constraint, pyo.Objective), active=True):
        if component.local_name != name:
            component.deactivate()
    m.nothing = pyo.Objective(expr=0)
    return lp(m)


def term_alone(tiny: Tiny, name: str) -> str:
    """The objective term `name` and nothing else."""
    m = build_model(tiny.build())
    for component in m.component_objects((pyo.Constraint, pyo.Objective), active=True):
        component.deactivate()
    m.cost = pyo.Objective(expr=m.component(name if name.endswith("penalty") else f"{name}_cost"))
    return lp(m)


def agrees(path: Path, text: str) -> bool:
    """Whether the golden file says the same; written anew where that is asked for."""
    if os.environ.get("DONORNET_GOLDEN") == "write":
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return path.read_text(encoding="utf-8") == text


@pytest.mark.parametrize("name", CASES)
def test_a_family_is_written_as_its_golden_file_says(name):
    text = alone(CASES[name](), name)
    assert text.count("\nc_") > 0, "no row"
    assert agrees(GOLDEN / f"{name}.lp", text), text


@pytest.mark.parametrize("name", TERM_CASES)
def test_a_term_is_written_as_its_golden_file_says(name):
    text = term_alone(TERM_CASES[name](), name)
    assert text.partition("s.t.")[0].count("\n+") + text.partition("s.t.")[0].count("\n-") > 0, "no cost"
    assert agrees(GOLDEN / "objective" / f"{name}.lp", text), text


def test_no_family_and_no_term_lacks_a_golden_file():
    assert list(CASES) == [*(family.__name__ for family in FAMILIES), diversity.diversity_cuts.__name__]
    assert list(TERM_CASES) == [term.__name__ for term in TERMS]
    assert {path.stem for path in GOLDEN.glob("*.lp")} == set(CASES)
    assert {path.stem for path in (GOLDEN / "objective").glob("*.lp")} == set(TERM_CASES)


@pytest.mark.parametrize("name", [*CASES, *(f"cost of {name}" for name in TERM_CASES)])
def test_the_instances_of_the_golden_files_are_legal(name):
    tiny = CASES[name]() if name in CASES else TERM_CASES[name.removeprefix("cost of ")]()
    assert not [str(finding) for finding in dn.validate(tiny.build()) if finding.is_error]
