"""Results of a sweep on disk."""

from __future__ import annotations

import os
from dataclasses import replace

import pandas as pd
import pytest

import donornet.study.sweeps.store as module
from donornet.solution import Result, Status
from donornet.study.sweeps.request import Request
from donornet.study.sweeps.store import Store

KEY = "abcdef0123456789" * 4
COSTS = pd.DataFrame({"term": ["opening"], "period": [1], "therapy": ["T"], "cost": [0.1 + 0.2]})
DONE = Result(Status.OPTIMAL, 2.0, 2.0, 0.0, None, {"costs": COSTS}, {"key": KEY}, "a / b: c", "sha")


def test_a_result_is_found_by_its_key(tmp_path):
    place = Store(tmp_path).keep(KEY, DONE)
    there = Store(tmp_path).find(KEY, Request())
    assert there is not None
    path, found = there
    assert path == place
    assert (found.scenario, found.objective, found.table("costs")["cost"][0]) == ("a / b: c", 2.0, 0.1 + 0.2)


def test_another_key_with_the_same_first_digits_is_another_result(tmp_path):
    Store(tmp_path).keep(KEY, DONE)
    assert Store(tmp_path).find(KEY[:-1] + "0", Request()) is None


def test_a_result_that_does_not_meet_the_request_is_not_found(tmp_path):
    store = Store(tmp_path)
    store.keep(KEY, replace(DONE, gap=0.1))
    assert store.find(KEY, Request(gap=0.01)) is None
    assert store.find(KEY, Request(gap=0.1)) is not None


def test_a_better_result_takes_the_place_of_an_earlier_one(tmp_path):
    store = Store(tmp_path)
    store.keep(KEY, replace(DONE, gap=0.1))
    place = store.keep(KEY, replace(DONE, scenario="renamed"))
    assert list((tmp_path / "results").iterdir()) == [place]
    found = store.find(KEY, Request())
    assert found is not None
    assert found[1].scenario == "renamed"


@pytest.mark.parametrize("spoilt", ["result.json", "costs.csv"])
def test_a_folder_that_lacks_a_file_is_ignored(tmp_path, spoilt):
    store = Store(tmp_path)
    (store.keep(KEY, DONE) / spoilt).unlink()
    assert store.find(KEY, Request()) is None
    store.keep(KEY, DONE)
    assert store.find(KEY, Request()) is not None


def test_a_write_that_is_cut_off_leaves_no_result(tmp_path, monkeypatch):
    def cut_off(result, folder):
        folder.mkdir(parents=True)
        (folder / "result.json").write_text("{}")
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(module, "write_result", cut_off)
        with pytest.raises(KeyboardInterrupt):
            Store(tmp_path).keep(KEY, DONE)
    assert list((tmp_path / "results").iterdir()) == []


def test_what_a_killed_process_left_is_ignored_and_swept_away_when_it_is_old(tmp_path):
    place = Store(tmp_path).keep(KEY, DONE)
    draft = place.rename(place.with_name(f".{place.name}.1234.tmp"))
    store = Store(tmp_path)
    assert store.find(KEY, Request()) is None
    assert draft.exists()
    os.utime(draft, (0, 0))
    Store(tmp_path)
    assert not draft.exists()


def test_names_of_folders_are_plain_and_short():
    assert module.slug("high | demand*=1.2 where therapy=ü") == "high-demand-1.2-where-therapy"
    assert module.slug("..") == "item"
    assert len(module.slug("x" * 200)) == 60
