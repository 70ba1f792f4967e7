"""Names that tell results apart."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from donornet.study.naming import distinct


@pytest.mark.parametrize(
    ("labels", "places", "names"),
    [
        (["a", "b"], ["x", "y"], ["a", "b"]),
        (["a", "a", "b"], ["r/x", "r/y", "r/z"], ["a [x]", "a [y]", "b"]),
        (["a", "a"], ["1/x", "2/x"], ["a [1/x]", "a [2/x]"]),
        (["a", "a"], ["/r/x", "/r/x"], ["a [x]", "a [x] (2)"]),
        (["a", "a"], [], ["a", "a (2)"]),
        (["a", "a", "a (2)"], [], ["a", "a (2)", "a (2) (2)"]),
    ],
)
def test_what_stands_once_keeps_its_name(labels, places, names):
    assert distinct(labels, places) == names


@given(st.lists(st.tuples(st.sampled_from(["a", "b", "a [x]", "a (2)"]), st.sampled_from(["x", "y", "1/x", "/", ""]))))
def test_no_two_names_are_the_same(results):
    labels, places = [label for label, _ in results], [place for _, place in results]
    assert len(set(distinct(labels, places))) == len(set(distinct(labels))) == len(results)
