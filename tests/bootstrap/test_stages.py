from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

TESTS = Path(__file__).resolve().parents[1]


def module(path: str) -> ModuleType:
    """A program of the tests, which is no package's module."""
    spec = importlib.util.spec_from_file_location(Path(path).stem, TESTS / path)
    assert spec
    assert spec.loader
    found = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = found  # dataclasses look their module up there
    spec.loader.exec_module(found)
    return found


stages, measure = module("stages.py"), module("bench/measure.py")


def check(name: str, program: str) -> object:
    return stages.Check(name, "a program", (sys.executable, "-c", program))


def test_a_failed_check_shows_what_it_said_and_how_to_repeat_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    checks = (check("good", "print('quiet')"), check("bad", "import sys; sys.exit('loud')"))
    monkeypatch.setattr(stages, "CHECKS", checks)
    assert stages.main(["good", "bad"]) == 1
    out = capsys.readouterr().out
    assert "loud" in out
    assert "quiet" not in out
    assert "again: python3 tests bad" in out
    assert out.rstrip().endswith("Failed: bad.")


def test_only_the_checks_that_are_asked_for_run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    checks = (check("good", ""), check("bad", "import sys; sys.exit(1)"))
    monkeypatch.setattr(stages, "CHECKS", checks)
    assert stages.main(["good"]) == 0
    assert capsys.readouterr().out.rstrip().endswith("Everything holds.")


def test_everything_is_the_checks_and_pytest(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    commands = []

    def call(command: list[str], **_: object) -> int:
        commands.append(command)
        return 5  # pytest's word for: no tests were collected

    monkeypatch.setattr(stages, "CHECKS", (check("good", ""),))
    monkeypatch.setattr(stages.subprocess, "call", call)
    assert stages.main([]) == 1, "a suite without tests proves nothing"
    assert [command[3] for command in commands] == ["pytest"]
    assert stages.main(["tests/cli", "-k", "list"]) == 1
    assert commands[1][-3:] == ["tests/cli", "-k", "list"]
    assert "Failed: pytest." in capsys.readouterr().out


def test_the_help_names_every_check(capsys: pytest.CaptureFixture[str]) -> None:
    assert stages.main(["--help"]) == 0
    out = capsys.readouterr().out
    assert all(each.name in out for each in stages.CHECKS)


def test_a_bench_measures_in_turns_and_gives_the_ratio_of_the_medians() -> None:
    order: list[str] = []

    def work(side: str, times: list[float]) -> float:
        order.append(side)
        return times.pop()

    ours, theirs = [9.0, 2.0, 4.0], [1.0, 2.0, 50.0]
    found = measure.interleaved(
        "work",
        lambda: work("a", ours),
        lambda: work("b", theirs),
        against="the other",
        pairs=3,
    )
    assert order == ["a", "b", "b", "a", "a", "b"]
    assert (found.ours, found.theirs, found.ratio) == (4.0, 2.0, 2.0)
