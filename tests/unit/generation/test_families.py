"""Generated instances are reproducible, as large as asked, valid, worth solving, and solved like by the oracle."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import donornet as dn
from donornet.generation import FAMILIES
from donornet.instance.schema import TABLES
from tests.oracle.path_model import solve_by_paths

TINY_SHA256 = "b6429cfb038d71a58982a5fed2505b56803390e3793c8e07b6d53134e0deab12"
"""Of the folder form of ``generate("tiny")``: a change of the generator changes every published benchmark."""


def bytes_of(folder: Path) -> str:
    """Return one hash of all files of a folder."""
    digest = hashlib.sha256()
    for path in sorted(folder.iterdir()):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def findings_of(*words: Any, **counts: Any) -> list[str]:
    """Return every finding about a generated instance."""
    return [str(finding) for finding in dn.validate(dn.generate(*words, **counts))]


def test_the_tiny_instance_is_the_one_that_was_published(tmp_path: Path):
    dn.write(dn.generate("tiny"), tmp_path / "tiny")
    assert bytes_of(tmp_path / "tiny") == TINY_SHA256


def test_another_process_with_another_hash_seed_writes_the_same_bytes(tmp_path: Path):
    script = "import sys, donornet as dn; dn.write(dn.generate('small', 3), sys.argv[1])"
    environment = os.environ | {"PYTHONHASHSEED": "4711"}
    subprocess.run([sys.executable, "-c", script, str(tmp_path / "there")], check=True, env=environment)
    dn.write(dn.generate("small", 3), tmp_path / "here")
    assert bytes_of(tmp_path / "there") == bytes_of(tmp_path / "here")


def test_another_seed_gives_another_instance_with_the_same_counts():
    one, other = dn.generate("tiny", 1), dn.generate("tiny", 2)
    assert one.sha256 != other.sha256
    assert len(one.table("facilities")) == len(other.table("facilities"))


def test_one_count_does_not_disturb_what_it_has_nothing_to_do_with():
    few, many = dn.generate("small", 1), dn.generate("small", 1, labs=7)
    assert few.table("centres").equals(many.table("centres"))
    assert few.table("demand").equals(many.table("demand"))


def test_an_instance_has_the_counts_that_were_asked_for():
    asked: dict[str, Any] = {
        "pools": 17,
        "collection": 9,
        "labs": 5,
        "processing": 4,
        "manufacturing": 6,
        "storage": 3,
        "centres": 13,
    }
    instance = dn.generate("small", 5, **asked, jurisdictions=5, therapies=4, periods=3)
    stages = instance.table("facilities")["stage"].value_counts()
    found = {stage: stages[stage] for stage in ("collection", "processing", "manufacturing", "storage")}
    found |= {"labs": stages["testing"], "pools": len(instance.table("donor_pools"))}
    assert found | {"centres": len(instance.table("centres"))} == asked
    assert len(instance.table("jurisdictions")) == 5
    assert len(instance.routes) == 4
    assert len(instance.periods) == 3
    assert not [finding for finding in dn.validate(instance) if finding.is_error]


def test_every_table_is_filled_on_request():
    instance = dn.generate("tiny", 7)
    assert [name for name in TABLES if not instance.has(name)] == []


def test_the_core_has_no_requirements_limits_prohibitions_or_scenarios():
    instance = dn.generate("small", 7, tables="core")
    left_out = ("diversity", "patient_groups", "limits", "prohibitions", "scenarios", "uncertainty", "groups")
    assert not any(instance.has(name) for name in left_out)
    assert findings_of("small", 7, tables="core") == []


@pytest.mark.parametrize("modality", ["allogeneic", "autologous"])
def test_a_modality_can_be_left_out(modality: str):
    instance = dn.generate("small", 2, modality=modality)
    assert set(instance.table("therapies")["modality"]) == {modality}
    assert instance.has("donor_pools") == (modality == "allogeneic")
    assert findings_of("small", 2, modality=modality) == []


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("seed", range(3))
def test_the_checks_find_nothing(family: str, seed: int):
    assert findings_of("tiny", seed, family=family) == []


@pytest.mark.slow
@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("size", ["small", "quarter", "half", "full"])
def test_the_checks_find_no_error_at_any_size(family: str, size: str):
    assert not [finding for finding in dn.validate(dn.generate(size, 1, family=family)) if finding.is_error]


def assert_solved_like_by_paths(instance: Any) -> None:
    """Solve in both ways; the optimum must agree. The oracle has no coverage: that requirement is left out."""
    if instance.has("diversity"):
        diversity = instance.tables["diversity"]
        kept = diversity[diversity["measure"] != "match_coverage"]
        instance = replace(instance, tables={**instance.tables, "diversity": kept})
    expected = solve_by_paths(instance)
    result = dn.solve(instance, gap=1e-9, threads=1)
    assert expected.status == result.status.value == "optimal"
    assert result.objective == pytest.approx(expected.objective, rel=1e-6)
    assert not result.info["violations"]


def test_the_optimum_of_a_tiny_network_is_that_of_the_explicit_path_model():
    assert_solved_like_by_paths(dn.generate("tiny"))


@pytest.mark.parametrize("family", ["facility-location", pytest.param("two-stage", marks=pytest.mark.slow)])
def test_the_optimum_of_a_tiny_location_problem_is_that_of_the_explicit_path_model(family: str):
    assert_solved_like_by_paths(dn.generate("tiny", 1, family=family))


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(1, 30))
@pytest.mark.parametrize("modality", ["both", "allogeneic", "autologous"])
def test_the_optimum_is_that_of_the_explicit_path_model_on_many_more(seed: int, modality: str):
    assert_solved_like_by_paths(dn.generate("tiny", seed, modality=modality))


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_the_optimum_of_a_tiny_quarter_of_loops_is_that_of_the_explicit_path_model(seed: int):
    assert_solved_like_by_paths(dn.generate("tiny", seed, family="car-t"))


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_it_is_worth_serving_nearly_everybody_by_opening_some_of_the_facilities(seed: int):
    result = dn.solve(dn.generate("small", seed), gap=0.02, time_limit=300, threads=1)
    kpis = result.kpis.set_index(["kpi", "member"])["value"]
    assert kpis["served_share", ""] > 0.95
    costs = result.costs.groupby("term")["cost"].sum()
    assert costs["fixed"] + costs["opening"] > 0.15 * costs.sum()
    plants = result.facilities[result.facilities["stage"] == "manufacturing"]
    assert 0 < plants["open"].mean() < 0.8


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ({"size": "huge"}, "size 'huge' is unknown; choose one of tiny"),
        ({"family": "atlast"}, "family 'atlast' is unknown; choose one of atlas"),
        ({"modality": "any"}, "'any' is unknown; choose one of both"),
        ({"seed": -1}, "seed: -1 given; it must be 0 or more"),
        ({"pools": 0}, "pools: 0 asked, at least 1 is needed"),
        ({"planets": 3}, "count 'planets' is unknown; choose among pools"),
        ({"family": "two-stage", "pools": 3}, "the family 'two-stage' has no pools: 3 asked; it counts"),
        ({"jurisdictions": 13}, "jurisdictions: 13 asked, cities of 12 are known"),
    ],
)
def test_what_makes_no_sense_is_refused_with_the_remedy(words: dict[str, Any], message: str):
    with pytest.raises(ValueError, match=message):
        dn.generate(**{"size": "tiny", **words})
