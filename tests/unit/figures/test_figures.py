"""What every figure has in common, and what single ones show."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import plotly.graph_objects as go
import pytest

import donornet as dn
from donornet import figures
from donornet.evaluation.costs import TERMS
from donornet.figures.costs import FAMILY_OF
from donornet.figures.frame import Missing
from donornet.figures.legs import legs
from donornet.figures.network_map import caption, views
from donornet.figures.palette import LIGHT

HOSTILE = "<b>&<script>alert(1)</script>"
NOWHERE = {"latitude": float("nan"), "longitude": float("nan")}


def located(instance: dn.Instance, title: str = "") -> dn.Instance:
    """Return the instance with its places around Boston and Lisbon."""
    tables = dict(instance.tables)
    for number, name in enumerate(("sites", "donor_pools", "centres")):
        rows = tables[name].copy()
        rows["latitude"] = [40.0 + number + 0.3 * place for place in range(len(rows))]
        rows["longitude"] = [-71.0 + 20.0 * place for place in range(len(rows))]
        rows["title"] = title or rows["title"]
        tables[name] = rows
    return replace(instance, tables=tables)


@pytest.fixture(scope="session")
def drawn(toy_instance, toy_result):
    placed = located(toy_instance)
    return {
        "map": figures.network_map(toy_result, placed), "sankey": figures.sankey(toy_result, placed),
        "cost": figures.cost_breakdown(toy_result), "periods": figures.cost_by_period(toy_result),
        "use": figures.utilisation(toy_result, placed), "donors": figures.donors(toy_result, placed),
        "requirements": figures.requirements(toy_result),
        "costs": figures.compare_costs([toy_result, toy_result]),
    }  # fmt: skip


def test_every_figure_is_a_plotly_figure_with_a_height(drawn):
    for name, made in drawn.items():
        assert isinstance(made, go.Figure), name
        assert made.layout.height >= 100, name


def test_no_figure_needs_what_only_a_network_has(drawn):
    for name, made in drawn.items():
        kinds = {trace.type for trace in made.data}
        assert kinds <= {"scatter", "bar", "sankey"}, name
        assert "http" not in made.to_json().replace("naturalearthdata.com", ""), name


def test_the_map_draws_every_flow_between_places(drawn, toy_result):
    known = len(legs(toy_result))
    assert drawn["map"].layout.meta["flows"] == known
    assert str(known) in caption(drawn["map"])


def test_the_map_says_how_many_of_the_flows_it_draws(toy_instance, toy_result):
    made = figures.network_map(toy_result, located(toy_instance), flows=2)
    assert made.layout.meta["drawn"] == 2
    assert caption(made).startswith("The 2 largest of ")


def test_the_map_shows_open_and_other_facilities_by_stage(drawn, toy_result):
    table = toy_result.facilities
    assert f"Manufacturing: {int(table[table['stage'] == 'manufacturing']['open'].sum())} of 2 open" in [
        trace.name for trace in drawn["map"].data
    ]


def test_a_network_in_one_place_is_shown_close(toy_instance, toy_result):
    made = figures.network_map(toy_result, located(toy_instance))
    left, right = made.layout.xaxis.range
    assert right - left < 2.5
    assert views(toy_instance) == {}


def test_a_map_without_coordinates_says_what_to_fill_in(toy_instance, toy_result):
    with pytest.raises(Missing, match="latitude and longitude"):
        figures.network_map(toy_result, toy_instance)


def test_doses_neither_appear_nor_vanish_in_the_sankey(drawn, toy_result):
    link = drawn["sankey"].data[0].link
    inflow: dict[int, float] = {}
    outflow: dict[int, float] = {}
    for start, end, value in zip(link.source, link.target, link.value, strict=True):
        outflow[start] = outflow.get(start, 0) + value
        inflow[end] = inflow.get(end, 0) + value
    for node in set(inflow) & set(outflow):
        assert inflow[node] == pytest.approx(outflow[node])
    ends = [inflow[node] for node in inflow if node not in outflow]
    assert sum(ends) == pytest.approx(toy_result.chains["doses"].sum())


def test_the_bars_of_the_cost_sum_to_the_objective(drawn, toy_result):
    for name in ("cost", "periods"):
        axis = "x" if name == "cost" else "y"
        assert sum(sum(trace[axis]) for trace in drawn[name].data) == pytest.approx(toy_result.objective)


def test_every_term_of_the_cost_has_a_family():
    assert set(FAMILY_OF) == set(TERMS)


def test_labels_come_out_literally(toy_instance, toy_result):
    spoilt = located(toy_instance, HOSTILE)
    for made in (figures.network_map(toy_result, spoilt), figures.sankey(toy_result, spoilt, by="place")):
        text = made.to_json()
        assert "&lt;b" in text or "\\u0026lt;b" in text
        assert "<b>" not in text
        assert "<script" not in text


def test_dark_figures_have_no_light_colour(toy_instance, toy_result):
    text = figures.network_map(toy_result, located(toy_instance), theme="dark").to_json()
    assert LIGHT.surface not in text
    assert LIGHT.collection not in text


def test_facilities_that_do_not_differ_are_not_drawn(toy_result):
    with pytest.raises(Missing, match="same facilities"):
        figures.compare_facilities([toy_result, toy_result])


def test_the_matrix_shows_the_facility_that_one_result_lacks(toy_instance, toy_result):
    other = dn.solve(toy_instance.apply("no-eastern-plant"), gap=0)
    made = figures.compare_facilities({"with": toy_result, "without": other})
    assert made.layout.meta["differing"] >= 1
    assert list(made.layout.xaxis.ticktext) == ["with", "without"]


def test_results_without_a_design_are_told_so(toy_result):
    nothing = replace(toy_result, status=dn.Status.INFEASIBLE, solution=None, tables={}, objective=None)
    for draw in (figures.sankey, figures.cost_breakdown, figures.utilisation, figures.donors, figures.series):
        with pytest.raises(Missing):
            draw(nothing)


def test_a_front_joins_the_points_that_none_beats():
    table = pd.DataFrame({"cost": [1.0, 2.0, 3.0], "unmet": [9.0, 4.0, 8.0], "beaten": ["", "", "point 2"]})
    made = figures.front(table, ["cost", "unmet"], dominated="beaten", units={"cost": "USD"})
    faint, line, best = made.data
    assert (list(faint.x), list(line.x), list(best.y)) == ([3.0], [1.0, 2.0], [9.0, 4.0])
    assert made.layout.xaxis.title.text == "cost [USD]"


def test_a_third_measure_colours_the_points():
    table = pd.DataFrame({"a": [1.0, 2.0], "b": [2.0, 1.0], "c": [5.0, 6.0]})
    assert list(figures.front(table, ["a", "b", "c"]).data[-1].marker.color) == [5.0, 6.0]


def test_a_front_of_a_column_that_is_not_there_is_refused():
    with pytest.raises(ValueError, match="no column b"):
        figures.front(pd.DataFrame({"a": [1.0]}), ["a", "b"])


def test_a_value_within_the_gaps_is_drawn_as_no_finding():
    nan, inf = float("nan"), float("inf")
    table = pd.DataFrame({
        "item": ["clear", "unclear", "needed"], "worth": [10.0, nan, inf], "low": [8.0, -3.0, inf],
        "high": [12.0, 5.0, inf], "verdict": ["saves", "", "needed"],
    })  # fmt: skip
    made = figures.ranking(table, unit="USD")
    kinds = {trace.name: list(trace.y) for trace in made.data}
    assert list(made.layout.yaxis.ticktext) == ["needed", "clear", "unclear"]
    assert kinds == {"worth, with its interval": [1], "within the gaps: no finding": [2], "no design without it": [0]}
    assert list(made.data[1].x) == [1.0]


def test_a_ranking_without_intervals_is_refused():
    with pytest.raises(ValueError, match="low, high"):
        figures.ranking(pd.DataFrame({"item": ["a"], "worth": [1.0]}))
