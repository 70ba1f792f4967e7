"""Reading and writing instances (folder, workbook, JSON) and results folders."""

from donornet.io.reader import read, read_with_findings
from donornet.io.reference import json_schema, schema_reference
from donornet.io.result_reader import read_result
from donornet.io.result_writer import result_to_xlsx, write_result
from donornet.io.sheets import write_sheets
from donornet.io.template import template
from donornet.io.writer import write

__all__ = [
    "json_schema",
    "read",
    "read_result",
    "read_with_findings",
    "result_to_xlsx",
    "schema_reference",
    "template",
    "write",
    "write_result",
    "write_sheets",
]
