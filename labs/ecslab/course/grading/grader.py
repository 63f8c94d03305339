"""A grader: warm once, then a notebook after the other, each judged in processes of its own."""

from __future__ import annotations

import json
import math
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from ecslab.course import files as course_files
from ecslab.course.files import CourseFiles
from ecslab.course.forking.parent import Parent, can_fork
from ecslab.course.forking.process import ForkedProcess
from ecslab.course.forking.standby import standby
from ecslab.course.forking.wire import Order
from ecslab.course.grading.merge import notes_of
from ecslab.course.grading.notebook import Notebook, is_code
from ecslab.course.grading.records import Records, Request
from ecslab.course.grading.report import Report, results_of, steps_of
from ecslab.course.grading.subject import Subject, read_lab
from ecslab.course.sandbox.cage import LAYERS
from ecslab.course.sandbox.limits import Limits
from ecslab.errors import CourseError

__all__ = ["Grader"]

Process = subprocess.Popen[bytes] | ForkedProcess

_JUDGE = "ecslab.course.grading.judge"
_START_SECONDS = 120.0  # for Python, pytest and the notebook's process on a slow machine
_SPARE_CELLS = 5
_SPARE_SECONDS = 10.0
_LOOKS = 4  # at each cell, the others when an earlier step failed
_KEPT = {"LANG", "LANGUAGE", "PATH", "PYTHONPATH", "SYSTEMROOT", "TZ", "VIRTUAL_ENV", "WINDIR"}
_NEEDED = ("network blocked", "other files hidden", "no writing outside its folder")


class Grader:
    """Grades one notebook after the other, or several at once from as many threads.

    Args:
        course: the course to judge by; the one of this package by default.
        timeout: wall-clock seconds that one cell may take.
        require_sandbox: refuse to run a notebook that could reach the network or other files.
        strict: believe a learner's process in nothing but what it asked of its account.
        layers: of the sandbox, those that are to be tried.
        parent: a warmed parent that somebody else starts and stops; an own one by default.

    Raises:
        CourseError: the time limit is no number of seconds.
    """

    def __init__(
        self,
        *,
        course: CourseFiles | None = None,
        timeout: float = 60,
        require_sandbox: bool = False,
        strict: bool = False,
        layers: Sequence[str] = LAYERS,
        parent: Parent | None = None,
    ) -> None:
        if not (math.isfinite(timeout) and timeout > 0):
            raise CourseError("The time limit of a cell must be a number of seconds above 0.")
        self._course = course or course_files.locate()
        self._timeout = timeout
        self._require_sandbox = require_sandbox
        self._strict = strict
        self._layers = tuple(layers)
        self._parent = parent
        self._own: Parent | None = None
        self._running: set[Process] = set()

    def start(self) -> Self:
        """Begin to warm up, where processes can be forked; the first notebook waits for the end."""
        if self._parent is None and can_fork():
            self._parent = self._own = standby() or Parent()
            self._own.start()
        return self

    def grade(self, path: Path) -> Report:
        """Grade a notebook.

        Args:
            path: the learner's file.

        Returns:
            What it earned; a file that cannot be graded has a `problem`.
        """
        started = time.monotonic()
        try:
            subject = read_lab(path, self._course)
            steps_of(subject.notebook, {})
            found, ending = self._judge(subject)
        except CourseError as error:
            return Report(path, problem=str(error), seconds=round(time.monotonic() - started, 3))
        return Report(
            file=path,
            module=subject.module,
            checks=results_of(steps_of(subject.notebook, found.titles), found.verdicts, ending),
            protections=found.protections,
            seconds=round(time.monotonic() - started, 3),
        )

    def stop(self) -> None:
        """End everything that is still running."""
        for process in tuple(self._running):
            _end(process)
        if self._own is not None:
            self._own.stop()
            self._parent = self._own = None

    def __enter__(self) -> Self:
        """Begin to warm up."""
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """End everything."""
        self.stop()

    def _judge(self, subject: Subject) -> tuple[Records, str]:
        """Run a merged notebook in its own processes; give what happened, and how it ended."""
        whole = _longest(subject.notebook, self._timeout)
        with tempfile.TemporaryDirectory(prefix="ecslab-", ignore_cleanup_errors=True) as name:
            folder = _private(Path(name))
            request = self._request(folder, subject, whole)
            log = folder / "pytest.log"
            with log.open("wb") as output:
                process = self._start(request, folder, output)
                self._running.add(process)
                late = _wait(process, whole)
                self._running.discard(process)
            found = Records.read(Path(request.records))
            said = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        if late:
            return found, f"the notebook took longer than {whole:.0f} seconds in all"
        if found.refusal:
            raise CourseError(found.refusal)
        if not found.verdicts:
            raise CourseError(
                "The notebook could not be run; run `python3 labs doctor`."
                + (f" The last words were: {said[-1][:200]}" if said else "")
            )
        return found, "the notebook ended the program that judges it"

    def _request(self, folder: Path, subject: Subject, whole: float) -> Request:
        place = folder / "notebook"
        place.mkdir()
        (folder / "home").mkdir()
        notebook = place / f"{subject.module}.ipynb"
        notebook.write_text(json.dumps(subject.notebook), encoding="utf-8")
        (folder / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
        return Request(
            module=subject.module,
            notebook=str(notebook),
            records=str(folder / "records.jsonl"),
            timeout=self._timeout,
            limits=Limits(cpu=math.ceil(whole)),
            parent=self._parent.address if self._parent else None,
            layers=self._layers,
            strict=self._strict,
            needed=_NEEDED if self._require_sandbox else (),
            hidden=tuple({str(files.root / "solutions") for files in (self._course, *_own())}),
        )

    def _start(self, request: Request, folder: Path, output: BinaryIO) -> Process:
        if self._parent is not None:
            order = Order(f"{_JUDGE}:judge", request.to_plain(), _environment(folder), str(folder))
            try:
                return self._parent.fork(order, output, output)
            except OSError as error:
                raise CourseError(f"No process could be started ({error}); try again.") from None
        asked = folder / "request.json"
        asked.write_text(json.dumps(request.to_plain()), encoding="utf-8")
        return subprocess.Popen(
            [sys.executable, "-m", _JUDGE, str(asked)],
            cwd=folder,
            env=_environment(folder),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def _longest(notebook: Notebook, timeout: float) -> float:
    """Give the seconds after which a notebook is ended, however many cells a learner added."""
    ours = [
        cell for cell in notebook["cells"] if is_code(cell) and notes_of(cell)["role"] != "extra"
    ]
    return _START_SECONDS + _LOOKS * (len(ours) + _SPARE_CELLS) * (timeout + _SPARE_SECONDS)


def _private(folder: Path) -> Path:
    """Make the folder of the judge's own files, and beside it one for the sandboxes.

    A sandbox can belong to another user, who has to get to it.
    """
    for path in (folder, folder / "tmp"):
        path.mkdir(exist_ok=True)
        path.chmod(0o711)
    own = folder / "judge"
    own.mkdir(mode=0o700)
    return own


def _own() -> list[CourseFiles]:
    """Give the course that comes with the package: another one may be graded by."""
    with suppress(CourseError):
        return [course_files.locate()]
    return []


def _environment(folder: Path) -> dict[str, str]:
    """Make an environment without anybody's credentials and settings."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if name.upper() in _KEPT or name.startswith("LC_")
    }
    home, temporary = str(folder / "home"), str(folder.with_name("tmp"))
    return kept | {
        "ECSLAB_PROGRESS": "off",
        "HOME": home,
        "JUPYTER_PLATFORM_DIRS": "1",
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        "PYTHONHASHSEED": "0",
        "PYTHONUTF8": "1",
        "TEMP": temporary,
        "TMP": temporary,
        "TMPDIR": temporary,
        "USERPROFILE": home,
    }


def _wait(process: Process, seconds: float) -> bool:
    """Wait for the judge; when it is late, end it with all that it started, and say so."""
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        return True
    else:
        return False
    finally:
        _end(process)


def _end(process: Process) -> None:
    # A plain notebook's process has a session of its own: ipykernel ends when its parent is gone.
    if sys.platform != "win32" and isinstance(process, subprocess.Popen):
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    process.kill()
    process.wait()
