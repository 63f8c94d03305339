from __future__ import annotations

import errno
import shutil
import socket
import tempfile
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, NoReturn

import pytest

from ecslab.cli import doctor

if TYPE_CHECKING:
    from tests.cli.conftest import Answer

Command = Callable[..., "Answer"]


def test_it_looks_at_everything(command: Command) -> None:
    answer = command("doctor", "--json")
    found = {finding["name"]: finding for finding in answer.data}
    assert list(found) == [
        "python",
        "environment",
        "versions",
        "writing",
        "space",
        "port",
        "jupyterlab",
        "simulation",
    ]
    assert all(finding["ok"] or finding["fix"] for finding in found.values())
    for name in ("python", "versions", "writing", "port", "jupyterlab", "simulation"):
        assert found[name]["ok"], found[name]


def test_what_is_wrong_comes_with_its_fix(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=1_000_000))
    answer = command("doctor")
    assert answer.status == 1
    assert "1 MB free" in answer.out
    assert "Free 200 MB on the disk" in answer.out


def test_a_package_of_another_version_is_named(tmp_path: Path) -> None:
    (tmp_path / "labs").mkdir()
    pins = tmp_path / "labs" / "constraints.txt"
    pins.write_text("# pins\npytest==0.1\nno-such-package==1\n", encoding="utf-8")
    found = doctor.versions(tmp_path)
    assert not found.ok
    assert found.found.startswith("pytest ")


@pytest.mark.parametrize(
    ("number", "words"), [(errno.ENOSPC, "Free some space"), (errno.EACCES, "the right to write")]
)
def test_a_folder_that_cannot_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, words: str
) -> None:
    def fail(**_: object) -> NoReturn:
        raise OSError(number, "no")

    monkeypatch.setattr(tempfile, "TemporaryFile", fail)
    found = doctor.writing(tmp_path)
    assert not found.ok
    assert words in found.fix


def test_a_taken_port_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        number = taken.getsockname()[1]
        monkeypatch.setattr(doctor, "PORTS", range(number, number + 1))
        found = doctor.port(tmp_path)
    assert not found.ok
    assert "--port" in found.fix


def test_a_broken_installation_does_not_stop_the_doctor(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "jupyterlab", None)
    found = {finding.name: finding for finding in doctor.examine(tmp_path)}
    assert not found["jupyterlab"].ok
    assert found["jupyterlab"].fix
    assert "simulation" in found
