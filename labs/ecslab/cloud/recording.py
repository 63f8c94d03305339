"""Records what code outside of an account asks of it: requests, time, the cloud's methods."""

from __future__ import annotations

import base64
import functools
from collections.abc import Callable
from typing import Any

from ecslab.aws.functions import Functions, code_name
from ecslab.aws.gateway import Gateway
from ecslab.aws.turns import turn
from ecslab.clock import Clock
from ecslab.cloud.cloud import Cloud
from ecslab.cloud.faults import Faults
from ecslab.sim.exec_session import ExecSession
from ecslab.sim.traffic import Traffic

__all__ = ["ASKED_OF_A_SHELL", "ASKED_OF_THE_CLOUD", "Operation", "Recorder"]

Operation = dict[str, Any]
"""One thing that was asked, as JSON can say it; arguments of methods as the encoder gave them."""

_UNRECORDED = {"advance", "http", "run_until", "start"}
_READ_ONLY = {"exec_session", "explain", "path", "view"}

ASKED_OF_THE_CLOUD = tuple(
    name
    for name, method in (vars(Faults) | vars(Cloud)).items()
    if not name.startswith("_") and callable(method) and name not in _UNRECORDED | _READ_ONLY
)
"""Methods of `Cloud` that are recorded as such; the others consist of requests and passing time."""

ASKED_OF_A_SHELL = ("open", "send", "close")
"""Methods of a session of ECS Exec that are recorded."""


class Recorder:
    """Keeps what is asked, in order, and nothing of what that causes inside.

    Args:
        encode: turns an argument into what JSON can say.
        prepare: may replace the arguments of one of the cloud's methods, by its name.
    """

    def __init__(
        self,
        encode: Callable[[Any], Any],
        prepare: Callable[[str, tuple[Any, ...], dict[str, Any]], tuple[Any, Any]],
    ) -> None:
        self.results: list[tuple[int, Any]] = []
        """The number of an operation, and what it returned, for those that returned an object."""
        self.number = 0
        self.wanted = True
        """Whether what a cell asks is recorded; what a program asks always is."""
        self._encode = encode
        self._prepare = prepare
        self._open: list[list[Operation] | None] = [[]]
        self._turn = turn()

    def install(self) -> None:
        """Begin to record in this process, for good."""
        self._wrap(Gateway, "answer", lambda _, request: _request(request))
        self._wrap(Clock, "advance", lambda _, seconds: {"do": "advance", "seconds": seconds})
        self._wrap(Traffic, "request", self._http)
        for name in ASKED_OF_THE_CLOUD:
            self._wrap_method(name)
        for name in ASKED_OF_A_SHELL:
            self._wrap(ExecSession, name, functools.partial(_shell, name))

    @property
    def inside(self) -> bool:
        """Whether something is being done now that was asked, and will be done again elsewhere."""
        return self._open[-1] is None

    @property
    def outside(self) -> bool:
        """Whether a cell runs, and nothing that it asked."""
        return len(self._open) == 1

    def around_functions(self, run: Callable[[str, Callable[[], Any]], Any]) -> None:
        """Have the handlers of AWS Lambda functions run by somebody who watches them.

        Args:
            run: called with what names the function's code, and with what calls its handler.
        """
        original = Functions.handle

        def handle(this: Functions, function: Any, event: Any) -> Any:
            return run(code_name(function), lambda: original(this, function, event))

        Functions.handle = handle  # type: ignore[method-assign, assignment]

    def take(self) -> list[Operation]:
        """Give what was recorded since the last time, and forget it."""
        taken, self._open[0] = self._open[0] or [], []
        return taken

    def within(self, function: Callable[[], Any]) -> tuple[list[Operation], Any]:
        """Record what a program asks, that runs inside of something else.

        Args:
            function: runs the program.

        Returns:
            What it asked, and what it returned; an exception is returned like a value.
        """
        asked: list[Operation] = []
        self._open.append(asked)
        try:
            return asked, function()
        except (Exception, SystemExit) as error:  # noqa: BLE001 - a program may raise anything
            return asked, error
        finally:
            self._open.pop()

    def asked(self, describe: Callable[[], Operation], function: Callable[[], Any]) -> Any:
        """Record one operation, and nothing of what it does.

        Args:
            describe: gives what is recorded.
            function: does it.
        """
        with self._turn:
            record = self._open[-1]
            if record is None:
                return function()
            self.number += 1
            number = self.number
            if self.wanted or not self.outside:
                record.append({"number": number, **describe()})
            self._open.append(None)
            try:
                found = function()
            finally:
                self._open.pop()
            if not isinstance(found, str | int | float | tuple | None):
                self.results.append((number, found))
            return found

    def _wrap(self, owner: Any, name: str, describe: Callable[..., Operation]) -> None:
        original = getattr(owner, name)

        @functools.wraps(original)
        def recorded(this: Any, *args: Any, **kwargs: Any) -> Any:
            return self.asked(
                lambda: describe(this, *args, **kwargs),
                lambda: original(this, *args, **kwargs),
            )

        setattr(owner, name, recorded)

    def _wrap_method(self, name: str) -> None:
        original = getattr(Cloud, name)

        @functools.wraps(original)
        def recorded(this: Any, *args: Any, **kwargs: Any) -> Any:
            with self._turn:
                if self.inside:
                    return original(this, *args, **kwargs)
                args, kwargs = self._prepare(name, args, kwargs)
                return self.asked(
                    lambda: {
                        "do": "cloud",
                        "name": name,
                        "args": [self._encode(each) for each in args],
                        "kwargs": {key: self._encode(each) for key, each in kwargs.items()},
                    },
                    lambda: original(this, *args, **kwargs),
                )

        setattr(Cloud, name, recorded)

    def _http(
        self,
        _: Any,
        method: str,
        url: str,
        headers: Any = None,
        body: bytes = b"",
        source: str = "internet",
        **options: Any,
    ) -> Operation:
        return {
            "do": "http",
            "method": method,
            "url": url,
            "headers": {str(key): str(text) for key, text in (headers or {}).items()},
            "body": _text(body),
            "source": source,
            "options": {key: options[key] for key in options if _plain(options[key])},
        }


def _request(request: Any) -> Operation:
    if hasattr(request.body, "read"):  # a file can be read once
        request.body = request.body.read()
    return {
        "do": "request",
        "method": str(request.method),
        "url": str(request.url),
        "headers": {key: _string(value) for key, value in request.headers.items()},
        "body": _text(request.body),
    }


def _shell(name: str, session: ExecSession, *lines: Any) -> Operation:
    return {"do": "shell", "name": name, "id": session.id, "lines": [str(each) for each in lines]}


def _string(value: Any) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)


def _text(body: Any) -> Any:
    """Give a body as text, or as base64 in a list."""
    if body is None or isinstance(body, str):
        return body
    return [base64.b64encode(bytes(body)).decode()]


def _plain(value: Any) -> bool:
    return value is None or isinstance(value, bool | int | float)
