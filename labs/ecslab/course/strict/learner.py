"""In the learner's process: records what its code asks, and tells the judge.

All of it runs where the learner's code can change it, so nothing here keeps grading safe. It has to
be right for those who are honest; what it tells is judged in the trusted process.
"""

from __future__ import annotations

import functools
import inspect
import json
from collections.abc import Callable, Iterable
from dataclasses import fields, replace
from typing import Any

from ecslab.cloud.recording import Recorder
from ecslab.course import session
from ecslab.course.session import Session
from ecslab.course.strict.programs import Programs
from ecslab.course.strict.values import Encoder
from ecslab.model.image import Image

__all__ = ["begin", "tell", "watch"]

_SESSION = ("check", "cleanup", "reset")
_watchers: list[_Watcher] = []


class _Watcher:
    """What is recorded in this process."""

    def __init__(self) -> None:
        encoder = Encoder(self._number, self._result)
        self.encode = encoder.encode
        self.recorder = Recorder(self.encode, self._prepare)
        self.programs = Programs(self.recorder, self.encode)
        self._courses: dict[str, Any] = {}
        self._before: dict[str, Any] = {}
        self._replaced: dict[str, tuple[Any, Any]] = {}
        self.recorder.wanted = False

    def install(self) -> None:
        """Begin to record."""
        self.recorder.install()
        self.recorder.around_functions(self.programs.run_code)
        for name in _SESSION:
            self._wrap_session(name)
        self._wrap_start()

    def begin(self, names: Iterable[str], scope: dict[str, Any], *, learners: bool) -> None:
        """Get ready for a cell.

        While a cell of the course runs, programs that the learner wrote are recorded under their
        names; while the learner's own cells run, all is as the learner wrote it.

        Args:
            names: those that cells of the course read.
            scope: of the notebook.
            learners: whether the cell is the learner's.
        """
        if self.recorder.wanted is learners:
            return
        self.recorder.wanted = learners
        if learners:
            self._courses |= _changed(names, self._before, scope)
            for name, (own, traced) in self._replaced.items():
                if scope.get(name) is traced:
                    scope[name] = own
            self._replaced = {}
            return
        for name in names:
            value = scope.get(name)
            if self._is_own_program(name, value):
                self._replaced[name] = value, self.programs.traced(value)
                scope[name] = self._replaced[name][1]
        self._before = {name: scope[name] for name in names if name in scope}

    def values(self, names: Iterable[str], scope: dict[str, Any]) -> dict[str, Any]:
        """Give what names mean now, as JSON can say it.

        Args:
            names: those that cells of the course read.
            scope: of the notebook.
        """
        return {
            name: self.encode(scope[name])
            for name in names
            if name in scope
            and (not _is_program(scope[name]) or self._is_own_program(name, scope[name]))
        }

    def _is_own_program(self, name: str, value: Any) -> bool:
        """Tell whether a name means a program that was bound in a cell of the learner's."""
        return _is_program(value) and value is not self._courses.get(name)

    def _wrap_session(self, name: str) -> None:
        original = getattr(Session, name)
        signature = inspect.signature(original)

        @functools.wraps(original)
        def recorded(this: Session, *args: Any, **kwargs: Any) -> Any:
            if self._result(this) is None:
                return original(this, *args, **kwargs)
            given = [self._traced(each) for each in signature.bind(this, *args, **kwargs).args[1:]]
            return self.recorder.asked(
                lambda: {
                    "do": "session",
                    "name": name,
                    "args": [self.encode(each) for each in given],
                },
                lambda: original(this, *given),
            )

        setattr(Session, name, recorded)

    def _wrap_start(self) -> None:
        original = session.start

        @functools.wraps(original)
        def recorded(name: str, part: str = "lab", **kwargs: Any) -> Session:
            found: Session = self.recorder.asked(
                lambda: {"do": "session", "name": "start", "args": [str(name), str(part)]},
                lambda: original(name, part, **kwargs),
            )
            return found

        session.start = recorded

    def _number(self, program: Any) -> int:
        return self.programs.number(program)

    def _result(self, value: Any) -> int | None:
        if isinstance(value, Session):
            return 0 if value is session.latest() else None
        found = (number for number, known in self.recorder.results if known is value)
        return next(found, None)

    def _prepare(self, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, Any]:
        """Have the learner's functions recorded, also those inside of an image."""
        del name
        ready = tuple(self._traced(each) for each in args)
        return ready, {key: self._traced(each) for key, each in kwargs.items()}

    def _traced(self, value: Any) -> Any:
        if isinstance(value, Image):
            return _with_programs(value, self._traced)
        if not _is_program(value):
            return value
        # What a cell of the course gives of the course's own runs in the trusted process too.
        known = self.recorder.wanted or self.programs.knows(value)
        return self.programs.traced(value) if known else value


def _with_programs(image: Image, ready: Callable[[Any], Any]) -> Image:
    parts = {each.name: getattr(image, each.name) for each in fields(Image)}
    changed = {key: ready(part) for key, part in parts.items() if callable(part)}
    variants = {key: ready(part) for key, part in image.variants.items()}
    return replace(image, **changed, variants=variants)


def _is_program(value: Any) -> bool:
    return callable(value) and not isinstance(value, type)


def _changed(names: Iterable[str], before: dict[str, Any], now: dict[str, Any]) -> dict[str, Any]:
    return {name: now[name] for name in names if name in now and now[name] is not before.get(name)}


def watch() -> None:
    """Begin to record in this process; once."""
    if not _watchers:
        watcher = _Watcher()
        watcher.install()
        _watchers.append(watcher)


def begin(names: Iterable[str], scope: dict[str, Any], *, learners: bool) -> None:
    """Get ready for a cell.

    Args:
        names: those that cells of the course read.
        scope: of the notebook.
        learners: whether the cell is the learner's.
    """
    _watchers[0].begin(list(names), scope, learners=learners)


class _Told:
    """Shows itself as JSON."""

    def __init__(self, what: dict[str, Any]) -> None:
        self._what = what

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        return {"text/plain": json.dumps(self._what)}


def tell(names: Iterable[str], scope: dict[str, Any]) -> _Told:
    """Tell what was asked since the last time, what programs did, and what names mean now.

    The trusted process knows by itself what names mean after a cell of the course.

    Args:
        names: those that cells of the course read.
        scope: of the notebook.
    """
    watcher = _watchers[0]
    values = watcher.values(names, scope) if watcher.recorder.wanted else {}
    steps, watcher.programs.steps = watcher.programs.steps, []
    return _Told(
        {
            "asked": watcher.recorder.take(),
            "steps": steps,
            "programs": watcher.programs.fingerprints,
            "values": values,
        }
    )
