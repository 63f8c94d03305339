"""Command lines of containers: which of them the simulation runs, and as which steps.

Just enough of a shell for the commands that people write in task definitions and health checks:
`echo`, `sleep`, `exit`, `true`, `false`, `curl`, `wget` and `exec`, joined by `&&`, `||` and `;`.
Any other program is looked up in the image.
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

NOT_FOUND: Final = 127
"""Exit code of a shell for a command that does not exist (POSIX)."""

_SHELLS = ("sh", "bash", "/bin/sh", "/bin/bash")
_OPERATORS = ("&&", "||", ";")
_BUILTINS = ("echo", "sleep", "exit", "true", "false", ":")


@dataclass(frozen=True, slots=True)
class Step:
    """One simple command of a script.

    Args:
        words: the program and its arguments.
        when: how it depends on the step before: "&&", "||" or ";" (always).
    """

    words: tuple[str, ...]
    when: str = ";"

    @property
    def program(self) -> str:
        """Return the name of the program without its folder."""
        return self.words[0].rsplit("/", 1)[-1]

    @property
    def url(self) -> str | None:
        """Return the URL that curl or wget is asked to fetch."""
        if self.program not in ("curl", "wget"):
            return None
        for word in self.words[1:]:
            if "://" in word or word.startswith("localhost"):
                return word if "://" in word else f"http://{word}"
        return None

    @property
    def fails_on_http_error(self) -> bool:
        """Return whether a status of 400 or more makes the program fail (`curl -f`, wget)."""
        flags = [word for word in self.words[1:] if word.startswith("-")]
        short = any("f" in word for word in flags if not word.startswith("--"))
        return self.program == "wget" or short or "--fail" in flags


def shell_script(command: Sequence[str]) -> str | None:
    """Return the script of a `sh -c SCRIPT` command line, else None."""
    if len(command) >= 3 and command[0] in _SHELLS and command[1] in ("-c", "-ec", "-lc"):  # noqa: PLR2004
        return command[2]
    return None


def parse(script: str, variables: Mapping[str, str] | None = None) -> tuple[Step, ...]:
    """Split a shell script into its steps.

    Args:
        script: the text after `sh -c`.
        variables: what `$NAME` and `${NAME}` stand for; an unset one is empty, as in a shell.

    Returns:
        The steps in order; none for an empty script.

    Raises:
        ValueError: the script has an unclosed quotation.
    """
    lexer = shlex.shlex(_expand(script, variables or {}), posix=True, punctuation_chars="&|;")
    lexer.whitespace_split = True
    lexer.commenters = ""
    steps: list[Step] = []
    words: list[str] = []
    when = ";"
    for token in lexer:
        if token in _OPERATORS:
            if words:
                steps.append(Step(tuple(words), when))
            words, when = [], token
        else:
            words.append(token)
    if words:
        steps.append(Step(tuple(words), when))
    return tuple(steps)


def is_builtin(step: Step) -> bool:
    """Return whether every shell runs the step by itself."""
    return step.program in _BUILTINS


def due(step: Step, status: int) -> bool:
    """Return whether a step runs after one that ended with `status`."""
    return step.when == ";" or (step.when == "&&") == (status == 0)


def _expand(script: str, variables: Mapping[str, str]) -> str:
    out: list[str] = []
    position = 0
    while position < len(script):
        if script[position] != "$" or position + 1 == len(script):
            out.append(script[position])
            position += 1
            continue
        braced = script[position + 1] == "{"
        start = position + (2 if braced else 1)
        end = start
        while end < len(script) and (script[end].isalnum() or script[end] == "_"):
            end += 1
        if end == start:
            out.append(script[position])
            position += 1
            continue
        out.append(variables.get(script[start:end], ""))
        position = end + 1 if braced and script[end : end + 1] == "}" else end
    return "".join(out)
