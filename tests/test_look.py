"""Contrast of every pair of colours that the style sheet puts together, computed from its tokens in light and dark."""

import math
import re
from pathlib import Path

import pytest

CSS = (Path(__file__).resolve().parent.parent / "static/portal.css").read_text()
BACKGROUNDS = ["paper", "raised", "sunken", "accent-soft", "warm-soft", "good-soft", "bad-soft"]
TEXTS = [(ink, ground) for ground in BACKGROUNDS for ink in ("ink", "ink-soft", "accent")] + [
    ("bad", "paper"),
    ("bad", "raised"),
    ("bad", "bad-soft"),
    ("good", "good-soft"),
    ("warm", "warm-soft"),
    ("raised", "accent"),
    ("raised", "bad"),
]
EDGES = [("edge", ground) for ground in BACKGROUNDS] + [
    (mark, ground) for mark in ("accent", "bad") for ground in ("paper", "raised")
]


def _luminance(lightness, chroma, hue):
    """Relative luminance (WCAG) of an oklch colour, by the matrices of CSS Color 4."""
    a, b = chroma * math.cos(math.radians(hue)), chroma * math.sin(math.radians(hue))
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    middle = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    red = 4.0767416621 * long - 3.3077115913 * middle + 0.2309699292 * short
    green = -1.2684380046 * long + 2.6097574011 * middle - 0.3413193965 * short
    blue = -0.0041960863 * long - 0.7034186147 * middle + 1.7076147010 * short
    red, green, blue = (min(1, max(0, part)) for part in (red, green, blue))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _tokens():
    """Each colour token as (luminance in light, luminance in dark)."""
    return {
        name: [
            _luminance(float(lightness) / 100, float(chroma), float(hue))
            for lightness, chroma, hue in re.findall(r"oklch\(([\d.]+)% ([\d.]+) ([\d.]+)\)", value)
        ]
        for name, value in re.findall(r"--([\w-]+): light-dark\((.*)\);", CSS)
    }


def _contrast(one, other):
    return (max(one, other) + 0.05) / (min(one, other) + 0.05)


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(("colour", "ground", "least"), [(*p, 4.5) for p in TEXTS] + [(*p, 3) for p in EDGES])
def test_what_is_read_stands_out_from_its_ground(colour, ground, least, scheme):
    tokens = _tokens()
    assert _contrast(tokens[colour][scheme], tokens[ground][scheme]) >= least


def test_layout_is_written_for_both_directions_of_reading():
    physical = re.findall(r"^\s*(?:margin|padding|border)-(?:left|right)|text-align: (?:left|right)", CSS, re.MULTILINE)
    assert physical == []


def test_the_style_sheet_asks_nobody_else_for_anything():
    assert not re.search(r"url\(|@import|https?://", CSS)
