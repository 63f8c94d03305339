from __future__ import annotations

import errno
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import pytest

from ecslab.cli.app import COMMANDS
from ecslab.errors import CourseError

if TYPE_CHECKING:
    from tests.cli.conftest import Answer

Command = Callable[..., "Answer"]


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help(command: Command, name: str) -> None:
    answer = command(name, "--help")
    assert answer.status == 0
    assert f"Usage: python3 labs {name}" in answer.out
    assert "NoneType" not in answer.out


def test_the_help_lists_every_command(command: Command) -> None:
    answer = command("--help")
    assert answer.status == 0
    for name in COMMANDS:
        assert f" {name} " in answer.out


def test_a_command_that_is_not_there_is_a_usage_error(command: Command) -> None:
    answer = command("teach")
    assert answer.status == 2
    assert "No such command 'teach'" in answer.err


def failing(error: Exception) -> Callable[..., NoReturn]:
    """A function that meets this error."""

    def fail(*_: object, **__: object) -> NoReturn:
        raise error

    return fail


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (CourseError("Do this."), "Do this."),
        (OSError(errno.ENOSPC, "No space left"), "the disk is full"),
        (PermissionError(errno.EACCES, "Permission denied"), "you have no permission"),
        (KeyError("odd"), "The course itself is at fault here (KeyError: 'odd')"),
    ],
)
def test_every_failure_is_one_sentence(
    command: Command, monkeypatch: pytest.MonkeyPatch, error: Exception, words: str
) -> None:
    monkeypatch.setattr("ecslab.course.catalogue.load", failing(error))
    assert words in command("list").sentence


def test_a_traceback_is_shown_to_those_who_ask(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ecslab.course.catalogue.load", failing(KeyError("odd")))
    monkeypatch.setenv("ECSLAB_TRACEBACK", "1")
    assert "Traceback" in command("list").err


def test_ctrl_c_ends_quietly(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ecslab.course.catalogue.load", failing(KeyboardInterrupt()))  # type: ignore[arg-type]
    answer = command("list")
    assert answer.status in {1, 130}
    assert "Traceback" not in answer.err


def test_it_runs_as_a_module_and_says_its_own_name(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-P", "-m", "ecslab.cli", "--help"],
        cwd=tmp_path,
        text=True,
        capture_output=True,
        check=True,
    )
    assert "Usage: ecslab [OPTIONS] COMMAND" in done.stdout


def test_nothing_heavy_is_imported_before_it_is_needed() -> None:
    program = "import ecslab.cli.app, sys; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program], text=True, capture_output=True, check=True
    )
    heavy = {"boto3", "jupyterlab", "matplotlib", "moto", "nbformat", "simpy"}
    assert heavy.isdisjoint(done.stdout.split())
