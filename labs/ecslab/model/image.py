"""What a container image is to the simulation: a description of what its process does."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from math import inf
from typing import Any

from ecslab.model.image_digest import UNUSED_LEAVES_DIGEST, digest

Curve = float | Callable[[float], float]
"""A constant, or a function of the seconds since the process started."""

_ARCHITECTURES = ("X86_64", "ARM64")
_LAST_PORT = 65535
_LAST_EXIT_CODE = 255
_FIRST_STATUS, _LAST_STATUS = 100, 599
_EXIT_CODES = ("exit_code", "stop_exit_code")
_AMOUNTS = (
    "ready_after",
    "latency",
    "runs_for",
    "stop_after",
    "size",
    "memory",
    "cpu",
    "cpu_seconds",
)
_TUPLES = ("logs", "command", "tools", "required_environment", "writes", "volumes")
_PATHS = ("writes", "volumes", "files")


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
        work: a function that the process calls again and again; it may call AWS and print. A
            generator function takes the seconds that it yields. No call begins after SIGTERM.
        every: seconds between two calls of `work`.
        runs_for: seconds after which the process ends by itself; None means never.
        exit_code: the exit code with which it then ends.
        stop_after: seconds the process takes to end after SIGTERM; None means it ignores SIGTERM.
        stop_exit_code: the exit code after SIGTERM (143 is 128 + 15: ended by the signal).
        memory: MiB in use, constant or a function of the seconds since the start.
        cpu: CPU units in use (1024 are one vCPU), constant or a function of the seconds.
        cpu_seconds: seconds of one vCPU that answering one request takes, on top of `cpu`. A
            smaller task takes longer for it, and requests wait for each other.
        health: what a health command that the simulation can't run itself finds, constant or a
            function of the seconds since the start.
        command: the image's own command (Dockerfile CMD).
        variants: other behaviours by command line, for a container whose command is overridden.
        tools: programs that the image contains.
        environment: variables set by the image (Dockerfile ENV).
        required_environment: variables without which the process prints an error and exits with 1.
        user: the user the process runs as (Dockerfile USER).
        writes_root: whether the process writes to its root file system when it starts.
        writes: absolute paths that the process writes to when it starts; the image has prepared
            them for its own user.
        volumes: paths that belong to the image's user also when something is mounted there
            (Dockerfile VOLUME).
        files: files of the image by absolute path, for whoever looks into the container.
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
    cpu_seconds: float = 0.0
    health: bool | Callable[[float], bool] = True
    command: tuple[str, ...] = ()
    variants: Mapping[str, Image] = field(default_factory=dict)
    tools: tuple[str, ...] = ("sh", "bash", "python", "python3", "curl")
    environment: Mapping[str, str] = field(default_factory=dict)
    required_environment: tuple[str, ...] = ()
    user: str = "root"
    writes_root: bool = False
    writes: tuple[str, ...] = field(default=(), metadata=UNUSED_LEAVES_DIGEST)
    volumes: tuple[str, ...] = field(default=(), metadata=UNUSED_LEAVES_DIGEST)
    files: Mapping[str, str] = field(default_factory=dict, metadata=UNUSED_LEAVES_DIGEST)
    architecture: str | tuple[str, ...] = "X86_64"
    size: float = 60.0

    def __post_init__(self) -> None:
        """Take lists for tuples, and refuse values that no image can have."""
        for name in (*_TUPLES, "port", "architecture"):
            if isinstance(getattr(self, name), list):
                object.__setattr__(self, name, tuple(getattr(self, name)))
        for problem in (*self._odd_values(), *self._odd_numbers()):
            raise ValueError(problem)

    def _odd_values(self) -> Iterator[str]:
        """Yield what no image can have, in one sentence each."""
        unknown = [name for name in self.architectures if name not in _ARCHITECTURES]
        if unknown or not self.architectures:
            yield f"architecture is X86_64 or ARM64 (or a tuple of both), not {unknown}."
        for port in self.ports:
            if not 1 <= port <= _LAST_PORT:
                yield f"{port} is not a TCP port; choose one from 1 to {_LAST_PORT}."
        for name in _TUPLES:
            if isinstance(getattr(self, name), str):
                yield f"{name} is a tuple of texts; write ({getattr(self, name)!r},)."
        for name in _PATHS:
            for path in getattr(self, name):
                if not str(path).startswith("/"):
                    yield f"{name} has absolute paths, which begin with a slash, not {path!r}."

    def _odd_numbers(self) -> Iterator[str]:
        """Yield the numbers that no image can have, in one sentence each."""
        if not _FIRST_STATUS <= self.status <= _LAST_STATUS:
            yield f"status is an HTTP status, from 100 to 599, not {self.status}."
        if not self.every > 0:
            yield f"every is the seconds between two calls of work, more than 0: {self.every}."
        for name in _EXIT_CODES:
            if not 0 <= getattr(self, name) <= _LAST_EXIT_CODE:
                yield f"{name} is an exit code, from 0 to 255, not {getattr(self, name)}."
        for name in _AMOUNTS:
            value = getattr(self, name)
            if isinstance(value, int | float) and not 0 <= value < inf:
                yield f"{name} is a number from 0 up, not {value}."

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
        """Return the image digest; images that behave alike have the same one.

        It is taken once: what a program does to the things that it holds does not change its image.
        """
        known: str | None = vars(self).get("_digest")
        if known is None:
            known = digest(self)
            object.__setattr__(self, "_digest", known)
        return known
