from __future__ import annotations

from dataclasses import asdict
from itertools import combinations

import numpy as np
import pytest

from donornet.figures.names import STEPS
from donornet.figures.palette import DARK, LIGHT, faded, palette

# Machado, Oliveira and Fernandes (2009): how complete lack of one kind of cone changes linear RGB.
VISION = {
    "usual": np.eye(3),
    "protan": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deutan": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "tritan": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}


def linear(colour):
    channels = np.array([int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)])
    return np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)


def lab(rgb):
    xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]) @ np.clip(rgb, 0, 1)
    f = np.cbrt(xyz / [0.9505, 1.0, 1.089])
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def contrast(a, b):
    light, dark = sorted((float([0.2126, 0.7152, 0.0722] @ linear(c)) for c in (a, b)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("vision", VISION)
def test_steps_of_a_chain_are_told_apart_by_everyone(theme, vision):
    seen = {step: lab(np.array(VISION[vision]) @ linear(theme.step(step))) for step in STEPS}
    for one, other in combinations(STEPS, 2):
        assert np.linalg.norm(seen[one] - seen[other]) > 8, (one, other)


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_text_and_marks_stand_out_from_the_background(theme):
    assert min(contrast(theme.ink, theme.surface), contrast(theme.muted, theme.surface)) >= 4.5
    for colour in (*map(theme.step, STEPS), theme.good, theme.bad, theme.penalty, theme.transport):
        assert contrast(colour, theme.surface) >= 3, colour


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_every_colour_is_its_own_so_that_themes_can_be_swapped(theme):
    colours = list(asdict(theme).values())
    assert len(set(colours)) == len(colours)


def test_a_faded_colour_keeps_its_hue():
    assert faded("#123456", 0.5) == "#12345680"


def test_an_unknown_theme_is_refused():
    with pytest.raises(ValueError, match="'sepia'"):
        palette("sepia")  # type: ignore[arg-type]
