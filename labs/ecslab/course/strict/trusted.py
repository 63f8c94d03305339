"""In the trusted process: repeats what the learner's process told, as data and never as code.

Whoever tells may be an enemy. A record can ask for what a learner may ask for, in any order and any
number; names of methods are looked up in lists of ours; code that a request brings along, as that
of an AWS Lambda function, is imitated like every other program; what a program printed goes into
the logs of its container and never into the output of a cell.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import requests

from ecslab.cloud.replay import Replay
from ecslab.course import catalogue, session
from ecslab.course.strict.programs import Imitation
from ecslab.course.strict.values import Decoder, Unreadable

__all__ = ["Follower"]

_SESSION = {"check": 2, "cleanup": 0, "reset": 0}
"""Methods of a session that may be repeated, and the most arguments of each."""
_ENDING = ("reset", "stop")
"""Methods of a cloud that leave nothing of a lab: in an empty account, nothing is left to do."""


class Follower:
    """Repeats operations, imitates programs and binds values.

    Args:
        scope: of the notebook in this process.
    """

    def __init__(self, scope: dict[str, Any]) -> None:
        self._scope = scope
        decoder = Decoder(
            program=self._program,
            result=self._result,
            response=self._response,
        )
        self._decode = decoder.decode
        self._replay = Replay(self._decode)
        self._imitation = Imitation(self._replay, self._decode)
        self._replay.imitate_functions(self._imitation.answer)

    def follow(self, told: str, names: Iterable[str], *, learners: bool) -> None:
        """Go where the learner's process has gone.

        Args:
            names: those that may be bound: cells of the course read them.
            told: JSON that `ecslab.course.strict.learner.tell` wrote, or somebody else.
            learners: whether a cell of the learner's has run; what a cell of the course asked is
                asked here by that cell itself.
        """
        try:
            found = json.loads(told)
            self._imitation.feed(list(found["steps"]), list(found["programs"]))
            asked, values = list(found["asked"]), dict(found["values"])
        except (ValueError, TypeError, LookupError, RecursionError):
            return
        if not learners:
            return
        for operation in asked:
            try:
                self._perform(operation)
            except Exception:  # noqa: BLE001, S112 - it failed there too, or the record is wrong
                continue
        for name in names:
            if name in values:
                self._bind(name, self._decode(values[name]))

    def _perform(self, operation: dict[str, Any]) -> None:
        kind = operation["do"]
        if kind == "cloud" and operation["name"] in _ENDING:
            session.opened().stop()
            return
        if kind != "session":
            self._replay.perform(operation)
            return
        name, args = str(operation["name"]), operation["args"]
        if name == "start":
            _start(*map(str, args))
        elif name in _SESSION and len(args) <= _SESSION[name]:
            getattr(session.opened(), name)(*map(self._decode, args))

    def _bind(self, name: str, value: Any) -> None:
        """Bind a name; what could not be told leaves the course's own value as it is."""
        if not isinstance(value, Unreadable) or name not in self._scope:
            self._scope[name] = value

    def _program(self, number: int) -> Any:
        return self._imitation.program(number)

    def _result(self, number: int) -> Any:
        return session.opened() if number == 0 else self._replay.results[number]

    def _response(self, url: str, status: int, body: str) -> Any:
        """Give a response that was really received here, or say that there was none."""
        for asked, found in reversed(self._replay.responses):
            if (asked, found.status, found.text) == (url, status, body):
                response = requests.Response()
                response.status_code, response.url = status, url
                response._content = found.body  # noqa: SLF001 - as requests' own adapters do
                response.headers.update(found.headers)
                return response
        return Unreadable("a response that never came")


def _start(name: str, part: str) -> None:
    """Open the same lab once more; a notebook that opens another one has left its own."""
    open_now = session.opened()
    if (catalogue.load().find(name).name, part) == (open_now.name, open_now.part):
        session.start(name, part)
    else:
        open_now.stop()
