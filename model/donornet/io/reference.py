"""The table reference and the JSON Schema, both made from the specification of the tables."""

from __future__ import annotations

from typing import Any, get_args

from donornet.instance.columns import Column, Table
from donornet.instance.head import ID_PATTERN, Head, Periods
from donornet.instance.schema import TABLES
from donornet.io.cells import range_text
from donornet.io.scalars import number_as_written

_INTRODUCTION = """\
# Tables of an instance

An instance is a folder (`instance.toml` and one CSV per table), a workbook (sheet `instance` with key and value, one
sheet per table) or one JSON file (`{"instance": {...}, "tables": {"sites": [{...}, ...], ...}}`). The three convert
without loss.

Keys are in **bold**. A blank cell means the default. Rows are counted as a spreadsheet does: the header is row 1.
"""


def schema_reference() -> str:
    """Return the reference of the head and of every table, in Markdown."""
    parts = [_INTRODUCTION, _head_reference()]
    parts += [_table_reference(table) for table in TABLES.values()]
    common = next(iter(TABLES.values())).common_columns
    parts.append("## Columns of every table\n\n" + _rows(common))
    return "\n".join(parts)


def _head_reference() -> str:
    lines = ["## The head (`instance`)", "", "| entry | what it is | default |", "|---|---|---|"]
    for key, entry in Head.model_fields.items():
        if key == "periods":
            lines += [
                f"| periods.{inner} | {inner_entry.description} | {_default_text(inner_entry.default)} |"
                for inner, inner_entry in Periods.model_fields.items()
            ]
            continue
        default = "required" if entry.is_required() else _default_text(entry.default)
        allowed = f" One of {', '.join(map(str, get_args(entry.annotation)))}." if key == "default_recognition" else ""
        lines.append(f"| {'**name**' if key == 'name' else key} | {entry.description}{allowed} | {default} |")
    return "\n".join(lines) + "\n"


def _default_text(default: Any) -> str:
    if default in ("", None):
        return ""
    return f"{default:g}" if isinstance(default, float) else str(default)


def _table_reference(table: Table) -> str:
    required = " Required." if table.required else ""
    return f"## {table.name}\n\n{table.help}{required}\n\n{_rows(table.own_columns)}"


def _rows(columns: tuple[Column, ...]) -> str:
    lines = ["| column | kind | unit | default | allowed | refers to | what it is |", "|---|---|---|---|---|---|---|"]
    for column in columns:
        name = f"**{column.name}**" if column.key else column.name
        required = column.required and column.default is None
        default = "required" if required else _default_text(column.default)
        refers = column.references.replace("|", ", ") + (", groups" if column.groups else "")
        cells = [
            name,
            column.kind,
            column.unit,
            _escape(default),
            _escape(_allowed(column)),
            refers.lstrip(", "),
            column.help,
        ]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def _allowed(column: Column) -> str:
    parts = list(column.choices) or (["yes", "no"] if column.kind == "flag" else [range_text(column)])
    return ", ".join([part for part in parts if part] + (["*"] if column.wildcard else []))


def _escape(text: str) -> str:
    return text.replace("*", "`*`").replace("|", "\\|")


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of the JSON form."""
    head = Head.model_json_schema()
    periods = head.pop("$defs")["Periods"]
    head["properties"]["periods"] = periods
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "donornet instance",
        "type": "object",
        "required": ["instance", "tables"],
        "additionalProperties": False,
        "properties": {
            "instance": head,
            "tables": {
                "type": "object",
                "additionalProperties": False,
                "required": [table.name for table in TABLES.values() if table.required],
                "properties": {table.name: _table_schema(table) for table in TABLES.values()},
            },
        },
    }


def _table_schema(table: Table) -> dict[str, Any]:
    rows: dict[str, Any] = {
        "type": "object",
        "additionalProperties": False,
        "properties": {column.name: _column_schema(column) for column in table},
        "required": [column.name for column in table if column.required and column.default is None],
    }
    schema: dict[str, Any] = {"description": table.help, "type": "array", "items": rows}
    return schema | ({"minItems": 1} if table.required else {})


def _column_schema(column: Column) -> dict[str, Any]:
    unit = f" [{column.unit}]" if column.unit else ""
    schema: dict[str, Any] = {"description": column.help + unit}
    if isinstance(column.default, float):
        schema["default"] = number_as_written(column.default)
    elif column.default is not None:
        schema["default"] = column.default
    kinds = _kinds(column)
    if not (column.required and column.default is None):
        kinds.append({"type": "null"})
        if column.is_text and column.kind != "text":
            kinds.append({"const": ""})
    return schema | (kinds[0] if len(kinds) == 1 else {"anyOf": kinds})


def _kinds(column: Column) -> list[dict[str, Any]]:
    """Return the schemas of the filled cells of a column."""
    if not column.is_text:
        bounds = {"minimum": column.minimum, "maximum": column.maximum, "exclusiveMinimum": column.above}
        kind = {"type": "integer" if column.kind == "integer" else "number"}
        return [kind | {key: number_as_written(bound) for key, bound in bounds.items() if bound is not None}]
    if column.kind in ("choice", "flag"):
        choices = column.choices or ("yes", "no")
        flags: list[dict[str, Any]] = [{"type": "boolean"}] if column.kind == "flag" else []
        return [{"enum": [*choices, *(["*"] if column.wildcard else [])]}, *flags]
    patterns = {
        "id": ID_PATTERN,
        "pattern": f"!?{ID_PATTERN}",
        "list": f"{ID_PATTERN}(;{ID_PATTERN})*",
        "period": "[0-9]+",
    }
    if column.kind not in patterns:
        return [{"type": "string"} | ({"minLength": 1} if column.required else {})]
    pattern = patterns[column.kind]
    if column.kind == "period" and column.groups:
        pattern = f"{pattern}|{ID_PATTERN}"
    star = r"|\*" if column.wildcard else ""
    kinds: list[dict[str, Any]] = [{"type": "string", "pattern": f"^({pattern}{star})$"}]
    return [*kinds, {"type": "integer", "minimum": 0}] if column.kind == "period" else kinds
