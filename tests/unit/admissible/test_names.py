"""Names: ids as numbers in alphabetical order, and tables for people."""

from __future__ import annotations

import numpy as np

from donornet.admissible.names import BLANK, Names, frame, labels
from donornet.admissible.relation import Relation
from tests.oracle.tiny import Tiny


def test_numbers_are_in_alphabetical_order_and_lead_back():
    names = Names(Tiny().build())
    texts = ["C", "K", "L", "M", "P", "R", "collection", "van"]
    numbers = names.numbers(texts)
    assert (np.diff(numbers) > 0).all()
    assert names.texts(numbers).tolist() == texts
    assert names.number("van") == numbers[-1]


def test_marks_tell_which_names_are_meant():
    names = Names(Tiny().build())
    marks = names.marked(names.numbers(["M", "R", "M"]))
    assert names.texts(np.flatnonzero(marks)).tolist() == ["M", "R"]


def test_table_shows_ids_and_labels_as_text_and_leaves_the_rest():
    names = Names(Tiny().build())
    rows = Relation({"site": names.numbers(["M", "C"]), "state": np.array([BLANK, 0]), "km": np.array([1.5, 2.0])})
    assert names.table(rows).to_dict("list") == {"site": ["M", "C"], "state": ["", "0"], "km": [1.5, 2.0]}


def test_labels_count_from_nought_and_may_be_blank():
    assert labels(np.array([2, BLANK, 0, 11])).tolist() == ["2", "", "0", "11"]
    assert labels(np.zeros(0, dtype=int)).tolist() == []


def test_text_in_frames_is_plain_objects():
    assert frame({"a": np.array(["x"], dtype=object), "b": np.array([1])}).dtypes.tolist() == [object, int]
