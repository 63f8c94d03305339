"""Workers: work that takes time, and what SIGTERM and SIGKILL do to it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from runs import Runs
from shops import Shop

from ecslab import Image


def packing(seconds: float = 20.0) -> Any:
    """Return work that takes time between its first line and its last one."""

    def pack() -> Iterator[float]:
        print("begins")
        yield seconds / 2
        print("half")
        yield seconds / 2
        print("done")

    return pack


def stopped_in_the_middle(shop: Shop, image: Image, **container: Any) -> tuple[Any, list[str]]:
    """Run a worker, stop it while it works; return the task and what it printed."""
    runs = Runs(shop)
    arn = runs.start("worker", runs.container("worker", image, **container))
    runs.until("worker", "RUNNING")
    while not runs.lines("worker"):
        shop.cloud.advance(seconds=1)
    shop.cloud.advance(seconds=4)
    shop.ecs.stop_task(cluster="shop", task=arn)
    return shop.stopped(arn), runs.lines("worker")


def test_work_takes_the_time_it_yields(shop: Shop) -> None:
    """A generator's numbers are seconds in which time passes for everybody."""
    runs = Runs(shop)
    image = Image(work=packing(), every=10.0, ready_after=0.0)
    runs.start("worker", runs.container("worker", image))
    runs.until("worker", "RUNNING")
    shop.cloud.advance(seconds=75)
    assert runs.lines("worker") == ["begins", "half", "done"] * 2 + ["begins", "half"]


def test_a_program_that_heeds_sigterm_finishes_what_it_has_and_begins_nothing(shop: Shop) -> None:
    """AWS: ecs-graceful-shutdown (stop taking new work, finish the work in hand)."""
    image = Image(work=packing(), every=1.0, stop_after=25.0, stop_exit_code=0)
    task, lines = stopped_in_the_middle(shop, image)
    assert task["containers"][0]["exitCode"] == 0
    assert lines == ["begins", "half", "done"]


def test_a_program_that_ends_at_sigterm_leaves_its_work_undone(shop: Shop) -> None:
    """Linux, signal(7): the default action of SIGTERM is to end the process."""
    task, lines = stopped_in_the_middle(shop, Image(work=packing(), stop_after=0.5))
    assert task["containers"][0]["exitCode"] == 143
    assert lines == ["begins"]


def test_sigkill_ends_work_wherever_it_is(shop: Shop) -> None:
    """AWS: botocore ecs ContainerDefinition.stopTimeout."""
    image = Image(work=packing(60.0), stop_after=70.0, stop_exit_code=0)
    task, lines = stopped_in_the_middle(shop, image, stopTimeout=40)
    assert task["containers"][0]["exitCode"] == 137
    assert lines == ["begins", "half"]


def test_a_program_that_ignores_sigterm_goes_on_until_sigkill(shop: Shop) -> None:
    """AWS: botocore ecs StopTask: SIGTERM, 30 seconds by default, SIGKILL."""
    image = Image(work=packing(10.0), every=1.0, stop_after=None)
    task, lines = stopped_in_the_middle(shop, image)
    assert task["containers"][0]["exitCode"] == 137
    assert lines.count("begins") > 2


@pytest.mark.parametrize("at", [1, 2])
def test_an_exception_in_the_middle_ends_the_process(shop: Shop, at: int) -> None:
    """An uncaught exception ends a Python program with exit code 1 (Python reference)."""

    def fails() -> Iterator[float]:
        for step in range(3):
            if step == at:
                raise LookupError("no such book")
            yield 5.0

    runs = Runs(shop)
    arn = runs.start("worker", runs.container("worker", Image(work=fails)))
    task = shop.stopped(arn)
    assert task["containers"][0]["exitCode"] == 1
    assert runs.lines("worker")[-1] == "LookupError: no such book"
