"""``donornet generate`` writes what the package generates."""

from __future__ import annotations

import donornet as dn


def test_it_writes_the_instance_of_the_package(run, tmp_path):
    done = run("generate", tmp_path / "net", "--size", "tiny", "--seed", "4", "--pools", "5", "--tables", "core")
    assert done.exit_code == 0
    assert "5 donor_pools" in done.output
    assert dn.read(tmp_path / "net").sha256 == dn.generate("tiny", 4, pools=5, tables="core").sha256


def test_the_suffix_names_the_form(run, tmp_path):
    assert run("generate", tmp_path / "net.xlsx", "--size", "tiny").exit_code == 0
    assert dn.read(tmp_path / "net.xlsx").sha256 == dn.generate("tiny").sha256


def test_what_is_there_stays_unless_force_is_used(run, tmp_path):
    path = tmp_path / "net"
    assert run("generate", path, "--size", "tiny").exit_code == 0
    done = run("generate", path, "--size", "tiny", "--seed", "1")
    assert done.exit_code == 2
    assert "is there already; --force replaces it" in done.output
    assert run("generate", path, "--size", "tiny", "--seed", "1", "--force").exit_code == 0
    assert dn.read(path).sha256 == dn.generate("tiny", 1).sha256


def test_a_count_that_the_family_does_not_know_is_wrong_usage(run, tmp_path):
    done = run("generate", tmp_path / "net", "--family", "facility-location", "--pools", "3")
    assert done.exit_code == 2
    assert "the family 'facility-location' has no pools" in done.output
    assert not (tmp_path / "net").exists()


def test_an_unknown_suffix_is_wrong_usage(run, tmp_path):
    done = run("generate", tmp_path / "net.csv")
    assert done.exit_code == 2
    assert ".csv is unknown; name a folder" in done.output
