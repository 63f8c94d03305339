"""Answers that sort: letters of a table, and pieces in an order."""

from __future__ import annotations

import re
from collections.abc import KeysView, Mapping, Sequence
from collections.abc import Set as AbstractSet

from ecslab.course.meaning import word
from ecslab.course.outcomes import NotYet

__all__ = ["expect_letters", "expect_order", "letters"]

_PUNCTUATION = re.compile(r"[,;.\s]+|\band\b", re.IGNORECASE)


def letters(answer: object, known: AbstractSet[str], name: str) -> frozenset[str]:
    """Read letters from a list, a set or one text, or end the check with *not yet*.

    Args:
        answer: such as ``["a", "b"]``, ``{"a", "b"}``, ``"a, b"`` or ``"ab"``.
        known: the letters of the table.
        name: of the learner's variable.
    """
    if isinstance(answer, str):
        words = _PUNCTUATION.sub(" ", answer).split()
        spelled = len(words) == 1 and set(words[0].lower()) <= known
        answer = list(words[0]) if spelled else words
    if not isinstance(answer, list | tuple | set | frozenset | KeysView):
        raise NotYet(
            expected='letters of the table, such as ["a", "b"]',
            found="..." if answer is Ellipsis else f"a value of type {type(answer).__name__}",
            look_at=f"the variable {name}",
        )
    found = frozenset(str(letter).strip(" .\"'`").lower() for letter in answer)
    strange = sorted(found - known)
    if strange:
        raise NotYet(
            expected=f"letters from a to {max(known)}",
            found=strange[0],
            look_at=f"the variable {name}",
        )
    return found


def expect_letters(
    found: frozenset[str], wanted: frozenset[str], why_not: Mapping[str, str], name: str
) -> None:
    """Go on when the letters are the wanted ones, else name the first that is too much.

    Args:
        found: the learner's letters.
        wanted: the right ones.
        why_not: for each other letter why it does not belong there.
        name: of the learner's variable.
    """
    for letter in sorted(found - wanted):
        raise NotYet(
            expected=f"{name} without {letter}: {why_not[letter]}",
            found=", ".join(sorted(found)),
            look_at=f"row {letter} of the table",
        )
    if found != wanted:
        raise NotYet(
            expected=f"{len(wanted)} letters in {name}",
            found=f"{len(found)}, all of them right: {', '.join(sorted(found))}"
            if found
            else "none",
            look_at=f"the rows of the table that are not in {name}",
        )


def expect_order(answer: object, needs: Mapping[str, Sequence[str]], name: str) -> None:
    """Go on when each piece comes after all that it needs, else end the check with *not yet*.

    Args:
        answer: a list of pieces; capitals do not count.
        needs: each piece with those that must come before it.
        name: of the learner's variable.
    """
    look_at = f"the variable {name}"
    if not isinstance(answer, list | tuple):
        raise NotYet(
            expected=f"a list of {len(needs)} texts",
            found=f"a value of type {type(answer).__name__}",
            look_at=look_at,
        )
    order = [word(str(piece), needs) or str(piece).strip().lower() for piece in answer]
    strange = [piece for piece in order if piece not in needs]
    missing = [piece for piece in needs if piece not in order]
    if strange or missing or len(order) != len(needs):
        found = "a piece that stands twice"
        if missing:
            found = f"without {', '.join(missing)}"
        if strange:
            found = f"{strange[0]}, which is none of them"
        raise NotYet(expected="each of the pieces once", found=found, look_at=look_at)
    for place, piece in enumerate(order):
        for need in needs[piece]:
            if need not in order[:place]:
                raise NotYet(
                    expected=f"{need} before {piece}, which needs it",
                    found=", ".join(order),
                    look_at=look_at,
                )
