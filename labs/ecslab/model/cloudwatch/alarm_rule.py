"""The rule of a composite alarm: states of other alarms, joined by AND, OR and NOT.

AWS: botocore cloudwatch PutCompositeAlarmInput.AlarmRule.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["AlarmRule", "AlarmRuleError"]

_WORD: Final = re.compile(
    r"""\s*(?:
        (?P<state>OK|ALARM|INSUFFICIENT_DATA)\s*\(\s*(?:"(?P<quoted>[^"]+)"|(?P<bare>[^"()\s]+))\s*\)
        |(?P<word>(?:AND|OR|NOT|TRUE|FALSE)\b|\(|\))
    )""",
    re.VERBOSE,
)


class AlarmRuleError(ValueError):
    """A rule that is no rule; its text says where."""


@dataclass(frozen=True, slots=True)
class AlarmRule:
    """A rule.

    Args:
        text: as it was written.
        names: the alarms that it asks for, by name or ARN, in order.
        holds: returns whether it is true, given what says whether an alarm is in a state.
    """

    text: str
    names: tuple[str, ...]
    holds: Callable[[Callable[[str, str], bool]], bool]

    @classmethod
    def parse(cls, text: str) -> AlarmRule:
        """Read a rule.

        Raises:
            AlarmRuleError: the text is no rule.
        """
        parser = _Parser(text)
        holds = parser.either()
        parser.finish()
        return cls(text, tuple(parser.names), holds)


class _Parser:
    """Reads one rule, from left to right."""

    def __init__(self, text: str) -> None:
        self.names: list[str] = []
        self._text = text
        self._at = 0

    def either(self) -> Callable[[Callable[[str, str], bool]], bool]:
        """Read terms joined by OR."""
        found = [self._both()]
        while self._take("OR"):
            found.append(self._both())
        return lambda has: any(each(has) for each in found)

    def finish(self) -> None:
        """Refuse what is left over."""
        if self._text[self._at :].strip():
            raise AlarmRuleError(self._trouble())

    def _both(self) -> Callable[[Callable[[str, str], bool]], bool]:
        found = [self._one()]
        while self._take("AND"):
            found.append(self._one())
        return lambda has: all(each(has) for each in found)

    def _one(self) -> Callable[[Callable[[str, str], bool]], bool]:
        if self._take("NOT"):
            negated = self._one()
            return lambda has: not negated(has)
        if self._take("("):
            inner = self.either()
            if not self._take(")"):
                raise AlarmRuleError(self._trouble())
            return inner
        for word, value in (("TRUE", True), ("FALSE", False)):
            if self._take(word):
                return lambda _has, value=value: value  # type: ignore[misc]
        match = _WORD.match(self._text, self._at)
        if match is None or match["state"] is None:
            raise AlarmRuleError(self._trouble())
        self._at = match.end()
        state, name = match["state"], match["quoted"] or match["bare"]
        self.names.append(name)
        return lambda has: has(name, state)

    def _take(self, word: str) -> bool:
        match = _WORD.match(self._text, self._at)
        if match is None or match["word"] != word:
            return False
        self._at = match.end()
        return True

    def _trouble(self) -> str:
        rest = self._text[self._at :].strip() or "the end"
        return f"AlarmRule must not contain invalid syntax, and it does near: {rest[:40]}"
