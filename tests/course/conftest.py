"""A tiny course on stock moto, and a runner that executes the cells of a lab in this process."""

from __future__ import annotations

import contextlib
import importlib.util
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache, partial
from pathlib import Path
from typing import Any

import boto3
import moto
import pytest

from ecslab.course import catalogue, notebook
from ecslab.course.checks import Module
from ecslab.course.files import CourseFiles
from ecslab.course.notebook import Cell, Step
from ecslab.course.session import Session, start
from ecslab.course.setting import Setting

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


@dataclass
class Run:
    """The cells of a lab that were executed so far, in one namespace, as a kernel would.

    Attributes:
        printed: the id of a cell → what it printed.
        errors: the id of a cell → the exception it ended with, for cells not allowed to raise.
        namespace: the names that the cells share.
    """

    setting: Setting
    printed: dict[str, str] = field(default_factory=dict)
    errors: dict[str, Exception] = field(default_factory=dict)
    namespace: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Give the cells what a kernel, and an import of ecslab, would give them."""
        self.namespace.update(
            __name__="__main__",
            start=partial(start, setting=self.setting),
            display=lambda *_args, **_options: None,
        )

    @property
    def lab(self) -> Session:
        return next(value for value in self.namespace.values() if isinstance(value, Session))

    def cell(self, cell: Cell, source: str | None = None) -> str:
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            try:
                code = compile(cell.source if source is None else source, f"<{cell.id}>", "exec")
                exec(code, self.namespace)
            except Exception as error:  # noqa: BLE001 - a learner's cell may raise anything
                if "raises-exception" not in cell.tags:
                    self.errors[cell.id] = error
        self.printed[cell.id] = out.getvalue()
        return out.getvalue()

    def cells(self, cells: list[Cell]) -> Run:
        for cell in cells:
            if cell.kind == "code":
                self.cell(cell)
        return self


@dataclass(frozen=True)
class Lab:
    """A lab under test: its cells, its solution's cells, and a way to run them."""

    name: str
    setting: Setting

    @property
    def starter(self) -> list[Cell]:
        return notebook.read(self.setting.files().lab(self.name))

    @property
    def solution(self) -> list[Cell]:
        return notebook.read(self.setting.files().solution(self.name))

    @property
    def module(self) -> Module:
        return self.setting.module(self.name)

    @property
    def steps(self) -> list[Step]:
        return notebook.steps(self.solution)

    def run(self, cells: list[Cell]) -> Run:
        return Run(self.setting).cells(cells)

    def finished(self) -> Run:
        """Run the solution up to its last check: the finished account, before it is cleaned up."""
        cells = self.solution
        return self.run(cells[: cells.index(self.steps[-1].check) + 1])


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
