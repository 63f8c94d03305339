"""HTML and SVG from notebook outputs, made safe to stand inside a page."""

from __future__ import annotations

import html
import re
from html.parser import HTMLParser

__all__ = ["clean", "local_targets", "one_block", "prefix_ids"]

# Elements that go with everything in them, and elements that go alone.
DROPPED = {"script", "style", "iframe", "object", "template", "noscript"}
VOID_DROPPED = {"link", "meta", "base", "embed"}
VOID = {"area", "br", "col", "hr", "img", "input", "source", "track", "wbr"}
ADDRESSES = {"src", "srcset", "data", "poster", "xlink:href", "background"}
ID_LISTS = {"aria-labelledby", "aria-describedby", "aria-controls", "aria-owns", "headers"}
OFF_ORIGIN = re.compile(r"^\s*(?:[a-z][a-z0-9+.-]*:)?//", re.IGNORECASE)
ACTIVE_ADDRESS = re.compile(r"^\s*(?:javascript|vbscript|data:text)", re.IGNORECASE)
FETCHING_STYLE = re.compile(r"@import|url\s*\(", re.IGNORECASE)
BLANK_LINES = re.compile(r"\n(?:[ \t]*\n)+")
FRAGMENT_URL = re.compile(r"url\(\s*(['\"]?)#([^)'\"]+)\1\s*\)")


class _Cleaner(HTMLParser):
    """Copies markup without what would run, restyle the page or ask another host."""

    def __init__(self, prefix: str) -> None:
        super().__init__(convert_charrefs=False)
        self.prefix = prefix
        self.parts: list[str] = []
        self.dropping: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in DROPPED:
            self.dropping.append(tag)
        elif not self.dropping and not _dropped_alone(tag, attrs):
            self.parts.append(f"<{tag}{self._attributes(tag, attrs)}>")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in DROPPED or self.dropping or _dropped_alone(tag, attrs):
            return
        end = ">" if tag in VOID else "/>"
        self.parts.append(f"<{tag}{self._attributes(tag, attrs)}{end}")

    def handle_endtag(self, tag: str) -> None:
        if self.dropping:
            if tag == self.dropping[-1]:
                self.dropping.pop()
        elif tag not in VOID_DROPPED:
            self.parts.append(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        self._keep(data)

    def handle_entityref(self, name: str) -> None:
        self._keep(f"&{name};")

    def handle_charref(self, name: str) -> None:
        self._keep(f"&#{name};")

    def _keep(self, text: str) -> None:
        if not self.dropping:
            self.parts.append(text)

    def _attributes(self, tag: str, attrs: list[tuple[str, str | None]]) -> str:
        kept = []
        for name, value in attrs:
            if value is None:
                kept.append(f" {name}" if not name.startswith("on") else "")
            elif _allowed(tag, name, value):
                text = _renamed(name, value, self.prefix) if self.prefix else value
                kept.append(f' {name}="{html.escape(text, quote=True)}"')
        return "".join(kept)


def _dropped_alone(tag: str, attrs: list[tuple[str, str | None]]) -> bool:
    """Say whether an element without content goes: it loads something, or shows nothing now."""
    if tag == "img":
        return not any(
            name == "src" and value and _allowed(tag, name, value) for name, value in attrs
        )
    return tag in VOID_DROPPED


def _allowed(tag: str, name: str, value: str) -> bool:
    """Say whether an attribute may stay: no handlers, no scripts, nothing fetched elsewhere."""
    if name.startswith("on") or ACTIVE_ADDRESS.match(value):
        return False
    if name == "style":
        return not FETCHING_STYLE.search(FRAGMENT_URL.sub("", value))
    fetched = name in ADDRESSES or (name == "href" and tag != "a")
    return not (fetched and OFF_ORIGIN.match(value))


def _renamed(name: str, value: str, prefix: str) -> str:
    """Return an attribute's value with the ids in it prefixed."""
    if name in {"id", "for"}:
        return prefix + value
    if name in ID_LISTS:
        return " ".join(prefix + part for part in value.split())
    if name in {"href", "xlink:href"} and value.startswith("#"):
        return f"#{prefix}{value[1:]}"
    return FRAGMENT_URL.sub(lambda match: f"url(#{prefix}{match.group(2)})", value)


def clean(markup: str, prefix: str = "") -> str:
    """Return markup without scripts, style sheets, handlers and addresses of other hosts.

    Args:
        markup: HTML or SVG as a notebook output holds it.
        prefix: put before every id and every reference to one, so that two figures on a page
            never share an id; empty keeps ids as they are.
    """
    cleaner = _Cleaner(prefix)
    cleaner.feed(markup)
    cleaner.close()
    text = "".join(cleaner.parts).strip()
    # pandas leaves the corner over its index empty; an empty header cell names nothing.
    return re.sub(r"<th([^>]*)>\s*</th>", r"<td\1></td>", text)


def prefix_ids(svg: str, prefix: str) -> str:
    """Return an SVG of our own with its ids made unique by a prefix."""
    return clean(svg, prefix)


def one_block(markup: str) -> str:
    """Return markup that Markdown passes through untouched.

    A blank line would end a raw block early and a fence inside it would start a code block, so
    blank lines are kept as a character reference, and so are backticks and tildes.
    """
    escaped = markup.replace("`", "&#96;").replace("~", "&#126;")
    return BLANK_LINES.sub(lambda match: "\n" + "&#10;" * (match.group().count("\n") - 1), escaped)


def local_targets(text: str) -> set[str]:
    """Return the addresses that a page's Markdown or HTML takes from beside itself."""
    found = re.findall(r"\]\(([^)\s#]+)|(?:src|href)=\"([^\"#]+)\"", text)
    targets = {first or second for first, second in found}
    return {target for target in targets if not re.match(r"[a-z][a-z0-9+.-]*:|/", target)}
