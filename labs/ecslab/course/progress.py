"""The learner's progress, kept in one file that can be copied, merged and mailed."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ecslab.course import storage
from ecslab.course.catalogue import Catalogue, Entry
from ecslab.errors import CourseError

__all__ = ["EMPTY_FILE", "CheckProgress", "ModuleProgress", "Progress", "Store", "default_path"]

SCHEMA = 1
"""The version of the file's form; a file of a later version is never written to."""

EMPTY_FILE = f'{{\n "schema": {SCHEMA},\n "modules": {{}}\n}}\n'

VARIABLE = "ECSLAB_PROGRESS"


@dataclass(frozen=True)
class CheckProgress:
    """The best a learner has reached on one check.

    Attributes:
        passed: whether it ever passed.
        tries: how often it was judged *passed* or *not yet*, up to and with the first pass.
        hints: how many of its hints were read.
    """

    passed: bool = False
    tries: int = 0
    hints: int = 0

    def merged(self, other: CheckProgress) -> CheckProgress:
        """Give the best of both."""
        return CheckProgress(
            passed=self.passed or other.passed,
            tries=max(self.tries, other.tries),
            hints=max(self.hints, other.hints),
        )


@dataclass(frozen=True)
class ModuleProgress:
    """What a learner has reached in one module.

    Attributes:
        lesson: whether the lesson was worked through to its clean-up.
        checks: the id of a check → what was reached on it.
    """

    lesson: bool = False
    checks: Mapping[str, CheckProgress] = field(default_factory=dict)

    def merged(self, other: ModuleProgress) -> ModuleProgress:
        """Give the best of both."""
        return ModuleProgress(
            lesson=self.lesson or other.lesson,
            checks=_union(self.checks, other.checks, CheckProgress()),
        )

    @property
    def passed(self) -> int:
        """How many checks passed."""
        return sum(check.passed for check in self.checks.values())


@dataclass(frozen=True)
class Progress:
    """What a learner has reached in the course.

    Attributes:
        modules: the name of a module → what was reached in it.
    """

    modules: Mapping[str, ModuleProgress] = field(default_factory=dict)

    def module(self, name: str) -> ModuleProgress:
        """Give what was reached in a module; nothing when it was never opened."""
        return self.modules.get(name, ModuleProgress())

    def check(self, name: str, check_id: str) -> CheckProgress:
        """Give what was reached on a check."""
        return self.module(name).checks.get(check_id, CheckProgress())

    def merged(self, other: Progress) -> Progress:
        """Give the best of both, check by check.

        Args:
            other: such as the file of the same learner from another computer.
        """
        return Progress(_union(self.modules, other.modules, ModuleProgress()))

    def with_check(self, name: str, check_id: str, reached: CheckProgress) -> Progress:
        """Give this progress with one check replaced."""
        module = self.module(name)
        checks = {**module.checks, check_id: reached}
        return Progress({**self.modules, name: replace(module, checks=checks)})

    def with_lesson(self, name: str) -> Progress:
        """Give this progress with one lesson worked through."""
        return Progress({**self.modules, name: replace(self.module(name), lesson=True)})

    def next(self, course: Catalogue, checks: Mapping[str, int]) -> tuple[Entry, str] | None:
        """Give the first unfinished notebook, or None when all is done.

        Args:
            course: the catalogue; only modules that are ready count.
            checks: the name of a module → how many checks its lab has.

        Returns:
            The module and ``lesson`` or ``lab``.
        """
        for entry in course.ready:
            reached = self.module(entry.name)
            if not reached.lesson and not reached.passed:
                return entry, "lesson"
            if reached.passed < checks.get(entry.name, 0):
                return entry, "lab"
        return None

    def as_text(self) -> str:
        """Write the progress as the text of its file."""
        modules = {
            name: {
                "lesson": module.lesson,
                "checks": {
                    check_id: {"passed": check.passed, "tries": check.tries, "hints": check.hints}
                    for check_id, check in sorted(module.checks.items())
                },
            }
            for name, module in sorted(self.modules.items())
        }
        content = {"schema": SCHEMA, "modules": modules}
        return json.dumps(content, indent=1, ensure_ascii=False) + "\n"

    @classmethod
    def from_text(cls, text: str) -> Progress:
        """Read the text of a progress file.

        Args:
            text: as `as_text` writes it; keys that are not known are ignored.
        """
        try:
            data = json.loads(text)
            if _count(data["schema"]) > SCHEMA:
                raise CourseError(
                    "The progress file was written by a newer ecslab; install that version to go "
                    "on with it."
                )
            return cls({str(name): _module(module) for name, module in data["modules"].items()})
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            raise _DamagedError from None


class _DamagedError(CourseError):
    """The text is not a progress file."""

    def __init__(self) -> None:
        super().__init__("This is not a progress file of ecslab, or it is damaged.")


@dataclass(frozen=True)
class Store:
    """A progress file.

    Attributes:
        path: the file; it need not exist.
    """

    path: Path

    def load(self) -> Progress:
        """Read the file; a damaged one is an error, a missing one is no progress."""
        if not self.path.exists():
            return Progress()
        return Progress.from_text(storage.read(self.path))

    def open(self) -> tuple[Progress, str | None]:
        """Read the file, and put a damaged one aside so that learning can go on.

        Returns:
            The progress, and one sentence for the learner when a file was put aside.
        """
        try:
            return self.load(), None
        except _DamagedError:
            aside = self._aside()
            storage.move(self.path, aside)
            return Progress(), (
                f"The progress file could not be read; it is kept as {aside.name} and a new one "
                "begins."
            )

    def add(self, reached: Progress) -> Progress:
        """Merge progress into the file, also while another notebook does the same.

        Args:
            reached: what is new; the file keeps the best of both.

        Returns:
            What the file holds now.
        """
        storage.make_folder(self.path.parent)
        with _alone_in(self.path.parent):
            merged = self.open()[0].merged(reached)
            storage.write(self.path, merged.as_text())
        return merged

    def export_to(self, target: Path) -> None:
        """Write a copy for another computer.

        Args:
            target: the file to write.
        """
        storage.write(target, self.load().as_text())

    def import_from(self, source: Path) -> Progress:
        """Merge a file from another computer into this one.

        Args:
            source: the file to read; it is left as it is.
        """
        return self.add(Progress.from_text(storage.read(source)))

    def _aside(self) -> Path:
        number = 1
        while True:
            aside = self.path.with_name(f"{self.path.stem}.damaged-{number}{self.path.suffix}")
            if not aside.exists():
                return aside
            number += 1


def default_path(start: Path | None = None) -> Path | None:
    """Find the learner's progress file, or None when nothing is to be recorded.

    ``ECSLAB_PROGRESS=off`` records nothing, ``ECSLAB_PROGRESS=PATH`` names the file. Else it is the
    ``progress.json`` in the nearest folder named ``work``, at or above the start; that file marks
    the folder as a learner's own, so without it nothing is recorded.

    Args:
        start: where to begin; the current folder by default, which is the notebook's.
    """
    setting = os.environ.get(VARIABLE, "").strip()
    if setting.lower() == "off":
        return None
    if setting:
        return Path(setting).expanduser()
    here = (start or Path.cwd()).absolute()
    for folder in (here, *here.parents):
        if folder.name == "work" and (folder / "progress.json").is_file():
            return folder / "progress.json"
    return None


def _union(first: Mapping[str, Any], second: Mapping[str, Any], empty: Any) -> dict[str, Any]:
    names = sorted({*first, *second})
    return {name: first.get(name, empty).merged(second.get(name, empty)) for name in names}


def _module(data: Mapping[str, Any]) -> ModuleProgress:
    checks = {
        str(check_id): CheckProgress(
            passed=check["passed"] is True,
            tries=_count(check["tries"]),
            hints=_count(check["hints"]),
        )
        for check_id, check in data["checks"].items()
    }
    return ModuleProgress(lesson=data["lesson"] is True, checks=checks)


def _count(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise ValueError
    return value


@contextlib.contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    """Hold the folder's lock, where the system has one; elsewhere the last to write wins."""
    try:
        import fcntl
    except ImportError:  # Windows, and Python in a browser
        yield
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        with contextlib.suppress(OSError):  # some network disks have no locks
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
