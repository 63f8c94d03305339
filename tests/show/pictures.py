"""What every picture must keep to, wherever it is shown."""

from __future__ import annotations

import re
from typing import Any
from xml.etree import ElementTree as ET

# What JupyterLab's sanitizer leaves of an untrusted notebook's output (its `Sanitizer` class), and
# of that only what the pictures use. `role`, `aria-label` and `tabindex` go there; all else stays.
TAGS = {"details", "div", "pre", "span", "summary"}
ATTRIBUTES = {"aria-label", "class", "role", "style", "tabindex", "title"}
STYLES = {
    "background-clip", "background-color", "border", "border-left", "border-radius",
    "border-right", "border-top", "bottom", "box-shadow", "box-sizing", "display", "align-items",
    "flex", "flex-wrap", "font-family", "font-size", "font-weight", "height", "left",
    "line-height", "margin", "margin-bottom", "margin-left", "margin-right", "margin-top",
    "max-width", "min-width", "opacity", "overflow", "overflow-x", "padding", "padding-right",
    "position", "right", "text-align", "text-overflow", "top", "white-space", "width",
}  # fmt: skip


def parsed(picture: Any) -> ET.Element:
    """Return a picture's HTML as a tree, after checking everything that holds for all pictures."""
    html = picture._repr_html_()
    root = ET.fromstring(html)  # well-formed
    assert "\n\n" not in html  # a blank line would end a raw block in Markdown
    assert "url(" not in html
    for node in root.iter():
        assert node.tag in TAGS
        assert set(node.attrib) <= ATTRIBUTES
        for declaration in filter(None, node.get("style", "").split(";")):
            name, _, value = declaration.partition(":")
            assert name in STYLES, declaration
            assert value.strip(), declaration
            assert name != "color"  # text has the colour of its surroundings
    described(root)
    twin(root, str(picture))
    return root


def described(root: ET.Element) -> None:
    """Check that the picture has one alternative text, of words."""
    images = [node for node in root.iter() if node.get("role") == "img"]
    assert len(images) == 1
    assert len(images[0].get("aria-label", "").split()) >= 4
    scrolling = [node for node in root.iter() if "overflow-x" in node.get("style", "")]
    assert all(node.get("tabindex") == "0" for node in scrolling)


def twin(root: ET.Element, text: str) -> None:
    """Check the text twin: short lines, none blank, the same in the fold under the picture."""
    assert text
    assert all(line.strip() and line == line.rstrip() for line in text.split("\n"))
    assert all(len(line) <= 79 for line in text.split("\n"))
    folds = list(root.iter("pre"))
    assert ["".join(fold.itertext()) for fold in folds] == [text]


def words(root: ET.Element) -> str:
    """Return all text of a picture but the fold, with single spaces."""
    seen = next(node for node in root.iter() if node.get("role") == "img")
    return re.sub(r"\s+", " ", " ".join(seen.itertext()))


def alt(root: ET.Element) -> str:
    """Return the alternative text."""
    return next(node.get("aria-label", "") for node in root.iter() if node.get("role") == "img")


def boxes(root: ET.Element, title: str) -> list[dict[str, str]]:
    """Return the styles of the boxes whose title begins so."""
    found = [node for node in root.iter() if node.get("title", "").startswith(title)]
    return [dict(d.split(":", 1) for d in node.get("style", "").split(";")) for node in found]


def share(style: dict[str, str], name: str) -> float:
    """Return a percentage of a style as a share of 1."""
    return float(style[name].removesuffix("%")) / 100
