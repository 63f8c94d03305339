"""The process of a container in simulated time, without any AWS around it."""

from __future__ import annotations

import contextlib
import sys
from random import Random
from types import SimpleNamespace
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecslab import Image
from ecslab.clock import Clock
from ecslab.journal import Journal
from ecslab.model.task_definition import TaskDefinitions
from ecslab.sim.entities import Account, Cluster, Container, Task
from ecslab.sim.process import Process


class Box:
    """A container in a task of its own, and what its process prints."""

    def __init__(self, image: Image, *, memory: str = "512", **spec: Any) -> None:
        self.clock = Clock()
        programs = SimpleNamespace(inside=lambda _environment, _owner: contextlib.nullcontext())
        account = Account(
            id="123456789012",
            region="us-east-1",
            clock=self.clock,
            journal=Journal(self.clock),
            random=Random(7),
            ports=cast("Any", SimpleNamespace(programs=programs)),
            definitions=TaskDefinitions("123456789012", "us-east-1"),
        )
        self.task = Task(
            arn="arn:aws:ecs:us-east-1:123456789012:task/shop/1",
            cluster=Cluster("shop", "arn", {"status": "ACTIVE"}),
            definition={"memory": memory},
            group="family:web",
            created_at=self.clock.now,
        )
        self.container = Container("app", {"name": "app", "image": "x", **spec}, "arn")
        self.task.containers.append(self.container)
        self.lines: list[tuple[float, str]] = []
        self.process = Process(
            account,
            self.task,
            self.container,
            image,
            environment={"NAME": "shop"},
            write=lambda lines: self.lines.extend((self.clock.seconds, line) for line in lines),
        )
        self.container.process = self.process

    def script(self, text: str, until: float = 60) -> int | None:
        """Run a script for some time; return its exit code."""
        self.process.run_script(text)
        self.clock.advance(until)
        return self.process.exit_code

    def start(self, until: float) -> int | None:
        """Run the image's main behaviour for some time; return its exit code."""
        self.process.start("python")
        self.clock.advance(until)
        return self.process.exit_code


@pytest.mark.parametrize(
    ("script", "code", "lines"),
    [
        ("echo a; sleep 5; echo b", 0, [(0, "a"), (5, "b")]),
        ("sleep 1m; exit 3", 3, []),
        ("for i in 1 2; do echo $i; done", 2, [(0, "sh: 1: for: not part of this simulation")]),
        ("while false; do echo a; done; echo b", 0, [(0, "b")]),
        ("until true; do echo a; done; echo $?", 0, [(0, "0")]),
        (
            "while true; do echo a; sleep 2 && break; done; echo b",
            0,
            [(0, "a"), (2, "b")],
        ),
        (
            "while sleep 3; do while true; do echo in; break; done; echo out; exit 9; done",
            9,
            [(3, "in"), (3, "out")],
        ),
        ("! false && echo not", 0, [(0, "not")]),
        ("exec nope", 127, [(0, "sh: 1: nope: not found")]),
        ("exec sleep 2", 0, []),
        ("sh -c 'echo in; exit 4' || echo $?", 0, [(0, "in"), (0, "4")]),
        ("sh -c 'echo \"x'", 2, [(0, "sh: 1: Syntax error: unterminated quoted string")]),
        (
            "echo $NAME; printenv NAME; printenv NONE; echo $?",
            0,
            [(0, "shop"), (0, "shop"), (0, "1")],
        ),
        ("env | grep N", 0, [(0, "NAME=shop")]),
        ("echo gone > /dev/null; echo -n here", 0, [(0, "here")]),
        ("date", 0, [(0, "Thu Jan 15 09:00:00 UTC 2026")]),
        ("test -f /x && cat /x; ls", 0, []),
    ],
)
def test_a_script_runs_in_simulated_time(
    script: str, code: int, lines: list[tuple[float, str]]
) -> None:
    """POSIX.1, Shell Command Language, as far as the simulation reads it."""
    box = Box(Image())
    assert box.script(script) == code
    assert box.lines == lines


def test_a_loop_without_a_pause_does_not_stop_time() -> None:
    """Time goes on whatever a learner writes; the loop gets one round a second."""
    box = Box(Image())
    assert box.script("while true; do echo round; done", until=10) is None
    assert 10 <= len(box.lines) <= 11


def test_a_script_hands_over_to_the_program_of_the_image() -> None:
    """Dockerfile CMD in shell form: the image's own program begins where the script calls it."""
    box = Box(Image(command=("python", "app"), logs=("up",), port=80, ready_after=2))
    assert box.script("sleep 10; python app", until=11) is None
    assert box.lines == [(10, "up")]
    assert not box.process.listens_on(80)
    box.clock.advance(1)
    assert box.process.listens_on(80)
    assert (box.process.age, box.process.main_age) == (12, 2)


def test_a_script_may_call_a_variant() -> None:
    """Image.variants: other behaviours by command line."""
    image = Image(variants={"python job": Image(logs=("job",), runs_for=3, exit_code=6)})
    box = Box(image)
    assert box.script("exec python job", until=4) == 6
    assert box.lines == [(0, "job")]


def test_nothing_is_printed_after_the_end() -> None:
    """A killed process is silent."""
    box = Box(Image())
    box.process.run_script("sleep 5; echo late")
    box.clock.advance(1)
    box.process.kill()
    box.clock.advance(10)
    assert (box.process.exit_code, box.lines) == (137, [])


@given(limit=st.integers(60, 400), start=st.integers(1, 50), growth=st.integers(1, 20))
def test_memory_that_grows_over_the_limit_kills(limit: int, start: int, growth: int) -> None:
    """AWS: out-of-memory; the kernel acts within seconds, never before the limit is passed."""
    box = Box(Image(memory=lambda age: start + growth * age), memory=limit)
    due = (limit - start) / growth
    box.process.start("python")
    ended = []
    box.process.ended.callbacks.append(lambda _: ended.append(box.clock.seconds))
    box.clock.advance(due + 6)
    assert box.process.exit_code == 137
    assert box.process.end_reason == "OutOfMemoryError: Container killed due to memory usage"
    assert due <= ended[0] <= due + 6


def test_a_shell_needs_hardly_any_memory() -> None:
    """Only the program of the image uses what the image says."""
    box = Box(Image(memory=900))
    assert box.script("sleep 30; exit 0", until=40) == 0


@pytest.mark.parametrize(
    ("leave", "code", "line"),
    [
        (sys.exit, 0, None),
        (lambda: sys.exit(3), 3, None),
        (lambda: sys.exit("no database"), 1, "no database"),
        (lambda: {}["a"], 1, "KeyError: 'a'"),
        (lambda: int("x" * 3), 1, "ValueError: invalid literal for int() with base 10: 'xxx'"),
    ],
    ids=["exit", "exit 3", "exit text", "key", "value"],
)
def test_how_a_program_leaves(leave: Any, code: int, line: str | None) -> None:
    """Python: sys.exit; an exception that nobody catches is exit code 1 and a traceback."""
    box = Box(Image(work=leave, ready_after=2))
    assert box.start(until=3) == code
    assert (box.lines[-1][1] if box.lines else None) == line


def test_a_program_that_sleeps_takes_its_time() -> None:
    """What application code sleeps delays its own next call, and nobody else."""
    moments: list[float] = []
    box = Box(Image())

    def work() -> None:
        moments.append(box.clock.seconds)
        box.clock.advance(7)

    box.process.image = Image(work=work, every=3, ready_after=1)
    box.start(until=30)
    assert moments == [1, 11, 21]


def test_a_request_that_fails_is_a_500_and_in_the_log() -> None:
    """A WSGI server answers 500 when the application raises (PEP 3333)."""

    def app(environ: Any, start_response: Any) -> list[bytes]:
        raise RuntimeError(environ["PATH_INFO"])

    box = Box(Image(port=80, app=app))
    box.start(until=2)
    answer = box.process.request("GET", "http://x/books", {}, b"")
    assert answer.status == 500
    assert box.lines[-1][1] == "RuntimeError: /books"
    assert box.process.alive


def test_an_error_in_simulated_time_ends_that_advance_only() -> None:
    """A clock that was left by an exception goes on exactly as far as it is asked to."""
    box = Box(Image(memory=lambda age: 1 / (3 - age)))
    box.process.start("python")
    with contextlib.suppress(ZeroDivisionError):
        for _ in range(10):
            box.clock.advance(1)
    broken = Clock()
    broken.env.process(_fails(broken))
    with pytest.raises(RuntimeError):
        broken.advance(100)
    assert (broken.seconds, broken.stepping) == (5, False)
    broken.advance(200)
    assert broken.seconds == 205


def _fails(clock: Clock) -> Any:
    yield clock.env.timeout(5)
    raise RuntimeError("a defect")
