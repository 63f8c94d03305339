"""The process in a container: what it prints, answers, uses, and when it ends."""

from __future__ import annotations

import contextlib
import io
from inspect import isgenerator
from typing import TYPE_CHECKING, Any

from ecslab.model import command as shell
from ecslab.model.failures import EXEC_FORMAT, OUT_OF_MEMORY
from ecslab.sim.application_errors import exit_status, short_traceback
from ecslab.sim.container_files import user_of
from ecslab.sim.process_load import ProcessLoad
from ecslab.sim.pure_answers import PureAnswers
from ecslab.sim.script import Script
from ecslab.sim.start_refusals import file_refused, port_refused
from ecslab.sim.wsgi import Answer, call

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence

    import simpy

    from ecslab.model.image import Image
    from ecslab.sim.entities import Account, Container, Task
    from ecslab.sim.pure_answers import PureAnswer

SIGKILL_EXIT = 137
"""Exit code of a process that SIGKILL ended: 128 + 9."""

SIGTERM_EXIT = 143
"""Exit code of a process that SIGTERM ended: 128 + 15."""

_SHELL_MEMORY = 1.0
_MEMORY_SAMPLE = 5.0
_STUCK = 86400.0


def _value(curve: Any, seconds: float) -> float:
    return float(curve(seconds)) if callable(curve) else float(curve)


class Process:
    """One process; it lives inside simulated time.

    Args:
        account: where it runs.
        task: the task it belongs to.
        container: its container.
        image: how it behaves.
        environment: its variables.
        write: where the lines that it prints go.
        user: who it runs as; None for the container's own user, whose main process it is then.
        folder: its working directory.
    """

    def __init__(
        self,
        account: Account,
        task: Task,
        container: Container,
        image: Image,
        *,
        environment: Mapping[str, str],
        write: Callable[[Iterable[str]], None],
        user: str | None = None,
        folder: str = "/",
    ) -> None:
        self.account = account
        self.task = task
        self.container = container
        self.image = image
        self.environment = dict(environment)
        self.is_guest = user is not None
        self.user = user_of(container) if user is None else user
        self.folder = folder
        self.ended: simpy.Event = account.clock.env.event()
        self.end_reason: str | None = None
        self.started = account.clock.seconds
        self.served = 0
        self._write = write
        self._main_since: float | None = None
        self._leave: int | None = None
        self._leaving = False
        self._steps: Iterator[Any] | None = None
        self._pure = PureAnswers()
        self._wrote = False
        self.load = ProcessLoad(account, task, container)

    @property
    def alive(self) -> bool:
        """Return whether the process has not ended."""
        return not self.ended.triggered

    @property
    def steady(self) -> bool:
        """Return whether the request just answered is answered alike as long as it lives.

        With an application only as long as `rests_on` holds, and if nothing was printed for it.
        """
        image = self.image
        if image.cpu_seconds or image.work is not None:
            return False
        return image.app is None or (self.rests_on is not None and not self._wrote)

    @property
    def rests_on(self) -> PureAnswer | None:
        """Return what the answers of its application rest on, None without one."""
        return self._pure.of(self.image.app)

    @property
    def exit_code(self) -> int | None:
        """Return the exit code, None while the process lives."""
        return int(self.ended.value or 0) if self.ended.triggered else None

    @property
    def age(self) -> float:
        """Return the seconds since the process started."""
        return self.account.clock.seconds - self.started

    @property
    def main_age(self) -> float | None:
        """Return the seconds since the image's main behaviour began; None while a shell runs."""
        since = self._main_since
        return None if since is None else self.account.clock.seconds - since

    @property
    def memory(self) -> float:
        """Return the MiB in use now."""
        age = self.main_age
        return _SHELL_MEMORY if age is None else _value(self.image.memory, age)

    @property
    def cpu(self) -> float:
        """Return the CPU units in use now."""
        age = self.main_age
        return 0.0 if age is None else _value(self.image.cpu, age)

    @property
    def varies(self) -> bool:
        """Return whether it uses more at one time than at another."""
        image = self.image
        changes = callable(image.cpu) or callable(image.memory) or image.cpu_seconds > 0
        return changes or self._main_since is None

    def listens_on(self, port: int) -> bool:
        """Return whether a connection to a TCP port is accepted now."""
        age = self.main_age
        ready = age is not None and age >= self.image.ready_after
        return self.alive and ready and port in self.image.ports

    def start(self, program: str) -> None:
        """Start the image's main behaviour.

        Args:
            program: the program's name, for messages.
        """
        env = self.account.clock.env
        if not self._runs_here(program):
            return
        self._main_since = self.account.clock.seconds
        obstacle = file_refused(self) or port_refused(self)
        if obstacle:
            self.print([obstacle])
            self.end(1)
            return
        missing = [name for name in self.image.required_environment if name not in self.environment]
        if missing:
            self.print([f"KeyError: {missing[0]!r} (a variable this program needs is not set)"])
            self.end(1)
            return
        self.print(self.image.logs)
        if self.image.runs_for is not None:
            env.process(self._lifetime(self.image.runs_for))
        if self.image.work is not None:
            env.process(self._work(self.image.work))
        env.process(self._watch_memory())

    def run_script(self, script: str | Sequence[shell.Step]) -> None:
        """Start a shell script, or a program that every shell has, instead of the main behaviour.

        Args:
            script: the text after `sh -c`, or its steps.
        """
        if not self._runs_here("/bin/sh"):
            return
        try:
            steps = shell.parse(script, self.environment) if isinstance(script, str) else script
        except shell.ScriptError as error:
            self.print([f"sh: 1: Syntax error: {error}"])
            self.end(shell.SYNTAX_ERROR)
            return
        self.account.clock.env.process(self._script(steps))

    def is_main(self, step: shell.Step) -> bool:
        """Return whether a command is the image's own, or one of its variants."""
        line = " ".join(step.words)
        return line == " ".join(self.image.command) or line in self.image.variants

    def become_main(self, step: shell.Step) -> None:
        """Go on from a script with a program of the image."""
        self.image = self.image.variants.get(" ".join(step.words), self.image)
        self.start(step.words[0])

    def end(self, code: int, reason: str | None = None) -> None:
        """End the process, once.

        Args:
            code: its exit code.
            reason: the container's reason, when the runtime has one to give.
        """
        if self.alive:
            self.end_reason = reason
            self.ended.succeed(code)

    def terminate(self) -> None:
        """Deliver SIGTERM.

        A shell, and `sleep` alone, do not react to it as a container's first process, unless an
        init process forwards it (Linux, kill(2); botocore ecs LinuxParameters.initProcessEnabled).
        """
        if not self.alive:
            return
        if self._main_since is None:
            parameters = self.container.spec.get("linuxParameters") or {}
            if parameters.get("initProcessEnabled"):
                self.end(SIGTERM_EXIT)
            return
        if self.image.stop_after is None:
            return
        self._leaving = True
        self.account.clock.env.process(
            self._lifetime(self.image.stop_after, self.image.stop_exit_code)
        )

    def kill(self) -> None:
        """Deliver SIGKILL."""
        self.end(SIGKILL_EXIT)

    def request(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Answer one HTTP request that has reached the process.

        Args:
            method: the HTTP method.
            url: the full URL.
            headers: the request's header fields.
            body: the request's body.

        Returns:
            Status, header fields, body and the seconds that the answer took.
        """
        self.served += 1
        if self.container.hangs:
            return Answer(503, seconds=_STUCK)
        latency = self.image.latency + self.load.work(self.image.cpu_seconds)
        app = self.image.app
        if app is None:
            fixed = self.image.body.encode()
            answer = Answer(self.image.status, {"Content-Type": "text/plain"}, fixed, latency)
            return self.load.exchange(url, headers, body, answer)
        answer = Answer(500, {"Content-Type": "text/plain"}, b"Internal Server Error\n", 0.0)
        with self._inside():
            answer = call(app, method, url, headers, body)
        answer = answer.after(latency + self.account.clock.borrow())
        return self.load.exchange(url, headers, body, answer)

    def runs_tool(self, name: str) -> bool:
        """Return whether the image contains a program."""
        return name in self.image.tools

    def health(self) -> bool:
        """Return what a health command that can't be run step by step finds."""
        age = self.main_age
        return age is not None and bool(_value(self.image.health, age))

    def print(self, lines: Iterable[str]) -> None:
        """Write lines to standard output, as far as the log driver takes them."""
        kept = [line for line in lines if line]
        if kept and self.alive:
            self._write(kept)

    @contextlib.contextmanager
    def _inside(self) -> Generator[None, None, None]:
        """Run application code: its own variables and credentials, its output to the log."""
        out = io.StringIO()
        clock = self.account.clock
        clock.announce()
        inside = self.account.ports.programs.inside(self.environment, self)
        try:
            with (
                clock.held(),
                inside,
                contextlib.redirect_stdout(out),
                contextlib.redirect_stderr(out),
            ):
                yield
        except SystemExit as leaving:
            self._leave = exit_status(leaving, out)
        except Exception:  # noqa: BLE001 - whatever application code raises ends in its log
            out.write(short_traceback())
        finally:
            lines = out.getvalue().splitlines()
            self._wrote = bool(lines)
            self.print(lines)

    def _lifetime(self, seconds: float, code: int | None = None) -> Generator[Any, Any, None]:
        yield self.account.clock.env.timeout(seconds)
        self.end(self.image.exit_code if code is None else code)

    def _work(self, work: Callable[[], Any]) -> Generator[Any, Any, None]:
        env = self.account.clock.env
        yield env.timeout(self.image.ready_after)
        while self.alive and not self._leaving:
            if self.container.hangs:
                yield env.timeout(1.0)
                continue
            if not (yield from self._one_call(work)):
                self.end(1 if self._leave is None else self._leave)
                return
            yield env.timeout(self.image.every)

    def _one_call(self, work: Callable[[], Any]) -> Generator[Any, Any, bool]:
        """Call `work` once, and let pass what it sleeps or yields; return whether it went well."""
        clock = self.account.clock
        while self.alive:
            pause = None
            failed = True
            with self._inside():
                if self._steps is None:
                    called = work()
                    self._steps = called if isgenerator(called) else iter(())
                pause = next(self._steps, None)
                failed = False
            slept = clock.borrow() + float(pause or 0.0)
            if failed or pause is None:
                self._steps = None
            if failed:
                return False
            if slept:
                yield clock.env.timeout(slept)
            if pause is None:
                return True
        # What SIGKILL cuts off runs no further, not even its `finally`: the steps are kept.
        return True

    def _watch_memory(self) -> Generator[Any, Any, None]:
        env = self.account.clock.env
        yield env.timeout(1.0)
        while self.alive:
            if self._over_limit():
                self.end(SIGKILL_EXIT, OUT_OF_MEMORY())
                return
            if not callable(self.image.memory):
                return
            yield env.timeout(_MEMORY_SAMPLE)

    def _over_limit(self) -> bool:
        """Return whether the container's or the task's memory limit is exceeded."""
        own = self.container.spec.get("memory")
        if own and self.memory > own:
            return True
        whole = self.task.definition.get("memory")
        if not whole:
            return False
        processes = [c.process for c in self.task.containers if c.process and c.process.alive]
        return sum(p.memory for p in processes) > int(whole) and self.memory == max(
            p.memory for p in processes
        )

    def _script(self, steps: Sequence[shell.Step]) -> Generator[Any, Any, None]:
        status = yield from Script(self, steps).run()
        self.end(status)

    def _runs_here(self, program: str) -> bool:
        """Return whether the image was built for the task's platform; else end as Linux does."""
        wanted = self.task.definition.get("runtimePlatform") or {}
        if wanted.get("cpuArchitecture", "X86_64") in self.image.architectures:
            return True
        self.print([EXEC_FORMAT(program=program)])
        self.end(1)
        return False
