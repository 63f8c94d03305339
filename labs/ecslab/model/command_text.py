"""The text of shell scripts: words, quotes, variables, redirections and operators."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["LAST_STATUS", "ScriptError", "Token", "tokens"]

LAST_STATUS: Final = "\ue000?"
"""Stands for `$?` in a word until the step runs."""

_TO_THE_LOG: Final = ("&1", "&2", "/dev/stdout", "/dev/stderr", "/proc/1/fd/1", "/proc/1/fd/2")
_TARGET: Final = re.compile(r"&\d|[^\s;&|<>]*")
_ESCAPED_IN_QUOTES: Final = '"\\$`'


class ScriptError(ValueError):
    """A script that a shell can't read."""


@dataclass(frozen=True, slots=True)
class Token:
    """A part of a script.

    Args:
        kind: "word", "operator" or "redirection".
        text: the word, the operator, or where a redirection leads; `>` or `>>` before it says that
            standard output is taken away.
    """

    kind: str
    text: str


def tokens(script: str, variables: Mapping[str, str]) -> Iterator[Token]:
    """Yield the parts of a script, with quotes removed and variables replaced.

    Args:
        script: the text.
        variables: the values of variables; others are empty.

    Raises:
        ScriptError: a quotation is not closed.
    """
    reader = _Reader(script, variables)
    while reader.more:
        yield from reader.next()


@dataclass(slots=True)
class _Reader:
    script: str
    variables: Mapping[str, str]
    position: int = 0
    word: list[str] | None = None
    ready: list[Token] = field(default_factory=list)

    @property
    def more(self) -> bool:
        return self.position < len(self.script) or self.word is not None

    def next(self) -> list[Token]:
        """Read on until at least one token is complete, or the text ends."""
        self.ready = []
        while self.position < len(self.script) and not self.ready:
            self._read(self._take())
        if self.position >= len(self.script):
            self._end_word()
        return self.ready

    def _take(self, count: int = 1) -> str:
        text = self.script[self.position : self.position + count]
        self.position += count
        return text

    def _peek(self) -> str:
        return self.script[self.position : self.position + 1]

    def _read(self, letter: str) -> None:
        if letter == "'":
            self._add(self._until("'"))
        elif letter == '"':
            self._add("")
            self._double_quoted()
        elif letter == "\\":
            escaped = self._take()
            if escaped != "\n":
                self._add(escaped)
        elif letter == "$":
            self._expand_unquoted()
        elif letter in " \t":
            self._end_word()
        elif letter == "#" and self.word is None:
            self.position += len(self.script[self.position :].partition("\n")[0])
        elif letter in ";\n&|":
            self._operator(letter)
        elif letter in "<>":
            self._redirection(letter)
        else:
            self._add(letter)

    def _add(self, text: str) -> None:
        self.word = [*(self.word or ()), text]

    def _end_word(self) -> None:
        if self.word is not None:
            self.ready.append(Token("word", "".join(self.word)))
            self.word = None

    def _until(self, mark: str) -> str:
        end = self.script.find(mark, self.position)
        if end < 0:
            raise ScriptError("unterminated quoted string")
        text, self.position = self.script[self.position : end], end + 1
        return text

    def _double_quoted(self) -> None:
        while True:
            letter = self._take()
            if letter == '"':
                return
            if not letter:
                raise ScriptError("unterminated quoted string")
            if letter == "\\" and self._peek() and self._peek() in _ESCAPED_IN_QUOTES:
                letter = self._take()
            elif letter == "$":
                letter = self._value()
            self._add(letter)

    def _expand_unquoted(self) -> None:
        """Add a variable's value; blanks in it separate words."""
        value = self._value()
        first, *rest = value.split(" ")
        if first:
            self._add(first)
        for part in rest:
            self._end_word()
            if part:
                self._add(part)

    def _value(self) -> str:
        """Read what follows a dollar sign; return what it stands for."""
        letter = self._peek()
        if letter == "?":
            self.position += 1
            return LAST_STATUS
        if letter == "{":
            self.position += 1
            name, mark, default = self._until("}").partition(":-")
            return self.variables.get(name) or (default if mark else "")
        end = self.position
        while end < len(self.script) and (self.script[end].isalnum() or self.script[end] == "_"):
            end += 1
        name, self.position = self.script[self.position : end], end
        return self.variables.get(name, "") if name else "$"

    def _operator(self, letter: str) -> None:
        self._end_word()
        if letter in "&|" and self._peek() == letter:
            letter += self._take()
        elif letter == "&" and self._peek() == ">":
            self._redirection(self._take())
            return
        self.ready.append(Token("operator", letter if letter in ("&&", "||", "|") else ";"))

    def _redirection(self, letter: str) -> None:
        descriptor = "".join(self.word or ())
        if descriptor.isdigit():
            self.word = None
        else:
            self._end_word()
            descriptor = "1" if letter == ">" else "0"
        appends = letter == ">" and self._peek() == ">"
        rest = self.script[self.position :].lstrip(">< \t")
        target = _TARGET.match(rest).group()  # type: ignore[union-attr] # it matches nothing too
        self.position = len(self.script) - len(rest) + len(target)
        taken_away = descriptor == "1" and letter == ">" and target not in _TO_THE_LOG
        mark = (">>" if appends else ">") if taken_away else ""
        self.ready.append(Token("redirection", mark + target.strip("\"'")))
