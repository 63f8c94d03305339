"""In the learner's process: records what its code asks, and tells the judge."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import fields, replace
from types import FunctionType
from typing import Any

from ecslab.cloud.recording import Recorder
from ecslab.course.session import Session
from ecslab.course.strict.programs import Programs
from ecslab.course.strict.values import Encoder
from ecslab.model.image import Image

__all__ = ["tell", "watch"]

_OURS = "ecslab."
_SESSION = ("check", "cleanup", "reset")
_watchers: list[_Watcher] = []


class _Watcher:
    """What is recorded in this process."""

    def __init__(self) -> None:
        encoder = Encoder(self._number, self._result)
        self.encode = encoder.encode
        self.recorder = Recorder(self.encode, self._prepare)
        self.programs = Programs(self.recorder, self.encode)
        self.learners = False
        """Whether the cell that runs is the learner's."""

    def install(self) -> None:
        """Begin to record."""
        self.recorder.install()
        for name in _SESSION:
            self._wrap_session(name)

    def _wrap_session(self, name: str) -> None:
        original = getattr(Session, name)

        def recorded(this: Session, *args: Any) -> Any:
            operation = {
                "do": "session",
                "name": name,
                "args": [self.encode(each) for each in args],
            }
            return self.recorder.asked(operation, lambda: original(this, *args))

        setattr(Session, name, recorded)

    def _number(self, program: Any) -> int:
        return self.programs.number(program)

    def _result(self, value: Any) -> int | None:
        if isinstance(value, Session):
            return 0
        found = (number for number, known in self.recorder.results if known is value)
        return next(found, None)

    def _prepare(self, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, Any]:
        """Have the learner's functions recorded, also those inside of an image."""
        del name
        ready = tuple(self._traced(each) for each in args)
        return ready, {key: self._traced(each) for key, each in kwargs.items()}

    def _traced(self, value: Any) -> Any:
        if isinstance(value, Image):
            parts = {each.name: getattr(value, each.name) for each in fields(Image)}
            changed = {key: self._traced(part) for key, part in parts.items() if callable(part)}
            variants = {key: self._traced(part) for key, part in value.variants.items()}
            return replace(value, **changed, variants=variants)
        if not callable(value) or isinstance(value, type):
            return value
        given = str(getattr(value, "__module__", "")).startswith(_OURS) and not self.learners
        return value if given else self.programs.traced(value)


def watch() -> None:
    """Begin to record in this process; once."""
    if not _watchers:
        watcher = _Watcher()
        watcher.install()
        _watchers.append(watcher)


class _Told:
    """Shows itself as JSON."""

    def __init__(self, what: dict[str, Any]) -> None:
        self._what = what

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        return {"text/plain": json.dumps(self._what)}


def tell(
    names: Iterable[str], own: Iterable[str], scope: dict[str, Any], *, next_is_learners: bool
) -> _Told:
    """Tell what was asked since the last time, what programs did, and what names mean now.

    Args:
        names: those that cells of the course read.
        own: those that the learner's cells bind.
        scope: of the notebook.
        next_is_learners: whether the next cell is the learner's.
    """
    watcher = _watchers[0]
    own = set(own)
    values = {}
    for name in names:
        if name not in scope:
            continue
        value = scope[name]
        if isinstance(value, FunctionType) or hasattr(value, "ecslab_program"):
            if name not in own:
                continue
            scope[name] = watcher.programs.traced(value)
        values[name] = watcher.encode(value)
    steps, watcher.programs.steps = watcher.programs.steps, []
    watcher.learners = next_is_learners
    return _Told(
        {
            "asked": watcher.recorder.take(),
            "steps": steps,
            "programs": watcher.programs.fingerprints,
            "values": values,
        }
    )
