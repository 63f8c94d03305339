"""Markdown cells; where CommonMark and Python-Markdown differ, the rendered page is looked at."""

from __future__ import annotations

import markdown
import pytest
from stager import prose

EXTENSIONS = ["attr_list", "md_in_html", "tables", "pymdownx.superfences", "pymdownx.details"]


def staged(text: str) -> str:
    return prose.for_site(text, lambda name: f"../out/{name}")


def rendered(text: str) -> str:
    return markdown.markdown(staged(text), extensions=EXTENSIONS)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("[a](../labs/02-clusters.ipynb)", "[a](../labs/02-clusters.md)"),
        ("[a](02-clusters.ipynb#Clean-Up)", "[a](02-clusters.md#clean-up)"),
        ("[a](#What-you-now-know)", "[a](#what-you-now-know)"),
        ("[a](https://example.org/X.ipynb#Y)", "[a](https://example.org/X.ipynb#Y)"),
        ('[a](x.ipynb "title")', '[a](x.md "title")'),
        ("[a]: 01-tasks.ipynb", "[a]: 01-tasks.md"),
        ("![b](attachment:chart.png)", "![b](../out/chart.png)"),
        ("`[a](x.ipynb)` stays code in a fence:\n\n```\n[a](x.ipynb)\n```", None),
    ],
)
def test_links_lead_to_pages(given: str, expected: str | None) -> None:
    if expected is None:
        assert "\n[a](x.ipynb)\n" in staged(given)
    else:
        assert staged(given) == expected


def test_a_note_on_aws_leads_to_the_differences() -> None:
    assert staged("> **On AWS:** later.") == "> [**On AWS:**](../differences.md) later."
    assert staged("On AWS: later.") == "[On AWS:](../differences.md) later."
    assert staged("```\nOn AWS: code\n```") == "```\nOn AWS: code\n```"


def test_a_list_right_after_a_paragraph_is_a_list() -> None:
    assert "<li>one</li>" in rendered("You will be able to\n- one\n- two")
    assert "<ol>" in rendered("Do this:\n1. one\n2. two")


def test_a_number_that_only_begins_a_line_is_no_list() -> None:
    assert "<li>" not in rendered("The answer is\n42. or so.")


@pytest.mark.parametrize("indent", ["  ", "   ", "    "])
def test_a_nested_list_nests(indent: str) -> None:
    marker = "1." if len(indent) == 3 else "-"
    html = rendered(f"{marker} one\n{indent}- inner\n{indent}- inner two\n{marker} two")
    assert html.count("<ul>" if marker == "1." else "<li>") == (1 if marker == "1." else 4)
    assert html.index("inner two") < html.index("</li>\n</ul>\n</li>")


def test_code_inside_a_list_stays_in_its_item_and_keeps_its_indent() -> None:
    html = rendered("1. Write:\n\n   ```python\n   if x:\n       y\n   ```\n\n2. Run")
    assert html.count("<ol>") == 1
    assert html.index("<code") < html.index("Run")
    assert "\n    <span" in html


def test_text_after_a_list_is_outside_of_it() -> None:
    html = rendered("- one\n- two\n\nAfter.")
    assert html.endswith("<p>After.</p>")


def test_code_that_looks_like_a_list_is_untouched() -> None:
    text = "```yaml\nkeys:\n- a\n  - b\n```"
    assert staged(text) == text


def test_a_table_right_after_a_paragraph_is_a_table() -> None:
    assert "<table>" in rendered("The states:\n| a | b |\n| - | - |\n| 1 | 2 |")


def test_a_fold_shows_markdown_inside() -> None:
    html = rendered("<details><summary>What is `x`?</summary>\nIt is **this**:\n- a\n</details>")
    assert "<summary>What is <code>x</code>?</summary>" in html
    assert "<strong>this</strong>" in html
    assert "<li>a</li>" in html


def test_a_fence_is_longer_than_the_backticks_inside() -> None:
    assert prose.fence_for("x") == "```"
    assert prose.fence_for('text = """```` """') == "`````"
