"""Several parts in one text, and values that must not be misread."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from donornet.instance.quoting import parts, quoted, split_at_where, unquoted

VALUES = st.text(st.sampled_from('ab";=+*. where\n'), max_size=12)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a=1;b=2", ["a=1", "b=2"]),
        (" a = 1 ;; b*=2 ; ", ["a = 1", "b*=2"]),
        ('markers="HIV;HBV";panel=x', ['markers="HIV;HBV"', "panel=x"]),
        ('title="say ""a;b""";x=1', ['title="say ""a;b"""', "x=1"]),
        ('title=5" pipe;x=1', ['title=5" pipe', "x=1"]),
        ("", []),
    ],
)
def test_parts_stand_between_semicolons_outside_of_quotes(text, found):
    assert parts(text) == found


@pytest.mark.parametrize(
    ("text", "split"),
    [
        ("demand.doses=2 where centre=a", ("demand.doses=2", " centre=a")),
        ("demand.doses=2", ("demand.doses=2", "")),
        ("sites.title=the place where it stands where site=a", ("sites.title=the place where it stands", " site=a")),
        (
            'sites.title="here; where else" where site="a where b"',
            ('sites.title="here; where else"', ' site="a where b"'),
        ),
        ('sites.title="where"', ('sites.title="where"', "")),
        ("recognition remove where", ("recognition remove", "")),
        ("demand.doses=somewhere", ("demand.doses=somewhere", "")),
    ],
)
def test_the_conditions_stand_behind_the_last_where_outside_of_quotes(text, split):
    assert split_at_where(text) == split


@given(VALUES)
def test_a_value_survives_being_written(value):
    assert unquoted(quoted(value)) == value
    assert parts(f"a={quoted(value)};b=1") == [f"a={quoted(value)}".strip(), "b=1"]
    assert split_at_where(f"t.a={quoted(value)} where b={quoted(value)}") == (
        f"t.a={quoted(value)}",
        f" b={quoted(value)}",
    )


def test_a_plain_value_is_written_plainly():
    assert quoted("allo-*") == "allo-*"
    assert quoted("HIV;HBV") == '"HIV;HBV"'
