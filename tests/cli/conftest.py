"""The command line, run in this process on a course whose `work` folder is the test's own."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ecslab.cli.app import run

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Answer:
    """What a command printed, and its exit status."""

    status: int
    out: str
    err: str

    @property
    def data(self) -> Any:
        return json.loads(self.out)

    @property
    def sentence(self) -> str:
        """The one line that a failed command says."""
        assert self.status == 1, (self.out, self.err)
        assert self.out == ""
        assert len(self.err.splitlines()) == 1, self.err
        return self.err.strip()


@pytest.fixture
def course(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A course with nothing in its `work` folder yet."""
    for part in ("lessons", "labs", "solutions"):
        (tmp_path / part).symlink_to(ROOT / part, target_is_directory=True)
    monkeypatch.setenv("ECSLAB_ROOT", str(tmp_path))
    monkeypatch.setenv("ECSLAB_COMMAND", "python3 labs")
    monkeypatch.delenv("ECSLAB_PROGRESS")
    return tmp_path


@pytest.fixture
def command(course: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., Answer]:
    """Run a command: `command("list", "--json")`."""

    def answer(*arguments: str) -> Answer:
        status = run(list(arguments))
        said = capsys.readouterr()
        return Answer(status, said.out, said.err)

    return answer
