"""Shell scripts in a container: their steps in simulated time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from ecslab.model import command as shell
from ecslab.sim import health

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

    def run(self) -> Generator[Any, Any, int]:
        """Run all steps, as far as the process lives; return the exit code."""
        status, index = 0, 0
        loops: list[tuple[int, float]] = []
        while index < len(self._steps) and self._process.alive:
            step = self._steps[index].after(status)
            index += 1
            if not shell.due(step, status):
                continue
            keyword = step.words[0]
            if keyword in _LOOPS:
                status = yield from self._simple(step.without_first(), last=False)
                if (status == 0) == (keyword == "while"):
                    loops.append((index - 1, self._env.now))
                else:
                    index, status = self._after_loop(index), 0
                continue
            if keyword == "done" and loops:
                index, began = loops.pop()
                if self._env.now == began:  # without it time would stand still
                    yield self._env.timeout(_PAUSE_OF_A_LOOP)
                continue
            if keyword == "do":
                step = step.without_first()
            if step.words[:1] == ("exit",):
                return shell.exit_code(step.words[1:], status)
            if step.words[:1] == ("break",) and loops:
                loops.pop()
                index = self._after_loop(index)
                continue
            if keyword in _NOT_SIMULATED:
                self._process.print([f"sh: 1: {keyword}: not part of this simulation"])
                return shell.SYNTAX_ERROR
            status = yield from self._simple(step, last=index == len(self._steps))
        return status

    def _after_loop(self, index: int) -> int:
        depth = 1
        while index < len(self._steps) and depth:
            keyword = self._steps[index].words[0]
            depth += (keyword in _LOOPS) - (keyword == "done")
            index += 1
        return index

    def _simple(self, step: shell.Step, *, last: bool) -> Generator[Any, Any, int]:
        if not step.words:
            return 0
        if step.program == "!":
            status = yield from self._simple(step.without_first(), last=False)
            return 0 if status else 1
        if step.program == "exec":
            return (yield from self._simple(step.without_first(), last=True))
        if step.program == "sleep":
            yield self._env.timeout(shell.seconds(step.words[1:]))
            return 0
        inner = shell.shell_script(step.words)
        if inner is not None and self._process.runs_tool(step.program):
            return (yield from self._nested(inner))
        if step.program in shell.BUILTINS or step.program in shell.UTILITIES:
            return self._utility(step)
        if not self._process.runs_tool(step.program):
            self._process.print([f"sh: 1: {step.program}: not found"])
            return shell.NOT_FOUND
        if step.url is not None:
            result = health.fetch(self._process, step, step.url)
            yield self._env.timeout(result.seconds)
            return result.code
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
        lines, status = _output(step, self._process)
        if not step.quiet:
            self._process.print(lines)
        return status


def _output(step: shell.Step, process: Process) -> tuple[list[str], int]:
    """Return what a command prints that every shell has, and its exit code."""
    program, arguments = step.program, list(step.words[1:])
    if program == "echo":
        while arguments and arguments[0] in ("-n", "-e", "-ne", "-en"):
            arguments.pop(0)
        return " ".join(arguments).splitlines(), 0
    if program == "printenv" and arguments:
        value = process.environment.get(arguments[0])
        return ([] if value is None else [value]), int(value is None)
    if program in ("env", "printenv"):
        return [f"{name}={value}" for name, value in sorted(process.environment.items())], 0
    if program == "hostname":
        return [process.environment.get("HOSTNAME", "")], 0
    if program == "date":
        return [process.account.clock.now.strftime("%a %b %e %H:%M:%S UTC %Y")], 0
    return [], int(program == "false")
