"""FORMULATION.md says what the code says: equations are written once, in the docstrings."""

from __future__ import annotations

import inspect
import re

import pytest

from donornet.formulation import capacity, design, diversity, document, donors, gates, limits, material
from donornet.formulation.model import FAMILIES
from donornet.formulation.objective import TERMS
from donornet.formulation.rows import Rows
from donornet.formulation.variables import INDEX, INDEX_DOC, SYMBOLS

DESCRIBED = (*FAMILIES, diversity.diversity_cuts, *TERMS)
MODULES = (design, donors, material, capacity, gates, diversity, limits)


@pytest.fixture(scope="module")
def text() -> str:
    return document.PATH.read_text(encoding="utf-8")


def part(text: str, name: str) -> str:
    return text.partition(f"<!-- {name} -->")[2].partition(f"<!-- end of {name} -->")[0]


def sentence_and_equations(described) -> tuple[str, str]:
    summary, _, rest = (inspect.getdoc(described) or "").partition("\n\n")
    return summary, rest


def equations(text: str) -> list[str]:
    return re.findall(r"\$\$.*?\$\$", text, re.DOTALL)


def test_writing_the_document_anew_changes_nothing(text):
    assert document.document(text) == text, "run: python -m donornet.formulation.document"


def test_the_equations_are_those_of_the_docstrings_in_the_order_of_the_model(text):
    wanted = [equation for each in DESCRIBED for equation in equations(sentence_and_equations(each)[1])]
    assert equations(part(text, "constraints") + part(text, "objective")) == wanted


def test_families_and_terms_stand_in_the_order_of_the_model(text):
    names = re.findall(r"^\*\*`(\w+)`\*\*", part(text, "constraints") + part(text, "objective"), re.MULTILINE)
    assert names == [described.__name__ for described in DESCRIBED]


def test_the_variables_are_those_of_the_model_with_index_and_unit(text):
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in part(text, "variables").splitlines()]
    assert [row for row in rows if row[0].startswith("`")] == [
        [f"`{name}`", ", ".join(index), f"${SYMBOLS[name]}$", INDEX_DOC[name]] for name, index in INDEX.items()
    ]


def test_every_variable_has_a_meaning_and_a_symbol():
    assert list(INDEX) == list(INDEX_DOC) == list(SYMBOLS)


@pytest.mark.parametrize("described", DESCRIBED, ids=lambda described: described.__name__)
def test_each_docstring_has_one_sentence_and_an_equation_that_markdown_leaves_alone(described):
    summary, rest = sentence_and_equations(described)
    assert summary.endswith(".")
    assert equations(rest)
    for equation in equations(rest):
        assert not re.search(r"\\[^a-zA-Z]", equation), "markdown eats a backslash before punctuation"
        assert "\n\n" not in equation
        for left, right in ("{}", "()"):
            assert equation.count(left) == equation.count(right)


def test_no_family_is_left_out_of_the_model():
    written = {
        name
        for module in MODULES
        for name, function in inspect.getmembers(module, inspect.isfunction)
        if function.__module__ == module.__name__
        and not name.startswith("_")
        and inspect.signature(function, eval_str=True).return_annotation == Rows | None
    }
    assert written == {family.__name__ for family in FAMILIES}


@pytest.mark.parametrize("missing", ["<!-- variables -->", "<!-- end of objective -->"])
def test_a_missing_marker_is_told(text, missing):
    with pytest.raises(ValueError, match="are missing"):
        document.document(text.replace(missing, ""))


def test_the_document_is_written_in_place(text, tmp_path):
    path = tmp_path / "FORMULATION.md"
    path.write_text(text.replace(INDEX_DOC["Open"], "?"), encoding="utf-8")
    document.main([str(path)])
    assert path.read_text(encoding="utf-8") == text
