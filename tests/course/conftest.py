"""A tiny course on stock moto, and a runner that executes the cells of a lab in this process."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import boto3
import moto
import pytest

from ecslab.course import catalogue
from ecslab.course.checks import Module
from ecslab.course.files import CourseFiles
from ecslab.course.session import Session, start
from ecslab.course.setting import Setting

sys.path.insert(0, str(Path(__file__).parent))

from trials import Lab

FAKE = Path(__file__).parent / "fake"
TINY = "00-shelf"


class StockCloud:
    """What a session needs of a cloud, on stock moto: enough to prove the course machinery."""

    running = 0

    def __init__(self) -> None:
        self._mock = moto.mock_aws()

    def start(self) -> None:
        type(self).running += 1
        self._mock.start()

    def reset(self) -> None:
        self._mock.reset()

    def stop(self) -> None:
        type(self).running -= 1
        self._mock.stop()


@cache
def client(service: str) -> Any:
    return boto3.client(
        service, "us-east-1", aws_access_key_id="test", aws_secret_access_key="test"
    )


def tiny_module(name: str) -> Module:
    """Load the tiny module afresh, so that no test sees what another did to it."""
    spec = importlib.util.spec_from_file_location("tiny_shelf", FAKE / "shelf.py")
    assert name == TINY
    assert spec is not None
    assert spec.loader is not None
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    module: Module = loaded.MODULE
    return module


def tiny_setting(progress: Path | None = None) -> Setting:
    return Setting(
        catalogue=catalogue.load(FAKE / "course.toml"),
        module=tiny_module,
        files=lambda: CourseFiles(FAKE),
        new_cloud=StockCloud,  # type: ignore[arg-type]
        new_client=client,
        progress=lambda: progress,
    )


@pytest.fixture(autouse=True)
def no_progress_and_no_open_session(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Record nothing outside a test, and close what a test leaves open."""
    from ecslab.course import session

    monkeypatch.setenv("ECSLAB_PROGRESS", "off")
    yield
    while session._open:
        session._open.pop().stop()


@pytest.fixture
def tiny(tmp_path: Path) -> Callable[..., Session]:
    """Open the tiny course's session; ``progress`` names its progress file."""

    def open_session(part: str = "lab", progress: Path | None = None) -> Session:
        return start(TINY, part, setting=tiny_setting(progress))

    return open_session


@pytest.fixture
def running() -> Callable[[], int]:
    """Tell how many of the tiny course's clouds are running."""
    return lambda: StockCloud.running


@pytest.fixture
def lab_named() -> Callable[[str], Lab]:
    """Give a lab by its name; ``fake`` is the tiny course's."""
    return lambda name: Lab(TINY, tiny_setting()) if name == "fake" else Lab(name, Setting())
