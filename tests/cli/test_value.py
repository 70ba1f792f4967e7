"""``donornet value``."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

Run = Callable[..., Result]


def test_it_tells_what_an_agreement_of_ones_own_is_worth(run: Run, instances: Path, tmp_path: Path):
    """Without bridging the toy costs 3679.60 instead of 4187.75: see its README."""
    words = ["value", instances / "toy", "--what", "agreements", "--agreement", "export: west > east", "--json"]
    result = run(*words, "--most", "2", "--engine", "serial", "--gap", "0", "--out", tmp_path)
    assert result.exit_code == 0, result.stderr
    plain = json.loads(result.stdout)
    assert plain == json.loads((tmp_path / "values.json").read_text(encoding="utf-8"))
    found = {row["counterfactual"]: row for row in plain["values"]}
    assert set(found) == {"withdrawn", "in full"}
    assert found["in full"]["worth"] == pytest.approx(508.15)
    rows = list(csv.DictReader((tmp_path / "values.csv").read_text(encoding="utf-8").splitlines()))
    assert [row["edits"].split(" | ") for row in rows] == [row["edits"] for row in plain["values"]]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--what", "rules"], "'rules'"),
        (["--agreement", "west"], "'west'"),
        (["--agreement", "x: west > north"], "'west' -> 'north'"),
        (["--set", "facilities.status=closed where site=nowhere"], "nowhere"),
    ],
)
def test_what_it_cannot_read_is_refused(run: Run, instances: Path, tmp_path: Path, words: list[str], told: str):
    result = run("value", instances / "toy", "--out", tmp_path, "--engine", "serial", *words)
    assert result.exit_code in (2, 3)
    assert told in result.stderr
