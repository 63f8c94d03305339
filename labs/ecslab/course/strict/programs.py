"""A learner's programs: recorded where they run, imitated where nothing of theirs may run."""

from __future__ import annotations

import functools
import io
import sys
from collections import defaultdict, deque
from collections.abc import Callable, Generator
from inspect import isgenerator
from typing import Any

from ecslab.cloud.recording import Operation, Recorder
from ecslab.cloud.replay import Replay
from ecslab.model.image_digest import digest
from ecslab.sim.application_errors import short_traceback

__all__ = ["Imitation", "Programs", "Step"]

Step = dict[str, Any]
"""What a program did between being called, or going on, and giving something back."""

_WSGI_ARGUMENTS = 2
_LEARNERS = "of the learner "
_MOST_LETTERS = 200
_NEVER = "this program was never seen to do that"


class Programs:
    """Records what functions do when they are called, where they will be imitated.

    A call has a counterpart in the trusted process when the account makes it, or a cell of the
    course. There is none of a call that a learner's cell makes, or another program: its requests
    belong to that one.

    Args:
        recorder: what they ask meanwhile.
        encode: turns what they give back into what JSON can say.
    """

    def __init__(self, recorder: Recorder, encode: Callable[[Any], Any]) -> None:
        self.steps: list[Step] = []
        self.fingerprints: list[str] = []
        """By the number of a program: what stands for it in an image."""
        self._recorder = recorder
        self._encode = encode
        self._known: list[Any] = []
        self._calls = 0

    def number(self, function: Any) -> int:
        """Give the number of a function, the same each time."""
        function = getattr(function, "ecslab_program", function)
        number = self._find(function)
        if number is not None:
            return number
        return self._add(function, _LEARNERS + digest(function))

    def knows(self, function: Any) -> bool:
        """Tell whether a function has a number."""
        return self._find(getattr(function, "ecslab_program", function)) is not None

    def _find(self, function: Any) -> int | None:
        found = (number for number, known in enumerate(self._known) if known is function)
        return next(found, None)

    def _add(self, function: Any, fingerprint: str) -> int:
        self._known.append(function)
        self.fingerprints.append(fingerprint)
        return len(self._known) - 1

    def run_code(self, name: str, function: Callable[[], Any]) -> Any:
        """Run the handler of a function of AWS Lambda, and record it.

        Args:
            name: of its code.
            function: calls the handler.
        """
        fingerprint = _LEARNERS + name
        if fingerprint not in self.fingerprints:
            self._add(object(), fingerprint)
        return self._run(self._step(self.fingerprints.index(fingerprint)), function)

    def _step(self, number: int) -> Step:
        self._calls += 1
        return {"program": number, "call": self._calls}

    def traced(self, function: Any) -> Any:
        """Give a function that does the same, and is recorded.

        Args:
            function: any callable.
        """
        if hasattr(function, "ecslab_program"):
            return function
        number = self.number(function)

        def called(*args: Any, **kwargs: Any) -> Any:
            if not self._has_a_counterpart():
                return function(*args, **kwargs)
            step = self._step(number)
            if len(args) == _WSGI_ARGUMENTS and callable(args[1]):
                answering = self._noting(args[1], step)
                return self._run(step, lambda: list(map(bytes, function(args[0], answering))))
            found = self._run(step, lambda: function(*args, **kwargs))
            return self._going_on(found, step) if isgenerator(found) else found

        wrapped: Any = functools.wraps(function, updated=())(called)
        wrapped.ecslab_program = function
        wrapped.image_fingerprint = self.fingerprints[number]
        return wrapped

    def _has_a_counterpart(self) -> bool:
        recorder = self._recorder
        return recorder.inside or (recorder.outside and not recorder.wanted)

    def _noting(self, start_response: Any, step: Step) -> Any:
        def noted(status: str, fields: Any, *rest: Any) -> Any:
            step["answer"] = [str(status), [[str(k), str(v)] for k, v in fields]]
            return start_response(status, fields, *rest)

        return noted

    def _run(self, step: Step, function: Callable[[], Any]) -> Any:
        """Run a piece of a program and record what it printed, asked and gave back."""
        out = sys.stdout
        before = out.tell() if isinstance(out, io.StringIO) else 0
        asked, found = self._recorder.within(function)
        step["asked"] = asked
        if isinstance(out, io.StringIO):
            step["printed"] = out.getvalue()[before:]
        raised = isinstance(found, Exception | SystemExit)
        if isinstance(found, SystemExit):
            step["left"] = found.code if isinstance(found.code, int | None) else str(found.code)
        elif raised:
            step["raised"] = _told(found)
        else:
            step["goes_on"] = isgenerator(found)
            step["gave"] = None if isgenerator(found) else self._encode(found)
        self.steps.append(step)
        if raised:
            raise found
        return found

    def _going_on(self, steps: Any, first: Step) -> Generator[Any, None, None]:
        while True:
            step: Step = {"program": first["program"], "call": first["call"]}
            ended: list[bool] = []

            def further(ended: list[bool] = ended) -> Any:
                try:
                    return next(steps)
                except StopIteration:
                    ended.append(True)
                    return None

            found = self._run(step, further)
            step["ended"] = bool(ended)
            if ended:
                return
            yield found


class Imitation:
    """Does again, step by step, what programs did in the learner's process.

    Args:
        replay: performs what they asked.
        decode: reads what they gave back.
    """

    def __init__(self, replay: Replay, decode: Callable[[Any], Any]) -> None:
        self._replay = replay
        self._decode = decode
        self._fingerprints: list[str] = []
        self._calls: dict[int, deque[int]] = defaultdict(deque)
        self._steps: dict[tuple[int, int], deque[Step]] = defaultdict(deque)

    def feed(self, steps: list[Step], fingerprints: list[str]) -> None:
        """Take what programs have done since the last time.

        Args:
            steps: as `Programs` recorded them.
            fingerprints: of all programs so far.
        """
        self._fingerprints = [str(each) for each in fingerprints]
        begun = set()
        for step in steps:
            number, call = int(step["program"]), int(step["call"])
            if (number, call) not in self._steps:
                begun.add((call, number))
            self._steps[number, call].append(step)
        # A call that was made during another one ended first, and was recorded first.
        for call, number in sorted(begun):
            self._calls[number].append(call)

    def answer(self, name: str) -> Any:
        """Imitate the handler of a function of AWS Lambda.

        Args:
            name: of its code.

        Raises:
            RuntimeError: this code did not run in the learner's process.
        """
        if _LEARNERS + name not in self._fingerprints:
            raise RuntimeError(_NEVER)
        return self.program(self._fingerprints.index(_LEARNERS + name))()

    def program(self, number: int) -> Any:
        """Give a function that imitates a program.

        Args:
            number: of the program.
        """

        def imitated(*args: Any, **_: Any) -> Any:
            if not self._calls[number]:
                raise RuntimeError(_NEVER)
            call = self._calls[number].popleft()
            step = self._next(number, call)
            if "answer" in step and len(args) == _WSGI_ARGUMENTS:
                status, fields = step["answer"]
                args[1](str(status), [(str(key), str(value)) for key, value in fields])
            found = self._perform(step)
            return self._going_on(number, call) if step.get("goes_on") else found

        found: Any = imitated
        if 0 <= number < len(self._fingerprints):
            # It can never be that of one of the course's own programs.
            told = self._fingerprints[number].removeprefix(_LEARNERS)
            found.image_fingerprint = _LEARNERS + told
        return found

    def _going_on(self, number: int, call: int) -> Generator[Any, None, None]:
        while True:
            step = self._next(number, call)
            found = self._perform(step)
            if step.get("ended"):
                return
            yield found

    def _next(self, number: int, call: int) -> Step:
        if not self._steps[number, call]:
            raise RuntimeError("this program was never seen to go on")
        return self._steps[number, call].popleft()

    def _perform(self, step: Step) -> Any:
        for operation in step.get("asked", ()):
            self._again(operation)
        # Only a log takes what a program prints: in a check, it could look like the check's words.
        if isinstance(sys.stdout, io.StringIO):
            sys.stdout.write(str(step.get("printed", "")))
        if "left" in step:
            code = step["left"]
            raise SystemExit(code if isinstance(code, int | None) else str(code))
        if "raised" in step:
            raise _imitated(*(str(each) for each in step["raised"]))
        return self._decode(step.get("gave"))

    def _again(self, operation: Operation) -> None:
        try:
            self._replay.perform(operation)
        except Exception:  # noqa: BLE001 - it failed there too, or the record is wrong
            return


def _told(error: Exception) -> list[str]:
    """Give the module and the name of an exception's class, its words, and what a log shows."""
    kind = type(error)
    return [kind.__module__, kind.__name__, str(error), short_traceback(error)]


def _imitated(module: str, name: str, words: str, shown: str) -> Exception:
    kind = type(
        name[:_MOST_LETTERS],
        (Exception,),
        {"__module__": module[:_MOST_LETTERS], "application_traceback": shown},
    )
    error: Exception = kind(words)
    return error
