"""Processes forked from a warmed parent behave like processes, and none is ever left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ecslab.course.forking.parent import Parent
from ecslab.course.forking.process import ForkedProcess
from ecslab.course.forking.standby import Standby, standby
from ecslab.course.forking.wire import Order

PROGRAM = """\
import os, signal, sys, time

def report(argument):
    leads = os.getsid(0) == os.getpid()
    print(argument, os.getcwd(), os.environ.get("MINE"), "HOME" in os.environ, leads)
    print("told", file=sys.stderr)
    return 7

def forever(path):
    if os.fork() == 0:
        signal.pause()
    with open(path, "w") as file:
        file.write(str(os.getpid()))
    signal.pause()

def broken(argument):
    raise ValueError(argument)
"""


@pytest.fixture(scope="module")
def parent(parent_with: Callable[[str, str], Parent]) -> Iterator[Parent]:
    before = os.environ.get("PYTHONPATH")
    yield parent_with("some_program", PROGRAM)
    assert os.environ.get("PYTHONPATH") == before


def order(function: str, argument: Any, folder: Path) -> Order:
    return Order(f"some_program:{function}", argument, {"MINE": "yes"}, str(folder))


def running(parent: Parent, function: str, argument: Any, folder: Path) -> ForkedProcess:
    with (folder / "out").open("w") as out, (folder / "err").open("w") as err:
        return parent.fork(order(function, argument, folder), out, err)


def wait_for(path: Path) -> int:
    """Give the number that a process writes when it is ready."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        if path.exists() and path.read_text():
            return int(path.read_text())
    raise AssertionError("it never came up")


def is_gone(group: int) -> bool:
    """Wait until no process of a group is left."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return True
    return False


def test_a_process_gets_its_own_folder_environment_streams_and_session(
    parent: Parent, tmp_path: Path
) -> None:
    process = running(parent, "report", {"a": [1, None]}, tmp_path)

    assert process.wait(30) == 7
    assert process.poll() == 7
    assert (tmp_path / "out").read_text() == f"{{'a': [1, None]}} {tmp_path} yes False True\n"
    assert (tmp_path / "err").read_text() == "told\n"


def test_an_exception_is_told_and_gives_a_status(parent: Parent, tmp_path: Path) -> None:
    process = running(parent, "broken", "so it is", tmp_path)

    assert process.wait(30) == 1
    assert "ValueError: so it is" in (tmp_path / "err").read_text()


def test_a_killed_process_takes_its_group_along(parent: Parent, tmp_path: Path) -> None:
    process = running(parent, "forever", str(tmp_path / "pid"), tmp_path)
    group = wait_for(tmp_path / "pid")

    assert process.poll() is None
    process.kill()

    assert process.wait(30) == -signal.SIGKILL
    assert is_gone(group)


def test_a_process_ends_when_nobody_holds_it_any_more(parent: Parent, tmp_path: Path) -> None:
    """A grader that was killed leaves nothing behind."""
    process = running(parent, "forever", str(tmp_path / "pid"), tmp_path)
    group = wait_for(tmp_path / "pid")

    process._connection.close()

    assert is_gone(group)


def test_waiting_ends_in_time(parent: Parent, tmp_path: Path) -> None:
    process = running(parent, "forever", str(tmp_path / "pid"), tmp_path)

    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(0.01)
    process.kill()
    process.wait(30)


def test_a_parent_takes_everything_along_and_nothing_is_started_afterwards(
    tmp_path: Path,
) -> None:
    with Parent() as own:
        address = Path(own.address)
        task = Order("signal:pause", None, {}, "/")
        with Path(os.devnull).open("w") as nothing:
            process = own.fork(task, nothing, nothing)

    assert process.wait(30) == -signal.SIGKILL
    assert not address.exists()
    with pytest.raises(OSError), Path(os.devnull).open("w") as nothing:
        own.fork(task, nothing, nothing)


def test_a_parent_stays_ready_for_the_next_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ecslab.course.forking.standby.IDLE_SECONDS", 2.0)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    assert standby() is None, "where nothing may stay behind"
    monkeypatch.delenv("ECSLAB_STANDBY")

    parents = []
    for _ in range(2):
        found = standby()
        assert isinstance(found, Standby)
        found.start()
        with (tmp_path / "out").open("w+") as out:
            task = Order("os:getppid", None, {}, "/")
            parents.append(found.fork(task, out, out).wait(60))
        found.stop()

    assert parents[0] == parents[1], "the same parent, told by its number's last byte"
    assert (tmp_path / f"ecslab-{os.geteuid()}").stat().st_mode & 0o077 == 0


def test_a_folder_that_others_can_write_to_is_not_trusted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    monkeypatch.delenv("ECSLAB_STANDBY")
    (tmp_path / f"ecslab-{os.geteuid()}").mkdir(mode=0o700)
    (tmp_path / f"ecslab-{os.geteuid()}").chmod(0o777)

    assert standby() is None
