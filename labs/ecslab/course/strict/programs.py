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

__all__ = ["Imitation", "Programs", "Step"]

Step = dict[str, Any]
"""What a program did between being called, or going on, and giving something back."""

_WSGI_ARGUMENTS = 2
_LEARNERS = "of the learner "


class Programs:
    """Records what functions do when they are called.

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
        for number, known in enumerate(self._known):
            if known is function:
                return number
        self._known.append(function)
        self.fingerprints.append(_LEARNERS + digest(function))
        return len(self._known) - 1

    def traced(self, function: Any) -> Any:
        """Give a function that does the same, and is recorded.

        Args:
            function: any callable.
        """
        if hasattr(function, "ecslab_program"):
            return function
        number = self.number(function)

        def called(*args: Any, **kwargs: Any) -> Any:
            self._calls += 1
            step: Step = {"program": number, "call": self._calls}
            if len(args) == _WSGI_ARGUMENTS and callable(args[1]):
                answering = self._noting(args[1], step)
                return self._run(step, lambda: list(map(bytes, function(args[0], answering))))
            found = self._run(step, lambda: function(*args, **kwargs))
            return self._going_on(found, step) if isgenerator(found) else found

        wrapped: Any = functools.wraps(function, updated=())(called)
        wrapped.ecslab_program = function
        wrapped.image_fingerprint = self.fingerprints[number]
        return wrapped

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
        if isinstance(found, Exception):
            step["raised"] = [type(found).__name__, str(found)]
        else:
            step["goes_on"] = isgenerator(found)
            step["gave"] = None if isgenerator(found) else self._encode(found)
        self.steps.append(step)
        if isinstance(found, Exception):
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
        for step in steps:
            number, call = int(step["program"]), int(step["call"])
            if (number, call) not in self._steps:
                self._calls[number].append(call)
            self._steps[number, call].append(step)

    def program(self, number: int) -> Any:
        """Give a function that imitates a program.

        Args:
            number: of the program.
        """

        def imitated(*args: Any, **_: Any) -> Any:
            if not self._calls[number]:
                raise RuntimeError("this program was never seen to do that")
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
        sys.stdout.write(str(step.get("printed", "")))
        if "raised" in step:
            name, text = step["raised"]
            raise type(str(name)[:80], (Exception,), {})(str(text))
        return self._decode(step.get("gave"))

    def _again(self, operation: Operation) -> None:
        try:
            self._replay.perform(operation)
        except Exception:  # noqa: BLE001 - it failed there too, or the record is wrong
            return
