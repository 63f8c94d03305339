"""Container health checks: running the command, counting the results.

AWS: botocore ecs HealthCheck (interval, timeout, retries, startPeriod). The agent leaves the
counting to Docker, whose HEALTHCHECK begins a check `interval` seconds after the last one's end.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from ecslab.model import command as shell
from ecslab.sim.neighbours import neighbours

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence

    from ecslab.sim.entities import Container
    from ecslab.sim.process import Process

_CURL_MALFORMED_URL = 3
_CURL_CANNOT_CONNECT = 7
_CURL_HTTP_ERROR = 22
_DEFAULT_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Result:
    """How a command ended.

    Args:
        code: its exit code.
        seconds: how long it took.
        body: what was fetched.
    """

    code: int
    seconds: float = 0.0
    body: str = ""


def run(process: Process, command: Sequence[str]) -> Result:
    """Run a health check's command inside a container.

    Args:
        process: the container's process.
        command: `["CMD", ...]` or `["CMD-SHELL", script]`.
    """
    kind, rest = command[0], list(command[1:])
    if kind == "CMD":
        script = shell.shell_script(rest)
        if script is None:
            return _program(process, shell.Step(tuple(rest))) if rest else Result(1)
    elif kind == "CMD-SHELL":
        script = " ".join(rest)
    else:
        script = shell.shell_script(command) or " ".join(command)
    if not process.runs_tool("sh"):
        return Result(shell.NOT_FOUND)
    try:
        steps = shell.parse(script, process.environment)
    except shell.ScriptError:
        return Result(shell.SYNTAX_ERROR)
    status, seconds = 0, 0.0
    for each in steps:
        step = each.after(status)
        if not shell.due(step, status):
            continue
        if step.program == "exit":
            return Result(shell.exit_code(step.words[1:], status), seconds)
        result = _program(process, step)
        status, seconds = result.code, seconds + result.seconds
    return Result(status, seconds)


def watch(
    container: Container, process: Process, changed: Callable[[], None]
) -> Generator[Any, Any, None]:
    """Check a container's health until its process ends.

    Args:
        container: the container; its `health` is kept up to date.
        process: its process.
        changed: called whenever the health has changed.
    """
    check = container.spec["healthCheck"]
    env = process.account.clock.env
    interval, timeout = check.get("interval", 30), check.get("timeout", 5)
    retries, start_period = check.get("retries", 3), check.get("startPeriod") or 0
    failures = 0
    while True:
        yield env.timeout(interval)
        if not process.alive:
            return
        age = process.age
        result = run(process, check["command"])
        if result.seconds:
            yield env.timeout(min(result.seconds, timeout))
            if process.ended.triggered:
                return
        if result.code == 0 and result.seconds <= timeout:
            failures, state = 0, "HEALTHY"
        elif age < start_period and container.health == "UNKNOWN":
            continue
        else:
            failures += 1
            state = "UNHEALTHY" if failures >= retries else container.health
        if state != container.health:
            container.health = state
            if state == "HEALTHY" and container.healthy and not container.healthy.triggered:
                container.healthy.succeed()
            changed()


def fetch(process: Process, step: shell.Step, url: str) -> Result:
    """Return how curl or wget ends that asks a container of the same task.

    Args:
        process: the process that runs it.
        step: the command.
        url: what it fetches.
    """
    parts = urlsplit(url)
    try:
        port = parts.port or _DEFAULT_PORTS.get(parts.scheme, 80)
    except ValueError:
        return Result(_CURL_MALFORMED_URL)
    found = neighbours(process, parts.hostname)
    listener = next((p for p in found if p.listens_on(port)), None)
    if listener is None:
        return Result(_CURL_CANNOT_CONNECT)
    headers = {"Host": parts.netloc, "User-Agent": step.program}
    answer = listener.request("GET", url, headers, b"")
    http_error = answer.status >= 400  # noqa: PLR2004 - where HTTP's error statuses begin
    failed = http_error and step.fails_on_http_error
    return Result(_CURL_HTTP_ERROR if failed else 0, answer.seconds, answer.text)


def _program(process: Process, step: shell.Step) -> Result:
    if step.program == "sleep":
        return Result(0, shell.seconds(step.words[1:]))
    if step.program in shell.BUILTINS:
        return Result(int(step.program == "false"))
    known = process.runs_tool(step.program) or step.program in shell.UTILITIES
    if not known:
        return Result(shell.NOT_FOUND)
    if step.url is None:
        return Result(0 if process.health() else 1)
    return fetch(process, step, step.url)
