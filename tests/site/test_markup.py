from __future__ import annotations

import html

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stager import markup


@pytest.mark.parametrize(
    ("given_markup", "kept"),
    [
        ("<p>a</p><script>alert('</p>')</script><p>b</p>", "<p>a</p><p>b</p>"),
        ("<style>p { color: red }</style><p>a</p>", "<p>a</p>"),
        ("<svg><style>a{}</style><path d='M0 0'/></svg>", '<svg><path d="M0 0"/></svg>'),
        ('<a href="javascript:alert(1)">a</a>', "<a>a</a>"),
        ('<a href="https://example.org/x">a</a>', '<a href="https://example.org/x">a</a>'),
        ('<p onclick="x()" class="c">a</p>', '<p class="c">a</p>'),
        ('a<img src="https://example.org/x.png">b', "ab"),
        ('a<img src="//example.org/x.png"/>b', "ab"),
        ('<img src="x.png" alt="x">', '<img src="x.png" alt="x">'),
        ('<link rel="stylesheet" href="x.css"><b>a</b>', "<b>a</b>"),
        ('<p style="background: url(https://example.org)">a</p>', "<p>a</p>"),
        ('<p style="color: red">a &lt; b &#169;</p>', '<p style="color: red">a &lt; b &#169;</p>'),
        ("<tr><th></th><th>a</th></tr>", "<tr><td></td><th>a</th></tr>"),
        ('<use xlink:href="https://example.org/x.svg#a"/>', "<use/>"),
    ],
)
def test_what_would_run_restyle_or_load_goes(given_markup: str, kept: str) -> None:
    assert markup.clean(given_markup) == kept


def test_ids_and_everything_that_names_them_get_the_prefix() -> None:
    svg = (
        '<svg aria-labelledby="t u"><title id="t">x</title><clipPath id="c"/>'
        '<use href="#c"/><path fill="url(#g)" style="clip-path: url(\'#c\')"/>'
        '<label for="c"></label></svg>'
    )
    cleaned = markup.clean(svg, "o3-")
    for expected in (
        'aria-labelledby="o3-t o3-u"',
        'id="o3-t"',
        'id="o3-c"',
        'href="#o3-c"',
        'fill="url(#o3-g)"',
        "clip-path: url(#o3-c)",
        'for="o3-c"',
    ):
        assert expected in cleaned


@given(st.text(st.sampled_from("ab \t\n`~<>&")))
def test_one_block_has_no_blank_line_and_no_fence_and_shows_the_same_text(text: str) -> None:
    block = markup.one_block(f"<pre>{html.escape(text)}</pre>")
    assert not any(not line.strip() for line in block.split("\n"))
    assert "`" not in block
    assert "~" not in block
    shown = html.unescape(block.removeprefix("<pre>").removesuffix("</pre>"))
    assert without_blanks_on_empty_lines(shown) == without_blanks_on_empty_lines(text)


def without_blanks_on_empty_lines(text: str) -> list[str]:
    return [line if line.strip() else "" for line in text.split("\n")]


def test_local_targets_are_what_lies_beside_the_page() -> None:
    text = '[a](x.csv) ![b](img/y.svg#z) <img src="z.png"> [c](https://example.org) [d](#e)'
    assert markup.local_targets(text) == {"x.csv", "img/y.svg", "z.png"}
