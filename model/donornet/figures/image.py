"""Figures as PNG, SVG or PDF files, for papers."""

from __future__ import annotations

import os
from importlib import import_module
from pathlib import Path
from typing import Any

FORMS = ("png", "svg", "pdf", "jpeg", "webp")


class ExportError(RuntimeError):
    """A figure cannot be written as a picture; the message says what is missing."""


def write_image(figure: Any, path: str | os.PathLike[str], *, width: int = 1000, scale: float = 2.0) -> None:
    """Write a figure as a picture; the suffix of the path says in which form.

    It is Plotly's own export with its errors explained: kaleido (``pip install donornet[export]``) drives a Chrome or
    Chromium that is installed, found on the path or named by the variable BROWSER_PATH.

    Parameters
    ----------
    figure
        A figure of this package, or any other of Plotly's.
    path
        Where to write.
    width
        Width [px]; the height is the figure's own.
    scale
        Pixels of the picture per pixel of the figure; it has no effect on SVG and PDF.

    Raises
    ------
    ValueError
        The suffix names no form.
    ExportError
        kaleido or a browser is missing, or the browser cannot start.
    """
    path = Path(path)
    form = path.suffix[1:].lower()
    if form not in FORMS:
        raise ValueError(f"{path.name}: the suffix must be one of {', '.join('.' + form for form in FORMS)}")
    try:
        import_module("kaleido")
    except ImportError:
        raise ExportError("pictures need kaleido: pip install donornet[export]") from None
    errors = import_module("choreographer.errors")
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        figure.write_image(path, format=form, width=width, scale=scale)
    except (errors.ChromeNotFoundError, errors.BrowserFailedError, RuntimeError) as error:
        raise ExportError(
            "no Chrome or Chromium could draw the picture; install one (Debian: apt install chromium), or name it in "
            f"the environment: BROWSER_PATH=/path/to/chrome ({' '.join(str(error).split())[:200]})"
        ) from error
