"""A session of ECS Exec: a command, or a shell, in a running container.

AWS: ecs-exec (runs as root whatever the container's user; idle sessions end after 20 minutes).
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from ecslab.errors import CourseError
from ecslab.model import command as shell
from ecslab.model import exec_messages as messages
from ecslab.sim import exec_log
from ecslab.sim.process import Process

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Sequence
    from datetime import datetime

    from ecslab.sim.entities import Account, Container, Task

__all__ = ["IDLE_TIMEOUT", "ExecSession"]

IDLE_TIMEOUT: Final = timedelta(minutes=20)
"""After so long without input a session ends (ecs-exec; it can't be changed)."""

_LONGEST: Final = 600.0
_SHELLS: Final = ("sh", "bash", "ash", "dash")


@dataclass(slots=True)
class ExecSession:
    """One session, from ExecuteCommand to its end.

    Args:
        account: where it is.
        task: the task.
        container: the container in it.
        command: the command line that was asked for.
        id: the session's id.
        token: what opens it.
        caller: ARN of who asked for it.
    """

    account: Account
    task: Task
    container: Container
    command: str
    id: str
    token: str
    caller: str
    state: str = "NEW"
    output: str = ""
    environment: dict[str, str] = field(default_factory=dict)
    folder: str = "/"
    last_input: datetime | None = None

    def open(self) -> str:
        """Begin the session: run its command, or its shell; return what it printed."""
        self.state, self.last_input = "OPEN", self.account.clock.now
        refusal = exec_log.refusal(self)
        if refusal:
            return self._finish(refusal + "\n")
        process = self.container.process
        self.environment = dict(process.environment) if process is not None else {}
        try:
            words = shlex.split(self.command)
        except ValueError:
            words = [self.command]
        if not words or not self._has(words[0]):
            program = words[0] if words else self.command
            return self._finish(messages.PROGRAM_MISSING(program=program) + "\n")
        if len(words) == 1 and words[0].rsplit("/", 1)[-1] in _SHELLS:
            return ""
        self._run(shell.shell_script(words) or (shell.Step(tuple(words)),))
        return self._finish("")

    def send(self, line: str) -> str:
        """Give a line of input to the session's shell; return what it printed.

        Raises:
            CourseError: the session is over.
        """
        self._end_when_idle()
        if self.state != "OPEN":
            message = f"Session {self.id} is over; start another one with ecs.execute_command."
            raise CourseError(message)
        self.last_input = self.account.clock.now
        before = len(self.output)
        self.output += f"# {line}\n"
        shown = len(self.output)
        if line.strip() == "exit":
            self.close()
            return ""
        self._run(line)
        if not self.alive:
            self.close()
        return self.output[shown:] if len(self.output) > before else ""

    def close(self) -> None:
        """End the session and deliver its log."""
        if self.state == "OPEN":
            self._finish("")

    @property
    def alive(self) -> bool:
        """Return whether the container still runs."""
        process = self.container.process
        return process is not None and process.alive

    def _finish(self, text: str) -> str:
        self.output += text
        self.state = "CLOSED"
        exec_log.deliver(self)
        return self.output

    def _end_when_idle(self) -> None:
        now = self.account.clock.now
        if self.state == "OPEN" and self.last_input and now - self.last_input > IDLE_TIMEOUT:
            self._finish(messages.IDLE(session=self.id) + "\n")

    def _has(self, program: str) -> bool:
        name = program.rsplit("/", 1)[-1]
        found = self.container.found
        return found is not None and (
            name in found.image.tools
            or ("sh" in found.image.tools and name in shell.UTILITIES | {"echo", "true", "false"})
            or self.command in found.image.variants
        )

    def _run(self, script: str | Sequence[shell.Step]) -> None:
        """Run a script as a process of its own in the container, until it ends."""
        host = self.container.process
        assert self.container.found is not None  # noqa: S101 - it runs
        if host is None or not host.alive:
            return
        process = Process(
            self.account,
            self.task,
            self.container,
            self.container.found.image,
            environment=self.environment,
            write=self._print,
            user="root",
            folder=self.folder,
        )
        env = self.account.clock.env
        life = env.process(self._live(process, host))
        process.run_script(script)
        if not self.account.clock.stepping:
            self.account.clock.wait(life)
        self.environment, self.folder = process.environment, process.folder

    def _live(self, process: Process, host: Process) -> Generator[Any, Any, None]:
        """Live until the command ends, or its container does."""
        patience = self.account.clock.env.timeout(_LONGEST)
        yield process.ended | host.ended | patience
        process.kill()

    def _print(self, lines: Iterable[str]) -> None:
        self.output += "".join(f"{line}\n" for line in lines)
