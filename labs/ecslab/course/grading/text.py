"""Making text that a learner's notebook printed safe to show."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

__all__ = ["LONGEST_MESSAGE", "clean", "first_of", "for_spreadsheet"]

LONGEST_MESSAGE = 2000
"""Characters; a check's own block has some hundred."""

_ESCAPE = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]"  # colours and cursor movements
    r"|\x1b[\]PX^_].*?(?:\x07|\x1b\\|$)"  # titles, links, device strings
    r"|\x1b[ -/]*[0-~]?"
    r"|\x9b[0-?]*[ -/]*[@-~]",
    re.DOTALL,
)
_SHOWN_NAMES = 5
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_UNSEEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def clean(text: str) -> str:
    """Take out whatever would do something instead of being read.

    Terminal escapes, control characters and marks that reverse or hide text go; line breaks stay.

    Args:
        text: from anywhere.

    Returns:
        At most LONGEST_MESSAGE characters.
    """
    lines = _ESCAPE.sub("", text).replace("\r\n", "\n").replace("\t", "    ").split("\n")
    shown = "\n".join(map(_visible, lines)).strip()
    if len(shown) <= LONGEST_MESSAGE:
        return shown
    return shown[: LONGEST_MESSAGE - 1] + "…"


def first_of(names: Sequence[str]) -> str:
    """List the first few of some names, and say how many more there are."""
    more = f" and {len(names) - _SHOWN_NAMES} more" if len(names) > _SHOWN_NAMES else ""
    return ", ".join(names[:_SHOWN_NAMES]) + more


def for_spreadsheet(text: str) -> str:
    """Write text so that a spreadsheet shows it, and never takes it for a formula.

    Args:
        text: the content of one field.
    """
    return f"'{text}" if text.startswith(_FORMULA) else text


def _visible(line: str) -> str:
    # Nearly every line of a class has nothing to take out, and to ask so is fast.
    return (line if line.isprintable() else "".join(filter(_seen, line))).rstrip()


def _seen(letter: str) -> bool:
    return unicodedata.category(letter) not in _UNSEEN
