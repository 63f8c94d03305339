"""`curl` and `wget` in a container: what they print, and how they end."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from ecslab.errors import CourseError
from ecslab.sim import health
from ecslab.sim.neighbours import is_near
from ecslab.sim.request import (
    ConnectionRefusedByHostError,
    NameNotResolvedError,
    TrafficError,
)

if TYPE_CHECKING:
    from ecslab.model.command import Step
    from ecslab.sim.process import Process

__all__ = ["Fetched", "fetch"]

_WITH_VALUE: Final = {
    *("-X", "--request", "-d", "--data", "--data-raw", "-H", "--header", "-o", "--output", "-w"),
    *("--write-out", "-m", "--max-time", "--connect-timeout", "-A", "--user-agent", "-T", "-O-"),
}
_HTTP_ERROR: Final = 400


@dataclass(slots=True)
class Fetched:
    """What a request gave.

    Args:
        code: the program's exit code.
        seconds: how long it took.
        lines: what it printed.
        errors: what it printed to standard error.
    """

    code: int
    seconds: float = 0.0
    lines: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


def fetch(process: Process, step: Step) -> Fetched:
    """Fetch what curl or wget is asked for; curl(1), wget(1) for options and exit codes.

    Args:
        process: the process that runs the program.
        step: the command, which names a URL.
    """
    url = str(step.url)
    traffic = process.account.ports.traffic
    if traffic is None or is_near(process, urlsplit(url).hostname):
        result = health.fetch(process, step, url)
        lines = result.body.splitlines() if process.is_guest else []
        return Fetched(result.code, result.seconds, lines)
    options = _options(step)
    method = options.get("-X", "POST" if "-d" in options else "GET")
    timeout = float(options["-m"]) if options.get("-m", "").isdigit() else None
    name, _, value = options.get("-H", "").partition(":")
    headers = {name.strip(): value.strip()} if name else {}
    clock = process.account.clock
    try:
        answer = traffic.request(
            method,
            url,
            {"User-Agent": step.program, **headers},
            options.get("-d", "").encode(),
            process.task.arn,
            connect_timeout=timeout,
            read_timeout=timeout,
        )
    except TrafficError as error:
        return Fetched(_code(error), clock.borrow(), [], [f"{step.program}: {error}"])
    except CourseError as error:
        return Fetched(3, 0.0, [], [f"{step.program}: {error}"])
    failed = answer.status >= _HTTP_ERROR and step.fails_on_http_error
    lines = [] if failed or options.get("-o") == "/dev/null" else answer.text.splitlines()
    if "-w" in options:
        lines.append(options["-w"].replace("%{http_code}", str(answer.status)).replace("\\n", ""))
    errors = [f"curl: (22) The requested URL returned error: {answer.status}"] if failed else []
    return Fetched(22 if failed else 0, clock.borrow(), lines, errors)


def _code(error: TrafficError) -> int:
    """Return curl's exit code for a request that got no answer."""
    if isinstance(error, NameNotResolvedError):
        return 6
    return 7 if isinstance(error, ConnectionRefusedByHostError) else 28


def _options(step: Step) -> dict[str, str]:
    """Return the options that have a value, by their short name."""
    short = {"--request": "-X", "--data": "-d", "--data-raw": "-d", "--header": "-H"}
    short |= {"--output": "-o", "--write-out": "-w", "--max-time": "-m", "--connect-timeout": "-m"}
    words, found = list(step.words[1:]), {}
    for word, value in zip(words, [*words[1:], ""], strict=True):
        name = word if word.startswith("--") or len(word) == 2 else f"-{word[-1:]}"  # noqa: PLR2004
        if word.startswith("-") and (word in _WITH_VALUE or name in _WITH_VALUE):
            found[short.get(name, name)] = value
    return found
