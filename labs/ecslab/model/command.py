"""Command lines of containers: which of them the simulation runs, and as which steps.

Just enough of a shell for the commands that people write in task definitions and health checks:
simple commands joined by `&&`, `||`, `;` and `|`, quotes, variables, redirections and `while` loops
(POSIX.1, Shell Command Language). What else a program is, the image says.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from ecslab.model.command_text import LAST_STATUS, ScriptError, Token, tokens

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["NOT_FOUND", "SYNTAX_ERROR", "ScriptError", "Step", "due", "parse", "shell_script"]

NOT_FOUND: Final = 127
"""Exit code of a shell for a command that does not exist (POSIX)."""

SYNTAX_ERROR: Final = 2
"""Exit code of a shell for a script that it can't read."""

UTILITIES: Final = frozenset(
    (
        *(
            "[",
            "cat",
            "chmod",
            "cp",
            "date",
            "env",
            "grep",
            "head",
            "hostname",
            "id",
            "ls",
            "mkdir",
        ),
        *("mv", "printenv", "ps", "rm", "sleep", "sort", "stat", "tail", "test", "touch", "uname"),
        *("wc", "whoami"),
    )
)
"""Programs that every image with a shell contains."""

BUILTINS: Final = frozenset(
    (
        *("echo", "exit", "true", "false", ":", "cd", "export", "pwd", "set", "trap", "ulimit"),
        *("unset",),
    )
)
"""Commands that every shell runs by itself."""

_SHELLS: Final = ("sh", "bash", "ash", "dash", "/bin/sh", "/bin/bash", "/bin/ash", "/bin/dash")
_SHELL_FLAGS: Final = ("-c", "-ec", "-lc", "-xc", "-exc")
_OPERATORS: Final = ("&&", "||", ";")


@dataclass(frozen=True, slots=True)
class Step:
    """One simple command of a script.

    Args:
        words: the program and its arguments.
        when: how it depends on the step before: "&&", "||" or ";" (always).
        quiet: whether its standard output goes elsewhere.
        pipes: the commands that its output goes through.
        target: the file that its standard output goes to.
        appends: whether it is added to that file.
    """

    words: tuple[str, ...]
    when: str = ";"
    quiet: bool = False
    pipes: tuple[tuple[str, ...], ...] = ()
    target: str = ""
    appends: bool = False

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
            if "://" in word:
                return word
            if word.startswith(("localhost", "127.0.0.1", "0.0.0.0")):  # noqa: S104 - not a bind
                return f"http://{word}"
        return None

    @property
    def fails_on_http_error(self) -> bool:
        """Return whether a status of 400 or more makes the program fail (`curl -f`, wget)."""
        flags = [word for word in self.words[1:] if word.startswith("-")]
        short = any("f" in word for word in flags if not word.startswith("--"))
        return self.program == "wget" or short or "--fail" in flags

    def after(self, status: int) -> Step:
        """Return the step with `$?` replaced by the exit code of the step before it."""
        return replace(self, words=tuple(w.replace(LAST_STATUS, str(status)) for w in self.words))

    def without_first(self) -> Step:
        """Return the step that follows a keyword or prefix such as `do` or `exec`."""
        return replace(self, words=self.words[1:])


def shell_script(command: Sequence[str]) -> str | None:
    """Return the script of a `sh -c SCRIPT` command line, else None."""
    if len(command) >= 3 and command[0] in _SHELLS and command[1] in _SHELL_FLAGS:  # noqa: PLR2004
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
        ScriptError: the script has an unclosed quotation or an operator without a command.
    """
    steps: list[Step] = []
    pipeline: list[list[str]] = [[]]
    when, target = ";", ""
    for token in [*tokens(script, variables or {}), Token("operator", ";")]:
        if token.kind == "word":
            pipeline[-1].append(token.text)
        elif token.kind == "redirection":
            target = target or (token.text if token.text.startswith(">") else "")
        elif token.text == "|":
            pipeline.append([])
        else:
            if pipeline[0]:
                steps.append(_step(pipeline, when, target))
            elif token.text != ";":
                raise ScriptError(f'syntax error near unexpected token "{token.text}"')
            pipeline, when, target = [[]], token.text, ""
    return tuple(steps)


def _step(pipeline: list[list[str]], when: str, target: str) -> Step:
    first, *others = (tuple(words) for words in pipeline)
    pipes = tuple(words for words in others if words)
    return Step(first, when, bool(target), pipes, target.lstrip(">"), target.startswith(">>"))


def due(step: Step, status: int) -> bool:
    """Return whether a step runs after one that ended with `status`."""
    return step.when == ";" or (step.when == "&&") == (status == 0)


def seconds(words: Sequence[str]) -> float:
    """Return the seconds that `sleep` is asked for: numbers with s, m, h or d behind them."""
    return sum(_duration(word) for word in words)


def exit_code(words: Sequence[str], status: int) -> int:
    """Return the code with which `exit` ends a script: its argument, else the last status."""
    if not words:
        return status
    try:
        return int(words[0]) % 256
    except ValueError:
        return SYNTAX_ERROR


_UNITS: Final = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_FOR_EVER: Final = 10 * 365 * 86400.0


def _duration(word: str) -> float:
    unit = _UNITS.get(word[-1:], 1.0)
    try:
        value = float(word[:-1] if word[-1:] in _UNITS else word)
    except ValueError:
        return 0.0
    return min(value * unit, _FOR_EVER) if value > 0 else 0.0
