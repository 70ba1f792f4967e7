from __future__ import annotations

import math

import pytest

from donornet.figures.text import compact, counted, label, number, share


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"), (1234567.0, "1\u202f234\u202f567"), (0.012345, "0.0123"), (999.5, "1\u202f000"), (-12.0, "−12"),
        (100.0, "100"), (math.nan, "–"), (math.inf, "∞"), (None, "–"),
    ],
)  # fmt: skip
def test_numbers_are_told_with_three_digits_or_whole(value, text):
    assert number(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (7.1696e9, "7.17\u00a0billion"),
        (1e6, "1\u00a0million"),
        (999_999_900.0, "1\u00a0billion"),
        (4188.0, "4\u202f188"),
    ],
)
def test_large_amounts_are_told_in_words(value, text):
    assert compact(value) == text


def test_a_share_that_is_nearly_all_is_not_called_all():
    assert share(0.99997) == "99.997\u00a0%"
    assert share(1.0) == "100\u00a0%"


def test_a_share_that_is_nearly_nothing_is_not_called_nothing():
    assert share(0.0000251) == "0.00251\u00a0%"
    assert share(0.0) == "0\u00a0%"


def test_markup_in_a_label_is_literal():
    assert label("<b>a & b</b>") == "&lt;b&gt;a &amp; b&lt;/b&gt;"


def test_a_label_is_cut_before_it_is_escaped():
    text = label("<" * 300)
    assert text.replace("&lt;", "<").count("<") == 41
    assert "…" in text


def test_right_to_left_text_does_not_turn_its_surroundings():
    assert label("مستشفى") == "\u2068مستشفى\u2069"
    assert label("a\u202eb") == "\u2068ab\u2069"


def test_control_characters_become_spaces():
    assert label("a\x00b\nc") == "a b c"


def test_counts_agree_with_their_noun():
    assert counted(1, "dose") == "1 dose"
    assert counted(2, "dose") == "2 doses"
    assert counted(2, "facility", "facilities") == "2 facilities"
