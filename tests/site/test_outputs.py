from __future__ import annotations

import base64
from typing import Any

import pytest
from stager import outputs

from ecslab.errors import CourseError


def blocks(*given: dict[str, Any], expected_error: bool = False) -> list[str]:
    rendered = outputs.render(
        list(given), prefix="o1-", expected_error=expected_error, alt="A plot"
    )
    return rendered.blocks


def stream(text: str, name: str = "stdout") -> dict[str, Any]:
    return {"output_type": "stream", "name": name, "text": text}


def data(**bundle: Any) -> dict[str, Any]:
    names = {"html": "text/html", "svg": "image/svg+xml", "png": "image/png", "plain": "text/plain"}
    names |= {"markdown": "text/markdown", "widget": outputs.WIDGET}
    bundle = {names[key]: value for key, value in bundle.items()}
    return {"output_type": "display_data", "data": bundle, "metadata": {}}


def test_neighbouring_pieces_of_a_stream_are_one_block() -> None:
    assert len(blocks(stream("a\n"), stream("b\n"))) == 1
    assert len(blocks(stream("a\n"), stream("b\n", "stderr"))) == 2


def test_every_block_is_left_out_of_the_search() -> None:
    given = (stream("a"), data(html="<b>x</b>"), data(markdown="**x**"), data(plain="1"))
    assert all("data-search-exclude" in block.split("\n")[0] for block in blocks(*given))


@pytest.mark.parametrize(
    ("bundle", "shown"),
    [
        ({"html": "<b>html</b>", "svg": "<svg/>", "plain": "x"}, "<b>html</b>"),
        ({"svg": "<svg/>", "png": "aGk=", "plain": "x"}, "<svg/>"),
        ({"png": "aGk=", "widget": {}, "plain": "x"}, "<img"),
        ({"widget": {}, "markdown": "x", "plain": "x"}, outputs.WIDGET_SENTENCE),
        ({"html": "<b>html</b>", "widget": {}}, "<b>html</b>"),
        ({"markdown": "**md**", "plain": "x"}, "**md**"),
        ({"plain": "x < y"}, "x &lt; y"),
    ],
)
def test_the_richest_form_that_a_page_can_show(bundle: dict[str, Any], shown: str) -> None:
    (block,) = blocks(data(**bundle))
    assert shown in block


def test_text_is_folded_above_the_limit_only() -> None:
    at_limit = "\n".join(["line"] * outputs.FOLD_ABOVE)
    assert "<details" not in blocks(stream(at_limit))[0]
    assert f"Show all {outputs.FOLD_ABOVE + 1} lines" in blocks(stream(at_limit + "\nline"))[0]


def test_empty_text_leaves_nothing() -> None:
    assert blocks(stream(""), stream("\n\n", "stderr"), data(plain="")) == []


def test_a_check_marks_each_verdict_and_its_details() -> None:
    text = "✔ a: passed (2 of 2 points)\n✘ b: not yet\n  found: 1\n○ c: not attempted\n"
    (block,) = blocks(stream(text))
    assert "output--checks" in block
    for name in ("verdict passed", "verdict failed", "detail failed", "verdict waiting"):
        assert f'class="{name}"' in block


def test_an_error_is_a_card_with_its_traceback_folded() -> None:
    error = {
        "output_type": "error",
        "ename": "ClientException",
        "evalue": "no <such> task",
        "traceback": ["\x1b[31mTraceback\x1b[39m", "line 1"],
    }
    (block,) = blocks(error)
    assert "no &lt;such&gt; task" in block
    assert block.index("no &lt;such&gt; task") < block.index("<details")
    assert "part of the lesson" not in block
    assert "part of the lesson" in blocks(error, expected_error=True)[0]


def test_a_picture_is_named_by_its_content_and_says_its_own_words() -> None:
    png = base64.b64encode(b"\x89PNG\r\n\x1a\n" + bytes(8) + b"\0\0\1\0\0\0\0\x50").decode()
    output = data(png=png)
    first = outputs.render([output], prefix="", expected_error=False, alt="A plot")
    assert 'alt="A plot" width="256" height="80"' in first.blocks[0]
    output["metadata"] = {"image/png": {"alt": 'CPU "falls"'}}
    second = outputs.render([output], prefix="", expected_error=False, alt="A plot")
    assert 'alt="CPU &quot;falls&quot;"' in second.blocks[0]
    assert first.pictures == second.pictures


def test_a_broken_picture_is_an_error_in_words() -> None:
    with pytest.raises(CourseError, match="not valid base64"):
        blocks(data(png="a"))


def test_a_fence_inside_an_output_does_not_start_code() -> None:
    (block,) = blocks(stream("before\n\n```python\nx\n```\n"))
    assert "`" not in block
    assert "\n\n" not in block
