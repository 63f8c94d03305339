"""Grading files: each notebook is judged in a process of its own."""

from __future__ import annotations

import json
import math
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

from ecslab.course import files as course_files
from ecslab.course import modules
from ecslab.course.files import CourseFiles
from ecslab.course.grading.limits import Limits
from ecslab.course.grading.merge import notes_of
from ecslab.course.grading.notebook import Notebook, is_code
from ecslab.course.grading.report import Report, results_of, steps_of
from ecslab.course.grading.subject import Subject, read_lab
from ecslab.course.grading.verdict import Verdict
from ecslab.errors import CourseError

__all__ = ["grade_files"]

_START_SECONDS = 120.0  # for Python, pytest and the notebook's process on a slow machine
_SPARE_CELLS = 5
_SPARE_SECONDS = 10.0
_KEPT = {"LANG", "LANGUAGE", "PATH", "PYTHONPATH", "SYSTEMROOT", "TZ", "VIRTUAL_ENV", "WINDIR"}


def grade_files(
    paths: Sequence[Path],
    *,
    timeout: float = 60,
    jobs: int = 1,
    course: CourseFiles | None = None,
    on_report: Callable[[Report], None] | None = None,
) -> list[Report]:
    """Grade notebooks.

    Args:
        paths: the learners' files.
        timeout: wall-clock seconds that one cell may take.
        jobs: how many notebooks run at the same time.
        course: the course to judge by; the one of this package by default.
        on_report: called with each report as it is ready, from any thread.

    Returns:
        One report for each path, in their order. A file that cannot be graded has a `problem`.
    """
    if not (math.isfinite(timeout) and timeout > 0):
        raise CourseError("The time limit of a cell must be a number of seconds above 0.")
    if jobs < 1:
        raise CourseError("The number of jobs must be at least 1.")
    found = course or course_files.locate()

    running: set[subprocess.Popen[bytes]] = set()

    def grade(path: Path) -> Report:
        report = _grade(path, timeout, found, running)
        if on_report is not None:
            on_report(report)
        return report

    if jobs == 1 or len(paths) < 2:  # noqa: PLR2004 - one file needs no pool
        return [grade(path) for path in paths]
    pool = ThreadPoolExecutor(jobs)
    try:
        return list(pool.map(grade, paths))
    finally:  # after Ctrl-C too: whatever waits is dropped, whatever runs is ended
        pool.shutdown(wait=False, cancel_futures=True)
        for process in tuple(running):
            _end(process)
        pool.shutdown()


def _grade(
    path: Path, timeout: float, course: CourseFiles, running: set[subprocess.Popen[bytes]]
) -> Report:
    started = time.monotonic()
    try:
        subject = read_lab(path, course)
        steps = steps_of(subject.notebook, _titles(subject.module))
        verdicts, ending = _judge(subject, timeout, running)
    except CourseError as error:
        return Report(path, problem=str(error), seconds=round(time.monotonic() - started, 3))
    return Report(
        file=path,
        module=subject.module,
        checks=results_of(steps, verdicts, ending),
        protections=_protections(),
        seconds=round(time.monotonic() - started, 3),
    )


def _titles(module: str) -> dict[str, str]:
    try:
        checks = modules.load(module).checks
    except CourseError:
        return {}
    return {name: check.title for name, check in checks.items()}


def _judge(
    subject: Subject, timeout: float, running: set[subprocess.Popen[bytes]]
) -> tuple[list[Verdict], str]:
    """Run a merged notebook in its own process; give the verdicts, and how it ended."""
    whole = _longest(subject.notebook, timeout)
    with tempfile.TemporaryDirectory(prefix="ecslab-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        records = folder / "records.jsonl"
        request = _write_request(folder, records, subject, timeout, whole)
        log = folder / "pytest.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", "ecslab.course.grading.judge", str(request)],
                cwd=folder,
                env=_environment(folder),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            running.add(process)
            late = _wait(process, whole)
            running.discard(process)
        verdicts = list(_read(records))
        if late:
            return verdicts, f"the notebook took longer than {whole:.0f} seconds in all"
        if not verdicts:
            said = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
            raise CourseError(
                "The notebook could not be run; run `python3 labs doctor`."
                + (f" The last words were: {said[-1][:200]}" if said else "")
            )
        return verdicts, "the notebook ended the program that judges it"


def _write_request(
    folder: Path, records: Path, subject: Subject, timeout: float, whole: float
) -> Path:
    place = folder / "notebook"
    place.mkdir()
    for other in ("home", "tmp"):
        (folder / other).mkdir()
    notebook = place / f"{subject.module}.ipynb"
    notebook.write_text(json.dumps(subject.notebook), encoding="utf-8")
    (folder / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    request = folder / "request.json"
    asked = {
        "notebook": str(notebook),
        "records": str(records),
        "timeout": timeout,
        "limits": asdict(Limits(cpu=math.ceil(whole))),
    }
    request.write_text(json.dumps(asked), encoding="utf-8")
    return request


def _longest(notebook: Notebook, timeout: float) -> float:
    """Give the seconds after which a notebook is ended, however many cells a learner added."""
    ours = [
        cell for cell in notebook["cells"] if is_code(cell) and notes_of(cell)["role"] != "extra"
    ]
    return _START_SECONDS + (len(ours) + _SPARE_CELLS) * (timeout + _SPARE_SECONDS)


def _environment(folder: Path) -> dict[str, str]:
    """Make an environment without anybody's credentials and settings."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if name.upper() in _KEPT or name.startswith("LC_")
    }
    home, temporary = str(folder / "home"), str(folder / "tmp")
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


def _wait(process: subprocess.Popen[bytes], seconds: float) -> bool:
    """Wait for the judge; when it is late, end it with all that it started, and say so."""
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        return True
    else:
        return False
    finally:
        _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    # The notebook's own process has a session of its own: ipykernel ends when its parent is gone.
    if sys.platform != "win32":
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    process.kill()
    process.wait()


def _read(records: Path) -> Iterator[Verdict]:
    """Read the last verdict on each cell; a line that was cut off is left out."""
    latest: dict[str, Verdict] = {}
    if records.is_file():
        for line in records.read_text(encoding="utf-8").splitlines():
            with suppress(ValueError, TypeError):
                verdict = Verdict.from_json(line)
                latest[verdict.cell] = verdict
    yield from latest.values()


def _protections() -> Mapping[str, bool]:
    return {
        "own process": True,
        "own process group": sys.platform != "win32",
        "clean environment": True,
        "empty working folder": True,
        "time limit": True,
        **Limits.available(),
        "network blocked": False,
        "other files hidden": False,
    }
