"""Terminal colours; the numbers are those of ECMA-48, "Select Graphic Rendition"."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from stager import ansi


def test_colour_becomes_a_class_and_ends_at_the_reset() -> None:
    line = ansi.lines_as_html("\x1b[1;31mbad\x1b[0m <ok>")[0]
    assert line == '<span class="ansi-bold ansi-red">bad</span> &lt;ok&gt;'


def test_style_goes_on_over_a_line_end() -> None:
    assert ansi.lines_as_html("\x1b[32ma\nb\x1b[39mc") == [
        '<span class="ansi-green">a</span>',
        '<span class="ansi-green">b</span>c',
    ]


def test_extended_colours_swallow_their_numbers() -> None:
    assert ansi.lines_as_html("\x1b[38;5;31;4mx\x1b[24m y") == [
        '<span class="ansi-underline">x</span> y'
    ]
    assert ansi.lines_as_html("\x1b[48;2;31;32;33mx") == ["x"]


def test_bright_and_background_colours() -> None:
    assert ansi.lines_as_html("\x1b[91;104mx") == ['<span class="ansi-red ansi-on-blue">x</span>']


def test_other_sequences_vanish() -> None:
    assert ansi.lines_as_html("\x1b[2Kdone\x1b]8;;https://example.org\x07link\x1b]8;;\x07") == [
        "donelink"
    ]
    assert ansi.plain("\x1b[31mred\x1b[0m") == "red"


def test_carriage_return_wipes_what_a_terminal_would_wipe() -> None:
    assert ansi.lines_as_html("10 %\r100 %\ndone\r\n") == ["100 %", "done", ""]


@given(st.text(st.sampled_from("ab<>&\x1b[]0123456789;m \n\r")))
def test_every_line_is_closed_html(text: str) -> None:
    for line in ansi.lines_as_html(text):
        assert line.count("<span") == line.count("</span>")
        assert "<" not in line.replace("<span", "").replace("</span>", "")
