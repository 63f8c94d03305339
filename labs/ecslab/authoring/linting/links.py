"""Rules for links and pictures: every target exists, and every picture has words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

from markdown_it.token import Token

from ecslab.authoring.imports import light_imports
from ecslab.authoring.linting.page import Page, headings, tokens
from ecslab.authoring.problem import Problem
from ecslab.authoring.tree import LAB, LESSON, Tree

__all__ = ["anchor", "problems"]

_WEB = {"http", "https", "mailto"}
_HTML_TARGET = re.compile(
    r"<(?:a|img)\b[^>]*?\b(?:href|src)\s*=\s*[\"']([^\"']*)[\"']", re.IGNORECASE
)
_HTML_IMAGE = re.compile(r"<img\b[^>]*>", re.IGNORECASE)
_HTML_ALT = re.compile(r"\balt\s*=\s*([\"'])\s*\S.*?\1", re.IGNORECASE)


def problems(page: Page) -> Iterator[Problem]:
    """Follow each link of a page from the folders of its notebooks, without the network.

    Args:
        page: a lesson, or the source of a lab and its solution.
    """
    folders = ("lessons",) if page.source.part == LESSON else ("solutions", "labs")
    for token, line in page.prose:
        if token.type not in {"inline", "html_block"}:
            continue
        for child, at in _lines(token, line):
            yield from _words(page, child, at)
            for target in _targets(child):
                for folder in folders:
                    reason = _broken(page, page.tree.root / folder, target)
                    if reason:
                        fix = f"correct it; it is read from the folder {folder}"
                        yield page.problem(at, f"the link {target} {reason}", fix)
                        break


def anchor(text: str) -> str:
    """Give the anchor of a heading, in lower case.

    GitHub and the site write anchors in lower case, JupyterLab keeps the case of the heading, so
    anchors are compared without it.

    Args:
        text: of the heading.
    """
    return re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-")


def _lines(token: Token, line: int) -> Iterator[tuple[Token, int]]:
    if token.type == "html_block":
        yield token, line
        return
    for child in token.children or []:
        if child.type in {"softbreak", "hardbreak"}:
            line += 1
        yield child, line


def _targets(token: Token) -> list[str]:
    if token.type == "link_open":
        return [str(token.attrs["href"])]
    if token.type == "image":
        return [str(token.attrs["src"])]
    if token.type in {"html_inline", "html_block"}:
        return _HTML_TARGET.findall(token.content)
    return []


def _words(page: Page, token: Token, line: int) -> Iterator[Problem]:
    silent = token.type == "image" and not token.content.strip()
    if token.type in {"html_inline", "html_block"}:
        silent = any(not _HTML_ALT.search(tag) for tag in _HTML_IMAGE.findall(token.content))
    if silent:
        yield page.problem(line, "this picture has no alt text", "say in words what it shows")


def _broken(page: Page, folder: Path, target: str) -> str | None:
    parts = urlsplit(target)
    if parts.scheme:
        return None if parts.scheme in _WEB else "is no web address and no relative path"
    if parts.netloc or parts.path.startswith("/"):
        return "is an absolute path"
    if not parts.path:
        found = {anchor(heading.text) for heading in page.headings}
    else:
        path = Path(_normal(folder / unquote(parts.path)))
        if not path.is_relative_to(page.tree.root):
            return "leads out of the repository"
        source = _source(page.tree, path)
        if source is None and not path.exists():
            return "leads nowhere"
        found = _anchors(source or path) if parts.fragment else set()
    if parts.fragment and unquote(parts.fragment).lower() not in found:
        return "names a section that its target does not have"
    return None


def _normal(path: Path) -> str:
    import os.path

    return os.path.normpath(path)


def _source(tree: Tree, path: Path) -> Path | None:
    """Give the source of a notebook, because the notebook itself may not be built yet."""
    if path.suffix != ".ipynb":
        return None
    part = {"lessons": LESSON, "labs": LAB, "solutions": LAB}.get(path.parent.name)
    source = tree.source(part, path.stem) if part and path.parent.parent == tree.root else None
    return source if source and source.is_file() else None


def _anchors(path: Path) -> set[str]:
    if path.suffix != ".md":
        return set()
    text = path.read_text(encoding="utf-8")
    with light_imports():
        found = headings(tokens(text, 1))
    return {anchor(heading.text) for heading in found}
