"""Shell scripts in a container: their steps in simulated time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from ecslab.model import command as shell
from ecslab.model import exec_messages as messages
from ecslab.sim.shell_fetch import fetch
from ecslab.sim.shell_tools import run_tool, through, write_refused

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from ecslab.sim.process import Process

_LOOPS: Final = ("while", "until")
_NOT_SIMULATED: Final = ("if", "for", "case", "select", "function", "{", "(")
_PAUSE_OF_A_LOOP: Final = 1.0


class Script:
    """Runs a script as the process of a container.

    Args:
        process: the process; its image says which programs there are, and what they do.
        steps: the script's steps.
    """

    def __init__(self, process: Process, steps: Sequence[shell.Step]) -> None:
        self._process = process
        self._env = process.account.clock.env
        self._steps = steps
        self._index = 0
        self._status = 0
        self._loops: list[tuple[int, float]] = []

    def run(self) -> Generator[Any, Any, int]:
        """Run all steps, as far as the process lives; return the exit code."""
        while self._index < len(self._steps) and self._process.alive:
            step = self._steps[self._index].after(self._status)
            self._index += 1
            if not shell.due(step, self._status):
                continue
            if step.words[0] == "do":
                step = step.without_first()
            keyword = step.words[0] if step.words else ":"
            if keyword == "exit":
                return shell.exit_code(step.words[1:], self._status)
            if keyword in _NOT_SIMULATED:
                self._process.print([f"sh: 1: {keyword}: not part of this simulation"])
                return shell.SYNTAX_ERROR
            if keyword in _LOOPS:
                yield from self._enter_loop(step)
            elif keyword in ("done", "break") and self._loops:
                yield from self._leave_round(keyword)
            else:
                last = self._index == len(self._steps)
                self._status = yield from self._simple(step, last=last)
        return self._status

    def _enter_loop(self, step: shell.Step) -> Generator[Any, Any, None]:
        """Test the condition of a loop: go on with its body, or behind its end."""
        status = yield from self._simple(step.without_first(), last=False)
        if (status == 0) == (step.words[0] == "while"):
            self._loops.append((self._index - 1, self._env.now))
        else:
            self._go_behind_loop()

    def _leave_round(self, keyword: str) -> Generator[Any, Any, None]:
        """Go back to the condition of the innermost loop, or behind it."""
        start, began = self._loops.pop()
        if keyword == "break":
            self._go_behind_loop()
            return
        self._index = start
        if self._env.now == began:  # without it time would stand still
            yield self._env.timeout(_PAUSE_OF_A_LOOP)

    def _go_behind_loop(self) -> None:
        depth, self._status = 1, 0
        while self._index < len(self._steps) and depth:
            words = [word for word in self._steps[self._index].words if word != "do"]
            keyword = words[0] if words else ""
            depth += (keyword in _LOOPS) - (keyword == "done")
            self._index += 1

    def _simple(self, step: shell.Step, *, last: bool) -> Generator[Any, Any, int]:
        if not step.words:
            return 0
        if step.program == "!":
            status = yield from self._simple(step.without_first(), last=False)
            return int(status == 0)
        if step.program == "exec":
            return (yield from self._simple(step.without_first(), last=True))
        if step.program == "sleep":
            yield self._env.timeout(shell.seconds(step.words[1:]))
            return 0
        if step.program in shell.BUILTINS or step.program in shell.UTILITIES:
            return self._utility(step)
        return (yield from self._program(step, last=last))

    def _program(self, step: shell.Step, *, last: bool) -> Generator[Any, Any, int]:
        """Run a program that the image must contain."""
        if not self._process.runs_tool(step.program):
            self._process.print([f"sh: 1: {step.program}: not found"])
            return shell.NOT_FOUND
        inner = shell.shell_script(step.words)
        if inner is not None:
            return (yield from self._nested(inner))
        if step.url is not None:
            found = fetch(self._process, step)
            yield self._env.timeout(found.seconds)
            return self._emit(step, found.lines, found.errors, found.code)
        if self._process.is_guest and not self._process.is_main(step):
            line = " ".join(step.words)
            self._process.print([messages.UNKNOWN_PROGRAM(line=line)])
            return shell.NOT_FOUND
        if last or self._process.is_main(step):
            self._process.become_main(step)
            return int((yield self._process.ended))
        return 0

    def _nested(self, text: str) -> Generator[Any, Any, int]:
        try:
            steps = shell.parse(text, self._process.environment)
        except shell.ScriptError as error:
            self._process.print([f"sh: 1: Syntax error: {error}"])
            return shell.SYNTAX_ERROR
        return (yield from Script(self._process, steps).run())

    def _utility(self, step: shell.Step) -> int:
        lines, errors, status = run_tool(step.words, self._process)
        return self._emit(step, lines, errors, status)

    def _emit(self, step: shell.Step, lines: list[str], errors: list[str], status: int) -> int:
        """Lead a command's output through its pipes, and to where it goes."""
        for words in step.pipes:
            lines, status = through(words, lines)
        self._process.print(errors)
        if not step.quiet:
            self._process.print(lines)
            return status
        refusal = write_refused(step, lines, self._process)
        if refusal is None:
            return status
        self._process.print([f"sh: 1: cannot create {step.target}: {refusal}"])
        return shell.SYNTAX_ERROR
