"""What a container image is to the simulation: a description of what its process does."""

from __future__ import annotations

import hashlib
import inspect
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

Curve = float | Callable[[float], float]
"""A constant, or a function of the seconds since the process started."""

_ARCHITECTURES = ("X86_64", "ARM64")


@dataclass(frozen=True, kw_only=True)
class Image:
    """A container image, described by the behaviour of the process in it.

    Args:
        port: the TCP port (or a tuple of ports) on which the process listens; none by default.
        app: a WSGI callable that answers HTTP requests; without one `status` and `body` answer.
        status: the HTTP status of the fixed answer.
        body: the body of the fixed answer.
        ready_after: seconds from the start of the process until it listens.
        latency: seconds that one answer takes, on top of what `app` itself sleeps.
        logs: lines that the process prints when it starts.
        work: a function that the process calls again and again; it may call AWS and print.
        every: seconds between two calls of `work`.
        runs_for: seconds after which the process ends by itself; None means never.
        exit_code: the exit code with which it then ends.
        stop_after: seconds the process takes to end after SIGTERM; None means it ignores SIGTERM.
        stop_exit_code: the exit code after SIGTERM (143 is 128 + 15: ended by the signal).
        memory: MiB in use, constant or a function of the seconds since the start.
        cpu: CPU units in use (1024 are one vCPU), constant or a function of the seconds.
        health: what a health command that the simulation can't run itself finds, constant or a
            function of the seconds since the start.
        command: the image's own command (Dockerfile CMD).
        variants: other behaviours by command line, for a container whose command is overridden.
        tools: programs that the image contains.
        environment: variables set by the image (Dockerfile ENV).
        required_environment: variables without which the process prints an error and exits with 1.
        user: the user the process runs as (Dockerfile USER).
        writes_root: whether the process writes to its root file system when it starts.
        architecture: "X86_64" or "ARM64" for a single image; a tuple for a manifest list
            that names these platforms (a multi-architecture image).
        size: compressed size in MiB.

    Raises:
        ValueError: a value that no image can have.
    """

    port: int | tuple[int, ...] = ()
    app: Callable[..., Any] | None = None
    status: int = 200
    body: str = "ok\n"
    ready_after: float = 1.0
    latency: float = 0.005
    logs: tuple[str, ...] = ()
    work: Callable[[], Any] | None = None
    every: float = 5.0
    runs_for: float | None = None
    exit_code: int = 0
    stop_after: float | None = 0.5
    stop_exit_code: int = 143
    memory: Curve = 64.0
    cpu: Curve = 32.0
    health: bool | Callable[[float], bool] = True
    command: tuple[str, ...] = ()
    variants: Mapping[str, Image] = field(default_factory=dict)
    tools: tuple[str, ...] = ("sh", "python", "python3", "curl")
    environment: Mapping[str, str] = field(default_factory=dict)
    required_environment: tuple[str, ...] = ()
    user: str = "root"
    writes_root: bool = False
    architecture: str | tuple[str, ...] = "X86_64"
    size: float = 60.0

    def __post_init__(self) -> None:
        """Refuse values that no image can have."""
        unknown = [name for name in self.architectures if name not in _ARCHITECTURES]
        if unknown or not self.architectures:
            message = f"architecture is X86_64 or ARM64 (or a tuple of both), not {unknown}."
            raise ValueError(message)
        for port in self.ports:
            if not 1 <= port <= 65535:  # noqa: PLR2004 - the range of TCP ports
                message = f"{port} is not a TCP port; choose one from 1 to 65535."
                raise ValueError(message)
        if not 0 <= self.exit_code <= 255:  # noqa: PLR2004 - the range of exit codes
            message = f"{self.exit_code} is not an exit code; choose one from 0 to 255."
            raise ValueError(message)
        if self.every <= 0:
            message = f"every is the seconds between two calls of work, more than 0: {self.every}."
            raise ValueError(message)

    @property
    def ports(self) -> tuple[int, ...]:
        """Return the TCP ports on which the process listens."""
        return self.port if isinstance(self.port, tuple) else (self.port,)

    @property
    def architectures(self) -> tuple[str, ...]:
        """Return the CPU architectures for which the image was built."""
        value = self.architecture
        return value if isinstance(value, tuple) else (value,)

    @property
    def is_manifest_list(self) -> bool:
        """Return whether the image is a list of images for several platforms."""
        return isinstance(self.architecture, tuple)

    def digest(self) -> str:
        """Return the image digest; images that behave alike have the same one."""
        return "sha256:" + hashlib.sha256(json.dumps(_canonical(self)).encode()).hexdigest()


def _canonical(value: Any) -> Any:
    """Return plain JSON that is the same for the same behaviour, in any process."""
    if isinstance(value, Image):
        return {item.name: _canonical(getattr(value, item.name)) for item in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): _canonical(value[key]) for key in sorted(value, key=str)}
    if isinstance(value, tuple | list):
        return [_canonical(item) for item in value]
    if callable(value):
        return _callable_text(value)
    return value


def _callable_text(function: Callable[..., Any]) -> str:
    """Return the source of a function with what it closes over, else its name."""
    name = getattr(function, "__qualname__", type(function).__qualname__)
    try:
        text = inspect.getsource(function)
    except (OSError, TypeError):
        text = name
    closure = getattr(function, "__closure__", None) or ()
    captured = [_cell_text(cell) for cell in closure]
    return "\n".join([name, text, *captured])


def _cell_text(cell: Any) -> str:
    value = cell.cell_contents
    return repr(value) if isinstance(value, str | int | float | bool | tuple | None) else ""
