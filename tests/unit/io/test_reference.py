"""The reference and the JSON Schema say what the reader does, as both come from one specification."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings

from donornet.instance.schema import TABLES
from donornet.io import json_schema, read, schema_reference
from donornet.io.json_form import to_json
from donornet.io.template import template_instance
from tests.unit.io.strategies import loose_instances

jsonschema = pytest.importorskip("jsonschema")


@pytest.fixture(scope="module")
def validator():
    jsonschema.Draft202012Validator.check_schema(json_schema())
    return jsonschema.Draft202012Validator(json_schema())


def test_the_reference_names_every_table_column_unit_and_choice():
    text = schema_reference()
    for name, table in TABLES.items():
        section = text.partition(f"\n## {name}\n")[2].partition("\n## ")[0]
        for column in table.own_columns:
            row = next(
                line
                for line in section.splitlines()
                if line.startswith((f"| {column.name} |", f"| **{column.name}** |"))
            )
            assert column.unit in row
            assert all(choice in row for choice in column.choices)
            assert column.help in row
    assert "periods.count" in text


def test_the_schema_accepts_the_template(validator):
    validator.validate(json.loads(to_json(template_instance())))


def test_the_shipped_instances_match_the_schema(validator, instances):
    folders = sorted(path.parent for path in instances.glob("*/instance.toml"))
    for folder in folders:
        validator.validate(json.loads(to_json(read(folder))))


@settings(max_examples=12)
@given(loose_instances())
def test_the_schema_accepts_whatever_is_written(validator, instance):
    validator.validate(json.loads(to_json(instance)))


@pytest.mark.parametrize(
    ("table", "column", "cell"),
    [
        ("sites", "site", "S 1"),
        ("sites", "site", None),
        ("sites", "latitude", 91),
        ("sites", "latitude", "north"),
        ("sites", "colour", "red"),
        ("facilities", "stage", "packing"),
        ("facilities", "capacity", -1),
        ("facilities", "opens_from", 2027.5),
        ("facilities", "include", "maybe"),
        ("demand", "period", "later"),
        ("panels", "markers", "HIV,HBV"),
    ],
)
def test_the_schema_refuses_what_the_reader_refuses(validator, table, column, cell):
    document = json.loads(to_json(template_instance()))
    document["tables"][table][0][column] = cell
    assert not validator.is_valid(document)
