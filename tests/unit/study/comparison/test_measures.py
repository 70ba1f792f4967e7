"""Measures of a single result."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

import donornet as dn
from donornet.study.comparison.measures import KEYS, SECTIONS, measures_of
from tests.oracle.tiny import Tiny


def measured(result):
    return measures_of(result).set_index(["measure", "member"])


def test_every_measure_stands_once_in_the_order_of_the_sections():
    tiny = Tiny().change("donor_pools", donor_group="G")
    tiny.add("diversity", {"requirement": "some", "measure": "min_count", "member": "G", "value": 2})
    tiny.add("diversity", {"requirement": "few", "measure": "max_share", "member": "G", "value": 1})
    tiny.add(
        "limits",
        {"limit": "plants", "measure": "open_facilities", "stage": "manufacturing", "sense": "max", "value": 1},
    )
    result = dn.solve(tiny.build(), gap=0)
    table = measures_of(result)
    assert not table.duplicated(list(KEYS)).any()
    assert list(table["section"]) == sorted(table["section"], key=SECTIONS.index)
    frame = measured(result)
    assert frame.loc[("level_of_min_count", "some/G"), ["value", "better"]].tolist() == [5.0, "higher"]
    assert frame.loc[("level_of_max_share", "few/G"), ["value", "better"]].tolist() == [1.0, "lower"]
    assert frame.loc[("activity_of_open_facilities", "plants/manufacturing/1"), "value"] == 1
    older = replace(
        result, tables={**result.tables, "donations": result.table("donations").drop(columns="donor_group")}
    )
    assert measured(older).loc[("donations_of_group", "P"), "value"] == 10
    assert "P" not in set(measures_of(result)["member"])


def test_a_result_without_a_design_has_no_measures():
    nothing = dn.Result(dn.Status.INFEASIBLE, None, None, None, None)
    pd.testing.assert_index_equal(measures_of(nothing).columns, pd.Index([*KEYS, "value"]))
    assert measures_of(nothing).empty
