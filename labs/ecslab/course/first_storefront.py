"""The storefront as it was on its first day: version 1.0, which needs nothing but itself."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from ecslab.model.image import Image

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["FIRST_STOREFRONT", "PORT"]

PORT = 8080
"""The TCP port on which the storefront listens."""

_BOOKS = {
    "emma": ("Emma", "Jane Austen", "#8c3b5e"),
    "frankenstein": ("Frankenstein", "Mary Shelley", "#2f6f5e"),
    "moby-dick": ("Moby-Dick", "Herman Melville", "#2b5c8a"),
    "walden": ("Walden", "Henry David Thoreau", "#7a5a1e"),
}
"""By its last part of the address: title, author and the colour of its cover."""

# A page of boxes with inline styles: a notebook shows it as a browser does, in light and dark.
_FRAME = (
    "max-width:470px;padding:16px 20px;border:1px solid #d8c7a6;border-radius:8px;"
    "background-color:#fffaf0;color:#33291c;font-family:Georgia,serif"
)
_COVER = (
    "display:inline-block;width:104px;height:132px;margin:0 8px 8px 0;padding:10px;"
    "box-sizing:border-box;vertical-align:top;border-radius:3px;color:#ffffff;font-size:13px"
)


def _storefront(environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
    """Answer a visitor, and print one line about the visit."""
    path = environ["PATH_INFO"]
    host = os.environ["HOSTNAME"]
    status, page, note = _answer(path, host)
    kind = "text/html" if page.startswith("<") else "text/plain"
    start_response(status, [("Content-Type", f"{kind}; charset=utf-8"), ("X-Served-By", host)])
    if path != "/health":
        print(f"{environ['REQUEST_METHOD']} {path} {status[:3]} {note}")  # noqa: T201 - its log
    return [page.encode()]


def _answer(path: str, host: str) -> tuple[str, str, str]:
    """Give status, page and a remark for the log."""
    if path == "/health":
        return "200 OK", "ok\n", ""
    if path == "/":
        return "200 OK", _front_page(host), "a visitor looks in"
    name = path.removeprefix("/books/")
    if name in _BOOKS:
        title, author, _ = _BOOKS[name]
        return "200 OK", f"{title} by {author}: we have it.\n", "a visitor opens a book"
    return "404 Not Found", "We do not have that.\n", "not on any shelf, last seen in the cellar"


def _front_page(host: str) -> str:
    covers = "".join(
        f'<div style="{_COVER};background-color:{colour}"><b>{title}</b><br>{author}</div>'
        for title, author, colour in _BOOKS.values()
    )
    return (
        f'<div style="{_FRAME}">'
        '<div style="font-size:24px;font-weight:bold">The Bookshop</div>'
        '<div style="margin:2px 0 12px 0">Open all night. Mind the cat.</div>'
        f"<div>{covers}</div>"
        f'<div style="font-size:12px">This page came from {host}.</div>'
        "</div>\n"
    )


FIRST_STOREFRONT = Image(
    port=PORT,
    app=_storefront,
    logs=(f"storefront listens on port {PORT}",),
    ready_after=3.0,
    memory=120.0,
)
"""A web site with a front page, a page for each book, and ``/health``; it logs each visit.

Every answer names in ``X-Served-By`` the host name of the task that gave it.
"""
