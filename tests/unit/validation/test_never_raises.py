"""`validate` returns findings, whatever typed tables it is given."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from donornet.instance import Instance
from donornet.instance.build import typed
from donornet.instance.columns import Column
from donornet.instance.edits import parse_edit
from donornet.instance.head import Head
from donornet.instance.schema import MATERIAL_STAGES, TABLES
from donornet.validation import validate
from tests.unit.validation.sample import TABLES as SAMPLE

IDS = ("a", "b", "c", "A", "US", "EU", "boston", "paris", "allo", "auto", "full", "low", "*", "!a", "!*", "no such", "")
"""Few ids, so that they meet across tables; some are junk."""
ROUTES = (
    ">".join(MATERIAL_STAGES),
    "collection>manufacturing",
    "storage",
    "",
    ">",
    "testing",
    "a>a",
    "collection>collection",
)
TEXTS = (
    "demand",
    "lanes",
    "doses*=2",
    "remove",
    "add",
    "centre=a;therapy=*",
    "HIV;HBV",
    ";",
    "=",
    "x=",
    "table=?",
    "set+=1",
)
NUMBERS = st.one_of(
    st.sampled_from([0.0, 1.0, 2.0, 0.5, -1.0, 2027.0, 2029.0, 91.0, float("inf"), float("-inf"), 1e300, 1e-300]),
    st.floats(allow_nan=False),
)


def cell(column: Column) -> st.SearchStrategy[Any]:
    """Return cells of a column: mostly what it asks for, sometimes not."""
    if not column.is_text:
        return st.one_of(st.just(""), NUMBERS)
    pool = (*column.choices, *IDS, "2027", "2028", "yes", "no")
    if column.name == "route":
        pool = (*ROUTES, *pool)
    if column.kind in ("text", "list"):
        pool = (*pool, *TEXTS)
    return (
        st.sampled_from(pool)
        if not column.choices
        else st.sampled_from((*column.choices, *column.choices, "", "junk", "*"))
    )


def rows(name: str) -> st.SearchStrategy[list[dict[str, Any]]]:
    """Return rows of a table: random ones, and some of the sample's, shuffled."""
    made = st.fixed_dictionaries({column.name: cell(column) for column in TABLES[name].own_columns})
    return st.lists(st.one_of(made, st.sampled_from(SAMPLE[name])), max_size=5)


@st.composite
def instances(draw: st.DrawFn) -> Instance:
    """Return typed instances, most of them nonsense."""
    head = Head.model_validate({
        "name": "junk",
        "periods": {
            "count": draw(st.integers(1, 4)),
            "days": draw(st.sampled_from([0.5, 7, 365])),
            "first": draw(st.sampled_from([0, 2027])),
        },
        "discount_rate": draw(st.sampled_from([0, 0.05])),
        "default_recognition": draw(st.sampled_from(["never", "licence", "recognised"])),
    })  # fmt: skip
    names = draw(st.sets(st.sampled_from(sorted(TABLES)), max_size=len(TABLES)))
    tables = {name: typed(name, draw(rows(name))) for name in sorted(TABLES) if name in names}
    return Instance(head, tables)


@settings(max_examples=50)
@given(instances())
def test_no_typed_instance_makes_the_checks_raise(instance: Instance):
    for finding in validate(instance):
        assert finding.message
        assert finding.code
        assert finding.table in {*TABLES, "instance"}


@settings(max_examples=30)
@given(st.data())
def test_a_broken_cell_of_the_sample_does_not_make_the_checks_raise(data: st.DataObject):
    name = data.draw(st.sampled_from(sorted(SAMPLE)))
    column = data.draw(st.sampled_from(TABLES[name].own_columns))
    number = data.draw(st.integers(0, len(SAMPLE[name]) - 1))
    broken = [dict(row) for row in SAMPLE[name]]
    broken[number][column.name] = data.draw(cell(column))
    tables = {other: typed(other, rows) for other, rows in {**SAMPLE, name: broken}.items()}
    validate(Instance(Head(name="sample"), tables))


@given(st.text(max_size=20), st.text(max_size=40), st.text(max_size=40))
def test_any_text_of_an_edit_is_parsed_or_refused(table: str, where: str, assignment: str):
    for name in (table, "demand"):
        edit, findings = parse_edit({"table": name, "where": where, "set": assignment})
        assert (edit is None) == bool(findings)
