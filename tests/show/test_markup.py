"""The colours, and how markup is written."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest

from ecslab.show import markup

# White; JupyterLab's and VS Code's dark backgrounds; the site's paper, light and dark.
BACKGROUNDS = ("#ffffff", "#f5f5f5", "#111111", "#1f1f1f", "#1e2129")


def luminance(color: str) -> float:
    """WCAG 2.2, relative luminance."""
    parts = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("background", BACKGROUNDS)
@pytest.mark.parametrize(
    "color", sorted({*markup.PALETTE, *markup.STATUS.values(), markup.RED, markup.GREY})
)
def test_colors_stand_out_in_light_and_dark(color: str, background: str) -> None:
    """WCAG 2.2, 1.4.11: graphical objects need a contrast of 3 to 1."""
    low, high = sorted((luminance(color), luminance(background)))
    assert (high + 0.05) / (low + 0.05) >= 3


def test_the_states_and_the_revisions_have_different_colors() -> None:
    assert len(set(markup.STATUS.values())) == len(markup.STATUS)
    assert len(set(markup.PALETTE)) == len(markup.PALETTE)


def test_text_and_attributes_are_escaped() -> None:
    root = ET.fromstring(markup.box(markup.words("a < b & c"), title='say "<hi>"'))
    assert root.text == "a < b & c"
    assert root.get("title") == 'say "<hi>"'


@pytest.mark.parametrize(
    ("fraction", "text"), [(0, "0%"), (1, "100%"), (0.125, "12.5%"), (1 / 3, "33.33%")]
)
def test_shares_are_written_short(fraction: float, text: str) -> None:
    assert markup.percent(fraction) == text
