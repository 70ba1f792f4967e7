"""The template: what a planner starts from."""

from __future__ import annotations

import pytest

from donornet.io import read_with_findings, template
from donornet.io.template import template_instance


@pytest.mark.parametrize("form", ["new", "new.xlsx", "new.json"])
def test_the_template_is_sound_in_every_form(tmp_path, form):
    template(tmp_path / form)
    instance, findings = read_with_findings(tmp_path / form)
    assert findings == []
    assert instance is not None
    assert instance.sha256 == template_instance().sha256


def test_the_folder_explains_itself(tmp_path):
    template(tmp_path / "new")
    text = (tmp_path / "new" / "README.md").read_text()
    assert "donornet solve new" in text
    assert all(
        len(frame["note"].str.strip().loc[lambda notes: notes != ""]) for frame in template_instance().tables.values()
    )


def test_a_readme_that_is_there_is_kept(tmp_path):
    (tmp_path / "README.md").write_text("mine")
    template(tmp_path)
    assert (tmp_path / "README.md").read_text() == "mine"


def test_nothing_is_overwritten(tmp_path):
    template(tmp_path / "new")
    with pytest.raises(FileExistsError):
        template(tmp_path / "new")
