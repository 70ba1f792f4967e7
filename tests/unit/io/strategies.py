"""Random heads and tables that obey the specification cell by cell (though not from table to table)."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from donornet.instance import Instance
from donornet.instance.build import from_rows
from donornet.instance.columns import Column, Table
from donornet.instance.schema import TABLES

IDS = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,8}", fullmatch=True)
TEXTS = (
    st.text(st.characters(exclude_categories=("Cc", "Cs", "Cn")) | st.just("\n"), max_size=20)
    | st.sampled_from(["=1+1", "@x", "http://a.b", "_x0041_", '"', ",;\t|", "'1", "TRUE", "1e5", "#REF!", "00"])
).map(str.strip)


def numbers(column: Column) -> st.SearchStrategy[float | None]:
    low = column.minimum if column.minimum is not None else column.above if column.above is not None else -1e15
    high = column.maximum if column.maximum is not None else 1e15
    if column.kind == "integer":
        return st.integers(int(low), 10**6).map(float) | st.none()
    return st.floats(low, high, exclude_min=column.above is not None) | st.sampled_from([low + 1.0, high]) | st.none()


def cells(column: Column) -> st.SearchStrategy[Any]:
    """Return cells that the column accepts."""
    star = st.just("*") if column.wildcard else st.nothing()
    blank = st.nothing() if column.required and column.default is None else st.just("")
    if not column.is_text:
        return numbers(column).filter(lambda cell: cell is not None) if column.required else numbers(column)
    filled = {
        "id": IDS,
        "pattern": IDS | IDS.map("!{}".format),
        "list": st.lists(IDS, min_size=1, max_size=3).map(";".join),
        "period": st.integers(0, 9999).map(str),
        "choice": st.sampled_from(column.choices or ("",)),
        "flag": st.sampled_from(["yes", "no"]),
        "text": TEXTS.filter(bool) if column.required else TEXTS,
    }[column.kind]
    return filled | star | blank


def rows(table: Table) -> st.SearchStrategy[list[dict[str, Any]]]:
    """Return rows of the table, none of them wholly blank."""
    row = st.fixed_dictionaries({column.name: cells(column) for column in table})
    filled = row.filter(lambda row: any(cell not in ("", None) for cell in row.values()))
    return st.lists(filled, min_size=1, max_size=3)


HEADS = st.fixed_dictionaries(
    {"name": IDS},
    optional={
        "title": TEXTS,
        "cost_year": st.integers(1900, 2100),
        "discount_rate": st.floats(-0.99, 10),
        "default_recognition": st.sampled_from(["recognised", "bridging", "licence", "never"]),
        "note": TEXTS,
        "periods": st.fixed_dictionaries(
            {}, optional={"count": st.integers(1, 100), "days": st.floats(1e-6, 1e6), "first": st.integers(0, 3000)}
        ),
    },
)


@st.composite
def loose_instances(draw: st.DrawFn) -> Instance:
    """Draw an instance whose every cell is sound, though its tables may contradict each other."""
    names = [name for name, table in TABLES.items() if table.required]
    names += draw(st.lists(st.sampled_from([name for name in TABLES if name not in names]), unique=True, max_size=4))
    return from_rows(draw(HEADS), {name: draw(rows(TABLES[name])) for name in names})
