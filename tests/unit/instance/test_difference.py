"""Differences between instances, row by row."""

from __future__ import annotations

import json
import random
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import donornet as dn
from donornet.instance.build import from_rows
from donornet.instance.difference import COLUMNS, HEAD
from donornet.instance.quoting import parts, unquoted
from donornet.instance.schema import TABLES
from tests.oracle.tiny import Tiny

HIDDEN = {"title", "source", "note", "include"}


def lines(before: Tiny, after: Tiny) -> list[tuple[Any, ...]]:
    table = before.build().diff(after.build()).table
    assert list(table.columns) == list(COLUMNS)
    return list(table.drop(columns="twin").itertuples(index=False, name=None))


def test_an_instance_does_not_differ_from_itself():
    difference = Tiny().build().diff(Tiny().build())
    assert not difference
    assert len(difference) == 0
    assert str(difference) == "tiny and tiny: no difference"


def test_a_changed_cell_is_told_with_its_key_before_and_after():
    assert lines(Tiny(), Tiny().change("demand", doses=12)) == [
        ("demand", "centre=R; therapy=K; period=*", "changed", "doses", 10.0, 12.0)
    ]


def test_an_added_row_is_told_with_its_filled_cells_and_a_removed_one_in_the_same_way():
    more = Tiny().add("centres", {"centre": "R2", "jurisdiction": "A", "latitude": 3})
    place = ("centres", "centre=R2")
    assert lines(Tiny(), more) == [
        (*place, "added", "jurisdiction", None, "A"),
        (*place, "added", "latitude", None, 3.0),
    ]
    assert lines(more, Tiny()) == [
        (*place, "removed", "jurisdiction", "A", None),
        (*place, "removed", "latitude", 3.0, None),
    ]


def test_a_row_of_keys_only_is_told_too():
    grouped = Tiny().add("groups", {"group": "g", "member": "R"})
    assert lines(Tiny(), grouped) == [("groups", "group=g; member=R", "added", "", None, None)]


def test_a_blank_cell_and_its_default_are_the_same():
    assert lines(Tiny(), Tiny().change("facilities", status="candidate")) == []
    assert lines(Tiny(), Tiny().change("facilities", status="open"))[0][3:] == ("status", "candidate", "open")


def test_a_blank_without_a_default_is_none():
    assert lines(Tiny(), Tiny().change("facilities", capacity=5))[0][3:] == ("capacity", None, 5.0)


def test_a_row_that_does_not_count_is_not_there():
    spare = Tiny().add("centres", {"centre": "R2", "include": "no"})
    assert lines(Tiny(), spare) == []


def test_titles_sources_and_notes_make_no_difference():
    told = Tiny(title="t", source="s", note="n").change("demand", source="s", note="n").change("sites", title="t")
    assert lines(Tiny(), told) == []


def test_the_order_of_rows_makes_no_difference():
    turned = Tiny()
    turned.tables["lanes"].reverse()
    assert lines(Tiny(), turned) == []


def test_the_head_is_compared_too():
    assert lines(Tiny(), Tiny(discount_rate=0.1, periods={"count": 2})) == [
        (HEAD, "", "changed", "discount_rate", 0.0, 0.1),
        (HEAD, "", "changed", "periods.count", 1, 2),
    ]


def test_rows_of_one_key_are_added_and_removed_whole():
    first = {"stage": "testing", "from": "B", "market": "A", "verdict": "recognised"}
    two = Tiny().add("recognition", {**first, "valid_to": 1}, {**first, "valid_from": 2})
    three = Tiny().add("recognition", {**first, "valid_from": 2}, {**first, "valid_to": 1}, {**first, "days": 9})
    found = two.build().diff(three.build()).table
    assert set(found["change"]) == {"added"}
    assert found.set_index("column")["after"].to_dict() == {
        "verdict": "recognised", "unit_cost": 0.0, "days": 9.0, "yield": 1.0,
    }  # fmt: skip
    assert set(three.build().diff(two.build()).table["change"]) == {"removed"}


def test_the_text_shows_rows_by_table_with_marks_and_counts_the_rest():
    many = Tiny(currency="EUR").change("demand", doses=12).add("centres", {"centre": "R2", "jurisdiction": "A"})
    many.add("groups", *({"group": "g", "member": f"m{i}"} for i in range(30)))
    difference = Tiny().build().diff(many.build())
    told = str(difference)
    assert told.splitlines()[0] == "tiny -> tiny: 31 added, 2 changed"
    assert "  ~ currency USD -> EUR" in told
    assert "  ~ centre=R; therapy=K; period=*: doses 10 -> 12 (+20 %)" in told
    assert "  + centre=R2: jurisdiction=A" in told
    assert "  ... and 10 more rows of groups" in told
    assert "more rows" not in difference.text(None)
    assert "m29" in difference.text(None)


def test_the_names_say_what_was_applied():
    base = Tiny().build()
    assert str(base.diff(base.apply("demand.doses*=2"))).startswith("tiny -> tiny (demand.doses*=2): 1 changed")


def test_the_table_is_json():
    table = Tiny().build().diff(Tiny(discount_rate=0.1).change("demand", doses=12).build()).table
    assert json.loads(json.dumps(table.to_dict("records")))[0]["after"] == 0.1


@pytest.fixture(scope="module")
def toy(instances):
    return dn.read(instances / "toy")


@settings(max_examples=10)
@given(st.integers(0, 10**6))
def test_what_is_told_makes_the_one_into_the_other(toy, seed):
    draw = random.Random(seed)
    before = randomly_edited(toy, draw)
    after = randomly_edited(before, draw)
    difference = before.diff(after)
    assert patched(before, difference.table).sha256 == after.sha256
    assert patched(after, after.diff(before).table).sha256 == before.sha256
    assert bool(difference) == (before.sha256 != after.sha256)


def randomly_edited(instance: dn.Instance, draw: random.Random) -> dn.Instance:
    """Return the instance after a few random edits of cells and rows, valid or not."""
    for _ in range(draw.randint(0, 6)):
        tables = {name: rows for name, rows in instance.tables.items() if len(rows) and name != "scenarios"}
        name = draw.choice(sorted(tables))
        rows = tables[name]
        column = draw.choice([column for column in TABLES[name] if column.name not in HIDDEN])
        key = TABLES[name].columns[0].name
        where = f"{key}={draw.choice(list(rows[key]))}"
        cell = draw.choice(list(rows[column.name]))
        value = "" if cell == "" or pd.isna(cell) else repr(cell) if not column.is_text else cell
        copy = draw.choice(rows.to_dict("records"))
        cells = "; ".join(f'{column}="{cell}"' for column, cell in copy.items() if cell != "" and not pd.isna(cell))
        edit = draw.choice([
            f'{name}.{column.name}="{value}" where {where}', f'{name}.{column.name}="{value}"', f"{name} remove",
            f"{name}.include=no where {where}", f"{name} remove where {where}", f"{name} add where {cells}",
            f"{name}.{column.name}*=1.5",
        ])  # fmt: skip
        try:
            instance = instance.apply(edit)
        except dn.InvalidInstanceError:
            continue  # text cannot be multiplied, a required cell cannot be blank
    return instance


def patched(instance: dn.Instance, table: pd.DataFrame) -> dn.Instance:
    """Return the instance after the differences that a table tells, applied to plain rows."""
    head = instance.head.model_dump()
    tables = {name: effective_rows(instance, name) for name in TABLES}
    for (name, key, _, change), cells in table.groupby(["table", "key", "twin", "change"], sort=False):
        news = dict(zip(cells["column"], cells["after"], strict=True))
        olds = dict(zip(cells["column"], cells["before"], strict=True))
        if name == HEAD:
            for entry, value in news.items():
                outer, _, inner = entry.partition(".")
                (head[outer] if inner else head)[inner or outer] = value
            continue
        keys = {part.partition("=")[0]: unquoted(part.partition("=")[2]) for part in parts(key)}
        of_key = [row for row in tables[name] if all(text(row[column]) == cell for column, cell in keys.items())]
        if change == "changed":
            (row,) = of_key
            assert {column: row[column] for column in olds} == olds
            row.update(news)
        elif change == "removed":
            gone = {**dict.fromkeys(of_key[0]), **olds}
            row = next(row for row in of_key if all(row[c] == gone[c] for c in row if c not in keys))
            tables[name] = [other for other in tables[name] if other is not row]
        else:
            row = dict.fromkeys((column.name for column in TABLES[name].own_columns), None) | keys | news
            row.pop("", None)
            numbers = {column: float(cell) for column, cell in row.items() if cell and not TABLES[name][column].is_text}
            tables[name].append(row | numbers)
    return from_rows(head, {name: rows for name, rows in tables.items() if rows})


def effective_rows(instance: dn.Instance, name: str) -> list[dict[str, Any]]:
    frame = instance.table(name)[[column.name for column in TABLES[name].own_columns if column.name not in HIDDEN]]
    return [
        {column: None if cell == "" or pd.isna(cell) else cell for column, cell in row.items()}
        for row in frame.to_dict("records")
    ]


def text(cell: Any) -> str:
    if cell is None:
        return ""
    return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell)
