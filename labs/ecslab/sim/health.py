"""Container health checks: running the command, counting the results.

AWS: botocore ecs HealthCheck (interval, timeout, retries, startPeriod).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ecslab.model import command as shell

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence

    from ecslab.sim.entities import Container
    from ecslab.sim.process import Process

_CURL_CANNOT_CONNECT = 7
_CURL_HTTP_ERROR = 22
_CURL_TIMED_OUT = 28


def exit_code(process: Process, command: Sequence[str], timeout: float) -> int:
    """Return the exit code of a health check's command, run inside the container.

    Args:
        process: the container's process.
        command: `["CMD", ...]` or `["CMD-SHELL", script]`.
        timeout: seconds after which the command counts as failed.
    """
    kind, rest = command[0], list(command[1:])
    if kind == "CMD-SHELL":
        script = " ".join(rest)
    elif kind == "CMD":
        return _program(process, shell.Step(tuple(rest)), timeout) if rest else 1
    else:
        script = shell.shell_script(command) or " ".join(command)
    status = 0
    for step in shell.parse(script, process.environment):
        if not shell.due(step, status):
            continue
        if step.program == "exit":
            return int(step.words[1]) if len(step.words) > 1 and step.words[1].isdigit() else status
        status = _program(process, step, timeout)
    return status


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
        if exit_code(process, check["command"], timeout) == 0:
            failures = 0
            state = "HEALTHY"
        elif process.age <= start_period and container.health != "HEALTHY":
            continue
        else:
            failures += 1
            state = "UNHEALTHY" if failures >= retries else container.health
        if state != container.health:
            container.health = state
            if state == "HEALTHY" and container.healthy and not container.healthy.triggered:
                container.healthy.succeed()
            changed()


def _program(process: Process, step: shell.Step, timeout: float) -> int:
    if shell.is_builtin(step):
        return 1 if step.program == "false" else 0
    if not process.runs_tool(step.program):
        return shell.NOT_FOUND
    if step.url is None:
        return 0 if process.health() else 1
    return _fetch(process, step, step.url, timeout)


def _fetch(process: Process, step: shell.Step, url: str, timeout: float) -> int:
    authority = url.split("://", 1)[1].split("/", 1)[0]
    port = int(authority.rsplit(":", 1)[1]) if ":" in authority else 80
    neighbours = [c.process for c in process.task.containers if c.process is not None]
    listener = next((p for p in neighbours if p.listens_on(port)), None)
    if listener is None:
        return _CURL_CANNOT_CONNECT
    answer = listener.request("GET", url, {"User-Agent": step.program}, b"")
    if answer.seconds > timeout:
        return _CURL_TIMED_OUT
    http_error = answer.status >= 400  # noqa: PLR2004 - where HTTP's error statuses begin
    return _CURL_HTTP_ERROR if http_error and step.fails_on_http_error else 0
