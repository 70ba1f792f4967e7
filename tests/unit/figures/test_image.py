from __future__ import annotations

import plotly.graph_objects as go
import pytest

from donornet.figures import image

pytest.importorskip("kaleido", reason="the extra `export` is not installed")


def test_an_unknown_form_is_refused_with_those_there_are(tmp_path):
    with pytest.raises(ValueError, match=r"picture.bmp.*\.png, \.svg"):
        image.write_image(go.Figure(), tmp_path / "picture.bmp")


def test_a_missing_browser_is_explained(tmp_path, monkeypatch):
    def no_browser(*_, **__):
        raise RuntimeError("Kaleido requires Google Chrome")

    made = go.Figure()
    monkeypatch.setattr(go.Figure, "write_image", no_browser)
    with pytest.raises(image.ExportError, match="BROWSER_PATH"):
        image.write_image(made, tmp_path / "picture.png")
