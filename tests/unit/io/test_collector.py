"""Collecting findings: none is lost, many of a kind are counted."""

from __future__ import annotations

import pytest

from donornet.instance import Finding
from donornet.io.collector import MOST_OF_A_KIND, Collector, Place, capped, quoted


@pytest.mark.parametrize(("count", "written"), [(0, 0), (20, 20), (21, 21), (12_365, 21)])
def test_the_first_of_a_kind_are_written_out_and_the_others_counted(count, written):
    collector = Collector()
    items = ((row, f"cell {row}") for row in range(count))
    collector.add_many(Place("lanes", "lanes.csv"), "bad-id", items, str, total=count, column="to")
    assert len(collector.findings) == written
    if count == 12_365:
        assert str(collector.findings[-1]) == "lanes.csv, column to: ... and 12 345 more of the same (bad-id)"
    singles = [Finding("bad-id", f"cell {row}", "lanes", row, "to") for row in range(count)]
    assert [finding.message for finding in capped(singles)] == [finding.message for finding in collector.findings]


def test_each_code_table_and_column_is_counted_apart():
    findings = [
        Finding(code, "m", table, row, column)
        for row in range(MOST_OF_A_KIND)
        for code in ("a", "b")
        for table in ("t", "u")
        for column in ("x", "y")
    ]
    assert capped(findings) == findings


def test_warnings_are_no_errors():
    collector = Collector()
    collector.warn(Place("t", "t.csv"), "w", "look")
    assert not collector.has_errors
    collector.add(Place("t", "t.csv"), "e", "stop")
    assert collector.has_errors


def test_long_cells_are_cut():
    assert quoted("a\nb") == r"'a\nb'"
    assert len(quoted("x" * 1000)) < 70
