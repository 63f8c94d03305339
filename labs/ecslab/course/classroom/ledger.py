"""The record of what has been graded: a line for each report, on disk before it counts."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Mapping
from io import FileIO
from pathlib import Path
from types import TracebackType
from typing import Self

from ecslab.course.classroom.plain import from_plain, to_plain
from ecslab.course.grading.report import Report
from ecslab.course.storage import explained, make_folder
from ecslab.errors import CourseError

__all__ = ["LEDGER", "Ledger"]

LEDGER = "reports.jsonl"
"""The name of the ledger in the folder of results."""


class Ledger:
    """Reports by the key of their submission, in a file that a kill at any moment leaves readable.

    One process at a time may hold it, where the system has locks.

    Args:
        path: the file, whose folder exists; it is made when it is missing.

    Raises:
        CourseError: the file cannot be used, or another process holds it.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._found: dict[str, Report] = {}
        self._file = _opened(path)
        try:
            self._read()
        except BaseException:
            self._file.close()
            raise

    @property
    def reports(self) -> Mapping[str, Report]:
        """The reports so far, by key."""
        return self._found

    def add(self, key: str, report: Report) -> None:
        """Keep a report; it is on disk when this returns.

        Args:
            key: of its submission.
            report: of one file.

        Raises:
            CourseError: the disk is full, or the file cannot be written.
        """
        if not _is_at(self._file, self._path):
            self._begin_again()
        self._write(key, report)
        self._found[key] = report

    def forget(self) -> None:
        """Begin anew, without the reports of before."""
        self._empty()
        self._found.clear()

    def close(self) -> None:
        """Let another process use the file."""
        self._file.close()

    def __enter__(self) -> Self:
        """Return the ledger."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Let another process use the file."""
        self.close()

    def _write(self, key: str, report: Report) -> None:
        line = json.dumps({"key": key, "report": to_plain(report)}, ensure_ascii=True) + "\n"
        left = line.encode()
        with explained("write", self._path):
            while left:
                left = left[self._file.write(left) :]
            os.fsync(self._file.fileno())

    def _empty(self) -> None:
        with explained("write", self._path):
            self._file.truncate(0)

    def _begin_again(self) -> None:
        """Write everything anew: somebody has deleted or moved the file, or its folder."""
        make_folder(self._path.parent)
        self._file.close()
        self._file = _opened(self._path)
        self._empty()
        for key, report in self._found.items():
            self._write(key, report)

    def _read(self) -> None:
        """Read the whole lines; what a kill cut off is taken away, and is graded again."""
        whole = 0
        with explained("read", self._path), self._path.open("rb") as lines:
            for line in lines:
                if not line.endswith(b"\n"):
                    break
                whole += len(line)
                with contextlib.suppress(ValueError, KeyError, TypeError):
                    entry = json.loads(line)
                    self._found[str(entry["key"])] = from_plain(entry["report"])
        with explained("write", self._path):
            self._file.truncate(whole)


def _opened(path: Path) -> FileIO:
    """Open the file for one process alone, without a buffer, so that an error comes only once."""
    with explained("use", path):
        file = FileIO(path, "a+")
    try:
        _hold(file, path)
    except BaseException:
        file.close()
        raise
    return file


def _is_at(file: FileIO, path: Path) -> bool:
    """Tell whether an open file still lies where it was opened."""
    try:
        return os.path.samestat(os.fstat(file.fileno()), path.stat())
    except OSError:
        return False


def _hold(file: FileIO, path: Path) -> None:
    try:
        import fcntl
    except ImportError:  # Windows
        return
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise CourseError(
            f"Another grading writes to {path.parent}; wait for it, or choose another --results."
        ) from None
    except OSError:  # some network disks have no locks
        return
